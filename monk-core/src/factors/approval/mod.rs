//! Approvals on the portal's page: three numbers, one answer, two minutes.
//!
//! ```text
//!                   the right number            spent by the login that has asked
//!  asked ─▶ open ────────────────────▶ approved ────────────────────────────────▶ used
//!            │  another number: wrong-number, and closed for a quarter of an hour
//!            │  "That's not me": denied, and closed for an hour
//!            └─ the login ends before: withdrawn; two minutes are over: nothing more comes of it
//! ```
//!
//! A user has one record for all requests, and at most one that is open: a second one waits for its end, so that nobody
//! can put a request in the place of the owner's while the page shows it. The number stands there as a hash under the
//! host key. How the record is written: see [`approvals`](crate::approvals).

mod numbers;

use data_encoding::HEXLOWER;
use monk_terms::verdict::Refusal;
use serde::{Deserialize, Serialize};

use self::numbers::choices;
pub use self::numbers::{CHOICES, any_number};
use crate::hash::{Cost, HashError, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::text;
use crate::times::is_ahead;

/// How long a request is open, in seconds: as long as sshd waits for a login (`LoginGraceTime`).
pub const LIFE: u64 = 120;

/// The time in which requests are counted, in seconds.
const HOUR: u64 = 3600;

/// Requests of an hour that were not approved. People who have opened the wrong page need a second and a third one; what
/// is beyond that disturbs them.
pub const MOST_ASKED: usize = 5;

/// How long nobody can ask after a wrong number, in seconds: three guesses would find it as a rule.
pub const CLOSED_BY_WRONG: u64 = 15 * 60;

/// How long nobody can ask after "That's not me", in seconds: time to change the password.
pub const CLOSED_BY_DENIAL: u64 = HOUR;

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody has answered.
    Open,
    /// The right number was chosen, and the login has not gone on yet.
    Approved,
    /// The login that has asked is over.
    Withdrawn,
    /// Another number was chosen.
    WrongNumber,
    /// The user has said that it is somebody else.
    Denied,
    /// It has opened its login.
    Used,
}

/// Which login asks, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asker {
    /// The PAM service.
    #[serde(deserialize_with = "crate::text::name")]
    pub service: String,
    /// The name of the host.
    #[serde(deserialize_with = "crate::text::name")]
    pub host: String,
    /// Where the login comes from, as the program has stated it.
    #[serde(
        default,
        deserialize_with = "crate::text::optional_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub address: Option<String>,
    /// The terminal of a login on the machine itself.
    #[serde(
        default,
        deserialize_with = "crate::text::optional_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub terminal: Option<String>,
}

impl Asker {
    /// The same in a form that may stand in a record.
    fn made_plain(self) -> Self {
        let plain = |text: String| text::made_plain(&text, text::MAX_NAME);
        Self {
            service: plain(self.service),
            host: plain(self.host),
            address: self.address.map(plain),
            terminal: self.terminal.map(plain),
        }
    }
}

/// A login that asks for an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Random: only the login that has asked, and the page, know it.
    pub id: String,
    /// Which login it is.
    pub asker: Asker,
    /// When it has asked, in seconds since 1970.
    pub asked: u64,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
    /// The numbers of the page, in the order in which it shows them.
    pub numbers: [u8; CHOICES],
    /// The hash of the one that the terminal shows.
    hash: Hashes,
    /// What has become of it.
    pub state: State,
}

impl Request {
    /// Whether somebody can answer it.
    #[must_use]
    pub fn is_open(&self, now: u64) -> bool {
        self.state == State::Open && !self.is_over(now)
    }

    fn is_over(&self, now: u64) -> bool {
        now >= self.expires || is_ahead(self.asked, now)
    }
}

/// Why nobody can ask for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    /// When it was closed, in seconds since 1970.
    at: u64,
    /// For so many seconds.
    seconds: u64,
}

/// What is kept of the requests of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// The last request, whatever became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// When those of the last hour have asked that were not approved, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    asked: Vec<u64>,
    /// Since when, and for how long, nobody can ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<Closed>,
    /// Random, in a record on which requests are counted: see `Approvals::begun`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun: Option<String>,
}

/// What became of an answer on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The number is the right one: the login may go on.
    Approved,
    /// It is another one. The request has ended with that.
    WrongNumber,
    /// The user has refused it.
    Denied,
}

