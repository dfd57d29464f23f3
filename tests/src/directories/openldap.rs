//! OpenLDAP, with password policies and groups that know their members' entries.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::{RealDirectory, State};
use crate::fresh::Debian;
use crate::site::shipped;
use crate::slapd_config::LOCAL_ROOT;
use crate::{Slapd, SlapdBuild, SlapdOptions, World, wait};

/// The password of the accounts that monk uses.
const SERVICE_PASSWORD: &str = "service;secret";

/// Where the settings say that it is.
const PASSWORD_FILE: &str = "/etc/monk/ldap.password";

/// How many wrong passwords close an account for a while.
const FAILURES: usize = 5;

/// After how long somebody who follows the policy `idle` is closed out, rounded up as the server counts:
/// in whole seconds.
const IDLE: Duration = Duration::from_secs(2);

/// Before every limit of a policy.
const LONG_AGO: &str = "20200101000000Z";

/// What an administrator writes for "locked for ever" (draft-behera-ldap-password-policy-10, 5.3.3).
const FOR_EVER: &str = "000001010000Z";

/// The server's means to close an account, as far as they can be seen in the entry.
const MEANS: [(&str, State); 9] = [
    ("pwdAccountLockedTime for ever", State::Disabled),
    ("five wrong passwords", State::Locked),
    ("pwdEndTime", State::Expired),
    ("pwdStartTime", State::Expired),
    ("pwdMaxIdle", State::Expired),
    ("pwdReset", State::MustChange),
    ("pwdMaxAge", State::PasswordExpired),
    ("pwdGraceAuthNLimit", State::PasswordExpired),
    ("shadowExpire", State::Expired),
];

/// A release of OpenLDAP.
pub trait Release {
    /// Its name in tables.
    const NAME: &'static str;

    /// The overlay that says in the entries of people which groups they are in: its module and its
    /// entry.
    const MEMBER_OF: (&'static str, &'static str);

    /// Whether that overlay counts the groups that groups are in.
    const RESOLVES_GROUPS: bool;

    /// Where its programs are, which are laid into the world where this machine does not have them.
    fn build(world: &World) -> SlapdBuild;
}

/// The release that this machine has.
pub struct Installed;

impl Release for Installed {
    const NAME: &'static str = "openldap";
    const MEMBER_OF: (&'static str, &'static str) = (
        "memberof",
        "objectClass: olcMemberOfConfig\nolcOverlay: memberof\nolcMemberOfRefInt: TRUE",
    );
    const RESOLVES_GROUPS: bool = false;

    fn build(_world: &World) -> SlapdBuild {
        SlapdBuild::Installed
    }
}

/// OpenLDAP 2.6, as Debian 13 has it. Its groups count the members of groups inside them.
pub struct TwoSix;

impl Release for TwoSix {
    const NAME: &'static str = "openldap-2.6";
    const MEMBER_OF: (&'static str, &'static str) = (
        "dynlist",
        "objectClass: olcDynListConfig\nolcOverlay: dynlist\n\
         olcDynListAttrSet: groupOfURLs memberURL member+memberOf@groupOfNames*",
    );
    const RESOLVES_GROUPS: bool = true;

    fn build(world: &World) -> SlapdBuild {
        SlapdBuild::of(world, Debian::Trixie)
    }
}

/// An OpenLDAP of 2.6, whatever this machine has.
pub type OpenLdap26 = OpenLdap<TwoSix>;

/// OpenLDAP with monk's schema and access rules as they are shipped.
///
/// People are below `ou=people`, former ones below `ou=former`, groups below `ou=groups`.
pub struct OpenLdap<R = Installed> {
    world: World,
    slapd: Slapd,
    release: PhantomData<R>,
}

impl<R: Release> OpenLdap<R> {
    /// The server itself, for what only OpenLDAP has.
    pub fn slapd(&self) -> &Slapd {
        &self.slapd
    }

    /// The same, to stop it for a while.
    pub fn slapd_mut(&mut self) -> &mut Slapd {
        &mut self.slapd
    }

    /// The name of the entry of a person or a group, wherever it is.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[track_caller]
    pub fn dn_of(&self, name: &str) -> String {
        let filter = format!("(|(&(objectClass=person)(uid={name}))(&(cn={name})(!(uid=*))))");
        let found = self.slapd.search(Slapd::SUFFIX, &filter, &["1.1"]);
        let [entry] = found.as_slice() else { panic!("{name} is not one entry: {found:?}") };
        entry.dn.clone()
    }

