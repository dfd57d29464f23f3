//! The organisation in the server: its people, their groups and the states of their accounts.

use std::time::Duration;

use super::{Ds389, SUFFIX};
use crate::World;
use crate::directories::{RealDirectory, State};
use crate::wait;

/// Failed binds after which an account is locked.
const MAX_FAILURE: usize = 5;

/// How long the server may take to notice that a role is locked.
const ROLE_LIMIT: Duration = Duration::from_secs(60);

/// How people are put into which state. Each of these is one of the server's own.
const MEANS: [(&str, State); 8] = [
    ("nsAccountLock", State::Disabled),
    ("role", State::Disabled),
    ("passwordMaxFailure", State::Locked),
    ("passwordUnlock off", State::Locked),
    ("passwordExpirationTime", State::PasswordExpired),
    ("passwordGraceLimit", State::PasswordExpired),
    ("passwordMustChange", State::MustChange),
    ("accountInactivityLimit", State::Expired),
];

impl RealDirectory for Ds389 {
    const NAME: &'static str = "389ds";

    #[track_caller]
    fn start(world: &World) -> Self {
        Self::create(world, "one", (389, 636), false)
    }

    #[track_caller]
    fn ldap_section(&self) -> String {
        self.settings_of("enrol")
    }

    #[track_caller]
    fn add_person(&self, name: &str, password: &str) {
        self.passwords.borrow_mut().insert(name.to_owned(), password.to_owned());
        self.add(&format!(
            "dn: {}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n\
             mail: {name}@example.org\nuserPassword: {password}\n",
            self.dn_of(name)
        ));
    }

    fn means(&self) -> &'static [(&'static str, State)] {
        &MEANS
    }

    #[track_caller]
    fn put(&self, name: &str, means: &str) {
        let dn = self.dn_of(name);
        match means {
            // What `dsidm account lock` writes; that program fails where accounts can become inactive.
            "nsAccountLock" => self.set(&dn, "nsAccountLock", "true"),
            "role" => {
                let role = format!("closed-{name}");
                let role_dn = format!("cn={role},{SUFFIX}");
                self.own("dsidm", &["-b", SUFFIX, "role", "create-managed", "--cn", &role]);
                self.set(&dn, "nsRoleDN", &role_dn);
                self.own("dsidm", &["-b", SUFFIX, "role", "lock", &role_dn]);
                // The server computes the attribute from a cache that a thread of its own renews.
                let is_locked = || {
                    let found = self.search(&dn, "(objectClass=*)", &["nsAccountLock"]);
                    let value = found.first().and_then(|found| found.value("nsAccountLock"));
                    (value.as_deref() == Some("true")).then_some(())
                };
                wait::until(ROLE_LIMIT, is_locked).expect("the role closes the account");
            }
            "passwordMaxFailure" => self.guess(&dn),
            // Until an administrator opens it again: the server writes 0 for the time.
            "passwordUnlock off" => {
                let policy = ["--pwdlockout", "on", "--pwdmaxfailures", "5", "--pwdunlock", "off"];
                self.own("dsconf", &[&["localpwp", "adduser"], &policy[..], &[&dn]].concat());
                self.guess(&dn);
            }
            "passwordExpirationTime" => self.set(&dn, "passwordExpirationTime", "20200101000000Z"),
            // The server goes on taking it for some logins.
            "passwordGraceLimit" => {
                let policy = ["localpwp", "adduser", "--pwdexpire", "on", "--pwdgracelimit", "20"];
                self.own("dsconf", &[&policy[..], &[&dn]].concat());
                self.set(&dn, "passwordExpirationTime", "20200101000000Z");
            }
            "passwordMustChange" => {
                let policy = ["localpwp", "adduser", "--pwdmustchange", "on", &dn];
                self.own("dsconf", &policy);
                // The same password, but set by somebody else.
                let kept = self.passwords.borrow()[name].clone();
                self.set(&dn, "userPassword", &kept);
            }
            "accountInactivityLimit" => {
                self.modify(&format!(
                    "dn: cn=inactive-{name},{SUFFIX}\nchangetype: add\nobjectClass: ldapSubEntry\n\
                     objectClass: extensibleObject\nobjectClass: accountPolicy\n\
                     cn: inactive-{name}\naccountInactivityLimit: 86400\n\n\
                     dn: {dn}\nchangetype: modify\n\
                     add: acctPolicySubentry\nacctPolicySubentry: cn=inactive-{name},{SUFFIX}\n-\n\
                     replace: lastLoginTime\nlastLoginTime: 20200101000000Z\n"
                ));
            }
            other => panic!("389 Directory Server does not do {other:?} here"),
        }
    }

    #[track_caller]
    fn rename(&self, name: &str, to: &str) {
        self.modify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: uid={to}\ndeleteoldrdn: 1\n",
            self.dn_of(name)
        ));
    }

    #[track_caller]
    fn move_away(&self, name: &str) {
        self.modify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: uid={name}\ndeleteoldrdn: 1\n\
             newsuperior: ou=moved,ou=people,{SUFFIX}\n",
            self.dn_of(name)
        ));
    }

    #[track_caller]
    fn recreate(&self, name: &str, password: &str) {
        self.modify(&format!("dn: {}\nchangetype: delete\n", self.dn_of(name)));
        self.add_person(name, password);
    }

    #[track_caller]
    fn add_group(&self, name: &str, members: &[&str]) {
        let is_group = |member: &str| {
            !self
                .search(&format!("ou=groups,{SUFFIX}"), &format!("(cn={member})"), &["dn"])
                .is_empty()
        };
        let member = |member: &&str| match is_group(member) {
            true => format!("member: {}\n", self.group_dn(member)),
            false => format!("member: {}\n", self.dn_of(member)),
        };
        let members: String = members.iter().map(member).collect();
        let dn = self.group_dn(name);
        self.add(&format!("dn: {dn}\nobjectClass: groupOfNames\ncn: {name}\n{members}"));
    }

    fn group_dn(&self, name: &str) -> String {
        format!("cn={name},ou=groups,{SUFFIX}")
    }

    fn stop(&mut self) {
        self.end();
    }

    #[track_caller]
    fn restart(&mut self) {
        self.run();
    }
}

impl Ds389 {
    /// Binds with wrong passwords until the account is locked.
    #[track_caller]
    fn guess(&self, dn: &str) {
        for number in 0..MAX_FAILURE {
            let output = self.bind(dn, &format!("wrong {number}"));
            assert!(!output.success(), "{output}");
        }
    }
}
