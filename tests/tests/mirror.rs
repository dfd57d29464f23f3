//! Two directory servers that replicate to each other, and four hosts that ask them in different
//! order: one code, typed at all hosts at the same moment, or on both sides of a partition.

use monk_one_shot::Endpoint;
use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::site::{Backend, CODE_ALONE, Device, Running, SETTINGS, Site};
use monk_tests::{Mirror, Process, Side, figures, test_for_each};

test_for_each!([
    a_code_opens_once_at_four_hosts_whose_writes_go_to_one_server,
    in_a_partition_codes_are_unavailable_where_the_deciding_server_is_out_of_reach,
    with_write_fail_over_each_side_of_a_partition_takes_a_code_once,
] {
    ldap: monk_tests::site::Backend::Ldap,
    ldap_store: monk_tests::site::Backend::LdapStore,
});

/// What was done, where records stand in the entries of users and where they have entries of their own.
fn did(what: &str, backend: Backend) -> String {
    let store = if backend == Backend::LdapStore { ", a store of its own" } else { "" };
    format!("{what}{store}")
}

/// The hosts beside the site's own, each with the server it asks first.
const OTHERS: [(&str, Side); 3] = [("two", Side::A), ("three", Side::B), ("four", Side::B)];

/// Logins at each host in a race.
const PER_HOST: usize = 2;

/// Devices of one user; a device has two codes at once.
const DEVICES: usize = 5;

/// How the hosts are told where codes are spent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writes {
    /// `write_uri` names the same server at all of them.
    ToOne,
    /// The same, and `write_fail_over = true`.
    ToOneWithFailOver,
    /// Nothing is said: each host writes to the first of its `uris`. A mistake.
    Anywhere,
}

/// Four hosts with resident engines, and two servers.
struct Fleet {
    site: Site,
    mirror: Mirror,
    hosts: Vec<(Endpoint, Side)>,
    _engines: Vec<Process>,
    people: Vec<(String, Device)>,
}

impl Fleet {
    #[track_caller]
    fn of(backend: Backend, writes: Writes, codes: usize) -> Self {
        let site = Site::with_settings(backend, Running::OneShot, CODE_ALONE);
        let mut people = Vec::new();
        for number in 0..codes.div_ceil(2 * DEVICES) {
            let user = format!("user{number}");
            site.add_user(&user, "secret");
            for device in 0..DEVICES {
                people.push((user.clone(), site.device(&user, &format!("Phone {device}"))));
            }
        }
        let mirror = site.mirrored();
        let direct = format!("uris = [\"{}\"]", site.slapd().ldaps_uri());
        let mut hosts = vec![(site.endpoint(), Side::A, SETTINGS.to_owned())];
        for (name, side) in OTHERS {
            let host = site.another_host(name);
            hosts.push((host, side, format!("/etc/monk-{name}/monk.toml")));
        }
        for (_, side, file) in &hosts {
            let settings = site.world.read(file);
            assert!(settings.contains(&direct), "{settings}");
            let settings = settings.replace(&direct, &uris(&mirror, *side, writes));
            site.world.write(file, settings, 0o644);
        }
        site.start_engine();
        let engines = hosts[1..].iter().map(|(host, _, _)| site.start_engine_of(host)).collect();
        let hosts = hosts.into_iter().map(|(host, side, _)| (host, side)).collect();
        Self { site, mirror, hosts, _engines: engines, people }
    }

    /// Fresh codes, each with its user.
    fn codes(&self) -> impl Iterator<Item = (&str, String)> {
        let twice = self.people.iter().flat_map(|owned| [owned, owned]);
        twice.map(|(user, device)| (user.as_str(), device.code()))
    }

    /// Types one code at all hosts at the same moment: how often each side lets somebody in, and
    /// how many of its logins were unavailable.
    #[track_caller]
    fn race(&self, user: &str, code: &str) -> [Outcome; 2] {
        let login = WireLogin { service: "code", user, typed: code };
        let logins: Vec<_> =
            (0..PER_HOST).flat_map(|_| self.hosts.iter().map(|(host, _)| (login, host))).collect();
        let answers = self.site.world.inside(|| at_once(&logins));
        let mut sides = [Outcome::default(); 2];
        for (number, answer) in answers.into_iter().enumerate() {
            let outcome = &mut sides[self.hosts[number % self.hosts.len()].1 as usize];
            match answer {
                WireAnswer::Granted => outcome.granted += 1,
                WireAnswer::Unavailable => outcome.unavailable += 1,
                WireAnswer::Denied => {}
                WireAnswer::Broken => panic!("an engine broke off"),
            }
        }
        sides
    }

