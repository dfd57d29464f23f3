//! `monk-enroll directory detect` proposes settings, and a host works with them.

use monk_tests::directories::{Ds389, Installed, OpenLdap, RealDirectory, Samba};
use monk_tests::site::{Running, SETTINGS, Site};
use monk_tests::{Output, Slapd, Status, World};

use crate::scene::PASSWORD;

/// A host on which monk is installed and knows no directory yet.
struct Host {
    site: Site,
    uri: String,
    authority: String,
    account: String,
    password: String,
}

impl Host {
    #[track_caller]
    fn beside<D: RealDirectory>(directory: &D, world: &World) -> Self {
        directory.add_person("alice", PASSWORD);
        let section = directory.ldap_section();
        let value = |key: &str| {
            let line = section.lines().find(|line| line.starts_with(&format!("{key} = ")));
            let line = line.unwrap_or_else(|| panic!("no {key} in {section}"));
            line.split('"').nth(1).expect("a text").to_owned()
        };
        let site =
            Site::in_directory(world, &section, Running::OneShot, "credentials = \"embedded\"");
        world.write(SETTINGS, "", 0o644);
        world.command("monkd").arg("--setup").run().expect_success();
        Self {
            uri: value("uris"),
            authority: value("ca_file"),
            account: value("bind_dn"),
            password: world.read(value("password_file")).trim_end().to_owned(),
            site,
        }
    }

    /// Asks the server, with more arguments, and with a password where one names an account.
    #[track_caller]
    fn detect(&self, arguments: &[&str], password: &str) -> Output {
        let command =
            self.site.world.command("monk-enroll").args(["directory", "detect", &self.uri]);
        let command = command.args(arguments);
        if !arguments.contains(&"--bind-dn") {
            return command.run();
        }
        command.arg("--password-stdin").stdin(format!("{password}\n")).run()
    }

    /// The same with all that it needs to find a user.
    #[track_caller]
    fn find(&self, user: &str, password: &str) -> Output {
        let (authority, account) = (self.authority.as_str(), self.account.as_str());
        self.detect(&["--ca-file", authority, "--bind-dn", account, "--user", user], password)
    }
}

/// What is printed can be the settings, and a user who was found gets in with them.
#[track_caller]
fn what_is_proposed_works<D: RealDirectory>(preset: &str, on_hosts: &str) {
    let world = World::new();
    let directory = D::start(&world);
    let host = Host::beside(&directory, &world);
    let output = host.find("alice", &host.password).expect_success();
    let printed = &output.stdout;
    for wanted in [
        format!("preset = \"{preset}\""),
        "# user       alice\n".to_owned(),
        format!("# on hosts   {on_hosts}"),
    ] {
        assert!(printed.contains(&wanted), "{output}");
    }
    assert!(!format!("{output}").contains(&host.password), "{output}");
    world.write(SETTINGS, printed, 0o644);
    world.write("/etc/monk/ldap.password", format!("{}\n", host.password), 0o600);
    world.command("monkd").arg("--check").run().expect_success();
    host.site.pam_service("webmail", "");
    let phone = host.site.device("alice", "Phone");
    let typed = format!("{PASSWORD};{}", phone.code());
    assert_eq!(host.site.grants(host.site.pam("webmail", "alice").types(&typed)), "totp");
}

#[test]
fn what_is_proposed_works_with_openldap() {
    what_is_proposed_works::<OpenLdap<Installed>>("openldap", "unknown: the user has no uid");
}

#[test]
fn what_is_proposed_works_with_active_directory() {
    what_is_proposed_works::<Samba>("active-directory", "uid 20");
}

#[test]
fn numbers_that_hosts_know_a_user_by_are_told() {
    let world = World::new();
    let directory = OpenLdap::<Installed>::start(&world);
    let host = Host::beside(&directory, &world);
    let alice = directory.slapd().search(Slapd::SUFFIX, "(uid=alice)", &["1.1"])[0].dn.clone();
    directory.slapd().modify(&format!(
        "dn: {alice}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n-\n\
         add: uidNumber\nuidNumber: 12001\n-\nadd: gidNumber\ngidNumber: 12500\n-\n\
         add: homeDirectory\nhomeDirectory: /home/alice\n"
    ));
    directory.slapd().add(&format!(
        "dn: cn=operators,{}\nobjectClass: posixGroup\ncn: operators\ngidNumber: 12600\n\
         memberUid: alice\n",
        Slapd::SUFFIX
    ));
    let output = host.find("alice", &host.password).expect_success();
    let told = "# on hosts   uid 12001, primary group 12500, 1 further group\n";
    assert!(output.stdout.contains(told), "{output}");
}

#[test]
fn what_fails_is_said_with_its_cause() {
    let world = World::new();
    let directory = OpenLdap::<Installed>::start(&world);
    let host = Host::beside(&directory, &world);
    let authority = host.authority.as_str();
    let untrusted = host.detect(&[], "");
    assert_eq!(untrusted.status, Status::Code(7), "{untrusted}");
    assert!(untrusted.stderr.contains("certificate"), "{untrusted}");
    let unnamed = host.detect(&["--ca-file", authority], "").expect_success();
    assert!(unnamed.stdout.contains("Repeat this with --bind-dn and --user"), "{unnamed}");
    let wrong = host.find("alice", "wrong");
    assert_eq!(wrong.status, Status::Code(7), "{wrong}");
    assert!(wrong.stdout.contains("do not find the user"), "{wrong}");
    assert!(wrong.stdout.contains("result code 49"), "{wrong}");
    let nobody = host.find("mallory", &host.password);
    assert_eq!(nobody.status, Status::Code(4), "{nobody}");
    assert!(nobody.stdout.contains("nobody there has this name"), "{nobody}");
}

#[test]
fn a_root_dse_that_is_hidden_from_strangers_is_read_as_the_account() {
    let world = World::new();
    let directory = OpenLdap::<Installed>::start(&world);
    let host = Host::beside(&directory, &world);
    directory.slapd().modify(
        "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\nreplace: olcAccess\n\
         olcAccess: to dn.base=\"\" by users read by * none\n",
    );
    let hidden = host.detect(&["--ca-file", &host.authority], "");
    assert_eq!(hidden.status, Status::Code(7), "{hidden}");
    assert!(hidden.stderr.contains("name an account"), "{hidden}");
    let refused = host.find("alice", "wrong");
    assert_eq!(refused.status, Status::Code(7), "{refused}");
    let output = host.find("alice", &host.password).expect_success();
    assert!(output.stdout.contains(&format!("base = \"{}\"", Slapd::SUFFIX)), "{output}");
    assert!(output.stdout.contains("preset = \"openldap\""), "{output}");
}

mod heavy {
    use super::*;

    #[test]
    fn what_is_proposed_works_with_389() {
        what_is_proposed_works::<Ds389>("389ds", "unknown: the user has no uid");
    }
}
