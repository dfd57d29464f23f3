//! A real slapd with wrong access rules, wrong certificates, no schema.

use monk_tests::{Slapd, SlapdOptions};

use std::time::{Duration, Instant};

use super::*;

/// How long doctor may take, whatever is dead.
const LIMIT: Duration = Duration::from_secs(20);

const SUFFIX: &str = Slapd::SUFFIX;

#[track_caller]
fn healthy() -> Site {
    site(Backend::Ldap, Running::OneShot, "")
}

/// Writes the access rules of the suffix anew.
#[track_caller]
fn allow(site: &Site, rules: &[&str]) {
    let root = "to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage by * break";
    let rules: String =
        [root].iter().chain(rules).map(|rule| format!("olcAccess: {rule}\n")).collect();
    site.slapd().modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n{rules}"
    ));
}

/// Rules in which monk's account has a right to credentials and to uses.
#[track_caller]
fn allow_monk(site: &Site, credentials: &str, uses: &str) {
    let monk = format!("dn.exact=\"cn=monk,{SUFFIX}\"");
    allow(
        site,
        &[
            &format!("to attrs=monkCredential by {monk} {credentials} by * none"),
            &format!("to attrs=monkUse by {monk} {uses} by * none"),
            "to attrs=userPassword by anonymous auth by * none",
            &format!("to * by {monk} write by users read by anonymous auth"),
        ],
    );
}

#[test]
fn what_monks_account_may_write_is_found_without_writing() {
    let site = healthy();
    let before = site.slapd().search(SUFFIX, "(uid=alice)", &["*", "+"]);
    allow_monk(&site, "write", "read");
    Visit::to(&site, &[]).finds("ldap-use-not-writable", "error");
    allow_monk(&site, "write", "write");
    Visit::to(&site, &[]).is_clean();
    Visit::to(&site, &["--role", "enrol"]).is_clean();
    Visit::to(&site, &["--role", "check"]).finds("ldap-may-enrol", "error");
    allow_monk(&site, "read", "write");
    Visit::to(&site, &["--role", "check"]).is_clean();
    Visit::to(&site, &["--role", "enrol"]).finds("ldap-may-not-enrol", "error");
    assert_eq!(site.slapd().search(SUFFIX, "(uid=alice)", &["*", "+"]), before);
}

#[test]
fn secrets_that_anybody_can_read_are_found() {
    let site = healthy();
    let monk = format!("dn.exact=\"cn=monk,{SUFFIX}\"");
    allow(
        &site,
        &["to attrs=userPassword by anonymous auth", &format!("to * by {monk} write by * read")],
    );
    let visit = Visit::to(&site, &[]);
    let evidence = text(visit.finds("ldap-anonymous-reads", "error"), "evidence").to_owned();
    assert!(evidence.contains("monkCredential, monkUse of"), "{evidence}");
    let hashes = format!("to * by {monk} write by * read");
    allow(&site, &[&hashes]);
    let visit = Visit::to(&site, &[]);
    let evidence = text(visit.finds("ldap-anonymous-reads", "error"), "evidence");
    assert!(evidence.contains("userPassword"), "{evidence}");
}

/// Runs doctor as a user of the directory, with the password on standard input.
#[track_caller]
fn as_alice(site: &Site, password: &str) -> Visit {
    let command = site.world.command("monk-enroll").args(["--json", "doctor", "--all"]);
    let output =
        command.args(["--as", "alice", "--password-stdin"]).stdin(format!("{password}\n")).run();
    let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert!(!output.stdout.contains(password), "{output}");
    let findings = document["findings"].as_array().expect("a list").clone();
    Visit { findings, exit: output.status, checks: document["checks"].as_u64().expect("a number") }
}

