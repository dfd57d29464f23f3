//! Two hosts with one directory, and many who type at the same moment.

use monk_one_shot::Endpoint;
use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{MailServer, Process, until};

use super::{LINE_LIMIT, asks_for_a_code, site_with_mail, wrong};

/// Clients that race.
const MANY: usize = 16;

/// Two hosts, both with a resident engine.
struct Fleet {
    site: Site,
    server: MailServer,
    hosts: [Endpoint; 2],
    _engine: Process,
}

impl Fleet {
    #[track_caller]
    fn new(backend: Backend) -> Self {
        let (site, server) = site_with_mail(Setup { backend, running: Running::Resident }, "");
        let hosts = [site.endpoint(), site.another_host("two")];
        let engine = site.start_engine_of(&hosts[1]);
        site.add_user("alice", "secret");
        site.pam_service("imap", "");
        Self { site, server, hosts, _engine: engine }
    }

    /// Types all of `typed` at the same moment, every other one at the other host; how many got
    /// in.
    #[track_caller]
    fn race(&self, typed: &[String]) -> usize {
        let before = self.site.logins().len();
        let login = |typed| WireLogin { service: "imap", user: "alice", typed };
        let logins: Vec<_> =
            typed.iter().enumerate().map(|(n, typed)| (login(typed), &self.hosts[n % 2])).collect();
        let answers = self.site.world.inside(|| at_once(&logins));
        // The lines of the audit come a moment later.
        let lines = || (self.site.logins().len() == before + typed.len()).then_some(());
        assert!(until(LINE_LIMIT, lines).is_some(), "{:#?}", self.site.logins());
        assert!(!answers.contains(&WireAnswer::Broken), "{answers:?}");
        answers.iter().filter(|&&answer| answer == WireAnswer::Granted).count()
    }
}

monk_tests::in_every_store!(
    of_many_with_one_code_one_gets_in,
    many_guesses_at_once_are_five_guesses,
    many_wishes_at_once_are_five_mails,
);

fn of_many_with_one_code_one_gets_in(backend: Backend) {
    let fleet = Fleet::new(backend);
    for round in 1..=4 {
        asks_for_a_code(&fleet.site, "imap", "alice");
        let typed = format!("secret;{}", fleet.server.mail(round).code());
        assert_eq!(fleet.race(&vec![typed; MANY]), 1, "round {round}");
    }
}

fn many_guesses_at_once_are_five_guesses(backend: Backend) {
    let fleet = Fleet::new(backend);
    asks_for_a_code(&fleet.site, "imap", "alice");
    let code = fleet.server.mail(1).code();
    assert_eq!(fleet.race(&vec![format!("secret;{}", wrong(&code)); MANY]), 0);
    assert_eq!(fleet.race(&[format!("secret;{code}")]), 0);
    let reasons: Vec<_> = fleet.site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons.last().map(String::as_str), Some("too-many-tries"), "{reasons:?}");
}

/// Also where nobody has begun a record yet.
fn many_wishes_at_once_are_five_mails(backend: Backend) {
    let fleet = Fleet::new(backend);
    assert_eq!(fleet.race(&vec!["secret;email".to_owned(); MANY]), 0);
    let reasons: Vec<_> = fleet.site.logins().into_iter().map(|line| line.reason).collect();
    let sent = reasons.iter().filter(|reason| *reason == "code-sent").count();
    assert!((1..=5).contains(&sent), "{reasons:?}");
    fleet.server.mail(sent);
    assert_eq!(fleet.server.mails().len(), sent);
}
