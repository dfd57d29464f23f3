//! The schema and the access rules as they are shipped.

use monk_core::credential::Change;
use monk_terms::account_state::AccountState;
use monk_tests::{Output, Slapd, SlapdOptions, Status, World};
use monkd::directory::{Advice, Answer, Swapped};
use monkd::outage::Outage;

use crate::password_policy::{set, with_policies};
use crate::setup::{
    ALICE, BOB, CHECK, ENROL, Host, credential, credential_of, enrol_alice, slapd, swap, used,
    used_of, world,
};

const ACCESS: &str = include_str!("../../../config/ldap/access.ldif");

/// LDAP's insufficientAccessRights, which is also the exit status of the commands.
const REFUSED: Status = Status::Code(50);

/// A slapd with the shipped rules, where alice has enrolled.
fn guarded(world: &World) -> Slapd {
    let slapd = slapd(world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    // What sites have: people may change their own entries. The rules of monk must hold first.
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n\
         olcAccess: to attrs=userPassword by self write by anonymous auth by * none\n\
         olcAccess: to * by self write by * read\n",
    );
    slapd.modify(ACCESS);
    slapd
}

/// An LDAP command as somebody, over ldaps.
fn ldap(world: &World, program: &str, who: &str, arguments: &[&str], input: &str) -> Output {
    world.write("/root/secret", format!("{}-secret", name(who)), 0o600);
    let login: &[&str] =
        if who.is_empty() { &["-x"] } else { &["-x", "-D", who, "-y", "/root/secret"] };
    let command = world.command(program).args(["-H", "ldaps://ldap.example.org"]).args(login);
    command
        .args(arguments)
        .env("LDAPTLS_CACERT", &world.certificates().authority)
        .stdin(input)
        .run()
}

/// `alice` of `uid=alice,…`, `check` of `cn=monk-check,…`.
fn name(dn: &str) -> &str {
    let first = dn.split(',').next().unwrap_or_default();
    first.rsplit(['=', '-']).next().unwrap_or_default()
}

fn read(world: &World, who: &str, filter: &str) -> String {
    let arguments = ["-LLL", "-o", "ldif-wrap=no", "-b", "dc=example,dc=org", filter, "*", "+"];
    ldap(world, "ldapsearch", who, &arguments, "").stdout
}

fn modify(world: &World, who: &str, dn: &str, changes: &str) -> Status {
    let input = format!("dn: {dn}\nchangetype: modify\n{changes}\n");
    ldap(world, "ldapmodify", who, &[], &input).status
}

#[test]
fn monks_accounts_see_the_state_of_accounts() {
    let world = world();
    let slapd = with_policies(&world);
    slapd.modify(ACCESS);
    set(&slapd, ALICE, "pwdAccountLockedTime", "000001010000Z");
    set(&slapd, BOB, "pwdChangedTime", "20200101000000Z");
    set(&slapd, "cn=usual,dc=example,dc=org", "pwdMaxAge", "10000000");
    for (account, secret) in [(CHECK, "check-secret"), (ENROL, "enrol-secret")] {
        let more = format!(
            "ca_file = \"/etc/ssl/world/authority.pem\"\nbind_dn = {account:?}\npassword_file = \"/x\"\n\
             [state]\ndefault_policy = \"cn=usual,dc=example,dc=org\"\n"
        );
        let host = Host::as_account(&world, &[&slapd.ldaps_uri()], &more, Some(secret));
        let host = host.expect("a host");
        assert_eq!(host.account("alice").state, AccountState::Disabled, "{account}");
        assert_eq!(host.account("bob").state, AccountState::PasswordExpired, "{account}");
    }
}

#[test]
fn users_neither_read_nor_write_what_is_enrolled_not_even_their_own() {
    let world = world();
    let _slapd = guarded(&world);
    for who in [ALICE, BOB] {
        let seen = read(&world, who, "(uid=alice)");
        assert!(seen.contains("cn: Alice"), "{seen}");
        assert!(!seen.contains("monkCredential") && !seen.contains("monkUse:"), "{seen}");
        for filter in ["(monkCredential=*)", "(monkUse=*)", &format!("(monkUse={})", used(1))] {
            assert_eq!(read(&world, who, filter), "", "{who} finds by {filter}");
        }
    }
    for changes in [
        "delete: monkCredential".to_owned(),
        format!("delete: monkCredential\nmonkCredential: {}", credential()),
        "replace: monkCredential\nmonkCredential: x".to_owned(),
        "add: monkCredential\nmonkCredential: x".to_owned(),
        "delete: monkUse".to_owned(),
        format!("delete: monkUse\nmonkUse: {}", used(1)),
        "replace: monkUse\nmonkUse: x".to_owned(),
        "add: monkUse\nmonkUse: x".to_owned(),
        "delete: objectClass\nobjectClass: monkUser".to_owned(),
        // Codes may go there.
        "replace: mail\nmail: mallory@example.net".to_owned(),
        "add: mail\nmail: mallory@example.net".to_owned(),
        "delete: mail".to_owned(),
    ] {
        assert_eq!(modify(&world, ALICE, ALICE, &changes), REFUSED, "{changes}");
    }
    let marking = "add: objectClass\nobjectClass: monkUser";
    assert_eq!(modify(&world, BOB, BOB, marking), REFUSED);
    // The rules are no stricter than that.
    for own in ["replace: description\ndescription: me", "replace: userPassword\nuserPassword: x"] {
        assert_eq!(modify(&world, ALICE, ALICE, own), Status::Code(0), "{own}");
    }
}

