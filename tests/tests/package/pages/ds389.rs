//! 389 Directory Server, set up with the commands of its page. Debian's server runs beside the host, on the same network.

use super::Blocks;

const PAGE: &str = "docs/directories/389ds.md";

/// What the test here carries out, in its order.
pub const BLOCKS: Blocks = &[
    (PAGE, COPY),
    (PAGE, SCHEMA),
    (PAGE, ACCOUNTS),
    (PAGE, POLICY),
    (PAGE, ACCESS),
    (PAGE, PASSWORD_FILE),
    (PAGE, INDEX),
];

const COPY: &str = "cp -r /usr/share/monk/ldap";
const SCHEMA: &str = "98monk.ldif";
const ACCOUNTS: &str = "389ds/accounts.ldif";
const POLICY: &str = "localpwp adduser";
const ACCESS: &str = "389ds/access.ldif";
const PASSWORD_FILE: &str = "openssl rand";
const INDEX: &str = "backend index reindex --wait userRoot";

mod heavy {
    use monk_tests::directories::{Ds389, RealDirectory};
    use monk_tests::page;
    use monk_tests::site::{Backend, Running, SETTINGS, Site, shipped};

    use super::*;
    use crate::pages::Reader;

    const FILES: [&str; 5] = [
        "store.ldif",
        "389ds/98monk.ldif",
        "389ds/accounts.ldif",
        "389ds/access.ldif",
        "389ds/store-access.ldif",
    ];
    const SECRET: &str = "secret of alice";

    #[test]
    fn a_server_that_never_heard_of_monk_holds_factors_after_the_commands_of_the_page() {
        let site = Site::new(Backend::Embedded, Running::OneShot);
        let world = &site.world;
        let server = Ds389::without_monk(world, "here", (389, 636));
        server.add_person("alice", SECRET);
        world.make_folder("/usr/share/monk/ldap/389ds", 0o755);
        for file in FILES {
            let text = shipped(&format!("config/ldap/{file}"));
            world.write(format!("/usr/share/monk/ldap/{file}"), text, 0o644);
        }

        let reader = Reader::new(world, BLOCKS);
        for (_, words) in BLOCKS {
            let text = reader.reads(words).replace("INSTANCE", "here");
            let done = world.command("bash").args(["-euo", "pipefail", "-c", &text]);
            let done = done.timeout(std::time::Duration::from_secs(120)).run();
            assert!(done.success(), "{text}\n{done}");
        }
        reader.has_read_all();

        let settings = page::block(PAGE, "preset = \"389ds\"").text;
        let authority = world.certificates().authority.display().to_string();
        let settings = settings
            .replace(
                "\"ldaps://ldap1.example.org\", \"ldaps://ldap2.example.org\"",
                "\"ldaps://ldap.example.org\"",
            )
            .replace("/etc/ssl/certs/example-ca.pem", &authority);
        world.write("/etc/monk/ldap.password", world.read("/root/ldap.password"), 0o600);
        world.write(SETTINGS, format!("{settings}\n[engine]\nrefusal_ms = 0\n"), 0o644);
        let phone = site.device("alice", "Phone");
        let imap = site.imap();
        let typed = format!("{SECRET};{}", phone.code());
        assert_eq!(site.opens(&imap, "alice", &typed), "totp");
        assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
        let policies = server.search(
            "dc=example,dc=org",
            "(&(objectClass=ldapSubEntry)(objectClass=passwordPolicy))",
            &["cn"],
        );
        assert!(policies.len() >= 2, "each account has a policy: {policies:?}");
    }
}
