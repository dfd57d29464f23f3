//! 389 Directory Server.

/// Starts servers that take seconds: left out of a usual run.
mod heavy {
    use std::time::Instant;

    use monk_tests::World;
    use monk_tests::directories::{Ds389, RealDirectory};
    use monk_tests::site::{Running, Site};

    #[test]
    fn tried() {
        let world = World::new();
        let t = Instant::now();
        let mut ds = Ds389::start(&world);
        println!("start {:?}", t.elapsed());
        for (number, (means, _)) in ds.means().iter().enumerate() {
            let name = format!("user{number}");
            let password = format!("secret-{name}");
            ds.add_person(&name, &password);
            let out = ds.bind(&ds.person(&name), &password).run();
            assert!(out.success(), "{out}");
            let t = Instant::now();
            ds.put(&name, means);
            println!("{means} {:?}\n{:?}", t.elapsed(), ds.search("ou=people,dc=example,dc=org", &format!("(uid={name})"), &["nsAccountLock", "accountUnlockTime", "passwordRetryCount", "passwordExpirationTime", "pwdReset", "pwdPolicySubentry", "acctPolicySubentry", "lastLoginTime"]));
            let out = ds.bind(&ds.person(&name), &password).run();
            println!("{out}");
        }
        ds.add_person("alice", "secret");
        ds.add_group("team", &["alice"]);
        ds.add_group("dept", &["team"]);
        println!("{:?}", ds.search("ou=people,dc=example,dc=org", "(uid=alice)", &["memberOf", "*"]));
        let t = Instant::now();
        ds.stop();
        ds.restart();
        println!("restart {:?}", t.elapsed());
        let site = Site::in_directory(&world, &ds, Running::Resident, "");
        let phone = site.device("alice", "Phone");
        let imap = site.imap();
        println!("{}", site.opens(&imap, "alice", &format!("secret;{}", phone.code())));
    }
}