#[test]
fn who_has_no_name_may_prove_a_password_and_nothing_else() {
    let world = world();
    let _slapd = guarded(&world);
    assert_eq!(read(&world, "", "(objectClass=*)"), "");
    let whoami = ldap(&world, "ldapwhoami", ALICE, &[], "");
    assert_eq!(whoami.expect_success().stdout, format!("dn:{ALICE}\n"));
}

#[test]
fn a_checking_host_reads_both_and_writes_use_only() {
    let world = world();
    let slapd = guarded(&world);
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    let set = alice.credentials.as_ref().expect("they come along");
    assert_eq!((&set.credentials[0].raw, &set.uses[0].raw), (&credential(), &used(1)));
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    assert_eq!(host.spend(&alice, swap(1, 2)), Ok(Swapped::Done));

    for change in [
        Change { add_credentials: vec!["new".to_owned()], ..Change::default() },
        Change { remove_credentials: vec![credential()], ..Change::default() },
    ] {
        let outage = host.plan_and_change(&alice, change).expect_err("not allowed");
        assert!(matches!(outage, Outage::Refused(_)), "{outage:?}");
        assert!(outage.to_string().contains("access rules"), "{outage}");
    }
    for changes in [
        "add: monkCredential\nmonkCredential: x",
        "delete: monkCredential",
        "delete: objectClass\nobjectClass: monkUser",
        "replace: userPassword\nuserPassword: x",
        "replace: cn\ncn: x",
    ] {
        assert_eq!(modify(&world, CHECK, ALICE, changes), REFUSED, "{changes}");
    }
    assert!(!read(&world, CHECK, "(uid=alice)").contains("userPassword"));
}

#[test]
fn an_enrolling_host_writes_both_and_nothing_else() {
    let world = world();
    let slapd = guarded(&world);
    let account = format!(
        "ca_file = \"/etc/ssl/world/authority.pem\"\nbind_dn = {ENROL:?}\npassword_file = \"/x\""
    );
    let uri = slapd.ldaps_uri();
    let host = Host::as_account(&world, &[&uri], &account, Some("enrol-secret")).expect("a host");
    for name in ["alice", "bob"] {
        let account = host.account(name);
        let credential = credential_of(name, "00000000000000aa");
        let uses = vec![used_of(name, "00000000000000aa", 1)];
        let enrolled = Change {
            add_credentials: vec![credential.clone()],
            add_uses: uses.clone(),
            ..Change::default()
        };
        assert_eq!(host.plan_and_change(&account, enrolled), Ok(Swapped::Done));
        assert!(host.load(&account).expect("it answers").has_second_factor());
        let removed =
            Change { remove_credentials: vec![credential], remove_uses: uses, ..Change::default() };
        assert_eq!(host.plan_and_change(&account, removed), Ok(Swapped::Done));
    }
    assert!(!host.account("bob").credentials.expect("they come along").has_second_factor());
    for changes in [
        "add: objectClass\nobjectClass: posixAccount\n-\nadd: uidNumber\nuidNumber: 0",
        "add: objectClass\nobjectClass: extensibleObject",
        "replace: userPassword\nuserPassword: x",
        "replace: cn\ncn: x",
    ] {
        assert_eq!(modify(&world, ENROL, BOB, changes), REFUSED, "{changes}");
    }
}

#[test]
fn the_schema_loads_in_both_forms() {
    let world = world();
    // As .ldif it is what all tests here run with; this is the other form.
    world.write("/etc/monk.schema", include_str!("../../../config/ldap/monk.schema"), 0o644);
    world.write(
        "/etc/slapd.conf",
        "include /etc/ldap/schema/core.schema\ninclude /etc/monk.schema\n",
        0o644,
    );
    let output = world.command("slaptest").args(["-u", "-f", "/etc/slapd.conf"]).run();
    assert!(output.expect_success().stderr.contains("succeeded"));

    let definitions = |text: &str| -> Vec<String> {
        let text = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        text.split(" ( 2.25.")
            .skip(1)
            .map(|part| part.split(" )").next().unwrap().to_owned())
            .collect()
    };
    let [ldif, schema, for_389] = [
        include_str!("../../../config/ldap/monk.ldif"),
        include_str!("../../../config/ldap/monk.schema"),
        include_str!("../../../config/ldap/389ds/98monk.ldif"),
    ]
    .map(definitions);
    assert_eq!(ldif.len(), 7);
    assert_eq!(ldif, schema, "both say the same");
    assert_eq!(ldif, for_389, "and so does the one for 389 Directory Server");
}
