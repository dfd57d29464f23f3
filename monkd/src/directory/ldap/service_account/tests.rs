//! How often a password that was refused is tried, and what its refusal is called.

use ldap3::controls::{Control, RawControl};

use super::*;

fn result(rc: u32, text: &str, policy: Option<&[u8]>) -> LdapResult {
    let raw = |value: &[u8]| RawControl { val: Some(value.to_vec()), ..password_policy::request() };
    let ctrls = policy.map(|value| Control(None, raw(value))).into_iter().collect();
    LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: Vec::new(), ctrls }
}

#[test]
fn a_refusal_names_what_closes_the_account_tls_or_the_password_file() {
    let data = |code: &str| {
        let text = format!(
            "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {code}, v2580"
        );
        result(49, &text, None)
    };
    for (result, words) in [
        (result(49, "", None), "check bind_dn and password_file"),
        (result(49, "", Some(b"\x30\x03\x81\x01\x01")), "locked"),
        (result(49, "", Some(b"\x30\x03\x81\x01\x00")), "has expired"),
        (result(49, "", Some(b"\x30\x00")), "check bind_dn and password_file"),
        (data("775"), "locked"),
        (data("533"), "disabled"),
        (data("701"), "the time of this account is over"),
        (data("532"), "has expired"),
        (data("773"), "has to be changed"),
        (data("530"), "at some hours"),
        (data("52e"), "check bind_dn and password_file"),
        (result(19, "Exceed password retry limit.", None), "locked"),
        (result(53, "Account inactivated.", Some(b"\x30\x03\x81\x01\x01")), "disabled"),
        (result(13, "", None), "without TLS"),
        (result(8, "", None), "without TLS"),
        (result(50, "", None), "access rules"),
    ] {
        let failure = judged("bind_dn \"cn=monk\"", &result).expect_err("no success");
        let message = failure.into_outage().to_string();
        assert!(message.contains(words), "{message}");
    }
}

fn refused() -> Result<(), Bound> {
    Err(Bound::Refused { why: Outage::Refused("no".to_owned()), is_locked: false })
}

#[test]
fn an_account_that_is_locked_is_tried_again_after_five_minutes_at_most() {
    let (mut now, mut state) = (Instant::now(), State::default());
    for pause in [60, 300, 300, 300].map(Duration::from_secs) {
        let locked = Bound::Refused { why: Outage::Refused("locked".into()), is_locked: true };
        state.note("a", &Err(locked), now);
        assert!(state.may_be_tried("a", now + pause - Duration::from_millis(1)).is_err());
        now += pause;
        assert!(state.may_be_tried("a", now).is_ok());
    }
    // The lock has ended, and the password is wrong.
    state.note("a", &refused(), now);
    assert!(state.may_be_tried("a", now + PAUSES[1]).is_err());
}

#[test]
fn a_password_that_was_refused_is_kept_back_longer_each_time() {
    let (mut now, mut state) = (Instant::now(), State::default());
    for pause in [60, 900, 3600, 3600].map(Duration::from_secs) {
        assert!(state.may_be_tried("a", now).is_ok());
        state.note("a", &refused(), now);
        let just_before = now + pause - Duration::from_millis(1);
        assert!(state.may_be_tried("a", just_before).is_err());
        now += pause;
    }
    state.note("a", &Ok(()), now);
    state.note("a", &refused(), now);
    assert!(state.may_be_tried("a", now + PAUSES[0]).is_ok(), "it begins again");
}

#[test]
fn a_second_server_is_asked_at_once_and_a_third_is_not() {
    let (now, mut state) = (Instant::now(), State::default());
    state.note("a", &refused(), now);
    assert!(state.may_be_tried("a", now).is_err() && state.may_be_tried("b", now).is_ok());
    // One that has a new password before the other.
    state.note("b", &Ok(()), now);
    assert!(state.is_fresh("b", now) && !state.is_fresh("b", now + FRESH));
    assert!(state.may_be_tried("a", now).is_err() && state.may_be_tried("b", now).is_ok());
    state.note("b", &refused(), now);
    for server in ["a", "b", "c"] {
        assert!(state.may_be_tried(server, now + PAUSES[0]).is_err(), "{server}");
        assert!(state.may_be_tried(server, now + PAUSES[1]).is_ok(), "{server}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_holds_up_nobody_for_long() {
    let standing = Arc::new(Standing::default());
    let hangs = {
        let standing = Arc::clone(&standing);
        tokio::spawn(async move { bind(&standing, "a", std::future::pending()).await })
    };
    tokio::task::yield_now().await;
    let start = Instant::now();
    assert!(bind(&standing, "b", std::future::ready(Ok(()))).await.is_ok());
    assert!(start.elapsed() < 4 * MAX_TURN, "{:?}", start.elapsed());
    hangs.abort();
}

#[test]
fn another_password_and_another_account_have_a_standing_of_their_own() {
    let of = |dn, password| standing(dn, password);
    assert!(Arc::ptr_eq(&of("cn=a", "one"), &of("cn=a", "one")));
    assert!(!Arc::ptr_eq(&of("cn=a", "one"), &of("cn=a", "two")));
    assert!(!Arc::ptr_eq(&of("cn=a", "one"), &of("cn=b", "one")));
}

#[test]
fn an_account_knows_its_own_entry_by_each_name_that_a_server_takes() {
    let account = |name: &str| ServiceAccount::Simple {
        dn: name.to_owned(),
        password: Zeroizing::new(String::new()),
    };
    let entry = |dn: &str, sam: &str| {
        let upn = format!("{sam}@example.org");
        Entry::empty(dn).with(NAMES[0], &[sam.as_bytes()]).with(NAMES[1], &[upn.as_bytes()])
    };
    let own = entry("CN=Monk,OU=Services,DC=example,DC=org", "monk");
    let other = entry("CN=alice,OU=Staff,DC=example,DC=org", "alice");
    for name in [
        "cn=monk, ou=Services,dc=example,dc=org",
        "monk@example.org",
        "MONK@EXAMPLE.ORG",
        "EXAMPLE\\Monk",
    ] {
        assert!(account(name).is(&own), "{name}");
        assert!(!account(name).is(&other), "{name}");
    }
    assert!(!ServiceAccount::External.is(&own));
}
