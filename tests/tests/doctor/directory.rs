//! What keeps everybody of a directory out, tried on a real slapd: found, and mended by the remedy.

use monk_tests::Slapd;

use super::*;

const SUFFIX: &str = Slapd::SUFFIX;

#[track_caller]
fn healthy(more: &str) -> Site {
    site(Backend::Ldap, Running::OneShot, more)
}

/// Whether alice's app password opens a login.
#[track_caller]
fn opens(site: &Site, app_password: &str) -> bool {
    site.pam("webmail", "alice").types(app_password).authenticate().answer
        == monk_tests::clients::PamAnswer::Success
}

/// Changes the entry of alice, or of another.
#[track_caller]
fn change(site: &Site, dn: &str, lines: &str) {
    site.slapd().modify(&format!("dn: {dn},{SUFFIX}\nchangetype: modify\n{lines}\n"));
}

#[test]
fn an_id_that_nobody_can_have_is_found_and_a_better_one_is_named() {
    let site = healthy("");
    let password = site.app_password("alice", "Mail", &["--scope", "webmail"]);
    assert!(opens(&site, &password));
    let base = format!("base = \"{SUFFIX}\"");
    for (attribute, evidence) in [
        // Not there, several, and one that is text but not shown as such.
        ("nsUniqueId", "shows no nsUniqueId"),
        ("objectClass", "values of objectClass, and monk needs one"),
        ("userPassword", "shows no userPassword"),
    ] {
        let id = format!("{base}\nid_attribute = \"{attribute}\"");
        site.change_settings(&base, &id);
        assert!(!opens(&site, &password), "{attribute}");
        let visit = Visit::to(&site, &[]);
        let found = visit.of("ldap-logins-fail").unwrap_or_else(|| panic!("{}", visit.shown()));
        assert_eq!((text(found, "severity"), visit.exit), ("error", Status::Code(1)), "{found:#}");
        assert!(text(found, "evidence").contains(evidence), "{found:#}");
        assert!(
            visit.of("user-list-cut").is_none(),
            "no size limit is to blame: {}",
            visit.shown()
        );
        assert!(
            text(found, "remedy").starts_with("Write id_attribute = \"entryUUID\""),
            "{found:#}"
        );
        site.change_settings(&id, &format!("{base}\nid_attribute = \"entryUUID\""));
        Visit::to(&site, &[]).is_clean();
        assert!(opens(&site, &password));
        site.change_settings("\nid_attribute = \"entryUUID\"", "");
    }
}

#[test]
fn an_id_that_is_binary_is_as_good_as_any() {
    let site = healthy("");
    change(&site, "uid=alice", "add: jpegPhoto\njpegPhoto:: /9j/4A==");
    let base = format!("base = \"{SUFFIX}\"");
    site.change_settings(&base, &format!("{base}\nid_attribute = \"jpegPhoto\""));
    let visit = Visit::to(&site, &[]);
    assert!(visit.of("ldap-logins-fail").is_none(), "{}", visit.shown());
}

#[test]
fn a_base_that_is_partly_elsewhere_is_found_and_a_smaller_one_is_named() {
    let site = healthy("");
    let password = site.app_password("alice", "Mail", &["--scope", "webmail"]);
    // Users below an entry of their own, and a reference beside it.
    site.slapd()
        .add(&format!("dn: ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: people\n"));
    site.slapd().modify(&format!(
        "dn: uid=alice,{SUFFIX}\nchangetype: modrdn\nnewrdn: uid=alice\ndeleteoldrdn: 0\nnewsuperior: ou=people,{SUFFIX}\n"
    ));
    site.slapd().add(&format!(
        "dn: ou=elsewhere,{SUFFIX}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://elsewhere.example.org/ou=elsewhere,{SUFFIX}\n"
    ));
    assert!(opens(&site, &password), "she is on this server");
    let visit = Visit::to(&site, &[]);
    let found = visit.of("ldap-references").unwrap_or_else(|| panic!("{}", visit.shown()));
    assert!(text(found, "evidence").contains("ldap://elsewhere.example.org/"), "{found:#}");
    let better = format!("base = \"ou=people,{SUFFIX}\"");
    assert!(text(found, "remedy").contains(&better), "{found:#}");
    site.change_settings(&format!("base = \"{SUFFIX}\""), &better);
    Visit::to(&site, &[]).is_clean();
    assert!(opens(&site, &password));
}

