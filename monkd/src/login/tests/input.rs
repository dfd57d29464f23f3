//! What is refused before anything is asked, and what is not believed.

use super::*;

#[tokio::test]
async fn what_no_directory_may_see_reaches_none() {
    let bench = Bench::new("");
    let long = "x".repeat(513);
    for typed in ["", &long, "a\0b", "\u{8}\n\r\u{7f}INCORRECT", ";123456"] {
        let ending = bench.login("alice", typed).await;
        assert!(matches!(ending, Ending::Refused(Refusal::BadInput(_))), "{typed:?}");
    }
    for user in ["", "a\nb", " alice", "alice\u{a0}", &long] {
        assert_eq!(bench.login(user, "secret").await, refused(Refusal::BadName));
    }
    assert_eq!(bench.counts(), (0, 0));
}

#[tokio::test]
async fn only_roots_programs_are_believed_that_somebody_else_checked_key_or_password() {
    let elsewhere = Bench::new("[policy]\npassword = \"elsewhere\"\n");
    let code = elsewhere.code();
    let plain = login("alice", Some(&code));
    let (ending, ..) = elsewhere.login_as(Caller { uid: 1000 }, &plain, &[]).await;
    assert_eq!(ending, refused(Refusal::NotTrusted));
    let bench = Bench::new("[policy]\npassword = \"skip-after-publickey\"\n");
    let code = bench.code();
    let claim = Login { publickey: true, ..login("alice", Some(&code)) };
    let (ending, ..) = bench.login_as(Caller { uid: 1000 }, &claim, &[]).await;
    assert_eq!(ending, refused(Refusal::NotTrusted));
    let (ending, ..) = bench.login_as(ROOT, &claim, &[]).await;
    assert_eq!(ending, Ending::Granted(Grant::Totp));
    assert_eq!(bench.counts(), (0, 1), "no password was checked");
}
