//! `cargo xtask bench login`: the time of one login, as the host program sees it.
//!
//! Rows come from the files beside this one; each is a [`Row`], and all are measured in turns.

mod against;
pub mod cells;
mod goals;
mod more_tables;
pub mod ours;
mod table;

use std::path::Path;
use std::rc::Rc;

use clap::Args;
use monk_tests::{Archives, Slapd};

use super::peers::{self, CODES_AT_ONCE, Findings, Known, Memory, PROGRAMS, Scene};
use super::people::{Hash, Person, Role};
use super::row::{Measured, Rhythm, Row, measure};
use super::world::{BenchWorld, Contents, Transport};
use super::{closing, floor, machine};
use crate::cargo;
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Users of the directory.
const USERS: u32 = 1000;

/// Users of monk's own store, whose passwords take 20 ms each to be checked.
const USERS_OF_THE_STORE: u32 = 300;

/// Time of one login, beside that of everything people use today, and of the floor
///
/// In private machines with a real slapd and with monk's own store, programs log users in through
/// the real module: with everything that can be typed, over each transport, with the engine as a
/// service and started for each login, one caller and many; and the same users through pam_ldap,
/// sssd, google-authenticator, pam_oath and slapd's own overlay. All rows are measured in turns. The
/// tables are markdown, on standard output.
#[derive(Args)]
pub struct LoginOptions {
    /// Rounds; each row's figures are the medians of its rounds
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Logins of each row in a round; up to four times as many where several log in at once, and
    /// fewer where each takes long
    #[arg(long, default_value_t = 400)]
    samples: usize,

    /// Only rows whose name contains this, as it stands in the first columns of the table
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
}

impl LoginOptions {
    fn is_wanted(&self, row: &dyn Row) -> bool {
        let name = row.name().to_lowercase();
        self.only.is_empty() || self.only.iter().any(|only| name.contains(&only.to_lowercase()))
    }
}

/// Measures, and prints the tables. True where the goals are met.
pub fn run(options: &LoginOptions) -> Outcome {
    let archives = peers::packages::fetch()?;
    let target = cargo::target()?;
    guarded(|| tell(options, &archives, &target))
}

fn tell(options: &LoginOptions, archives: &Archives, target: &Path) -> bool {
    let transports = [Transport::Ldap, Transport::Ldaps, Transport::Ldapi];
    let contents = Contents::of(USERS);
    let ldap = BenchWorld::ldap(&contents, &transports);
    let embedded = BenchWorld::embedded(&Contents::of(USERS_OF_THE_STORE));
    // Where everything is built: temporary files may be in memory.
    let disk = tempfile::Builder::new().prefix("bench-store-").tempdir_in(target);
    let disk = disk.unwrap_or_else(|error| panic!("{}: {error}", target.display()));
    let on_disk = BenchWorld::on_disk(&contents_on_disk(), disk.path());
    let people: Vec<Person> = (0..USERS).map(Person).collect();
    let slapd = ldap.slapd();
    let scene = scene(&ldap, &slapd, &people, contents.hash);

    heading("Setting up what others use");
    peers::packages::unpack(ldap.world(), archives);
    let (others, known) = peers::rows(&scene);
    let mut rows = floor::rows(&ldap, &scene.account, &scene.password);
    rows.extend(ours::libpam(&ldap));
    rows.extend(others);
    rows.extend(ours::rows(&ldap, &embedded, &on_disk));
    rows.retain(|row| options.is_wanted(&**row));

    heading("Logging everybody in once");
    ldap.become_known(Transport::Ldaps);
    embedded.become_known(Transport::Embedded);
    on_disk.become_known(Transport::OnDisk);

    heading(&format!("Measuring {} rows", rows.len()));
    let rhythm = Rhythm { rounds: options.rounds, samples: options.samples };
    let (measured, wrong) = measure(rows, rhythm);
    let goals = goals::of(&measured);
    print!("{}{}", table::of(&measured), more_tables::callers(&measured));
    print!("{}{}", more_tables::fresh(&measured), more_tables::memory(&memory(&ldap, &known)));
    print!("{}", below(&wrong, &goals, &known, rhythm));
    wrong.is_empty() && goals.iter().all(|(is_met, _)| *is_met)
}

/// Who is in the store on the disk, where only the main rows are measured.
fn contents_on_disk() -> Contents {
    let shares = vec![(Role::AppPassword, 8)];
    Contents { shares, ..Contents::of(USERS_OF_THE_STORE) }
}

/// The world of the peers.
#[track_caller]
pub fn scene<'a>(
    ldap: &'a BenchWorld,
    slapd: &'a Slapd,
    people: &'a [Person],
    hash: Hash,
) -> Scene<'a> {
    Scene {
        world: ldap.world(),
        slapd,
        account: BenchWorld::account(),
        password: ldap.account_password(),
        people,
        hash,
    }
}

/// What each helper takes: the most of those of the peers that were measured, and monk's.
fn memory(ldap: &BenchWorld, known: &[Rc<Known<'_>>]) -> Vec<(&'static str, Memory)> {
    let mut helpers: Vec<(&'static str, Memory)> = Vec::new();
    let seen = known.iter().filter_map(|peer| Some((peer.helper(), (*peer.memory.borrow())?)));
    let monkd = Memory::of(&[ldap.engine_pid(Transport::Ldaps)]);
    for (name, memory) in seen.chain(monkd.map(|memory| ("monkd", memory))) {
        match helpers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, most)) if most.rss_kib < memory.rss_kib => *most = memory,
            Some(_) => {}
            None => helpers.push((name, memory)),
        }
    }
    helpers
}

/// What stands under the tables.
fn below(
    wrong: &[String],
    goals: &[(bool, String)],
    known: &[Rc<Known<'_>>],
    rhythm: Rhythm,
) -> String {
    let mut text = format!(
        "\nMedians of {} rounds of {} logins (fewer of what takes long), all rows in turns, on one \
         machine, whose directory is in memory: {}.\n",
        rhythm.rounds,
        rhythm.samples,
        machine::description()
    );
    text.extend(known.iter().filter_map(|peer| replays(peer.words(), (*peer.findings.borrow())?)));
    text.push_str(&closing(wrong, goals));
    text
}

/// What is to be said of a peer that takes codes more than once.
fn replays(words: &str, findings: Findings) -> Option<String> {
    if findings.takes_codes_twice {
        return Some(format!("\n{words} takes the same code twice.\n"));
    }
    let taken = findings.taken_at_once;
    (taken > 0).then(|| {
        format!(
            "\n{words}: of {CODES_AT_ONCE} codes that came from {PROGRAMS} programs at the same \
             moment, {taken} were taken more than once.\n"
        )
    })
}

/// The row of these words.
fn find<'a, 'b>(
    rows: &'a [Measured<'b>],
    group: &str,
    words: &str,
    callers: usize,
    fresh: bool,
) -> Option<&'a Measured<'b>> {
    rows.iter().find(|one| {
        let row = &one.row;
        row.group() == group
            && row.words() == words
            && row.callers() == callers
            && row.fresh() == fresh
    })
}