#[test]
fn what_an_ordinary_user_can_read_and_write_is_found() {
    let site = healthy();
    let _bob = site.user_with_device("bob", "secret");
    as_alice(&site, "alice;password").is_clean();
    as_alice(&site, "not;hers").finds("ldap-user-not-tried", "warning");
    let monk = format!("dn.exact=\"cn=monk,{SUFFIX}\"");
    let passwords = "to attrs=userPassword by anonymous auth by * none";
    let rest = format!("to * by {monk} write by users read by anonymous auth");
    allow(&site, &[passwords, &rest]);
    as_alice(&site, "alice;password").finds("ldap-user-reads", "error");
    let own = format!("to attrs=monkUse by {monk} write by self =w by * none");
    let credentials = format!("to attrs=monkCredential by {monk} write by * none");
    allow(&site, &[passwords, &own, &credentials, &rest]);
    as_alice(&site, "alice;password").finds("ldap-user-writes", "error");
}

#[test]
fn a_server_that_cannot_be_trusted_or_does_not_answer_is_found() {
    let site = healthy();
    let certificates = site.world.certificates();
    for (identity, id) in [
        (certificates.expired.clone(), "ldap-certificate-expired"),
        (certificates.wrong_name.clone(), "ldap-tls"),
        (certificates.untrusted.clone(), "ldap-tls"),
    ] {
        site.slapd().modify(&format!(
            "dn: cn=config\nchangetype: modify\nreplace: olcTLSCertificateFile\nolcTLSCertificateFile: {}\n-\nreplace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: {}\n",
            identity.certificate.display(),
            identity.key.display()
        ));
        site.with_slapd(Slapd::restart);
        let visit = Visit::to(&site, &[]);
        visit.finds(id, "error");
        // The list of users, too, could not be read: that is a note beside it.
        assert!(visit.of("user-list-cut").is_some(), "{}", visit.shown());
    }
    site.with_slapd(Slapd::stop);
    Visit::to(&site, &[]).finds("ldap-unreachable", "error");
}

#[test]
fn servers_that_hang_do_not_keep_doctor() {
    let site = healthy();
    let mut others: Vec<Slapd> = (0..3)
        .map(|number| {
            let (ldap_port, ldaps_port) = (site.world.free_port(), site.world.free_port());
            let name = format!("other-{number}");
            let options = SlapdOptions { name, ldap_port, ldaps_port, ..SlapdOptions::default() };
            Slapd::start(&site.world, options)
        })
        .collect();
    let uri = site.slapd().ldaps_uri();
    let all: Vec<String> =
        std::iter::once(uri.clone()).chain(others.iter().map(Slapd::ldaps_uri)).collect();
    site.change_settings(&format!("[\"{uri}\"]"), &format!("{all:?}"));
    others.iter_mut().for_each(Slapd::freeze);
    site.with_slapd(Slapd::freeze);
    let begin = Instant::now();
    let visit = Visit::to(&site, &[]);
    let took = begin.elapsed();
    assert!(took < LIMIT, "{took:?}");
    let dead = visit.findings.iter().filter(|finding| finding["id"] == "ldap-unreachable");
    assert_eq!(dead.count(), all.len(), "{}", visit.shown());
    // What has nothing to do with them was looked at all the same.
    assert!(visit.of("engine-one-shot").is_some(), "{}", visit.shown());
    site.with_slapd(Slapd::thaw);
}

#[test]
fn a_replica_that_is_down_is_a_warning_while_the_decider_answers() {
    let site = healthy();
    let uri = site.slapd().ldaps_uri();
    let two = format!("[\"{uri}\", \"ldaps://ldap2.example.org:1636\"]");
    site.change_settings(&format!("[\"{uri}\"]"), &two);
    Visit::to(&site, &[]).finds("ldap-unreachable", "warning");
}

#[test]
fn an_account_that_is_not_let_in_is_found() {
    let site = healthy();
    site.world.write("/etc/monk/ldap.password", "wrong\n", 0o600);
    Visit::to(&site, &[]).finds("ldap-account-refused", "error");
}

#[test]
fn a_server_that_takes_no_changes_is_found() {
    let site = healthy();
    site.slapd().modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcReadOnly\nolcReadOnly: TRUE\n",
    );
    Visit::to(&site, &[]).finds("ldap-writer-read-only", "error");
}

