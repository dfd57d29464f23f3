//! A directory that locks accounts is sent fewer wrong passwords than that takes.

use monk_core::fingerprint::FINGERPRINT_BYTES;
use monk_core::lockout::{USUAL_THRESHOLD, USUAL_WINDOW};
use monk_core::throttle::Guess;
use monk_terms::proof::Proof;

use super::*;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// Counters in a file of their own, below the usual lockout.
fn throttle(register: Register) -> (tempfile::TempDir, Throttle) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("throttle.db");
    let limits = Limits { free: 1_000_000 };
    let throttle = Throttle::open(&path, limits, register).unwrap();
    (folder, throttle.below(Lockout::below(USUAL_THRESHOLD, USUAL_WINDOW)))
}

fn alice(network: &str) -> Subject {
    Subject {
        user: "id:1".into(),
        name: "alice".into(),
        network: network.into(),
        claims: &[Proof::Password, Proof::Code],
        is_stranger: false,
        asks_directory: true,
    }
}

/// A password that the directory has refused, or has not answered.
fn sent(number: u32, is_refused: bool) -> Outcome {
    let mut fingerprint = [0; FINGERPRINT_BYTES];
    fingerprint[..4].copy_from_slice(&number.to_be_bytes());
    let guesses = vec![Guess { at: Proof::Password, fingerprint, is_final: true }];
    Outcome::Wrong(Wrong { guesses, refused: is_refused.then_some(fingerprint), is_sent: true })
}

/// How many of these attempts are looked at, one after the other, each with a password of its own.
async fn looked_at(throttle: &Throttle, networks: impl Iterator<Item = String>) -> u32 {
    let mut count = 0;
    for (number, network) in networks.enumerate() {
        if let Some(attempt) = throttle.begin(&alice(&network), soon()).await.unwrap() {
            let outcome = sent(u32::try_from(number).unwrap(), true);
            throttle.end(attempt, outcome, soon()).await.unwrap();
            count += 1;
        }
    }
    count
}

fn everywhere() -> impl Iterator<Item = String> {
    (0..500).map(|n| format!("192.0.2.{n}"))
}

async fn comes_home(throttle: &Throttle) {
    let attempt =
        throttle.begin(&alice("home"), soon()).await.unwrap().expect("nothing is counted");
    let right = Outcome::Right(&[Proof::Password, Proof::Code]);
    throttle.end(attempt, right, soon()).await.unwrap();
}

#[tokio::test]
async fn an_attacker_from_anywhere_has_four_passwords_sent_and_two_where_the_owner_has_a_home() {
    for register in [Register::in_memory(), Register::File] {
        let (_folder, throttle) = throttle(register.clone());
        assert_eq!(looked_at(&throttle, everywhere()).await, 4);
        let (_folder, throttle) = self::throttle(register);
        comes_home(&throttle).await;
        assert_eq!(looked_at(&throttle, everywhere()).await, 2);
        let slips = std::iter::repeat_n("home".to_owned(), 10);
        assert_eq!(looked_at(&throttle, slips).await, 2, "the owner has two of his own");
    }
}

#[tokio::test]
async fn a_right_login_begins_the_count_anew_as_the_directory_does() {
    let (_folder, throttle) = throttle(Register::in_memory());
    comes_home(&throttle).await;
    for _ in 0..3 {
        assert_eq!(looked_at(&throttle, everywhere()).await, 2);
        comes_home(&throttle).await;
    }
}