    /// What a host says to a code now.
    #[track_caller]
    fn log_in(&self, host: usize, user: &str, code: &str) -> WireAnswer {
        let login = WireLogin { service: "code", user, typed: code };
        let endpoint = &self.hosts[host].0;
        self.site.world.inside(|| login.run(endpoint))
    }
}

/// What one side of the fleet said in a race.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    granted: usize,
    unavailable: usize,
}

/// The lines about servers, for a host of a side.
fn uris(mirror: &Mirror, side: Side, writes: Writes) -> String {
    let other = if side == Side::A { Side::B } else { Side::A };
    let (near, far) = (mirror.uri(side, side), mirror.uri(side, other));
    let decides = format!("write_uri = \"{}\"\n", mirror.uri(side, Side::A));
    let more = match writes {
        Writes::ToOne => decides,
        Writes::ToOneWithFailOver => decides + "write_fail_over = true\n",
        Writes::Anywhere => String::new(),
    };
    format!("uris = [\"{near}\", \"{far}\"]\n{more}")
}

#[track_caller]
fn a_code_opens_once_at_four_hosts_whose_writes_go_to_one_server(backend: Backend) {
    let count = figures::times(20, 100);
    let fleet = Fleet::of(backend, Writes::ToOne, count);
    let mut unavailable = 0;
    for (user, code) in fleet.codes().take(count) {
        let sides = fleet.race(user, &code);
        assert_eq!(sides[0].granted + sides[1].granted, 1, "{sides:?}");
        unavailable += sides[0].unavailable + sides[1].unavailable;
        // The other server may not have heard of it yet.
        for host in 0..fleet.hosts.len() {
            assert_eq!(fleet.log_in(host, user, &code), WireAnswer::Denied);
        }
    }
    let seen = format!("{count} codes, 8 logins each: each once; {unavailable} unavailable");
    let did = did("mirror mode, four hosts race one code, write_uri the same", backend);
    figures::row("hostile", &[&did, &seen, "at most once"]);
}

#[track_caller]
fn in_a_partition_codes_are_unavailable_where_the_deciding_server_is_out_of_reach(
    backend: Backend,
) {
    let count = figures::times(6, 40);
    let fleet = Fleet::of(backend, Writes::ToOne, count);
    fleet.mirror.part();
    let mut spent = Vec::new();
    for (user, code) in fleet.codes().take(count) {
        let [near, far] = fleet.race(user, &code);
        assert_eq!((near.granted, near.unavailable), (1, 0));
        assert_eq!((far.granted, far.unavailable), (0, 2 * PER_HOST));
        spent.push((user, code));
    }
    fleet.mirror.heal(&fleet.site);
    for (user, code) in &spent {
        for host in 0..fleet.hosts.len() {
            assert_eq!(fleet.log_in(host, user, code), WireAnswer::Denied);
        }
    }
    let seen =
        format!("{count} codes: once where A is reached, else unavailable; none again after");
    let did = did("mirror mode, partition, write_uri = A", backend);
    figures::row("hostile", &[&did, &seen, "at most once"]);
}

/// What `write_fail_over` costs. Each side lets a code in once; afterwards it is spent everywhere.
#[track_caller]
fn with_write_fail_over_each_side_of_a_partition_takes_a_code_once(backend: Backend) {
    let count = figures::times(6, 40);
    let fleet = Fleet::of(backend, Writes::ToOneWithFailOver, count);
    fleet.mirror.part();
    let (mut both, mut spent) = (0, Vec::new());
    for (user, code) in fleet.codes().take(count) {
        let [near, far] = fleet.race(user, &code);
        assert!(near.granted <= 1 && far.granted <= 1, "{near:?} {far:?}");
        both += usize::from(near.granted + far.granted == 2);
        spent.push((user, code));
    }
    fleet.mirror.heal(&fleet.site);
    for (user, code) in &spent {
        for host in 0..fleet.hosts.len() {
            assert_eq!(fleet.log_in(host, user, code), WireAnswer::Denied);
        }
    }
    let seen = format!("{both} of {count} codes opened once on each side; none again after");
    let did = did("mirror mode, partition, write_fail_over = true", backend);
    figures::row("hostile", &[&did, &seen, "documented risk: docs/replication.md"]);
}

