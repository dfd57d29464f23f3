//! What doctor finds in directories as organisations run them.

use monk_tests::directories::{Ds389, Installed, OpenLdap, RealDirectory, Samba};
use monk_tests::site::{Running, SETTINGS, Site};
use monk_tests::{Slapd, Status, World};
use serde_json::Value;

use crate::scene::PASSWORD;

/// What one run has said: id, severity, evidence, and the exit code.
struct Examined(Vec<[String; 3]>, Status);

impl Examined {
    #[track_caller]
    fn of(site: &Site, arguments: &[&str]) -> Self {
        let (document, output) = site.try_enroll(&[&["doctor", "--all"], arguments].concat());
        let findings = document["findings"].as_array().unwrap_or_else(|| panic!("{output}"));
        let member = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("").to_owned();
        let parts =
            |finding: &Value| ["id", "severity", "evidence"].map(|name| member(finding, name));
        Self(findings.iter().map(parts).collect(), output.status)
    }

    /// The severity and the evidence of a finding.
    #[track_caller]
    fn said(&self, id: &str) -> (&str, &str) {
        let found = self.0.iter().find(|finding| finding[0] == id);
        let [_, severity, evidence] = found.unwrap_or_else(|| panic!("no {id}: {:#?}", self.0));
        (severity, evidence)
    }

    /// Asserts that this, and nothing else worse than a note, was found.
    #[track_caller]
    fn finds(&self, id: &str, severity: &str) -> &str {
        let (found, evidence) = self.said(id);
        assert_eq!(found, severity, "{evidence}");
        let others: Vec<_> = self.worse().filter(|finding| finding[0] != id).collect();
        assert!(others.is_empty(), "{others:#?}");
        let exit = if severity == "error" { 1 } else { 11 };
        assert_eq!(self.1, Status::Code(exit));
        evidence
    }

    fn worse(&self) -> impl Iterator<Item = &[String; 3]> {
        self.0.iter().filter(|finding| ["error", "warning"].contains(&finding[1].as_str()))
    }

    /// Asserts that nothing worse than a note was found.
    #[track_caller]
    fn is_content(&self) {
        assert_eq!(self.worse().next(), None, "{:#?}", self.0);
        assert_eq!(self.1, Status::Code(0));
    }
}

/// A host with a directory and one person in it. `section` is handed the usual lines of `[ldap]`.
#[track_caller]
fn host<D: RealDirectory>(
    directory: &D,
    world: &World,
    section: impl FnOnce(&str) -> String,
) -> Site {
    directory.add_person("alice", PASSWORD);
    let credentials = if D::KEEPS_CREDENTIALS { "directory" } else { "embedded" };
    // Nobody's account has to be enrolled.
    let more = format!("credentials = \"{credentials}\"\n[policy]\nmfa = \"when-enrolled\"\n");
    let section = section(&directory.ldap_section());
    let site = Site::in_directory(world, &section, Running::Resident, &more);
    site.pam_service("webmail", "");
    site
}

/// The same lines without a preset.
fn without_preset(section: &str) -> String {
    let others = section.lines().filter(|line| !line.starts_with("preset"));
    others.map(|line| format!("{line}\n")).collect()
}

/// The same lines with another preset.
fn with_preset(section: &str, preset: &str) -> String {
    format!("preset = \"{preset}\"\n{}", without_preset(section))
}

/// The shipped access rules are in order, and the preset of another product is not.
#[track_caller]
fn the_preset_of_another_product_is_found<D: RealDirectory>(
    own: &str,
    other: &str,
    severity: &str,
) {
    let world = World::new();
    let directory = D::start(&world);
    let mut usual = String::new();
    let site = host(&directory, &world, |section| {
        section.clone_into(&mut usual);
        with_preset(section, own)
    });
    let examined = Examined::of(&site, &[]);
    examined.is_content();
    for id in ["ldap-preset", "ldap-state-hidden"] {
        assert_eq!(examined.said(id).0, "ok", "{id}");
    }
    site.change_settings(&with_preset(&usual, own), &with_preset(&usual, other));
    site.reload_engine();
    let examined = Examined::of(&site, &[]);
    let (found, evidence) = examined.said("ldap-preset");
    assert_eq!(found, severity, "{evidence}");
    assert!(evidence.contains(&format!("preset = \"{other}\"")), "{evidence}");
    assert_ne!(examined.1, Status::Code(0));
}