impl Approvals {
    /// What several records say together. There is one as a rule; should replicas have been merged all the same, the
    /// latest request is the request, and of two that were made at once the one that got further.
    pub(crate) fn merged<'a>(records: impl Iterator<Item = &'a Self>) -> Self {
        let newest = |request: &Request| (request.asked, request.state, request.id.clone());
        let mut merged = Self::default();
        for one in records {
            merged.asked.extend(&one.asked);
            merged.closed = merged.closed.max(one.closed);
            if one.begun > merged.begun {
                merged.begun.clone_from(&one.begun);
            }
            if one.request.as_ref().map(newest) > merged.request.as_ref().map(newest) {
                merged.request.clone_from(&one.request);
            }
        }
        merged.asked.sort_unstable();
        merged
    }

    /// The same with something random in it, so that there is no second record like it.
    pub(crate) fn begun(self, random: &mut dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self { begun: Some(HEXLOWER.encode(&bytes)), ..self }
    }

    /// The same after a backup was restored: the login that waits for the answer, or has had it, is over. `None` where
    /// there is none.
    pub(crate) fn withdrawn(mut self) -> Option<Self> {
        let request = self.request.as_mut()?;
        if !matches!(request.state, State::Open | State::Approved) {
            return None;
        }
        request.state = State::Withdrawn;
        Some(self)
    }

    /// Makes a request; the number that the terminal shows.
    ///
    /// # Errors
    /// [`Refusal`] where another one is open, and while nobody can ask.
    pub(crate) fn ask(
        &mut self,
        asker: Asker,
        now: u64,
        (user, keys): (&str, &Keyring),
        random: &mut dyn Random,
    ) -> Result<u8, Refusal> {
        // Times ahead, of a host whose clock is, count as well, but for an hour and not until they come.
        self.asked.retain(|&at| at.abs_diff(now) < HOUR);
        let is_closed =
            |closed: Closed| closed.at.abs_diff(now) < closed.seconds.min(CLOSED_BY_DENIAL);
        if self.closed.is_some_and(is_closed) || self.asked.len() >= MOST_ASKED {
            return Err(Refusal::ApprovalsClosed);
        }
        self.closed = None;
        // One that is approved, and whose login goes on in this moment, is not to be lost either.
        let is_alive = |request: &Request| {
            matches!(request.state, State::Open | State::Approved) && !request.is_over(now)
        };
        if self.request.as_ref().is_some_and(is_alive) {
            return Err(Refusal::ApprovalWaits);
        }
        let mut id = [0; 16];
        random.fill(&mut id);
        let id = HEXLOWER.encode(&id);
        let (number, numbers) = choices(random);
        let owner = Owner { user, credential: &id };
        // Only somebody with the host key can guess three numbers at once.
        let hash = Hashes::new(&[&number.to_string()], owner, Cost::LOW, keys, random);
        self.asked.push(now);
        self.request = Some(Request {
            hash,
            asker: asker.made_plain(),
            asked: now,
            expires: now.saturating_add(LIFE),
            numbers,
            state: State::Open,
            id,
        });
        Ok(number)
    }

    /// Notes the answer of the page: a number, or none for "That's not me".
    ///
    /// # Errors
    /// [`Refusal`] where the request is not open any more, or cannot be checked here; nothing is noted then.
    pub(crate) fn answer(
        &mut self,
        id: &str,
        number: Option<u8>,
        now: u64,
        (user, keys): (&str, &Keyring),
    ) -> Result<Answered, Refusal> {
        let request = self.request.as_mut().filter(|one| one.id == id && one.is_open(now));
        let request = request.ok_or(Refusal::ApprovalOver)?;
        let (state, answered, closed) = match number {
            None => (State::Denied, Answered::Denied, Some(CLOSED_BY_DENIAL)),
            Some(number) => {
                let owner = Owner { user, credential: &request.id };
                // It is computed while others wait, and all that monk writes are cheap.
                let found = match request.hash.is_cheap() {
                    true => request.hash.position(&number.to_string(), owner, keys),
                    false => Err(HashError::Malformed),
                };
                match found.map_err(|_| Refusal::UnusableFactor)? {
                    Some(_) => (State::Approved, Answered::Approved, None),
                    None => (State::WrongNumber, Answered::WrongNumber, Some(CLOSED_BY_WRONG)),
                }
            }
        };
        request.state = state;
        if let Some(seconds) = closed {
            self.closed = Some(Closed { at: now, seconds });
        }
        Ok(answered)
    }

    /// What has become of a request, for the login that has made it: whether it may go on.
    ///
    /// # Errors
    /// [`Refusal`] where it never will.
    pub(crate) fn is_approved(&self, id: &str, now: u64) -> Result<bool, Refusal> {
        let request = self.request.as_ref().filter(|one| one.id == id);
        let request = request.ok_or(Refusal::NotApproved)?;
        match request.state {
            State::WrongNumber => Err(Refusal::WrongNumber),
            State::Denied => Err(Refusal::ApprovalDenied),
            State::Used => Err(Refusal::ReplayedCode),
            State::Withdrawn => Err(Refusal::NotApproved),
            State::Open | State::Approved if request.is_over(now) => Err(Refusal::NotApproved),
            State::Open => Ok(false),
            State::Approved => Ok(true),
        }
    }

    /// Notes that an approved request has opened its login. It does not count against the next one.
    ///
    /// # Errors
    /// [`Refusal`] where it is not approved, or not any more.
    pub(crate) fn spend(&mut self, id: &str, now: u64) -> Result<(), Refusal> {
        if !self.is_approved(id, now)? {
            return Err(Refusal::NotApproved);
        }
        if let Some(request) = &mut self.request {
            request.state = State::Used;
            if let Some(position) = self.asked.iter().rposition(|&at| at == request.asked) {
                self.asked.remove(position);
            }
        }
        Ok(())
    }

    /// Notes that the login that has asked is over, if nothing else has become of it.
    pub(crate) fn withdraw(&mut self, id: &str) -> Option<()> {
        let request = self.request.as_mut().filter(|one| one.id == id)?;
        matches!(request.state, State::Open | State::Approved)
            .then(|| request.state = State::Withdrawn)
    }
}
