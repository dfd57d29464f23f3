//! A machine whose users change their passwords.

use monk_tests::site::{Backend, Device, Running, Site};
use monk_tests::{Screen, Slapd, SlapdOptions, Status, Typist};

/// No wait before a refusal.
const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

/// The entry of alice.
pub const ALICE: &str = "uid=alice,dc=example,dc=org";

/// alice of the directory, who has an account on the machine without a password there; and bob of the machine.
pub struct Scene {
    pub site: Site,
    pub phone: Device,
}

impl Scene {
    /// A machine with monk's profile of pam-auth-update, and users in a slapd with password policies.
    #[track_caller]
    pub fn new() -> Self {
        Self::running(Running::Resident)
    }

    #[track_caller]
    pub fn running(running: Running) -> Self {
        let site = Site::with_slapd_options(Backend::Ldap, running, QUICK, with_policies);
        // The overlay writes as the rootdn.
        site.slapd().modify(
            "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nadd: olcRootDN\n\
             olcRootDN: cn=root,dc=example,dc=org\n",
        );
        site.switch_on_profile();
        for user in ["alice", "bob"] {
            site.world.add_system_user(user);
        }
        site.world.set_password("bob", "local;secret");
        let phone = site.user_with_device("alice", "secret");
        Self { site, phone }
    }

    /// A command of `user` at a terminal.
    pub fn at_terminal(&self, user: &str, command: &str) -> Typist<'_> {
        let line = match user {
            "root" => command.to_owned(),
            user => format!("setpriv --reuid {user} --regid {user} --clear-groups {command}"),
        };
        Typist::new(&self.site.world, &line)
    }

    /// alice's `passwd`, with these answers to the questions for the old password and the code.
    pub fn passwd(&self, old: &str, code: &str) -> Typist<'_> {
        self.at_terminal("alice", "passwd").answer("Current password: ", old).answer("Code", code)
    }

    /// Whether this is alice's password in the directory.
    pub fn is_password(&self, password: &str) -> bool {
        self.site.slapd().binds(ALICE, password)
    }

    /// Sets rules for new passwords.
    #[track_caller]
    pub fn policy(&self, lines: &str) {
        self.site.slapd().add(&format!(
            "dn: cn=usual,{}\nobjectClass: organizationalRole\nobjectClass: pwdPolicy\n\
             pwdAttribute: userPassword\n{lines}",
            Slapd::SUFFIX
        ));
    }

    /// The last line of the audit about a change.
    #[track_caller]
    pub fn last_change(&self) -> String {
        let log = self.site.world.log();
        let line = log.iter().rfind(|line| line.text.contains("password-change user="));
        line.map(|line| line.text.clone()).expect("a change of a password is in the log")
    }
}

/// Users may change their own passwords; monk's account may not.
fn with_policies(options: SlapdOptions) -> SlapdOptions {
    let own = "to attrs=userPassword by self write by anonymous auth by * none".to_owned();
    let access = [vec![own], options.access].concat();
    let overlay = "dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config\n\
                   objectClass: olcOverlayConfig\nobjectClass: olcPPolicyConfig\n\
                   olcOverlay: ppolicy\nolcPPolicyDefault: cn=usual,dc=example,dc=org\n\
                   olcPPolicyUseLockout: TRUE\n";
    let (modules, config) = (vec!["ppolicy".to_owned()], vec![overlay.to_owned()]);
    SlapdOptions { access, modules, config, ..options }
}

/// Answers the questions for a new password.
pub fn new<'a>(typist: Typist<'a>, once: &str, again: &str) -> Typist<'a> {
    typist.answer("New password: ", once).answer("Retype new password: ", again)
}

/// Asserts that everything was asked, and how the program ended; what it showed.
#[track_caller]
pub fn ended(screen: &Screen, status: i32) -> String {
    let ended = (screen.unasked.is_empty(), screen.status == Status::Code(status));
    assert_eq!(ended, (true, true), "{screen:?}");
    screen.text()
}

/// `passwd` has changed something.
pub const CHANGED: i32 = 0;

/// It has not (passwd(1)).
pub const UNCHANGED: i32 = 10;
