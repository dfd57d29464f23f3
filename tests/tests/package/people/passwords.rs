//! People change the passwords that they have in the directory.

use monk_tests::clients::{Ssh, SshLogin};
use monk_tests::fresh::Debian;
use monk_tests::site::Device;
use monk_tests::{Slapd, Status, Typist};

use super::{Directory, Host, PASSWORD, on_each_host, says};
use crate::guarded::systemctl;

on_each_host!(
    passwd_changes_the_password_in_the_directory,
    an_expired_password_is_changed_while_ssh_logs_in,
);

/// The rules of passwords in the slapd of the tests, as long as there are none: an entry that is not there.
pub const POLICY: &str = "cn=usual,dc=example,dc=org";

/// What people type passwords and codes at.
const SSHD: &str = include_str!("../../../../config/examples/sshd-password-and-code/monk.conf");

/// A password that every server takes.
const NEW: &str = "N3w-correct-horse";

/// Each phone has two codes at a time.
const PHONES: usize = 2;

impl Host {
    /// Has sshd ask for the password and a code, and take no keys.
    #[track_caller]
    fn ask_for_passwords(&self) {
        self.machine.write("/etc/ssh/sshd_config.d/monk.conf", SSHD, 0o644);
        systemctl(&self.machine, &["reload", "ssh"]);
    }

    /// Lets alice's password become too old, by the directory's own means. In monk's own directory nothing
    /// becomes old: an administrator wants another password.
    #[track_caller]
    fn expire(&self) {
        let suffix = Slapd::SUFFIX;
        if let Some(server) = &self.server {
            server.borrow().expire();
        } else if self.site.is_in_ldap() {
            let slapd = self.site.slapd();
            slapd.modify(&format!(
                "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcRootDN\n\
                 olcRootDN: cn=root,{suffix}\n"
            ));
            slapd.add(&format!(
                "dn: {POLICY}\nobjectClass: organizationalRole\nobjectClass: pwdPolicy\n\
                 pwdAttribute: userPassword\npwdMaxAge: 7776000\npwdGraceAuthNLimit: 9\n"
            ));
            slapd.modify_operational(&format!(
                "dn: uid=alice,{suffix}\nchangetype: modify\nreplace: pwdChangedTime\n\
                 pwdChangedTime: 20200101000000Z\n"
            ));
        } else {
            let expire = ["user", "expire", "alice", "--password"];
            self.machine.command("monk-enroll").args(expire).run().expect_success();
        }
    }

    /// Phones of alice that have more codes at once than she needs here.
    #[track_caller]
    fn phones(&self) -> Vec<Device> {
        (0..PHONES).map(|number| self.site.device("alice", &format!("Phone {number}"))).collect()
    }

    /// A login of alice at sshd with a password and a code, and answers to what comes after that.
    #[track_caller]
    fn types_at_ssh(&self, password: &str, code: &str, then: &[(&str, &str)]) -> SshLogin {
        let ssh = Ssh::at_debians(&self.machine, "alice");
        let ssh = ssh.answer("Password: ", password).answer("Code", code);
        let answer = |ssh: Ssh, (question, answer): &(&str, &str)| ssh.answer(question, answer);
        then.iter().fold(ssh, answer).run("id -un")
    }
}

pub fn passwd_changes_the_password_in_the_directory(directory: Directory, debian: Debian) {
    let host = Host::new(directory, debian);
    host.ask_for_passwords();
    let phones = host.phones();
    let code = || phones.iter().find_map(Device::code_if_any).expect("an unused code");
    let passwd = "setpriv --reuid alice --regid operators --init-groups passwd";
    let wrong = Typist::new(&host.machine, passwd)
        .answer("Current password: ", "wrong")
        .answer("Code", &code())
        .run();
    assert_ne!(wrong.status, Status::Code(0), "{}", wrong.text());
    let screen = Typist::new(&host.machine, passwd)
        .answer("Current password: ", PASSWORD)
        .answer("Code", &code())
        .answer("New password: ", NEW)
        .answer("Retype new password: ", NEW)
        .run();
    let ended = (screen.status, screen.unasked.len());
    assert_eq!(ended, (Status::Code(0), 0), "{}", screen.text());
    assert!(!host.types_at_ssh(PASSWORD, &code(), &[]).logged_in(), "the old password");
    let login = host.types_at_ssh(NEW, &code(), &[]);
    assert!(login.logged_in() && login.stdout == "alice\n", "{login:?}");
    assert_eq!(says(&host.machine, "grep -c alice /etc/passwd /etc/shadow || true"), NOWHERE);
}

/// What grep says of somebody who is in neither file.
const NOWHERE: &str = "/etc/passwd:0\n/etc/shadow:0\n";

pub fn an_expired_password_is_changed_while_ssh_logs_in(directory: Directory, debian: Debian) {
    let host = Host::new(directory, debian);
    host.ask_for_passwords();
    let phones = host.phones();
    let code = || phones.iter().find_map(Device::code_if_any).expect("an unused code");
    let factors = || host.site().enroll(&["status", "alice"])["credentials"].clone();
    let before = factors();
    host.expire();

    // Nobody is in before the change, and the old password has to be typed for it.
    let login = host.types_at_ssh(PASSWORD, &code(), &[("Current password: ", "wrong")]);
    assert!(!login.logged_in() && login.stdout.is_empty(), "{login:?}");
    assert!(login.prompts.iter().any(|prompt| prompt.contains("Current password: ")), "{login:?}");

    let change =
        [("Current password: ", PASSWORD), ("New password: ", NEW), ("Retype new password: ", NEW)];
    let login = host.types_at_ssh(PASSWORD, &code(), &change);
    assert!(login.logged_in() && login.stdout == "alice\n", "{login:?}");
    assert_eq!(login.prompts.len(), 5, "{:?}", login.prompts);
    assert!(host.machine.exists("/home/alice/.profile"), "a session as every other");

    let old = host.types_at_ssh(PASSWORD, &code(), &[]);
    assert!(!old.logged_in() && old.stdout.is_empty(), "the old password: {old:?}");
    let login = host.types_at_ssh(NEW, &code(), &[]);
    assert!(login.logged_in() && login.prompts.len() == 2, "nothing more is asked: {login:?}");
    let after = factors();
    let ids = |listed: &serde_json::Value| -> Vec<serde_json::Value> {
        listed.as_array().into_iter().flatten().map(|one| one["id"].clone()).collect()
    };
    assert!(!ids(&before).is_empty());
    assert_eq!(ids(&after), ids(&before), "the factors");
}
