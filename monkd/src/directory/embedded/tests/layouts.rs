//! Stores of older and newer layouts.

use super::*;
use crate::directory::names::{Key, Names};
use crate::directory::users::Member;

#[tokio::test]
async fn an_older_store_is_brought_to_this_layout_and_a_newer_one_is_left_alone() {
    let (_folder, settings) = settings();
    Embedded::create(&settings).unwrap();
    std::fs::remove_file(&settings.path).unwrap();
    let old = Connection::open(&settings.path).unwrap();
    std::fs::set_permissions(&settings.path, std::fs::Permissions::from_mode(0o600)).unwrap();
    old.execute_batch(schema::FIRST).unwrap();
    old.execute_batch(schema::MEMBERS).unwrap();
    old.execute_batch(
        "INSERT INTO users (id, name, password, must_change, created) VALUES
             ('1', 'bob', 'hash', 1, 7), ('2', 'alice', NULL, 0, 5), ('3', 'staff', NULL, 0, 9);
         INSERT INTO members VALUES ('Staff', '1'), ('staff', '2'), ('board', '2');
         PRAGMA user_version = 2;",
    )
    .unwrap();
    drop(old);
    let store = Embedded::open(&settings, keys()).unwrap();
    let found = async |name| store.user(Key::Name(name), deadline()).await.unwrap().unwrap();
    let (alice, bob, staff) = (found("alice").await, found("bob").await, found("staff").await);
    assert_eq!([alice.uid, bob.uid, staff.uid], [65_536, 65_537, 65_538], "by age");
    assert_eq!([alice.gid, bob.gid], [65_536, 65_537], "private groups");
    let row = |group: &str, gid, user: &str| Member {
        group: group.to_owned(),
        gid,
        user: Some(user.to_owned()),
    };
    let rows =
        [row("board", 65_539, "alice"), row("Staff", 65_540, "alice"), row("Staff", 65_540, "bob")];
    assert_eq!(store.members(Default::default(), 9, deadline()).await.unwrap(), rows);
    assert_eq!(staff.gid, 65_538, "who is called as a group is not in it");
    let is_hash = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let other = Connection::open(&settings.path).unwrap();
    let hash =
        other.query_row("SELECT password FROM users WHERE id = '1' AND must_change", [], is_hash);
    assert_eq!(hash.unwrap(), "hash");
    let next = store.add(NewUser { name: "carol", ..NewUser::default() }, deadline()).await;
    assert_eq!(next.unwrap().unwrap().uid, 65_541);
    drop((store, other));

    let newer = Connection::open(&settings.path).unwrap();
    newer.execute_batch("PRAGMA user_version = 99;").unwrap();
    assert!(matches!(Embedded::open(&settings, keys()).err(), Some(Outage::Storage(_))));
}
