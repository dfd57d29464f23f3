//! The socket of names: one connection is one question and one answer. Beside it, the one where the map is lent.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use monk_wire::frame::{self, FrameError, HEADER};
use monk_wire::names::{MAX_QUERY, Query, decode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::answers::Answers;
use super::crowd::{Crowd, Entered};
use super::{lender, said};
use crate::audit;
use crate::door::Door;

/// How long a caller may take to ask. The module asks at once.
const QUERY_TIME: Duration = Duration::from_secs(2);

/// How long it may take to accept the answer.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// Pause after the kernel could not give us another descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Between two signs of life: see [`monk_wire::names::map::STUCK_AFTER_MS`].
const BEAT: Duration = Duration::from_secs(1);

/// What answers on the socket.
pub struct Service {
    sockets: [PathBuf; 2],
    answers: Arc<Mutex<Arc<Answers>>>,
    tasks: Vec<AbortHandle>,
}

impl Service {
    /// Opens the socket and the map. Where that cannot be, logins go on without names, and the log says why.
    pub async fn start(answers: Arc<Answers>, descriptors: usize) -> Option<Self> {
        let sockets = [answers.socket_path().to_owned(), lender::socket(answers.map_path())];
        let door = match Door::open(&sockets[0]).await {
            Ok(door) => door,
            Err(outage) => {
                audit::warn(&format!("no names are answered: {outage}"));
                return None;
            }
        };
        let lenders_door = Door::open(&sockets[1]).await;
        answers.publish().await;
        let answers = Arc::new(Mutex::new(answers));
        let crowd = Arc::new(Crowd::new(descriptors));
        let mut tasks = vec![
            tokio::spawn(accept(door, crowd, Arc::clone(&answers))).abort_handle(),
            tokio::spawn(beat(Arc::clone(&answers))).abort_handle(),
        ];
        match lenders_door {
            Ok(door) => tasks.push(tokio::spawn(lend(door, Arc::clone(&answers))).abort_handle()),
            Err(outage) => audit::warn(&format!(
                "names are answered, but no memory is lent to programs that look up many: {outage}"
            )),
        }
        Some(Self { sockets, answers, tasks })
    }

    /// Answers from what has taken the place of the directory before.
    pub fn replace(&self, answers: Arc<Answers>) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    }

    /// Ends: what is known stays in the map, and nobody is asked any more.
    pub fn end(self) {
        for task in &self.tasks {
            task.abort();
        }
        for socket in &self.sockets {
            let _ = std::fs::remove_file(socket);
        }
        current(&self.answers).end();
    }
}

fn current(answers: &Mutex<Arc<Answers>>) -> Arc<Answers> {
    Arc::clone(&answers.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Says that the engine is alive, and looks for what has changed.
async fn beat(answers: Arc<Mutex<Arc<Answers>>>) {
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut own = current(&answers).own_files();
    loop {
        ticks.tick().await;
        let answers = current(&answers);
        answers.beat();
        let now = answers.own_files();
        if std::mem::replace(&mut own, now) != now {
            answers.own_files_changed();
        }
        answers.tend();
        // Not waited for here: a directory of our own that does not answer must not stop the signs of life.
        tokio::spawn(async move { answers.look_for_changes().await });
    }
}

async fn accept(door: Door, crowd: Arc<Crowd>, answers: Arc<Mutex<Arc<Answers>>>) {
    loop {
        match door.accept().await {
            Ok(stream) => start(&door, &crowd, &answers, stream),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        // Otherwise somebody who connects in a loop has the thread to himself.
        tokio::task::yield_now().await;
    }
}

async fn lend(door: Door, answers: Arc<Mutex<Arc<Answers>>>) {
    loop {
        match door.accept().await {
            Ok(stream) => lender::lend(&door, stream, current(&answers).lent().as_deref()),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        tokio::task::yield_now().await;
    }
}

fn start(door: &Door, crowd: &Arc<Crowd>, answers: &Mutex<Arc<Answers>>, stream: UnixStream) {
    let Ok(peer) = stream.peer_cred() else { return };
    let Some(place) = Crowd::enter(crowd, peer.uid()) else {
        return door.turn_away(stream, peer);
    };
    // The engine's own look-ups never come back to it.
    let is_own = peer.pid().and_then(|pid| u32::try_from(pid).ok()) == Some(std::process::id());
    if let Some(stream) = door.let_in(stream, peer) {
        let answers = (!is_own).then(|| current(answers));
        tokio::spawn(serve(stream, place, answers));
    }
}

/// Answers one question; without `answers`, that it cannot be answered.
async fn serve(mut stream: UnixStream, place: Entered, answers: Option<Arc<Answers>>) {
    let Ok(Ok((version, query))) = timeout(QUERY_TIME, read(&mut stream)).await else { return };
    let body = match answers {
        Some(answers) => {
            answers.note_use();
            answers.answer(&query, place.who()).await
        }
        None => said::unavailable(),
    };
    let Ok(length) = u32::try_from(body.len()) else { return };
    let mut head = [version; HEADER];
    head[1..].copy_from_slice(&length.to_be_bytes());
    let parts = [io::IoSlice::new(&head), io::IoSlice::new(&body)];
    // The kernel takes short answers at once.
    let sent = stream.try_write_vectored(&parts).unwrap_or_default();
    if sent < HEADER + body.len() {
        let rest = async {
            stream.write_all(&head[sent.min(HEADER)..]).await?;
            stream.write_all(&body[sent.saturating_sub(HEADER)..]).await
        };
        let _ = timeout(ANSWER_TIME, rest).await;
    }
}

/// The question, in the one way in which it can be encoded, and the version it came in.
async fn read(stream: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
    let broken = |error: FrameError| io::Error::other(error.to_string());
    let mut bytes = [0; HEADER + MAX_QUERY];
    let (head, body) = bytes.split_first_chunk_mut::<HEADER>().ok_or(io::ErrorKind::Other)?;
    stream.read_exact(head).await?;
    let header = frame::header(*head, MAX_QUERY).map_err(broken)?;
    let body = &mut body[..header.length];
    stream.read_exact(body).await?;
    let query = decode::<Query<'_>>(body).map_err(broken)?;
    let query = said::query(&query).ok_or(io::ErrorKind::InvalidData)?;
    Ok((header.version, query))
}