#[test]
fn a_second_server_that_takes_changes_is_found_where_writes_fail_over() {
    let site = healthy();
    let uri = site.slapd().ldaps_uri();
    // The same server under another name is as good as a second one that replicates.
    let two =
        format!("[\"{uri}\", \"{}\"]\nwrite_fail_over = true", uri.replace("ldap.", "ldap2."));
    site.change_settings(&format!("[\"{uri}\"]"), &two);
    Visit::to(&site, &[]).finds("ldap-replica-writable", "warning");
}

#[test]
fn a_directory_without_the_schema_is_found() {
    let site = healthy();
    let other = SlapdOptions {
        name: "plain".to_owned(),
        ldap_port: 1389,
        ldaps_port: 1636,
        access: vec!["to attrs=userPassword by anonymous auth".into(), "to * by * read".into()],
        ..SlapdOptions::default()
    };
    let plain = Slapd::start(&site.world, other);
    for entry in [
        format!(
            "dn: cn=monk,{SUFFIX}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: monk\nuserPassword: service;secret\n"
        ),
        monk_tests::site::person("alice", "secret"),
    ] {
        plain.add(&entry);
    }
    let uri = site.slapd().ldaps_uri();
    site.change_settings(&uri, &plain.ldaps_uri());
    let visit = Visit::to(&site, &[]);
    let found = visit.of("ldap-schema-missing").expect("it is found");
    assert!(text(found, "evidence").contains("monkCredential, monkUse, monkUser"), "{found:#}");
}

