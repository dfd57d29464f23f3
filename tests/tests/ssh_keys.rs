//! Keys from the directory: sshd runs `monk-ssh-keys`, which asks the engine.

use monk_tests::clients::{Ssh, SshLogin};
use monk_tests::site::{Backend, Device, Running, Site, shipped};
use monk_tests::{Output, Slapd, Sshd, SshdOptions, Status, World};

/// What `monk.toml` has: the shipped example, a group, and what says in LDAP who is switched off.
const GROUP: &str = "groups = [\"staff\"]\n";
const GROUP_IN_LDAP: &str = "groups = [\"cn=staff,dc=example,dc=org\"]\n";
const LDAP_STATE: &str = "[ldap.state]\ndisabled = \"(employeeType=left)\"\n";

/// The schema of keys that is in use everywhere (openssh-lpk).
const SCHEMA: &str = "\
dn: cn=openssh-lpk,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: openssh-lpk
olcAttributeTypes: ( 1.3.6.1.4.1.24552.500.1.1.1.13 NAME 'sshPublicKey' DESC 'OpenSSH public key'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
olcObjectClasses: ( 1.3.6.1.4.1.24552.500.1.1.2.0 NAME 'ldapPublicKey' SUP top AUXILIARY
  MUST uid MAY sshPublicKey )
";

const PROGRAM: &str = "/usr/libexec/monk/monk-ssh-keys";
const CODE_SCREEN: &str = "(alice@127.0.0.1) Code from your device, or a backup code: ";
const KEY: &str = "/root/key";

/// A machine as the package sets it up, whose sshd has the shipped example, and alice, who has a device.
struct Host {
    site: Site,
    sshd: Sshd,
    phone: Device,
}

impl Host {
    #[track_caller]
    fn new(backend: Backend) -> Self {
        Self::with(backend, "")
    }

    /// The same with more lines in the section of sshd.
    #[track_caller]
    fn with(backend: Backend, more: &str) -> Self {
        let example = shipped("config/examples/sshd-directory-key-and-code/monk.toml");
        let state = if backend == Backend::Ldap { LDAP_STATE } else { "" };
        let settings = format!("{example}{more}{state}");
        let site = Site::with_slapd_options(backend, Running::OneShot, &settings, |mut options| {
            options.schemas.push(SCHEMA.to_owned());
            options
        });
        site.hand_to_package();
        site.start_service();
        site.world.add_system_user("alice");
        let phone = site.user_with_device("alice", "secret");
        if site.is_in_ldap() {
            site.slapd().modify(&format!(
                "dn: uid=alice,{}\nchangetype: modify\nadd: objectClass\nobjectClass: ldapPublicKey\n",
                Slapd::SUFFIX
            ));
        }
        let config = shipped("config/examples/sshd-directory-key-and-code/monk.conf");
        let sshd = site.sshd(SshdOptions { config, ..SshdOptions::default() });
        make_key(&site.world, KEY);
        Self { site, sshd, phone }
    }

    /// Puts a key into the directory, and nothing else.
    #[track_caller]
    fn keep_in_directory(&self, line: &str) {
        if self.site.is_in_ldap() {
            self.site.slapd().modify(&format!(
                "dn: uid=alice,{}\nchangetype: modify\nreplace: sshPublicKey\nsshPublicKey: {line}\n",
                Slapd::SUFFIX
            ));
        } else {
            self.site.enroll(&["user", "ssh-key", "add", "alice", line]);
        }
    }

    #[track_caller]
    fn switch_alice_off(&self) {
        if self.site.is_in_ldap() {
            self.site.slapd().modify(&format!(
                "dn: uid=alice,{}\nchangetype: modify\nadd: employeeType\nemployeeType: left\n",
                Slapd::SUFFIX
            ));
        } else {
            self.site.enroll(&["user", "disable", "alice"]);
        }
    }

    #[track_caller]
    fn join_staff(&self) {
        if self.site.is_in_ldap() {
            let suffix = Slapd::SUFFIX;
            self.site.slapd().add(&format!(
                "dn: cn=staff,{suffix}\nobjectClass: groupOfNames\ncn: staff\nmember: uid=alice,{suffix}\n"
            ));
        } else {
            self.site.enroll(&["group", "add", "staff", "alice"]);
        }
    }

    /// The key, as the directory may have it.
    fn public(&self) -> String {
        self.site.world.read(format!("{KEY}.pub")).trim().to_owned()
    }

    /// Logs in with the key and a code.
    fn log_in(&self, code: &str) -> SshLogin {
        let ssh = Ssh::new(&self.site.world, &self.sshd, "alice").key(KEY);
        ssh.answer("Password", "secret").answer("Code", code).run("id -un")
    }

    /// What the program says of alice when this user runs it.
    fn keys_for(&self, caller: &str) -> Output {
        let command = self.site.world.command(PROGRAM).arg("alice");
        if caller == "root" { command.run() } else { command.as_user(caller).run() }
    }

    #[track_caller]
    fn prints(&self, expected: &str) {
        let output = self.keys_for("monk-keys");
        assert_eq!(
            (output.status, output.stdout.as_str()),
            (Status::Code(0), expected),
            "{output}"
        );
    }

    /// Alice's key does not even lead to a screen.
    #[track_caller]
    fn refuses_the_key(&self) {
        let login = self.log_in("not asked");
        assert!(!login.logged_in() && login.prompts.is_empty(), "{login:?}\n{}", self.sshd.log());
        assert!(login.stderr.contains("Permission denied (publickey)"), "{login:?}");
    }

    #[track_caller]
    fn opens_by_key_and_code(&self) {
        let (login, line) = self.site.audited(|| self.log_in(&self.phone.code()));
        assert_eq!(login.stdout, "alice\n", "{login:?} {}\n{}", line.text, self.sshd.log());
        assert_eq!(login.prompts, [CODE_SCREEN]);
        assert_eq!(line.reason, "totp");
    }
}

#[track_caller]
fn make_key(world: &World, file: &str) {
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", file];
    world.command("ssh-keygen").args(keygen).run().expect_success();
}

fn a_key_in_the_directory_and_a_code_open_and_neither_does_alone(backend: Backend) {
    let host = Host::new(backend);
    host.refuses_the_key();
    host.prints("");
    host.keep_in_directory(&host.public());
    host.prints(&format!("{}\n", host.public()));
    let (login, line) = host.site.audited(|| host.log_in(&host.phone.wrong_code()));
    assert!(!login.logged_in(), "{login:?}");
    assert_eq!(line.reason, "wrong-code");
    host.opens_by_key_and_code();
}

fn who_is_switched_off_has_no_keys(backend: Backend) {
    let host = Host::new(backend);
    host.keep_in_directory(&host.public());
    host.opens_by_key_and_code();
    host.switch_alice_off();
    host.refuses_the_key();
    host.prints("");
    let line = host.site.world.wait_for_log(|line| line.text.starts_with("ssh-keys user=alice"));
    assert!(line.text.contains("service=sshd") && line.text.contains("reason=disabled"), "{line}");
}

fn only_members_of_the_groups_of_the_policy_have_keys(backend: Backend) {
    let host = Host::with(backend, if backend == Backend::Ldap { GROUP_IN_LDAP } else { GROUP });
    host.keep_in_directory(&host.public());
    host.refuses_the_key();
    host.prints("");
    host.join_staff();
    host.opens_by_key_and_code();
}

fn options_and_certificates_mean_what_they_mean_to_sshd(backend: Backend) {
    let host = Host::new(backend);
    host.keep_in_directory(&format!("from=\"192.0.2.1\" {}", host.public()));
    host.refuses_the_key();
    let world = &host.site.world;
    make_key(world, "/root/authority");
    let authority = world.read("/root/authority.pub").trim().to_owned();
    let sign = ["-q", "-s", "/root/authority", "-I", "alice", "-n", "alice", "/root/key.pub"];
    world.command("ssh-keygen").args(sign).run().expect_success();
    let line = format!("cert-authority,from=\"127.0.0.1\" {authority}");
    if !host.site.is_in_ldap() {
        host.keep_in_directory(&line);
        // The key above stays, and is not for this address.
        let printed = host.keys_for("monk-keys").stdout;
        assert!(printed.ends_with(&format!("{line}\n")), "{printed}");
    } else {
        host.keep_in_directory(&line);
        host.prints(&format!("{line}\n"));
    }
    host.opens_by_key_and_code();
}

fn while_the_engine_is_stopped_the_directory_has_no_keys_and_files_have(backend: Backend) {
    let host = Host::new(backend);
    host.keep_in_directory(&host.public());
    host.site.kill_engine();
    let output = host.keys_for("monk-keys");
    assert_eq!((output.status, output.stdout.as_str()), (Status::Code(1), ""), "{output}");
    assert!(output.stderr.contains("no engine listens, and only root can start one"), "{output}");
    host.refuses_the_key();
    host.site.world.write("/home/alice/.ssh/authorized_keys", host.public(), 0o644);
    host.opens_by_key_and_code();
}

macro_rules! in_both_directories {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(#[test] fn $name() { super::$name(super::Backend::Embedded); })+
        }
        mod ldap {
            $(#[test] fn $name() { super::$name(super::Backend::Ldap); })+
        }
    };
}

in_both_directories!(
    a_key_in_the_directory_and_a_code_open_and_neither_does_alone,
    who_is_switched_off_has_no_keys,
    only_members_of_the_groups_of_the_policy_have_keys,
    options_and_certificates_mean_what_they_mean_to_sshd,
    while_the_engine_is_stopped_the_directory_has_no_keys_and_files_have,
);

#[test]
fn a_directory_that_does_not_answer_is_no_directory_without_keys() {
    let host = Host::new(Backend::Ldap);
    host.keep_in_directory(&host.public());
    host.prints(&format!("{}\n", host.public()));
    host.site.with_slapd(Slapd::stop);
    let output = host.keys_for("monk-keys");
    assert_eq!((output.status, output.stdout.as_str()), (Status::Code(1), ""), "{output}");
    assert!(output.stderr.contains("does not answer"), "{output}");
    let line = host.site.world.wait_for_log(|line| line.text.starts_with("ssh-keys user=alice"));
    assert!(line.text.contains("verdict=unavailable"), "{line}");
}

#[test]
fn a_value_of_two_lines_is_no_key() {
    let host = Host::new(Backend::Ldap);
    make_key(&host.site.world, "/root/other");
    let other = host.site.world.read("/root/other.pub");
    let both = format!("{}\n{}", other.trim(), host.public());
    let slapd = format!("dn: uid=alice,{}\nchangetype: modify\n", Slapd::SUFFIX);
    let encoded = data_encoding::BASE64.encode(both.as_bytes());
    host.site.slapd().modify(&format!("{slapd}replace: sshPublicKey\nsshPublicKey:: {encoded}\n"));
    host.prints("");
    host.refuses_the_key();
}

#[test]
fn users_see_their_own_keys_and_only_the_user_of_the_settings_sees_those_of_others() {
    let host = Host::new(Backend::Ldap);
    host.keep_in_directory(&host.public());
    host.site.world.add_system_user("bob");
    for (caller, may_see) in
        [("root", true), ("monk-keys", true), ("alice", true), ("bob", false), ("daemon", false)]
    {
        let output = host.keys_for(caller);
        assert_eq!(output.stdout.contains(&host.public()), may_see, "{caller}: {output}");
        assert_eq!(output.status == Status::Code(0), may_see, "{caller}: {output}");
    }
    let line = host.site.world.wait_for_log(|line| line.text.starts_with("ssh-keys user=alice"));
    assert!(line.text.contains("verdict=not-done reason=not-permitted"), "{line}");
}

#[test]
fn doctor_finds_a_program_that_sshd_does_not_run() {
    let host = Host::new(Backend::Ldap);
    host.keep_in_directory(&host.public());
    host.opens_by_key_and_code();
    let found = || {
        let report = host.site.try_enroll(&["doctor"]).0;
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let ids = findings.iter().filter_map(|one| one["id"].as_str().map(str::to_owned));
        let ids: Vec<_> = ids.filter(|id| id.starts_with("sshd-keys")).collect();
        assert!(!findings.is_empty(), "{report:#}");
        ids
    };
    assert_eq!(found(), Vec::<String>::new());
    host.site.world.command("chmod").args(["o+w", "/usr/libexec/monk"]).run().expect_success();
    host.refuses_the_key();
    assert_eq!(found(), ["sshd-keys-command"]);
    host.site.world.command("chmod").args(["o-w", "/usr/libexec/monk"]).run().expect_success();
    host.site.world.command("userdel").arg("monk-keys").run().expect_success();
    host.refuses_the_key();
    assert_eq!(found(), ["sshd-keys-user"]);
}