#[test]
fn a_directory_that_shows_nobody_is_found() {
    let site = healthy("");
    let base = format!("base = \"{SUFFIX}\"");
    site.change_settings(
        &base,
        &format!("{base}\nfilter = \"(&(objectClass=device)(uid={{user}}))\""),
    );
    Visit::to(&site, &[]).finds("ldap-nobody", "error");
}

#[test]
fn names_that_the_filter_does_not_find_are_found() {
    let site = healthy("");
    let base = format!("base = \"{SUFFIX}\"");
    site.change_settings(
        &base,
        &format!(
            "{base}\nfilter = \"(&(objectClass=person)(sn={{user}}))\"\nname_attribute = \"uid\""
        ),
    );
    change(&site, "uid=alice", "replace: sn\nsn: Somebody");
    let visit = Visit::to(&site, &[]);
    let found = visit.of("ldap-logins-fail").unwrap_or_else(|| panic!("{}", visit.shown()));
    assert!(text(found, "evidence").contains("finds nobody by the name"), "{found:#}");
    assert!(text(found, "remedy").starts_with("Name in name_attribute"), "{found:#}");
    assert_eq!(visit.exit, Status::Code(1));
}

#[test]
fn groups_that_cannot_be_read_are_found() {
    let last = "password_file = \"/etc/monk/ldap.password\"\n";
    let with_group_base = |place: &str| {
        let site = healthy("");
        let policy = "[service.webmail]\ngroups = [\"staff\"]\n";
        site.change_settings(last, &format!("{last}group_base = \"{place}\"\n{policy}"));
        site
    };
    let nowhere = with_group_base(&format!("ou=nowhere,{SUFFIX}"));
    Visit::to(&nowhere, &[]).finds("ldap-groups", "error");
    let site = with_group_base(SUFFIX);
    Visit::to(&site, &[]).finds("ldap-groups", "error");
    let member = format!("member: uid=alice,{SUFFIX}");
    site.slapd()
        .add(&format!("dn: cn=staff,{SUFFIX}\nobjectClass: groupOfNames\ncn: staff\n{member}\n"));
    Visit::to(&site, &[]).is_clean();
}

/// slapd runs on this machine, whose root doctor is.
#[test]
fn rules_that_let_users_read_or_write_records_are_found_without_a_users_password() {
    let site = healthy("");
    let monk = format!("dn.exact=\"cn=monk,{SUFFIX}\"");
    let passwords = "to attrs=userPassword by anonymous auth by * none";
    let records = format!("to attrs=monkCredential,monkUse by {monk} write by * none");
    let allow = |rules: &[&str]| {
        let rules: String = rules.iter().map(|rule| format!("olcAccess: {rule}\n")).collect();
        let root = "olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage by * break\n";
        site.slapd().modify(&format!(
            "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n{root}{rules}"
        ));
    };
    let to_users = format!("to * by {monk} write by users read by anonymous auth");
    allow(&[passwords, &to_users]);
    let visit = Visit::to(&site, &[]);
    let evidence = text(visit.finds("ldap-rules-open", "error"), "evidence");
    assert!(evidence.contains("any user may read monkCredential, read monkUse"), "{evidence}");
    let to_oneself = format!("to * by {monk} write by self write by anonymous auth");
    allow(&[passwords, &to_oneself]);
    let visit = Visit::to(&site, &[]);
    let evidence = text(visit.finds("ldap-rules-open", "error"), "evidence");
    assert!(
        evidence.contains("the user may read monkCredential, write monkCredential"),
        "{evidence}"
    );
    allow(&[passwords, &records, &to_users]);
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn an_index_that_is_gone_is_found_and_its_remedy_makes_it() {
    let site = healthy("");
    Visit::to(&site, &[]).is_clean();
    let database = "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcDbIndex\n";
    site.slapd().modify(&format!("{database}olcDbIndex: objectClass,entryUUID eq\n"));
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("ldap-index-missing", "warning");
    assert!(text(found, "evidence").contains("no index of uid"), "{found:#}");
    site.world.command("sh").args(["-c", text(found, "remedy")]).run().expect_success();
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn a_mail_server_that_cannot_be_used_is_found() {
    let mail = "[mail]\nfrom = \"monk@example.org\"\nstarttls = false\nhost = \"127.0.0.1\"\n";
    let site = site(Backend::Embedded, Running::Resident, mail);
    Visit::to(&site, &[]).finds("mail-server", "error");
}
