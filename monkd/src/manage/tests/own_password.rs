//! Users who change their own password with a command.

use monk_terms::not_taken::NotTaken;
use monk_wire::manage::{NewPasswordFault, PasswordFault, UserCommand};

use super::self_service::{NAME, caller, enrol, office};
use super::*;

fn password(new: &str) -> Command {
    let password = Secret::new(new.as_bytes());
    Command::User(UserCommand::Password { password, must_change: false })
}

#[tokio::test]
async fn users_change_their_passwords_with_the_old_one_and_a_code() {
    let office = office().await;
    let change =
        async |new, answers: &[&str]| office.asked(caller(), NAME, password(new), answers).await;
    let refused = Err(FailureKind::NotPermitted);
    assert_eq!(change("second", &["wrong"]).await, refused);
    assert_eq!(change("second", &["secret"]).await, Ok(Outcome::Done));
    assert_eq!(change("third", &["secret"]).await, refused, "it is the old one");
    let id = enrol(&office, "Phone", &["second"]).await.unwrap();
    let now = clock::now();
    assert_eq!(change("third", &["second", "000000"]).await, refused);
    let code = office.code_at(NAME, &id, now).await;
    assert_eq!(change("third", &["second", &code]).await, Ok(Outcome::Done));
    assert_eq!(change("fourth", &["third", &code]).await, refused, "the code is spent");
    let line = format!("third;{}", office.code_at(NAME, &id, now + 30).await);
    assert_eq!(change("fourth", &[&line]).await, Ok(Outcome::Done), "on one line");
    let refused = office.asked(caller(), "alice", password("mine"), &[]).await;
    assert_eq!(refused, Err(FailureKind::NotPermitted), "nobody else's");
}

/// The code is spent by then, and one refused password is no reason to wait for the next.
#[tokio::test]
async fn who_chooses_a_password_that_is_not_taken_may_choose_another_without_another_code() {
    let office = office().await;
    let id = enrol(&office, "Phone", &["secret"]).await.unwrap();
    let change = async |new: &str, answers: &[&str]| {
        office.heard(caller(), NAME, password(new), answers).await
    };
    let line = format!("secret;{}", office.code_at(NAME, &id, clock::now()).await);
    let other = "k3tn-p7wq-2mzx-c9dh-v4ra";
    let answers = [&line, "secret", "secret", "abc", "abd", other, other, "newest", "newest"];
    let (changed, said) = change("abc", &answers).await;
    assert_eq!(changed, Ok(Outcome::Done));
    let is_not_taken = |part: &Part, wanted| matches!(part, Part::NotTaken(NewPasswordFault::NotTaken { why, .. }) if *why == wanted);
    assert!(is_not_taken(&said[0], NotTaken::TooShort), "{said:?}");
    assert!(is_not_taken(&said[1], NotTaken::InHistory), "{said:?}");
    assert_eq!(said[2], Part::NotTaken(NewPasswordFault::Differ));
    let unfit = NewPasswordFault::Unfit(PasswordFault::LikeAppPassword);
    assert_eq!(said[3..], [Part::NotTaken(unfit)]);

    let next = office.code_at(NAME, &id, clock::now() + 30).await;
    let (given_up, _) = change("abc", &["newest", &next, ""]).await;
    assert_eq!(given_up, Err(FailureKind::Invalid));
}

#[tokio::test]
async fn other_passwords_are_asked_for_some_times_only() {
    let office = office().await;
    let short = ["abc", "abc"].repeat(4);
    let answers = [&["secret"], &short[..]].concat();
    let result = office.asked(caller(), NAME, password("abc"), &answers).await;
    assert_eq!(result, Err(FailureKind::Invalid));
}

/// A password that could open nothing is refused before anybody is asked.
#[tokio::test]
async fn a_new_password_is_looked_at_before_the_proof() {
    let office = office().await;
    for new in ["", "k3tn-p7wq-2mzx-c9dh-v4ra"] {
        let result = office.asked(caller(), NAME, password(new), &[]).await;
        assert_eq!(result, Err(FailureKind::Invalid), "{new}");
    }
}

/// That is what the state asks for.
#[tokio::test]
async fn who_has_to_change_the_password_can() {
    let office = office().await;
    let must = Command::User(UserCommand::MustChange { must: true });
    assert_eq!(office.does(NAME, must).await, Ok(Outcome::Done));
    let changed = office.asked(caller(), NAME, password("second"), &["secret"]).await;
    assert_eq!(changed, Ok(Outcome::Done));
    assert_eq!(
        office.status_of(NAME).await.state,
        monk_terms::account_state::AccountState::Enabled
    );
    let off = Command::User(UserCommand::Enable { enabled: false });
    assert_eq!(office.does(NAME, off).await, Ok(Outcome::Done));
    let closed = office.asked(caller(), NAME, password("third"), &[]).await;
    assert_eq!(closed, Err(FailureKind::NotPermitted), "a closed account stays as it is");
}