#[tokio::test]
async fn what_is_under_way_counts_so_that_a_crowd_does_not_slip_through() {
    for register in [Register::in_memory(), Register::File] {
        let (_folder, throttle) = throttle(register);
        comes_home(&throttle).await;
        let impatient = || Deadline::after(Duration::from_millis(300));
        let mut admitted = Vec::new();
        for network in everywhere().take(5) {
            // Whoever may not begin waits, and gives up.
            let begun = throttle.begin(&alice(&network), impatient()).await;
            admitted.extend(begun.ok().flatten());
        }
        assert_eq!(admitted.len(), 2, "from elsewhere");
        let owner = throttle.begin(&alice("home"), soon()).await.unwrap();
        assert!(owner.is_some(), "what others have under way keeps nobody out at home");
        for attempt in admitted.into_iter().chain(owner) {
            throttle.end(attempt, Outcome::Neither, soon()).await.unwrap();
        }
        assert_eq!(looked_at(&throttle, everywhere()).await, 2, "they were no failures");
    }
}

#[tokio::test]
async fn a_password_that_is_repeated_while_nobody_answers_counts_once_and_each_refusal_by_itself() {
    for (is_refused, tries) in [(false, 20), (true, 4)] {
        let (_folder, throttle) = throttle(Register::in_memory());
        let mut count = 0;
        for _ in 0..20 {
            let Some(attempt) = throttle.begin(&alice("x"), soon()).await.unwrap() else { break };
            throttle.end(attempt, sent(7, is_refused), soon()).await.unwrap();
            count += 1;
        }
        assert_eq!(count, tries, "refused: {is_refused}");
    }
}

#[tokio::test]
async fn what_asks_no_directory_is_not_kept_back_by_it() {
    let (_folder, throttle) = throttle(Register::in_memory());
    looked_at(&throttle, everywhere()).await;
    let code = Subject { asks_directory: false, ..alice("elsewhere") };
    let app = Subject { claims: &[Proof::AppPassword], ..alice("elsewhere") };
    for subject in [code, app] {
        assert!(throttle.begin(&subject, soon()).await.unwrap().is_some(), "{subject:?}");
    }
    let listed = throttle.list(soon()).await.unwrap();
    let row = listed.iter().find(|row| row.scope == "directory").expect("a row of its own");
    assert_eq!((row.failures, row.user.as_deref()), (4, Some("alice")));
    assert!(row.wait > USUAL_WINDOW - 60, "{}", row.wait);
    throttle.clear(Some("alice".into()), soon()).await.unwrap();
    assert!(throttle.begin(&alice("x"), soon()).await.unwrap().is_some(), "root has helped");
}

/// An attempt with this password at `now`, in seconds since 1970, if it is looked at.
fn wrong_at(file: &Transaction<'_>, network: &str, password: u32, now: u64) {
    let lockout = Lockout::below(USUAL_THRESHOLD, USUAL_WINDOW);
    let (subject, limits) = (alice(network), Limits { free: 1_000_000 });
    let Outcome::Wrong(wrong) = sent(password, true) else { panic!("it is wrong") };
    let look = Look::at(file, &subject, now).unwrap();
    if look.admission(limits, lockout, |_| 0) != Admission::Now {
        return;
    }
    let print = wrong.refused.expect("it is refused");
    if !strings::was_refused(file, &subject.user, print, lockout, now).unwrap() {
        look.attempt(subject).was_wrong(file, &wrong, limits, lockout, now).unwrap();
    }
}

#[tokio::test]
async fn a_phone_with_an_old_password_never_keeps_the_owner_out_at_home() {
    let (_folder, throttle) = throttle(Register::in_memory());
    comes_home(&throttle).await;
    let now = clock::now();
    let work = move |file: &Transaction<'_>| {
        for minute in 0..180 {
            let now = now + 60 * minute;
            // The phone, and somebody else who guesses from anywhere.
            wrong_at(file, "home", 0, now);
            wrong_at(file, "elsewhere", u32::try_from(minute).unwrap() + 1, now);
            let lockout = Lockout::below(USUAL_THRESHOLD, USUAL_WINDOW);
            let owner = Look::at(file, &alice("home"), now)?;
            let admission = owner.admission(Limits { free: 1_000_000 }, lockout, |_| 0);
            assert_eq!(admission, Admission::Now, "after {minute} minutes");
        }
        Ok(())
    };
    throttle.run(soon(), work).await.unwrap();
}