    /// Sets an attribute of a person, also one that the server itself writes otherwise.
    #[track_caller]
    pub fn set(&self, name: &str, attribute: &str, value: &str) {
        let dn = self.dn_of(name);
        self.slapd.modify_operational(&format!(
            "dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
        ));
    }
}

impl<R: Release> RealDirectory for OpenLdap<R> {
    const NAME: &'static str = R::NAME;

    #[track_caller]
    fn start(world: &World) -> Self {
        let (module, overlay) = R::MEMBER_OF;
        let build = R::build(world);
        // Groups that are searches (`groupOfURLs`).
        let dynamic = format!("include: file://{}/dyngroup.ldif", build.schemas());
        let options = SlapdOptions {
            build,
            schemas: vec![dynamic, shipped("config/ldap/monk.ldif")],
            modules: vec!["ppolicy".to_owned(), module.to_owned()],
            config: vec![
                format!(
                    "dn: olcOverlay=ppolicy,{DATABASE}\nobjectClass: olcOverlayConfig\n\
                     objectClass: olcPPolicyConfig\nolcOverlay: ppolicy\n\
                     olcPPolicyDefault: cn=default,ou=policies,{}\nolcPPolicyUseLockout: TRUE",
                    Slapd::SUFFIX
                ),
                format!(
                    "dn: olcOverlay={module},{DATABASE}\nobjectClass: olcOverlayConfig\n{overlay}"
                ),
            ],
            indexed: vec!["objectClass", "uid", "mail", "cn", "member"],
            ..SlapdOptions::default()
        };
        let slapd = Slapd::start(world, options);
        slapd.modify(&format!(
            "dn: {DATABASE}\nchangetype: modify\nreplace: olcRootDN\nolcRootDN: {LOCAL_ROOT}\n-\n\
             replace: olcLastBind\nolcLastBind: TRUE\n"
        ));
        slapd.add(&organisation());
        slapd.modify(&shipped("config/ldap/access.ldif"));
        Self { world: world.clone(), slapd, release: PhantomData }
    }

    fn ldap_section(&self) -> String {
        self.world.write(PASSWORD_FILE, format!("{SERVICE_PASSWORD}\n"), 0o600);
        format!(
            "preset = \"openldap\"\nuris = [\"{}\"]\nca_file = \"{}\"\nbase = \"{suffix}\"\n\
             bind_dn = \"cn=monk-enrol,ou=services,{suffix}\"\npassword_file = \"{PASSWORD_FILE}\"\n\
             group_base = \"ou=groups,{suffix}\"\nnested_groups = {}\n\
             [ldap.state]\ndefault_policy = \"cn=default,ou=policies,{suffix}\"\n",
            self.slapd.ldaps_uri(),
            self.world.certificates().authority.display(),
            if R::RESOLVES_GROUPS { "\"server\"" } else { "4" },
            suffix = Slapd::SUFFIX,
        )
    }

    #[track_caller]
    fn add_person(&self, name: &str, password: &str) {
        self.slapd.add(&format!(
            "dn: uid={name},ou=people,{}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\n\
             sn: {name}\nmail: {name}@example.org\nuserPassword: {password}\n",
            Slapd::SUFFIX
        ));
    }