/// What goes wrong where hosts do not agree on one server, without any partition. Not a claim about
/// monk, but the reason for one: replication is no compare-and-swap.
#[test]
fn hosts_that_write_to_different_servers_can_both_take_a_code() {
    let count = figures::times(10, 100);
    let fleet = Fleet::of(Backend::Ldap, Writes::Anywhere, count);
    let mut twice = 0;
    for (user, code) in fleet.codes().take(count) {
        let [near, far] = fleet.race(user, &code);
        assert!(near.granted <= 1 && far.granted <= 1, "{near:?} {far:?}");
        assert!(near.granted + far.granted >= 1, "{near:?} {far:?}");
        twice += usize::from(near.granted + far.granted == 2);
    }
    let seen = format!("{twice} of {count} codes opened once at each server");
    let did = "mirror mode, hosts without the same write_uri, four hosts race";
    figures::row("hostile", &[did, &seen, "a mistake: docs/replication.md"]);
}

/// What `write_fail_over` costs after the partition: OpenLDAP keeps the entry that was changed last,
/// as a whole, and what the other side has written into it is gone. Backup codes show it best.
#[test]
fn with_write_fail_over_what_one_side_has_spent_can_be_good_again() {
    let fleet = Fleet::of(Backend::Ldap, Writes::ToOneWithFailOver, 1);
    let count = figures::times(3, 20);
    let (mut again, mut lost) = (0, 0);
    for number in 0..count {
        let user = format!("partition{number}");
        fleet.site.add_user(&user, "secret");
        let codes = fleet.site.backup_codes(&user);
        fleet.mirror.converge(&fleet.site);
        fleet.mirror.part();
        assert_eq!(fleet.log_in(0, &user, &codes[0]), WireAnswer::Granted);
        assert_eq!(fleet.log_in(2, &user, &codes[1]), WireAnswer::Granted);
        fleet.mirror.heal(&fleet.site);
        for code in &codes[..2] {
            again += usize::from(fleet.log_in(1, &user, code) == WireAnswer::Granted);
            // Whatever it was, now there is one truth, as soon as both servers know it: hosts of
            // side B go on with their own for some seconds.
            fleet.mirror.converge(&fleet.site);
            assert_eq!(fleet.log_in(3, &user, code), WireAnswer::Denied);
        }
        lost += usize::from(fleet.log_in(3, &user, &codes[2]) != WireAnswer::Granted);
    }
    assert!(again <= count, "{again}: never both of a pair");
    assert_eq!(lost, 0, "what nobody has used is good");
    let seen = format!("{again} of {} backup codes spent meanwhile good once more", 2 * count);
    let did = "mirror mode, after a partition, write_fail_over = true";
    figures::row("hostile", &[did, &seen, "documented risk: docs/replication.md"]);
}

/// What `write_fail_over` costs administrators: what was changed on one side is as before where the other
/// side has written into the entry later. An engine that has seen the change refuses what was set back.
#[test]
fn with_write_fail_over_changes_of_one_side_can_be_undone_by_the_other() {
    let fleet = Fleet::of(Backend::Ldap, Writes::ToOneWithFailOver, 1);
    for (user, later) in [("carol", Side::B), ("dave", Side::A)] {
        fleet.site.add_user(user, "secret");
        let [stolen, kept] = ["Stolen", "Kept"].map(|name| fleet.site.device(user, name));
        fleet.mirror.converge(&fleet.site);
        fleet.mirror.part();
        let spend = || assert_eq!(fleet.log_in(2, user, &kept.code()), WireAnswer::Granted);
        if later == Side::A {
            spend();
        }
        fleet.site.enroll(&["totp", "remove", user, "Stolen"]);
        let added = fleet.site.device(user, "Added");
        if later == Side::B {
            spend();
        }
        fleet.mirror.heal(&fleet.site);
        let after = [
            fleet.log_in(0, user, &stolen.code()),
            fleet.log_in(3, user, &stolen.code()),
            fleet.log_in(3, user, &added.code()),
        ];
        let expected = match later {
            Side::B => [WireAnswer::Denied, WireAnswer::Granted, WireAnswer::Denied],
            Side::A => [WireAnswer::Denied, WireAnswer::Denied, WireAnswer::Granted],
        };
        assert_eq!(after, expected, "{later:?} wrote later");
    }
    let did = "mirror mode, after a partition, a device removed and one added on side A";
    let seen = "both undone where side B had written into the entry later, else both kept";
    figures::row("hostile", &[did, seen, "documented risk: docs/replication.md"]);
}
