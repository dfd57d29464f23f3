//! The credential store on another LDAP server, and the file of one host in its place.

use monk_tests::Slapd;
use monk_tests::site::STORE_BASE;

use super::*;

const SENTINEL: &str = "cn=sentinel,ou=monk,dc=example,dc=org";

#[track_caller]
fn healthy() -> Site {
    site(Backend::LdapStore, Running::OneShot, "")
}

/// Writes the access rules of the store anew, before those of the directory.
#[track_caller]
fn allow(site: &Site, rules: &[&str]) {
    let suffix = Slapd::SUFFIX;
    let root = "to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage by * break";
    let directory = format!(
        "olcAccess: to attrs=userPassword by anonymous auth by * none\n\
         olcAccess: to dn.subtree=\"{STORE_BASE}\" by * none\n\
         olcAccess: to * by dn.exact=\"cn=monk,{suffix}\" read by * none\n"
    );
    let rules: String = rules
        .iter()
        .map(|rule| rule.replace("STORE", &format!("dn.subtree=\"{STORE_BASE}\"")))
        .map(|rule| rule.replace("MONK", &format!("dn.exact=\"cn=monk-store,{suffix}\"")))
        .map(|rule| format!("olcAccess: {rule}\n"))
        .collect();
    site.slapd().modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\nolcAccess: {root}\n{rules}{directory}"
    ));
}

#[test]
fn what_monks_account_may_do_in_the_store_is_found_without_writing() {
    let site = healthy();
    let before = site.slapd().search(STORE_BASE, "(objectClass=*)", &["*", "+"]);
    Visit::to(&site, &["--role", "enrol"]).is_clean();
    Visit::to(&site, &["--role", "check"]).finds("ldap-may-enrol", "error");
    allow(
        &site,
        &["to STORE attrs=monkUse by MONK write by * none", "to STORE by MONK read by * none"],
    );
    Visit::to(&site, &["--role", "check"]).is_clean();
    Visit::to(&site, &["--role", "enrol"]).finds("ldap-may-not-enrol", "error");
    allow(&site, &["to STORE by MONK read by * none"]);
    Visit::to(&site, &[]).finds("ldap-use-not-writable", "error");
    allow(&site, &["to STORE by MONK write by * read"]);
    Visit::to(&site, &[]).finds("ldap-anonymous-reads", "error");
    allow(&site, &[]);
    assert_eq!(Visit::to(&site, &[]).exit, Status::Code(1));
    assert_eq!(site.slapd().search(STORE_BASE, "(objectClass=*)", &["*", "+"]), before);
}

#[test]
fn a_sentinel_that_is_gone_or_hidden_is_an_error() {
    let site = healthy();
    // Beside the logins that fail by it.
    let is_told = |site: &Site| {
        let visit = Visit::to(site, &[]);
        let told = visit.of("ldap-store-sentinel").expect("it is told");
        assert_eq!((text(told, "severity"), visit.exit), ("error", Status::Code(1)), "{told}");
    };
    for hidden in [
        "to STORE filter=(objectClass=monkCredentials) by * none",
        "to STORE attrs=monkCredential by * none",
        "to STORE attrs=monkUse by * none",
    ] {
        allow(&site, &[hidden, "to STORE by MONK write by * none"]);
        is_told(&site);
    }
    allow(&site, &["to STORE by MONK write by * none"]);
    Visit::to(&site, &[]).is_clean();
    site.slapd().modify(&format!("dn: {SENTINEL}\nchangetype: delete\n"));
    is_told(&site);
}

/// With embedded credentials, each host of a fleet has a store of its own.
#[test]
fn credentials_in_the_file_of_one_host_are_told_as_that() {
    let note = |site: &Site| Visit::to(site, &[]).of("store-of-this-host").cloned();
    let site = site(Backend::ReadOnlyLdap, Running::Resident, "");
    let found = note(&site).expect("it is told");
    assert_eq!(text(&found, "severity"), "note");
    assert!(text(&found, "remedy").contains("credentials = \"ldap\""), "{found}");
    for backend in [Backend::Embedded, Backend::Ldap, Backend::LdapStore] {
        assert_eq!(note(&super::site(backend, Running::OneShot, "")), None, "{backend:?}");
    }
}

#[test]
fn a_store_that_is_described_and_not_chosen_is_a_warning() {
    let site = healthy();
    Visit::to(&site, &[]).is_clean();
    site.change_settings("credentials = \"ldap\"", "credentials = \"embedded\"");
    site.world.command("monkd").arg("--setup").run().expect_success();
    Visit::to(&site, &[]).finds("store-section-unused", "warning");
}