    fn means(&self) -> &'static [(&'static str, State)] {
        &MEANS
    }

    #[track_caller]
    fn put(&self, name: &str, means: &str) {
        let set = |attribute, value: &str| self.set(name, attribute, value);
        match means {
            "pwdAccountLockedTime for ever" => set("pwdAccountLockedTime", FOR_EVER),
            "five wrong passwords" => {
                let dn = self.dn_of(name);
                for attempt in 0..FAILURES {
                    assert!(!self.slapd.binds(&dn, &format!("wrong {attempt}")));
                }
            }
            "pwdEndTime" => set("pwdEndTime", LONG_AGO),
            "pwdStartTime" => set("pwdStartTime", "20990101000000Z"),
            "pwdMaxIdle" => {
                set("pwdPolicySubentry", &format!("cn=idle,ou=policies,{}", Slapd::SUFFIX));
                // No release lets the time of the last bind be set, and a bind to look would set it: so
                // the time that the policy allows has to pass.
                let begin = Instant::now();
                wait::until(2 * IDLE, || (begin.elapsed() > IDLE).then_some(()));
            }
            "pwdReset" => set("pwdReset", "TRUE"),
            "pwdMaxAge" => set("pwdChangedTime", LONG_AGO),
            "pwdGraceAuthNLimit" => {
                set("pwdChangedTime", LONG_AGO);
                set("pwdPolicySubentry", &format!("cn=grace,ou=policies,{}", Slapd::SUFFIX));
            }
            "shadowExpire" => {
                let dn = self.dn_of(name);
                self.slapd.modify(&format!(
                    "dn: {dn}\nchangetype: modify\nadd: objectClass\nobjectClass: shadowAccount\n-\n\
                     add: shadowExpire\nshadowExpire: 1\n"
                ));
            }
            hash @ ("{CRYPT}!" | "{CRYPT}*") => {
                set("userPassword", hash);
                // Whose password somebody else has set would have to change it, too.
                let dn = self.dn_of(name);
                self.slapd.modify_operational(&format!(
                    "dn: {dn}\nchangetype: modify\ndelete: pwdReset\n"
                ));
            }
            _ => panic!("OpenLDAP has no {means}"),
        }
    }

    #[track_caller]
    fn rename(&self, name: &str, to: &str) {
        self.slapd.modify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: uid={to}\ndeleteoldrdn: 1\n",
            self.dn_of(name)
        ));
    }

    #[track_caller]
    fn move_away(&self, name: &str) {
        self.slapd.modify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: uid={name}\ndeleteoldrdn: 0\n\
             newsuperior: ou=former,{}\n",
            self.dn_of(name),
            Slapd::SUFFIX
        ));
    }

    #[track_caller]
    fn recreate(&self, name: &str, password: &str) {
        self.slapd.delete(&self.dn_of(name));
        self.add_person(name, password);
    }

    #[track_caller]
    fn add_group(&self, name: &str, members: &[&str]) {
        let members: String =
            members.iter().map(|member| format!("member: {}\n", self.dn_of(member))).collect();
        self.slapd.add(&format!(
            "dn: {}\nobjectClass: groupOfNames\ncn: {name}\n{members}",
            self.group_dn(name)
        ));
    }

    fn group_dn(&self, name: &str) -> String {
        format!("cn={name},ou=groups,{}", Slapd::SUFFIX)
    }

    fn stop(&mut self) {
        self.slapd.stop();
    }

    #[track_caller]
    fn restart(&mut self) {
        self.slapd.restart();
    }
}

/// The entry of the configuration that holds the database.
const DATABASE: &str = "olcDatabase={1}mdb,cn=config";

/// What the directory holds before its people.
fn organisation() -> String {
    let suffix = Slapd::SUFFIX;
    let mut ldif = String::new();
    for unit in ["people", "former", "groups", "services", "policies"] {
        ldif += &format!("dn: ou={unit},{suffix}\nobjectClass: organizationalUnit\nou: {unit}\n\n");
    }
    let month = 30 * 24 * 60 * 60;
    let policies = [
        (
            "default",
            format!(
                "pwdMaxAge: {}\npwdLockout: TRUE\npwdMaxFailure: {FAILURES}\npwdLockoutDuration: 900\npwdFailureCountInterval: 900\npwdMustChange: TRUE\n",
                3 * month
            ),
        ),
        ("idle", format!("pwdMaxIdle: 1\npwdLockout: TRUE\npwdMaxFailure: {FAILURES}\n")),
        ("grace", format!("pwdMaxAge: {}\npwdGraceAuthNLimit: 9\n", 3 * month)),
        // Nobody locks monk's own accounts by a wrong password.
        ("services", String::new()),
    ];
    for (name, rules) in policies {
        ldif += &format!(
            "dn: cn={name},ou=policies,{suffix}\nobjectClass: device\nobjectClass: pwdPolicy\n\
             cn: {name}\npwdAttribute: userPassword\n{rules}\n"
        );
    }
    for account in ["monk-check", "monk-enrol"] {
        ldif += &format!(
            "dn: cn={account},ou=services,{suffix}\nobjectClass: organizationalRole\n\
             objectClass: simpleSecurityObject\ncn: {account}\nuserPassword: {SERVICE_PASSWORD}\n\
             pwdPolicySubentry: cn=services,ou=policies,{suffix}\n\n"
        );
    }
    ldif
}
