//! Two 389 Directory Servers that replicate to each other, and two hosts that ask them in different order:
//! what docs/replication.md says of them.

mod heavy {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use monk_one_shot::Endpoint;
    use monk_tests::clients::{WireAnswer, WireLogin, at_once};
    use monk_tests::directories::{Ds389, RealDirectory, Suppliers};
    use monk_tests::site::{CODE_ALONE, Device, Running, SETTINGS, Site};
    use monk_tests::{Output, Process, Side, World, figures, until};

    use WireAnswer::{Denied, Granted, Unavailable};

    /// The settings of the second host.
    const SECOND: &str = "/etc/monk-two/monk.toml";

    /// Logins at each host in a race.
    const PER_HOST: usize = 4;

    /// A host at each side.
    struct Fleet {
        site: Site,
        suppliers: Suppliers,
        hosts: [Endpoint; 2],
        _engine: Process,
    }

    impl Fleet {
        /// Two hosts whose codes are spent at A, and people whom `prepare` has added while there was one
        /// server.
        #[track_caller]
        fn of<T>(fails_over: bool, prepare: impl FnOnce(&Site, &Ds389) -> T) -> (Self, T) {
            let world = World::new();
            let first = Ds389::start(&world);
            let site =
                Site::in_directory(&world, &first.ldap_section(), Running::OneShot, CODE_ALONE);
            let people = prepare(&site, &first);
            let direct = format!("uris = [\"{}\"]\n", first.ldaps_uri());
            let suppliers = Suppliers::of(&world, first);
            let hosts = [site.endpoint(), site.another_host("two")];
            for (side, file) in [(Side::A, SETTINGS), (Side::B, SECOND)] {
                let settings = world.read(file);
                assert!(settings.contains(&direct), "{settings}");
                let servers = uris(&suppliers, side, fails_over);
                world.write(file, settings.replace(&direct, &servers), 0o644);
            }
            site.start_engine();
            let engine = site.start_engine_of(&hosts[1]);
            (Self { site, suppliers, hosts, _engine: engine }, people)
        }

        /// What the host of a side says to what is typed.
        #[track_caller]
        fn log_in(&self, side: Side, service: &str, user: &str, typed: &str) -> WireAnswer {
            let host = &self.hosts[side as usize];
            self.site.world.inside(|| WireLogin { service, user, typed }.run(host))
        }

        /// What both hosts say to a code, A first.
        #[track_caller]
        fn both(&self, user: &str, code: &str) -> [WireAnswer; 2] {
            [Side::A, Side::B].map(|side| self.log_in(side, "code", user, code))
        }

        /// A code that is typed at both hosts at the same moment: how often it opens.
        #[track_caller]
        fn race(&self, user: &str, code: &str) -> usize {
            let login = WireLogin { service: "code", user, typed: code };
            let hosts = self.hosts.iter().cycle().take(2 * PER_HOST);
            let logins: Vec<_> = hosts.map(|host| (login, host)).collect();
            let answers = self.site.world.inside(|| at_once(&logins));
            assert!(!answers.contains(&WireAnswer::Broken), "{answers:?}");
            answers.into_iter().filter(|answer| *answer == Granted).count()
        }

        /// Runs monk-enroll at the host of side B.
        #[track_caller]
        fn enroll_at_b(&self, arguments: &[&str]) -> Output {
            let socket = self.hosts[1].socket.to_str().expect("a path of ours");
            let command = self.site.world.command("monk-enroll").args(["--json", "--yes"]);
            command.args(["--config", SECOND, "--socket", socket]).args(arguments).run()
        }

        /// The devices that a user has, by their names.
        #[track_caller]
        fn enrolled(&self, user: &str) -> Vec<String> {
            let status = self.site.enroll(&["status", user]);
            let credentials = status["credentials"].as_array().expect("a list").iter();
            let name = |one: &serde_json::Value| one["name"].as_str().expect("a name").to_owned();
            let mut names: Vec<String> = credentials.map(name).collect();
            names.sort();
            names
        }
    }

    /// The lines about servers, for a host of a side.
    fn uris(suppliers: &Suppliers, side: Side, fails_over: bool) -> String {
        let other = if side == Side::A { Side::B } else { Side::A };
        let (near, far) = (suppliers.uri(side, side), suppliers.uri(side, other));
        let decides = suppliers.uri(side, Side::A);
        format!(
            "uris = [\"{near}\", \"{far}\"]\nwrite_uri = \"{decides}\"\n\
             write_fail_over = {fails_over}\n"
        )
    }

    /// Adds people with so many devices, and gives all of these with their owners.
    #[track_caller]
    fn people(site: &Site, first: &Ds389, devices: usize) -> Vec<(String, Device)> {
        let device = |number: usize| {
            let user = format!("user{}", number / 5);
            if number.is_multiple_of(5) {
                first.add_person(&user, "secret");
            }
            let device = site.device(&user, &format!("Phone {number}"));
            (user, device)
        };
        (0..devices).map(device).collect()
    }

    /// Waits until what is written from now on is later for both servers, which number changes of different
    /// servers by the second.
    fn another_second() {
        let second = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let now = second();
        until(Duration::from_secs(5), || (second() > now).then_some(())).expect("time goes on");
    }

