//! One connection: frames in, replies out.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use monk_wire::frame::{self, Body, FrameError, HEADER, MAX_REPLY, MAX_REQUEST, MAX_ROOT_REQUEST};
use monk_wire::manage::Part;
use monk_wire::{Denial, Login, Reply, Request, Secret, VERSION};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::address::canonical;
use crate::administration;
use crate::audit::Ending;
use crate::caller::Caller;
use crate::engine::Engine;
use crate::login::{self, Ask, HungUp, Mode, Verdict};
use crate::manage::access;
use crate::pam_password::Asked;
use crate::places::{Evicted, Place};
use crate::proven_just_now::{Occasion, Proofs};
use crate::recent_grants::Standing;
use crate::{
    account, audit, metrics, pam_password, portal, proven_just_now, recent_grants, ssh_keys,
};

/// How long a caller may take to say what it wants. Programs know that at once.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// How long a person may take to answer. sshd gives up after 120 s (`LoginGraceTime`).
const ANSWER_TIME: Duration = Duration::from_secs(180);

/// How long a caller may take to ask for the next part of an answer.
const NEXT_TIME: Duration = Duration::from_secs(10);

/// How long a caller may take to accept a reply.
const REPLY_TIME: Duration = Duration::from_secs(10);

/// One connection to a caller.
pub struct Conversation {
    stream: UnixStream,
    caller: Caller,
    /// The version that the caller speaks, and is answered in.
    version: u8,
    /// What it holds of a resident engine.
    place: Option<Place>,
    /// Whether somebody else needed the place.
    was_evicted: bool,
}

