//! `cargo xtask bench mail`: logins at real mail servers, checked in different ways.

mod passdb;
mod table;

use clap::Args;
use monk_tests::clients::{MailLoad, MailProtocol};
use monk_tests::site::Running;
use monk_tests::{Archives, Postfix};

use passdb::{MailServer, Passdb};

use super::peers::{self, Peers};
use super::row::{Row, Section, measure};
use super::typed::Typed;
use super::world::{BenchWorld, Contents};
use super::{conclude, tell_circumstances};
use crate::failure::{Outcome, guarded};
use crate::prepare::{self, heading};

/// Users of the directory.
const USERS: u32 = 1000;

/// How many log in at the same time.
const CALLERS: [usize; 2] = [1, 8];

/// What is installed for this alone.
const PACKAGES: [&str; 1] = ["dovecot-ldap"];

/// Words of rows that goals are about.
const OWN_LDAP: &str = "Dovecot's own LDAP";
const MONK_CODE: &str = "monk, `PASSWORD;CODE`";
const MONK_APP: &str = "monk, app password";

/// Logins at a Dovecot and a Postfix, beside Dovecot's own LDAP and others
///
/// IMAP's LOGIN at a real Dovecot and AUTH at a real Postfix that asks Dovecot, with the same users
/// checked by Dovecot itself, by pam_ldap, by sssd and by monk. All rows are measured in turns. The
/// tables are markdown, on standard output.
#[derive(Args)]
pub struct MailOptions {
    /// Rounds; each row's figures are the medians of its rounds
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Logins of each row in a round; four times as many where several log in at once, and fewer
    /// where each takes long
    #[arg(long, default_value_t = 300)]
    samples: usize,
}

/// Who checks the logins, and with what.
struct Way {
    /// Its name in the tables.
    words: &'static str,
    passdb: Passdb,
    typed: Typed,
    section: Section,
    /// How many times fewer logins are measured, because each takes so long.
    slowness: usize,
}

/// Measures, and prints the tables. True where the goals are met.
///
/// # Errors
/// When packages are missing, or the machine cannot be set up.
pub fn run(options: &MailOptions) -> Outcome {
    prepare::ensure(&PACKAGES)?;
    let archives = peers::fetch()?;
    guarded(|| tell(options, &archives))
}

fn tell(options: &MailOptions, archives: &Archives) -> bool {
    let bench = BenchWorld::new(&Contents::of(USERS));
    heading("Setting up what others use");
    let _peers = Peers::start(&bench, archives);
    passdb::write_ldap_settings(bench.world(), &bench.directory());
    bench.become_known();

    heading("Starting the mail servers");
    let ways = ways(&bench);
    let start = |(number, way): (usize, &Way)| {
        passdb::start(bench.world(), &format!("mail{number}"), &way.passdb)
    };
    let servers: Vec<MailServer> = ways.iter().enumerate().map(start).collect();
    let ports: Vec<u16> = servers.iter().map(|_| bench.world().free_port()).collect();
    let service =
        |(server, port): (&MailServer, &u16)| passdb::submission(*port, &server.sasl_path);
    let services: String = servers.iter().zip(&ports).map(service).collect();
    let _postfix = Postfix::start_on(bench.world(), &services, &ports);

    let mut rows = Vec::new();
    for callers in CALLERS {
        for ((way, server), smtp) in ways.iter().zip(&servers).zip(&ports) {
            rows.push(row(&bench, way, MailProtocol::Imap, server.imap_port, callers));
            rows.push(row(&bench, way, MailProtocol::Submission, *smtp, callers));
        }
    }
    heading(&format!("Measuring {} rows", rows.len()));
    let (measured, wrong) = measure(rows, options.rounds, options.samples);
    let goals = table::goals(&measured);
    print!("{}", table::of(&measured));
    tell_circumstances(options.rounds, options.samples);
    conclude(&wrong, &goals)
}

/// What is compared.
fn ways(bench: &BenchWorld) -> Vec<Way> {
    let (alone, pam) = (Typed::PasswordAlone, |service: &str| Passdb::Pam(service.to_owned()));
    let monk = |typed: Typed| pam(&bench.monk_service(Running::Resident, typed.policy()));
    let way =
        |words, passdb, typed, section, slowness| Way { words, passdb, typed, section, slowness };
    let open = pam(&bench.service("permit", "pam_permit.so"));
    vec![
        way("static passdb", Passdb::Static, alone, Section::Floor, 1),
        way("libpam alone (pam_permit)", open, alone, Section::Floor, 1),
        way(OWN_LDAP, Passdb::OwnLdap, alone, Section::Others, 1),
        way(peers::LDAP, pam(peers::LDAP_SERVICE), alone, Section::Others, 2),
        way(peers::SSSD, pam(peers::SSSD_SERVICE), alone, Section::Others, 8),
        way(MONK_CODE, monk(Typed::PasswordAndCode), Typed::PasswordAndCode, Section::Monk, 1),
        way(MONK_APP, monk(Typed::AppPassword), Typed::AppPassword, Section::Monk, 1),
    ]
}

/// Logins at one server.
fn row<'a>(
    bench: &'a BenchWorld,
    way: &Way,
    protocol: MailProtocol,
    port: u16,
    callers: usize,
) -> Row<'a> {
    let (load, typed) = (MailLoad { protocol, port, callers }, way.typed);
    let is_open = way.passdb == Passdb::Pam("permit".to_owned());
    Row {
        section: way.section,
        group: table::title(protocol).to_owned(),
        words: way.words,
        callers,
        slowness: way.slowness,
        counterpart: None,
        batch: Box::new(move |wanted| bench.batch(typed, wanted)),
        log_in: Box::new(move |logins| load.run(bench.world(), logins)),
        wrong: (!is_open).then(|| -> Box<dyn Fn() -> _> { Box::new(move || bench.wrong(typed)) }),
        counted: None,
    }
}