    #[test]
    fn codes_are_spent_once_where_the_hosts_write_to_one_supplier() {
        let count = figures::times(10, 100);
        let (fleet, (devices, app_password)) = Fleet::of(false, |site, first| {
            let devices = people(site, first, count);
            (devices, site.app_password("user0", "Mail", &["--scope", "imap"]))
        });
        let (raced, parted) = devices.split_at(count / 2);
        for (user, device) in raced {
            let code = device.code();
            assert_eq!(fleet.race(user, &code), 1);
            assert_eq!(fleet.both(user, &code), [Denied, Denied], "wherever it is typed next");
        }
        // An engine that knows of a use of which its server has not heard asks the server that decides.
        fleet.suppliers.converge();
        fleet.suppliers.part();
        let mut spent = Vec::new();
        for (user, device) in parted {
            let code = device.code();
            assert_eq!(fleet.both(user, &code), [Granted, Unavailable]);
            spent.push((user, code));
        }
        assert_eq!(fleet.log_in(Side::B, "imap", "user0", &app_password), Granted);
        let enrolling = fleet.enroll_at_b(&["totp", "add", "user0", "--name", "Tablet"]);
        assert!(!enrolling.success(), "{enrolling}");
        fleet.suppliers.heal();
        for (user, code) in &spent {
            assert_eq!(fleet.both(user, code), [Denied, Denied]);
        }
        let seen = format!(
            "{} codes raced, each once; {} in a partition: once where A is reached, else unavailable; none \
             again after",
            raced.len(),
            parted.len()
        );
        let did = "two suppliers of 389, write_uri = A, a partition";
        figures::row("hostile", &[did, &seen, "at most once"]);
    }

    /// What `write_fail_over` costs during a partition. After it nothing is good again: unlike OpenLDAP, the
    /// servers keep each value that was written on either side, and none that was deleted on one.
    #[test]
    fn with_write_fail_over_both_suppliers_spend_and_nothing_is_good_again() {
        let count = figures::times(6, 40);
        let (fleet, (devices, backup_codes)) = Fleet::of(true, |site, first| {
            let devices = people(site, first, count);
            (devices, site.backup_codes("user0"))
        });
        fleet.suppliers.part();
        let mut spent = Vec::new();
        for (user, device) in &devices {
            let code = device.code();
            assert_eq!(fleet.both(user, &code), [Granted, Granted], "once on each side");
            spent.push((user.as_str(), code));
        }
        // Of the backup codes each side uses another one, and both use a third.
        let typed =
            |side, number: usize| fleet.log_in(side, "code", "user0", &backup_codes[number]);
        assert_eq!([typed(Side::A, 0), typed(Side::B, 1)], [Granted, Granted]);
        assert_eq!([typed(Side::A, 2), typed(Side::B, 2)], [Granted, Granted]);
        fleet.suppliers.heal();
        spent.extend(backup_codes[..3].iter().map(|code| ("user0", code.clone())));
        for (user, code) in &spent {
            assert_eq!(fleet.both(user, code), [Denied, Denied], "{user}");
        }
        fleet.suppliers.converge();
        assert_eq!(typed(Side::B, 3), Granted, "what nobody has used is good");
        let seen = format!("{count} codes opened once on each side; none of them again after");
        let did = "two suppliers of 389, a partition, write_fail_over = true";
        figures::row("hostile", &[did, &seen, "documented risk: docs/replication.md"]);
    }

    /// What was enrolled on both sides is there afterwards. A reset takes away what the other side has
    /// enrolled before it, and not what it enrolls before it hears of it.
    #[test]
    fn with_write_fail_over_what_both_suppliers_have_enrolled_stays() {
        let (fleet, devices) = Fleet::of(true, |site, first| people(site, first, 10));
        let of = |user: &str| {
            let device = devices.iter().find(|(owner, _)| owner == user);
            device.map(|(_, device)| device.code()).expect("a device")
        };
        let add_at_b = |user: &str, name: &str| {
            fleet.enroll_at_b(&["totp", "add", user, "--name", name]).expect_success();
        };
        fleet.suppliers.part();
        fleet.site.device("user0", "Tablet");
        add_at_b("user0", "Watch");
        add_at_b("user1", "Watch");
        another_second();
        fleet.site.enroll(&["reset", "user1"]);
        assert_eq!(fleet.both("user1", &of("user1")), [Denied, Granted], "B has not heard of it");
        another_second();
        add_at_b("user1", "Ring");
        fleet.suppliers.heal();
        assert_eq!(fleet.both("user1", &of("user1")), [Denied, Denied]);
        let phones = (0..5).map(|number| format!("Phone {number}"));
        let all: Vec<String> = phones.chain(["Tablet", "Watch"].map(str::to_owned)).collect();
        assert_eq!(fleet.enrolled("user0"), all);
        assert_eq!(fleet.enrolled("user1"), ["Enrolment code", "Ring"]);
        // Once more, and all is gone.
        fleet.site.enroll(&["reset", "user1"]);
        fleet.suppliers.converge();
        assert_eq!(fleet.enrolled("user1"), ["Enrolment code"]);
    }
}