impl Conversation {
    /// Takes a connection.
    ///
    /// # Errors
    /// When the kernel does not say who is at the other end.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        let caller = Caller { uid: stream.peer_cred()?.uid() };
        Ok(Self::with(stream, caller))
    }

    /// Takes a connection of a caller who is known already.
    #[must_use]
    pub fn with(stream: UnixStream, caller: Caller) -> Self {
        Self { stream, caller, version: VERSION, place: None, was_evicted: false }
    }

    /// The same, in a place that may be needed by somebody else.
    #[must_use]
    pub fn holding(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Answers until the caller hangs up, breaks the protocol or has its login decided.
    pub async fn serve(mut self, engine: Arc<Engine>) {
        while let Ok(request) = self.receive(REQUEST_TIME).await {
            if self.begin(&request).is_err() {
                // The caller hears at once that there is no answer to be had now.
                let _ = self.send(&Reply::Unavailable).await;
                return;
            }
            let decides = matches!(request, Request::Login(_));
            let (reply, note) = match request {
                Request::Login(mut login) => {
                    let caller = self.caller;
                    login.address = login.address.map(canonical);
                    let verdict = login::run(&engine, caller, &login, Mode::Real, &mut self).await;
                    let standing = verdict.standing();
                    self.remember(&login, &verdict);
                    let (reply, note) = verdict.reply();
                    // Not before: strangers would have names looked up.
                    if matches!(reply, Reply::Granted { .. }) {
                        self.expect(&engine, &login.user);
                    }
                    (told(&engine, caller, &login, reply, standing).await, note)
                }
                Request::Account(mut query) => {
                    query.address = query.address.map(canonical);
                    self.expect(&engine, &query.user);
                    (Box::pin(account::run(&engine, self.caller, &query)).await, None)
                }
                Request::Manage(command) => {
                    let caller = self.caller;
                    // Boxed, as all that is rare: what a future may become is moved about with it.
                    (Box::pin(administration::run(&engine, caller, command, &mut self)).await, None)
                }
                Request::SshKeys(query) => {
                    (Box::pin(ssh_keys::run(&engine, self.caller, &query)).await, None)
                }
                Request::ChangePassword(mut change) => {
                    change.address = change.address.map(canonical);
                    let (caller, process) = (self.caller, self.process());
                    let asked = Asked { engine: &engine, caller, process, change: &change };
                    Box::pin(pam_password::run(asked, &mut self)).await
                }
                Request::Portal(question) => {
                    let caller = self.caller;
                    (Box::pin(portal::run(&engine, caller, &question)).await, None)
                }
                Request::Metrics => {
                    let conversations = self.place.as_ref().map(Place::counts).unwrap_or_default();
                    (Box::pin(metrics::run(&engine, self.caller, conversations)).await, None)
                }
                // Nothing was asked.
                Request::Answer(_) | Request::Next => return,
            };
            let sent = self.send(&reply).await;
            if let Some(note) = note {
                Box::pin(note.carry_out(&engine)).await;
            }
            // To wait until the caller hangs up would be one more turn for each login.
            if sent.is_err() || decides {
                return;
            }
        }
    }

    /// Users who come in through root's programs get a session on this host, and are looked up for it.
    fn expect(&self, engine: &Engine, user: &str) {
        if self.caller.is_root() {
            engine.names.expect(user);
        }
    }

    /// Says whom this conversation serves, so that it is counted with theirs.
    fn begin(&self, request: &Request) -> Result<(), Evicted> {
        let Some(place) = &self.place else { return Ok(()) };
        let (person, address, user) = match request {
            Request::Login(login) => (login.person, login.address.as_deref(), &*login.user),
            Request::Account(query) => (query.person, query.address.as_deref(), &*query.user),
            Request::Manage(command) => (None, None, &*command.user),
            Request::SshKeys(query) => (None, None, &*query.user),
            Request::ChangePassword(change) => {
                (change.person, change.address.as_deref(), &*change.user)
            }
            // Whom it is about, only the session says.
            Request::Portal(question) => (None, question.address.as_deref(), ""),
            // Nobody is behind a question for numbers.
            Request::Metrics | Request::Answer(_) | Request::Next => return Ok(()),
        };
        place.serves(person, address).inspect_err(|_| {
            audit::warn(&format!(
                "no place for a conversation of uid {} about {user:?} (person {person:?}, address \
                 {address:?}): they have too many already",
                self.caller.uid
            ));
        })
    }

    /// The process at the other end, where the kernel names it.
    #[must_use]
    pub fn process(&self) -> Option<i32> {
        // A process that is not seen from here has no number of its own.
        self.stream.peer_cred().ok()?.pid().filter(|pid| *pid > 0)
    }

    /// Remembers what a login has proved that asks for a new password: the program leads the user through the
    /// change now.
    fn remember(&self, login: &Login, verdict: &Verdict) {
        let Ending::Granted(grant) = verdict.ending else { return };
        let is_asked_for = verdict.standing() == Standing::NewPassword;
        if let Some(process) = self.process()
            && (is_asked_for && self.caller.is_root())
        {
            let occasion =
                Occasion::new(process, &login.user, &login.service, login.address.as_deref());
            let second_factor = grant.is_fresh_code();
            let proofs = Proofs { second_factor, password: verdict.right_password };
            proven_just_now::note(occasion, proofs);
        }
    }

    async fn receive(&mut self, within: Duration) -> Result<Request, HungUp> {
        let read = timeout(within, read(&mut self.stream, self.caller.is_root()));
        let read = match &self.place {
            Some(place) => tokio::select! {
                read = read => read,
                () = place.evicted() => {
                    self.was_evicted = true;
                    return Err(HungUp);
                }
            },
            None => read.await,
        };
        match read {
            Ok(Ok((version, request))) => {
                self.version = version;
                Ok(request)
            }
            Ok(Err(Broken::Frame(error))) => Err(self.broken(error)),
            Ok(Err(Broken::Off)) | Err(_) => Err(HungUp),
        }
    }

    async fn send(&mut self, reply: &Reply) -> Result<(), HungUp> {
        let frame =
            frame::encode(reply, self.version, MAX_REPLY).map_err(|error| self.broken(error))?;
        // A reply is taken by the kernel at once, but for long ones to callers that do not read.
        let sent = self.stream.try_write(&frame).unwrap_or_default();
        if sent == frame.len() {
            return self.in_place(Place::idles);
        }
        self.in_place(Place::idles)?;
        let write = timeout(REPLY_TIME, self.stream.write_all(&frame[sent..]));
        let written = match &self.place {
            Some(place) => tokio::select! {
                written = write => written,
                () = place.evicted() => return Err(HungUp),
            },
            None => write.await,
        };
        match written {
            Ok(Ok(())) => Ok(()),
            _ => Err(HungUp),
        }
    }

    /// Says what the conversation does from here on.
    fn in_place(&mut self, does: impl Fn(&Place) -> Result<(), Evicted>) -> Result<(), HungUp> {
        let done = self.place.as_ref().map_or(Ok(()), does);
        self.was_evicted |= done.is_err();
        done.map_err(|Evicted| HungUp)
    }

    fn broken(&self, error: FrameError) -> HungUp {
        audit::warn(&format!("conversation with uid {} broken off: {error}", self.caller.uid));
        HungUp
    }
}

