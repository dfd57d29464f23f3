//! The count of changes that resident engines look at.

use super::*;
use crate::directory::names::Names;

async fn count(store: &Embedded) -> u64 {
    store.version(deadline()).await.unwrap()
}

#[tokio::test]
async fn every_change_of_users_and_groups_is_seen_by_others_and_a_login_is_none() {
    let (_folder, settings, store, alice) = with_alice().await;
    let other = Embedded::open(&settings, keys()).unwrap();
    let mut before = count(&store).await;
    let mut moves_on = async |what: &str| {
        let now = count(&store).await;
        assert_ne!(std::mem::replace(&mut before, now), now, "{what}");
    };
    let bob = with_bob(&other).await;
    moves_on("a new user").await;
    let joined = other.set_member(&bob.id, "staff", true, deadline()).await.unwrap();
    assert_eq!(joined, Ok(true));
    moves_on("a new member").await;
    assert_eq!(other.set_member(&bob.id, "staff", false, deadline()).await.unwrap(), Ok(true));
    moves_on("a member less").await;
    assert!(other.remove(&bob.id, deadline()).await.unwrap());
    moves_on("a user less").await;
    begin(&other, &alice, "used").await;
    let password = Password::new("another").unwrap();
    assert!(other.set_password(&alice.id, &password, false, deadline()).await.unwrap());
    assert_eq!(count(&store).await, before, "logins and passwords change no name");
}
