//! Changes of passwords.

use monk_terms::account_state::AccountState;
use monk_terms::not_taken::NotTaken;

use super::*;
use crate::directory::change::{Changed, Changer};

async fn change(store: &Embedded, account: &Account, old: &str, new: &str) -> Changed {
    let (old, new) = (Password::new(old).unwrap(), Password::new(new).unwrap());
    store.change_password(account, Changer::User { old: &old }, &new, deadline()).await.unwrap()
}

async fn is_right(store: &Embedded, account: &Account, typed: &str) -> bool {
    let typed = Password::new(typed).unwrap();
    let answer = store.check_password(Some(account), &typed, deadline()).await.unwrap();
    answer == Answer::Right(Advice::Nothing)
}

#[tokio::test]
async fn a_user_changes_the_password_with_the_old_one_and_no_longer_has_to() {
    let (_folder, _, store, alice) = with_alice().await;
    store.set_must_change(&alice.id, true, deadline()).await.unwrap();
    assert_eq!(one(&store, "alice").await.state, AccountState::MustChange);
    assert_eq!(change(&store, &alice, "wrong", "newest").await, Changed::WrongOld);
    for (new, refused) in [
        ("secret", NotTaken::InHistory),
        ("abcd", NotTaken::TooShort),
        ("k3tn-p7wq-2mzx-c9dh-v4ra", NotTaken::Other),
        (&"a".repeat(513), NotTaken::Other),
    ] {
        match change(&store, &alice, "secret", new).await {
            Changed::NotTaken { why, said } => {
                assert!(why == refused && !said.is_empty(), "{said}")
            }
            other => panic!("{new}: {other:?}"),
        }
    }
    assert_eq!(one(&store, "alice").await.state, AccountState::MustChange, "nothing is changed");
    assert!(is_right(&store, &alice, "secret").await);
    assert_eq!(change(&store, &alice, "secret", "newest").await, Changed::Done);
    assert_eq!(one(&store, "alice").await.state, AccountState::Enabled);
    assert!(is_right(&store, &alice, "newest").await && !is_right(&store, &alice, "secret").await);
    assert_eq!(change(&store, &alice, "secret", "another").await, Changed::WrongOld);
}

#[tokio::test]
async fn nobody_changes_a_password_that_is_not_there() {
    let (_folder, _, store, _) = with_alice().await;
    let bob = with_bob(&store).await;
    assert_eq!(change(&store, &bob, "secret", "newest").await, Changed::WrongOld);
}

#[tokio::test]
async fn an_administrator_sets_a_password_without_the_old_one() {
    let (_folder, _, store, alice) = with_alice().await;
    let new = Password::new("abcd").unwrap();
    let set = async |must_change| {
        let changer = Changer::Administrator { must_change };
        store.change_password(&alice, changer, &new, deadline()).await.unwrap()
    };
    assert_eq!(set(true).await, Changed::Done);
    assert!(is_right(&store, &alice, "abcd").await);
    assert_eq!(one(&store, "alice").await.state, AccountState::MustChange);
    assert_eq!(set(false).await, Changed::Done);
    assert_eq!(one(&store, "alice").await.state, AccountState::Enabled);
    assert!(store.remove(&alice.id, deadline()).await.unwrap());
    assert!(matches!(set(false).await, Changed::NotTaken { why: NotTaken::NotAllowed, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_the_same_password_one_wins() {
    let (_folder, settings, _store, alice) = with_alice().await;
    let racers: Vec<_> = (0..4)
        .map(|racer| {
            let store = Embedded::open(&settings, keys()).unwrap();
            let alice = alice.clone();
            tokio::spawn(async move {
                change(&store, &alice, "secret", &format!("newest{racer}")).await
            })
        })
        .collect();
    let mut done = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Changed::Done => done += 1,
            other => assert_eq!(other, Changed::WrongOld),
        }
    }
    assert_eq!(done, 1);
}
