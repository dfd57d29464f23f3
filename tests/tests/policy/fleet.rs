//! Web mail that comes to several hosts: one string, one code, and a login at each of them.

use std::time::Duration;

use monk_one_shot::Endpoint;
use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Process, test_for_each, until};

test_for_each!([
    what_was_typed_at_one_host_goes_on_working_at_the_other,
    of_many_at_both_hosts_one_spends_the_code_and_all_get_in,
    where_each_host_remembers_alone_the_other_one_takes_no_spent_code,
] {
    ldap: monk_tests::site::Backend::Ldap,
    ldap_store: monk_tests::site::Backend::LdapStore,
});

/// Clients at the same moment.
const MANY: usize = 16;

/// How long a line of the audit may be on its way.
const LINE_LIMIT: Duration = Duration::from_secs(10);

const ALL_HOSTS: &str = "[service.imap]\nremember_minutes = 10\nremember_hosts = \"all\"\n\
                         [service.pop3]\nremember_minutes = 10\nremember_hosts = \"all\"\n";
const EACH_ALONE: &str = "[service.imap]\nremember_minutes = 10\n";

/// Two hosts with resident engines, which share the records and the keys and no file.
struct Fleet {
    site: Site,
    hosts: [Endpoint; 2],
    _engine: Process,
}

impl Fleet {
    #[track_caller]
    fn new(backend: Backend, settings: &str) -> Self {
        let site = Site::with_settings(backend, Running::Resident, settings);
        let hosts = [site.endpoint(), site.another_host("two")];
        // What a host remembers is beside the embedded store.
        let config = hosts[1].config.as_ref().expect("another host has its own settings");
        let own = "\n[embedded]\npath = \"/var/lib/monk-two/monk.db\"\n";
        site.world.write(config, site.world.read(config) + own, 0o644);
        site.world.make_folder("/var/lib/monk-two", 0o700);
        let chown = ["--reference", "/var/lib/monk", "/var/lib/monk-two"];
        site.world.command("chown").args(chown).run().expect_success();
        let engine = site.start_engine_of(&hosts[1]);
        Self { site, hosts, _engine: engine }
    }

    /// A login at a host; what opened the door, or why it stayed closed.
    #[track_caller]
    fn at(&self, host: usize, service: &str, address: &str, typed: &str) -> String {
        let login = WireLogin { service, user: "alice", typed };
        let (world, host) = (&self.site.world, &self.hosts[host]);
        let (_, line) = self.site.audited(|| world.inside(|| login.run_from(host, address)));
        line.reason
    }
}

fn what_was_typed_at_one_host_goes_on_working_at_the_other(backend: Backend) {
    let fleet = Fleet::new(backend, ALL_HOSTS);
    let phone = fleet.site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    assert_eq!(fleet.at(0, "imap", "192.0.2.7", &typed), "totp");
    assert_eq!(fleet.at(1, "imap", "192.0.2.7", &typed), "remembered");
    assert_eq!(fleet.at(1, "imap", "192.0.2.8", &typed), "replayed-code");
    assert_eq!(fleet.at(1, "pop3", "192.0.2.7", &typed), "replayed-code");
    // The next code takes the place of the first one in the record, which stays open.
    let second = format!("secret;{}", phone.code());
    assert_eq!(fleet.at(1, "imap", "192.0.2.9", &second), "totp");
    assert_eq!(fleet.at(0, "imap", "192.0.2.9", &second), "remembered");
    assert_eq!(fleet.at(1, "imap", "192.0.2.7", &typed), "remembered");
    fleet.site.device("alice", "Tablet");
    assert_eq!(fleet.at(1, "imap", "192.0.2.7", &typed), "replayed-code");
}

fn of_many_at_both_hosts_one_spends_the_code_and_all_get_in(backend: Backend) {
    let fleet = Fleet::new(backend, ALL_HOSTS);
    let phone = fleet.site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    let login = WireLogin { service: "imap", user: "alice", typed: &typed };
    let logins: Vec<_> = (0..MANY).map(|number| (login, &fleet.hosts[number % 2])).collect();
    let answers = fleet.site.world.inside(|| at_once(&logins));
    let lines = until(LINE_LIMIT, || {
        Some(fleet.site.logins()).filter(|lines| lines.len() >= answers.len())
    });
    let lines = lines.expect("each login leaves a line");
    let spent = lines.iter().filter(|line| line.reason == "totp").count();
    let remembered = lines.iter().filter(|line| line.reason == "remembered").count();
    assert_eq!((spent, remembered), (1, MANY - 1), "{lines:#?}");
    assert!(answers.iter().all(|&answer| answer == WireAnswer::Granted), "{answers:?}");
}

fn where_each_host_remembers_alone_the_other_one_takes_no_spent_code(backend: Backend) {
    let fleet = Fleet::new(backend, EACH_ALONE);
    let phone = fleet.site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    assert_eq!(fleet.at(0, "imap", "192.0.2.7", &typed), "totp");
    assert_eq!(fleet.at(1, "imap", "192.0.2.7", &typed), "replayed-code");
    assert_eq!(fleet.at(0, "imap", "192.0.2.7", &typed), "remembered");
}