/// slapd may be a proxy of whatever the preset says.
#[test]
fn a_preset_that_is_not_openldaps_is_found() {
    the_preset_of_another_product_is_found::<OpenLdap<Installed>>("openldap", "freeipa", "warning");
}

#[test]
fn a_preset_that_is_not_active_directorys_is_found() {
    the_preset_of_another_product_is_found::<Samba>("active-directory", "openldap", "error");
}

#[test]
fn without_a_preset_the_one_that_fits_is_named() {
    let world = World::new();
    let directory = OpenLdap::<Installed>::start(&world);
    let site = host(&directory, &world, without_preset);
    let examined = Examined::of(&site, &[]);
    examined.is_content();
    let (severity, evidence) = examined.said("ldap-preset");
    assert_eq!(severity, "note");
    assert!(evidence.contains("\"openldap\" fits"), "{evidence}");
}

/// Puts an access rule before the others of slapd.
#[track_caller]
fn first(directory: &OpenLdap<Installed>, rule: &str) {
    directory.slapd().modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nadd: olcAccess\nolcAccess: {{0}}{rule}\n"
    ));
}

#[test]
fn a_state_that_monk_may_not_read_is_found() {
    let world = World::new();
    let directory = OpenLdap::<Installed>::start(&world);
    let site = host(&directory, &world, |section| with_preset(section, "openldap"));
    let monk = format!("cn=monk-enrol,ou=services,{}", Slapd::SUFFIX);
    first(&directory, &format!("to attrs=shadowExpire by dn.exact=\"{monk}\" none by * break"));
    let examined = Examined::of(&site, &[]);
    assert!(examined.finds("ldap-state-hidden", "warning").contains("may not read shadowExpire:"));
    first(
        &directory,
        &format!("to attrs=pwdAccountLockedTime,pwdReset by dn.exact=\"{monk}\" none by * break"),
    );
    let examined = Examined::of(&site, &[]);
    let evidence = examined.finds("ldap-state-hidden", "error");
    assert!(evidence.contains("may not read pwdAccountLockedTime, pwdReset:"), "{evidence}");
}

#[test]
fn an_account_that_may_not_mark_entries_cannot_enrol() {
    let world = World::new();
    let directory = OpenLdap::<Installed>::start(&world);
    let site = host(&directory, &world, |section| with_preset(section, "openldap"));
    Examined::of(&site, &["--role", "enrol"]).is_content();
    let monk = format!("cn=monk-enrol,ou=services,{}", Slapd::SUFFIX);
    first(&directory, &format!("to attrs=objectClass by dn.exact=\"{monk}\" read by * break"));
    let examined = Examined::of(&site, &["--role", "enrol"]);
    assert!(examined.finds("ldap-may-not-enrol", "error").contains("objectClass"));
    Examined::of(&site, &[]).finds("ldap-may-not-enrol", "warning");
    let (_, refused) = site.try_enroll(&["totp", "add", "alice", "--name", "Phone"]);
    assert!(!refused.success(), "doctor was right: {refused}");
}

#[test]
fn a_lockout_that_comes_before_the_throttle_is_found() {
    let world = World::new();
    let directory = OpenLdap::<Installed>::start(&world);
    let policy = format!("cn=default,ou=policies,{}", Slapd::SUFFIX);
    let site = host(&directory, &world, str::to_owned);
    let set = |attribute: &str, value: u32| {
        directory.slapd().modify(&format!(
            "dn: {policy}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
        ));
        Examined::of(&site, &[])
    };
    set("pwdFailureCountInterval", 600).is_content();
    let examined = set("pwdMaxFailure", 3);
    assert!(examined.finds("ldap-lockout", "warning").contains("after 3 wrong passwords"));
    set("pwdMaxFailure", 5).is_content();
    let examined = set("pwdFailureCountInterval", 7200);
    assert!(examined.finds("ldap-lockout", "warning").contains("counted for 120 minutes"));
    let examined = set("pwdFailureCountInterval", 0);
    assert!(examined.finds("ldap-lockout", "warning").contains("counted for ever"));
}

#[test]
fn the_lockout_of_a_domain_is_found() {
    let world = World::new();
    let samba = Samba::start(&world);
    let site = host(&samba, &world, |section| with_preset(section, "active-directory"));
    let set = |option: &str| {
        samba.tool(&["domain", "passwordsettings", "set", option]);
        Examined::of(&site, &[])
    };
    let examined = set("--account-lockout-threshold=3");
    assert!(examined.finds("ldap-lockout", "warning").contains("after 3 wrong passwords"));
    set("--account-lockout-threshold=5").is_content();
}