/// What the caller is told of a login. That the directory knows no such user, programs that are not
/// root's hear about their own user only.
async fn told(
    engine: &Engine,
    caller: Caller,
    login: &Login,
    reply: Reply,
    standing: Standing,
) -> Reply {
    match reply {
        Reply::Granted { .. } => {
            recent_grants::note(caller.uid, &login.user, &login.service, standing);
            reply
        }
        // Asked for both kinds of no, so that the time that it takes tells nothing.
        Reply::Denied(denial) if !caller.is_root() => {
            let own = access::name_of(engine, caller.uid).await.ok().flatten();
            match own.is_some_and(|own| own == login.user) {
                true => Reply::Denied(denial),
                false => Reply::Denied(Denial::Refused),
            }
        }
        reply => reply,
    }
}

/// Why nothing could be read.
enum Broken {
    /// The caller has hung up.
    Off,
    /// It is no request.
    Frame(FrameError),
}

impl From<FrameError> for Broken {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

/// The next request, and the version it came in. Takes memory as it arrives.
async fn read(stream: &mut UnixStream, is_root: bool) -> Result<(u8, Request), Broken> {
    let max = if is_root { MAX_ROOT_REQUEST } else { MAX_REQUEST };
    let mut head = [0; HEADER];
    stream.read_exact(&mut head).await.map_err(|_| Broken::Off)?;
    let header = frame::header(head, max)?;
    let mut body = Body::new(header);
    while let Some(part) = body.next_part() {
        stream.read_exact(part).await.map_err(|_| Broken::Off)?;
    }
    Ok((header.version, frame::decode_request(body.bytes(), is_root)?))
}

impl Ask for Conversation {
    async fn ask(&mut self, text: &str, echo: bool) -> Result<Option<Secret>, HungUp> {
        self.send(&Reply::Ask { text: text.to_owned(), echo }).await?;
        self.in_place(Place::waits)?;
        let said = self.receive(ANSWER_TIME).await?;
        self.in_place(Place::computes)?;
        match said {
            Request::Answer(answer) => Ok(answer),
            _ => Err(HungUp),
        }
    }

    async fn tell(&mut self, part: Part) -> Result<(), HungUp> {
        self.send(&Reply::Part(part)).await?;
        self.in_place(Place::waits)?;
        let said = self.receive(NEXT_TIME).await?;
        self.in_place(Place::computes)?;
        match said {
            Request::Next => Ok(()),
            _ => Err(HungUp),
        }
    }

    fn was_evicted(&self) -> bool {
        self.was_evicted
    }

    fn has_left(&mut self) -> bool {
        // Between request and reply a caller says nothing: anything to read is an end of file, or
        // somebody who breaks the protocol.
        let nothing = self.stream.try_read(&mut [0; 1]);
        !matches!(nothing, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

#[cfg(test)]
mod tests {
    use monk_wire::{NEWEST_VERSION, OLDEST_VERSION};

    use super::*;

    /// Whatever the versions are: what came in is kept, and what is kept goes out.
    #[tokio::test]
    async fn a_reply_has_the_version_of_its_request() {
        let (mut client, engine) = UnixStream::pair().unwrap();
        let mut conversation = Conversation::new(engine).unwrap();
        for version in OLDEST_VERSION..=NEWEST_VERSION {
            conversation.version = 0;
            let request = frame::encode(&Request::Answer(None), version, MAX_REQUEST).unwrap();
            client.write_all(&request).await.unwrap();
            assert!(conversation.receive(REQUEST_TIME).await.is_ok());
            assert_eq!(conversation.version, version);
        }
        for version in [0, VERSION, u8::MAX] {
            conversation.version = version;
            assert!(conversation.send(&Reply::Unavailable).await.is_ok());
            let expected = frame::encode(&Reply::Unavailable, version, MAX_REPLY).unwrap();
            let mut sent = vec![0; expected.len()];
            client.read_exact(&mut sent).await.unwrap();
            assert_eq!((sent[0], sent), (version, expected.to_vec()));
        }
    }

    #[test]
    fn an_address_has_one_spelling() {
        for (stated, wanted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("Mail.example.org", "Mail.example.org"),
            ("", ""),
        ] {
            assert_eq!(canonical(stated.to_owned()), wanted);
        }
    }
}
