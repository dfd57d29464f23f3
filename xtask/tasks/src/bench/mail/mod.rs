//! `cargo xtask bench mail`: logins at real mail servers, checked in different ways.

mod passdb;
mod row;
mod table;

use clap::Args;
use monk_tests::clients::{MailLoad, MailProtocol};
use monk_tests::site::Running;
use monk_tests::{Archives, Postfix};

use passdb::{MailServer, Passdb};
use row::{MailRow, Way};

use super::login::scene;
use super::peers;
use super::people::Person;
use super::row::{Rhythm, Row, Section, measure};
use super::typed::Typed;
use super::world::{BenchWorld, Contents, Transport};
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

    /// Only rows whose name contains this
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
}

/// Measures, and prints the tables. True where the goals are met.
pub fn run(options: &MailOptions) -> Outcome {
    prepare::ensure(&PACKAGES)?;
    let archives = peers::packages::fetch()?;
    guarded(|| tell(options, &archives))
}

fn tell(options: &MailOptions, archives: &Archives) -> bool {
    let contents = Contents::of(USERS);
    let bench = BenchWorld::ldap(&contents, &[Transport::Ldaps]);
    let slapd = bench.slapd();
    let people: Vec<Person> = (0..USERS).map(Person).collect();
    let scene = scene(&bench, &slapd, &people, contents.hash);
    heading("Setting up what others use");
    peers::packages::unpack(bench.world(), archives);
    let mut helpers = peers::of_passwords(&scene);
    for helper in &mut helpers {
        helper.begin();
    }
    passdb::write_ldap_settings(bench.world(), &scene.over_tls());
    bench.become_known(Transport::Ldaps);

    heading("Starting the mail servers");
    let (names, ways): (Vec<_>, Vec<_>) = ways(&bench).into_iter().unzip();
    let servers: Vec<MailServer> = names
        .iter()
        .enumerate()
        .map(|(number, passdb)| passdb::start(bench.world(), &format!("mail{number}"), passdb))
        .collect();
    let ports: Vec<u16> = servers.iter().map(|_| bench.world().free_port()).collect();
    let services: String = servers
        .iter()
        .zip(&ports)
        .map(|(server, port)| passdb::submission(*port, &server.sasl_path))
        .collect();
    let _postfix = Postfix::start_on(bench.world(), &services, &ports);

    let mut rows: Vec<Box<dyn Row + '_>> = Vec::new();
    for protocol in [MailProtocol::Imap, MailProtocol::Submission] {
        for callers in CALLERS {
            for ((way, server), smtp) in ways.iter().zip(&servers).zip(&ports) {
                let port = match protocol {
                    MailProtocol::Imap => server.imap_port,
                    MailProtocol::Submission => *smtp,
                };
                let load = MailLoad { protocol, port, callers };
                rows.push(Box::new(MailRow { bench: &bench, way: way.clone(), load }));
            }
        }
    }
    rows.retain(|row| {
        let name = row.name();
        options.only.is_empty() || options.only.iter().any(|only| name.contains(only))
    });
    heading(&format!("Measuring {} rows", rows.len()));
    let rhythm = Rhythm { rounds: options.rounds, samples: options.samples };
    let (measured, wrong) = measure(rows, rhythm);
    let goals = table::goals(&measured);
    print!("{}", table::of(&measured, &wrong, &goals, rhythm));
    wrong.is_empty() && goals.iter().all(|(is_met, _)| *is_met)
}

/// What is compared.
fn ways(bench: &BenchWorld) -> Vec<(Passdb, Way)> {
    let password = |words, section, slowness| Way {
        words,
        typed: Typed::PasswordAlone,
        section,
        slowness,
        is_open: false,
    };
    let pam = |service: &str| Passdb::Pam(service.to_owned());
    let mut ways = vec![
        (Passdb::Static, password("static passdb", Section::Floor, 1)),
        (
            pam(passdb::write_open_service(bench.world())),
            Way { is_open: true, ..password("libpam alone (pam_permit)", Section::Floor, 1) },
        ),
        (Passdb::OwnLdap, password(OWN_LDAP, Section::Others, 1)),
        (pam("peer-ldaps"), password("pam_ldap + nslcd", Section::Others, 2)),
        (pam("peer-sss"), password("pam_sss + sssd", Section::Others, 8)),
    ];
    for (words, typed) in [(MONK_CODE, Typed::PasswordAndCode), (MONK_APP, Typed::AppPassword)] {
        let service = bench.monk_service(Transport::Ldaps, Running::Resident, typed.policy());
        let way = Way { words, typed, section: Section::Monk, slowness: 1, is_open: false };
        ways.push((Passdb::Pam(service), way));
    }
    ways
}