/// With the preset, monk refuses everybody there; without it, nobody would be disabled.
#[test]
fn a_domain_that_does_not_tell_monk_who_is_disabled_is_found() {
    const KEYS: &str = "filter = \"(&(objectCategory=person)(sAMAccountName={user}))\"\n\
        name_attribute = \"sAMAccountName\"\nid_attribute = \"objectGUID\"\n";
    let world = World::new();
    let samba = Samba::start(&world);
    let site = host(&samba, &world, |section| {
        let names = ["filter", "mail_filter", "name_attribute", "id_attribute"];
        let lines = without_preset(section);
        let is_other = |line: &&str| !names.iter().any(|name| line.starts_with(name));
        KEYS.to_owned() + &lines.lines().filter(is_other).collect::<Vec<_>>().join("\n") + "\n"
    });
    Examined::of(&site, &[]).is_content();
    samba.harden();
    let examined = Examined::of(&site, &[]);
    let evidence = examined.finds("ldap-state-hidden", "error");
    assert!(evidence.contains("may not read userAccountControl:"), "{evidence}");
    samba.let_monk_read();
    Examined::of(&site, &[]).is_content();
}

/// The policy of a service names a group; what doctor says of it.
#[track_caller]
fn with_group(site: &Site, group: &str) -> Examined {
    let policy = format!("\n[service.webmail]\ngroups = [\"{group}\"]\n");
    let before = site.world.read(SETTINGS);
    site.world.write(SETTINGS, before.clone() + &policy, 0o644);
    site.reload_engine();
    let examined = Examined::of(site, &[]);
    site.world.write(SETTINGS, before, 0o644);
    examined
}

#[test]
fn a_misspelt_name_of_a_group_is_found_and_members_that_it_does_not_name_are_none() {
    let world = World::new();
    let samba = Samba::start(&world);
    let site = host(&samba, &world, |section| with_preset(section, "active-directory"));
    // Everybody is in it as their primary group, and no entry says so in memberOf.
    with_group(&site, &format!("CN=Domain Users,CN=Users,{}", Samba::SUFFIX)).is_content();
    let examined = with_group(&site, &format!("CN=Domain Usres,CN=Users,{}", Samba::SUFFIX));
    assert!(examined.finds("ldap-groups", "error").contains("Domain Usres"));

    let world = World::new();
    let slapd = OpenLdap::<Installed>::start(&world);
    let site = host(&slapd, &world, str::to_owned);
    slapd.add_group("staff", &["alice"]);
    with_group(&site, &slapd.group_dn("staff")).is_content();
    let misspelt = slapd.group_dn("staff").replace("staff", "stuff");
    assert!(with_group(&site, &misspelt).finds("ldap-groups", "error").contains("stuff"));
}

mod heavy {
    use super::*;

    #[test]
    fn a_preset_that_is_not_389s_is_found() {
        the_preset_of_another_product_is_found::<Ds389>("389ds", "openldap", "error");
    }

    #[test]
    fn rules_of_389_that_hide_a_state_or_keep_from_enrolling_are_found() {
        let world = World::new();
        let directory = Ds389::start(&world);
        let site = host(&directory, &world, str::to_owned);
        let (monk, _) = directory.account_of("enrol");
        let deny = |what: &str, rights: &str| {
            let suffix = Slapd::SUFFIX;
            directory.modify(&format!(
                "dn: ou=people,{suffix}\nchangetype: modify\nadd: aci\naci: (targetattr=\"{what}\")(version 3.0; \
                 acl \"hidden\"; deny ({rights}) userdn=\"ldap:///{monk}\";)\n"
            ));
        };
        deny("objectClass", "write");
        let examined = Examined::of(&site, &["--role", "enrol"]);
        assert!(examined.finds("ldap-may-not-enrol", "error").contains("objectClass"));
        deny("nsAccountLock", "read, search, compare");
        let examined = Examined::of(&site, &[]);
        let (severity, evidence) = examined.said("ldap-state-hidden");
        assert_eq!(severity, "error", "{evidence}");
        assert!(evidence.contains("may not read nsAccountLock:"), "{evidence}");
    }
}
