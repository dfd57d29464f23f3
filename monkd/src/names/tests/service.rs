//! The socket, as far as one process can try it: what comes from the engine's own is never answered.

use std::fs;

use monk_wire::VERSION;
use monk_wire::frame::{self, HEADER};
use monk_wire::names::MAX_QUERY;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::*;
use crate::names::service::Service;

/// As many descriptors as a service has.
const DESCRIPTORS: usize = 65_536;

impl Scene {
    /// What the socket says to this process.
    async fn say(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = UnixStream::connect(self.answers.socket_path()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut heard = Vec::new();
        // What is not read is the kernel's reason to break the connection off.
        let _ = stream.read_to_end(&mut heard).await;
        heard
    }
}

#[tokio::test]
async fn the_engines_own_look_ups_do_not_come_back_to_it() {
    // Without lists, which the engine reads by itself.
    let Scene { directory, folder, .. } = Scene::new();
    let answers = Scene::answers_with(&directory, folder.path(), NameSettings::default(), LONG);
    let scene = Scene { directory, answers, folder };
    let service = Service::start(Arc::clone(&scene.answers), DESCRIPTORS).await.unwrap();
    let query = frame::encode(&Query::UserByName("alice"), VERSION, MAX_QUERY).unwrap();
    let heard = scene.say(&query).await;
    let (head, body) = heard.split_first_chunk::<HEADER>().unwrap();
    assert_eq!(frame::header(*head, body.len()).unwrap().length, body.len());
    assert_eq!((shown(body), scene.searches()), ("unavailable".into(), 0));
    service.end();
    assert!(!scene.answers.socket_path().exists());
}

#[tokio::test]
async fn rubbish_is_answered_with_nothing() {
    let scene = Scene::new();
    let _service = Service::start(Arc::clone(&scene.answers), DESCRIPTORS).await.unwrap();
    for bytes in [&b"nonsense"[..], &[1, 0, 0, 0, 2, 250, 250], &[1, 255, 255, 255, 255]] {
        assert_eq!(scene.say(bytes).await, b"", "{bytes:?}");
    }
}

#[tokio::test]
async fn whoever_listens_there_already_keeps_the_socket_and_the_map() {
    let scene = Scene::new();
    let first = Service::start(Arc::clone(&scene.answers), DESCRIPTORS).await.unwrap();
    let map = fs::read(scene.answers.map_path()).unwrap();
    let again = Scene::answers(&scene.directory, scene.folder.path().into(), 60, LONG);
    assert!(Service::start(again, DESCRIPTORS).await.is_none());
    assert_eq!(fs::read(scene.answers.map_path()).unwrap()[..24], map[..24], "the same generation");
    first.end();
    fs::write(scene.answers.socket_path(), "").unwrap();
    let blocked = Scene::answers(&scene.directory, scene.folder.path().into(), 60, LONG);
    assert!(Service::start(blocked, DESCRIPTORS).await.is_none(), "a file is in the way");
}