#[test]
fn a_decoy_that_is_gone_is_found_and_a_missing_one_is_a_note() {
    let site = healthy();
    Visit::to(&site, &[]).finds("ldap-decoy-missing", "note");
    let base = format!("base = \"{SUFFIX}\"");
    site.change_settings(&base, &format!("{base}\ndecoy_dn = \"cn=decoy,{SUFFIX}\""));
    Visit::to(&site, &[]).finds("ldap-decoy-gone", "warning");
    site.slapd().add(&format!(
        "dn: cn=decoy,{SUFFIX}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: decoy\nuserPassword: x\n"
    ));
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn a_certificate_that_ends_soon_is_found_before_it_does() {
    let site = healthy();
    let days = |days: u32| {
        let identity = site.world.certificates().ending_in(&site.world, days);
        site.slapd().modify(&format!(
            "dn: cn=config\nchangetype: modify\nreplace: olcTLSCertificateFile\nolcTLSCertificateFile: {}\n-\nreplace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: {}\n",
            identity.certificate.display(),
            identity.key.display()
        ));
        site.with_slapd(Slapd::restart);
        Visit::to(&site, &[])
    };
    days(5).finds("ldap-certificate-expires", "warning");
    days(50).is_clean();
}

/// OpenLDAP tells its time to nobody as a rule; the uses that are recorded do.
#[test]
fn a_clock_that_differs_is_found() {
    let site = healthy();
    let visit = Visit::to(&site, &["--all"]);
    let found = visit.of("clock-differs").expect("it was compared");
    assert!(text(found, "evidence").contains("by the last uses"), "{found:#}");
    visit.is_clean();
    // Another host of the fleet has a clock of its own.
    let clock = site.start_engine_with_clock();
    clock.set(300);
    site.backup_codes("alice");
    site.kill_engine();
    let visit = Visit::to(&site, &[]);
    let evidence = text(visit.finds("clock-differs", "error"), "evidence");
    assert!(evidence.contains("ahead of the server's"), "{evidence}");
}

#[test]
fn the_clock_is_compared_where_the_server_tells_its_own() {
    let site = healthy();
    site.slapd().modify(&format!(
        "dn: olcDatabase={{2}}monitor,cn=config\nchangetype: modify\nreplace: olcAccess\nolcAccess: to * by dn.exact=\"cn=monk,{SUFFIX}\" read\n"
    ));
    let visit = Visit::to(&site, &["--all"]);
    visit.is_clean();
    let found = visit.of("clock-differs").expect("it was compared");
    assert!(text(found, "evidence").contains("this host's clock is "), "{found:#}");
}

/// Where codes go to the directory's address, whoever can write it needs the password alone.
#[test]
fn a_user_who_may_write_the_address_that_codes_go_to_is_found() {
    let mail = "[mail]\nfrom = \"monk@example.org\"\ndirectory_address = true\n";
    let site = site(Backend::Ldap, Running::OneShot, mail);
    // No mail server is there, which is told as well.
    assert!(Visit::to(&site, &[]).of("ldap-mail-not-tried").is_some());
    let is_error = |visit: &Visit| {
        visit.of("ldap-mail-writable").is_some_and(|found| text(found, "severity") == "error")
    };
    assert!(!is_error(&as_alice(&site, "alice;password")));
    let monk = format!("dn.exact=\"cn=monk,{SUFFIX}\"");
    let passwords = "to attrs=userPassword by anonymous auth by * none";
    let secrets = format!("to attrs=monkCredential,monkUse by {monk} write by * none");
    let own = format!("to attrs=mail by {monk} write by self write by users read");
    let rest = format!("to * by {monk} write by users read by anonymous auth");
    allow(&site, &[passwords, &secrets, &own, &rest]);
    let before = site.slapd().search(SUFFIX, "(uid=alice)", &["mail"])[0].values("mail");
    assert!(is_error(&as_alice(&site, "alice;password")));
    let after = site.slapd().search(SUFFIX, "(uid=alice)", &["mail"])[0].values("mail");
    assert_eq!(before, after, "nothing was changed");
}

/// On a host that has its users from the directory, a user who may write their own uid can become any other user.
#[test]
fn a_user_who_may_write_the_own_uid_is_found() {
    let site = site(Backend::Ldap, Running::OneShot, "");
    site.world.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\n", 0o644);
    let visit = as_alice(&site, "alice;password");
    assert!(visit.of("ldap-ids-writable").is_none(), "nobody has names from monk");
    site.world.write("/etc/nsswitch.conf", "passwd: files monk\ngroup: files monk\n", 0o644);
    let visit = Visit::to(&site, &[]);
    assert!(visit.of("ldap-ids-not-tried").is_some());
    assert!(visit.of("names-nobody").is_some(), "no user has a uid");
    let visit = as_alice(&site, "alice;password");
    assert_eq!(text(visit.of("ldap-ids-writable").expect("it was tried"), "severity"), "ok");
    let alice = site.slapd().search(SUFFIX, "(uid=alice)", &["1.1"])[0].dn.clone();
    site.slapd().modify(&format!(
        "dn: {alice}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n-\n\
         add: uidNumber\nuidNumber: 12001\n-\nadd: gidNumber\ngidNumber: 27\n-\n\
         add: homeDirectory\nhomeDirectory: /home/alice\n"
    ));
    let monk = format!("dn.exact=\"cn=monk,{SUFFIX}\"");
    let passwords = "to attrs=userPassword by anonymous auth by * none";
    let secrets = format!("to attrs=monkCredential,monkUse by {monk} write by * none");
    let rest = format!("to * by {monk} write by self write by users read by anonymous auth");
    allow(&site, &[passwords, &secrets, &rest]);
    let numbers = ["uidNumber", "gidNumber"];
    let before = site.slapd().search(SUFFIX, "(uid=alice)", &numbers);
    let visit = as_alice(&site, "alice;password");
    assert_eq!(text(visit.of("ldap-ids-writable").expect("it was tried"), "severity"), "error");
    let unserved = visit.of("names-unserved").expect("she has a uid");
    assert!(text(unserved, "evidence").contains("alice (primary group 27 "), "{unserved:#}");
    assert_eq!(site.slapd().search(SUFFIX, "(uid=alice)", &numbers), before, "nothing was changed");
}
