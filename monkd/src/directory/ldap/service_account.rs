//! Who monk itself is at the directory, and how it keeps from locking that account.
//!
//! A directory that counts wrong passwords counts monk's own, too. A wrong password file, or a password that
//! was changed in the directory alone, would be sent for each login and by each server's connections, and a
//! policy of three failures had then locked the account before anybody could correct the file. So a password
//! that was refused is kept back for a while, longer each time, and those who come meanwhile get the answer
//! that it had. A password that was not right a moment ago is tried by one at a time.
//!
//! A second server is still asked at once where the first one has refused: it may have a new password that
//! the first does not have yet.
//!
//! What was refused is remembered by name and password for as long as the process runs: all connections and
//! `doctor` share it. Another password is free to be tried at once, and so is every one after a reload.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ldap3::LdapResult;
use monk_terms::verdict::Refusal;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::connection::{Connection, Failure, out_of_service};
use super::entry::Entry;
use super::{codes, diagnostics, dn, password_policy};
use crate::outage::Outage;

/// What says an account's names in Active Directory, beside its DN (MS-ADTS §5.1.1.1.1).
pub(super) const NAMES: [&str; 2] = ["sAMAccountName", "userPrincipalName"];

/// How long a password that was refused is kept back: after the first time, the second, and so on. The
/// usual policies lock after three to five failures, and forget them after some minutes to half an hour: a
/// password that stays wrong is tried twice in the first quarter of an hour, and hourly later on.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(60), Duration::from_secs(15 * 60), Duration::from_secs(60 * 60)];

/// Longest pause after a server has called the account locked: the lock may end by itself, mostly after some
/// minutes, and a password that is sent while it lasts is not counted.
const MAX_PAUSE_WHILE_LOCKED: Duration = Duration::from_secs(5 * 60);

/// How many servers may refuse it before the others are not asked any more.
const MOST_SERVERS: usize = 2;

/// How long a password that was right is sent by as many at once as like to. Longer ago, one finds out first:
/// it may have been changed, and sixteen connections would be sixteen wrong passwords.
const FRESH: Duration = Duration::from_secs(10);

/// How long the others wait for the one who finds out. A server that hangs holds up nobody for longer.
const MAX_TURN: Duration = Duration::from_millis(500);

/// Most accounts that are remembered. An engine has one, and another one after each change of the settings.
const MOST: usize = 16;

/// The account that monk itself is at the directory.
pub(super) enum ServiceAccount {
    /// A name and a password.
    Simple {
        /// Its DN.
        dn: String,
        /// Its password.
        password: Zeroizing<String>,
    },
    /// The user that the process runs as, over a Unix socket.
    External,
}

impl ServiceAccount {
    /// Makes a connection to `server` that of the account.
    pub async fn bind(&self, connection: &mut Connection, server: &str) -> Result<(), Failure> {
        match self {
            Self::External => {
                let result = connection.external_bind().await?;
                judged("SASL EXTERNAL", &result)
            }
            Self::Simple { dn, password } => {
                let standing = standing(dn, password);
                let bound = bind(&standing, server, simple(connection, dn, password)).await;
                bound.map_err(Bound::into_failure)
            }
        }
    }

    /// Whether an entry is the account's own. Active Directory takes other names than DNs, too: those of
    /// [`NAMES`].
    pub fn is(&self, entry: &Entry) -> bool {
        let Self::Simple { dn: name, .. } = self else { return false };
        if let Some(dn) = dn::normal(name) {
            return dn::normal(&entry.dn) == Some(dn);
        }
        let short = name.rsplit_once('\\').map(|(_, short)| short);
        let short = short.or(name.split_once('@').map(|(short, _)| short)).unwrap_or(name);
        let is_same = |attribute, name: &str| {
            entry.only_text(attribute).is_some_and(|text| text.eq_ignore_ascii_case(name))
        };
        let [sam, upn] = NAMES;
        is_same(sam, short) || is_same(upn, name)
    }
}

/// Binds when it is this one's turn, and notes how it ended.
async fn bind(
    standing: &Standing,
    server: &str,
    attempt: impl Future<Output = Result<(), Bound>>,
) -> Result<(), Bound> {
    let mut attempt = pin!(attempt);
    let mut turn = standing.0.lock().await;
    turn.may_be_tried(server, Instant::now())?;
    let is_fresh = turn.is_fresh(server, Instant::now());
    let wait = if is_fresh { Duration::ZERO } else { MAX_TURN };
    if let Ok(bound) = timeout(wait, attempt.as_mut()).await {
        turn.note(server, &bound, Instant::now());
        return bound;
    }
    drop(turn);
    let bound = attempt.await;
    standing.0.lock().await.note(server, &bound, Instant::now());
    bound
}

/// Why a bind was none.
enum Bound {
    /// The server may have counted a wrong password.
    Refused {
        /// What it said.
        why: Outage,
        /// Whether it calls the account locked.
        is_locked: bool,
    },
    /// Anything else.
    Failed(Failure),
}

impl Bound {
    fn into_failure(self) -> Failure {
        match self {
            Self::Refused { why, .. } => Failure::NotDone(why),
            Self::Failed(failure) => failure,
        }
    }
}

async fn simple(connection: &mut Connection, dn: &str, password: &str) -> Result<(), Bound> {
    let result = connection.simple_bind(dn, password).await.map_err(Bound::Failed)?;
    let judged = judged(&format!("bind_dn {dn:?}"), &result);
    judged.map_err(|failure| match (counts(result.rc), failure) {
        (true, Failure::NotDone(why)) => {
            Bound::Refused { why, is_locked: of_refusal(&result) == Some(Refusal::Locked) }
        }
        (_, failure) => Bound::Failed(failure),
    })
}

/// Whether a server that counts wrong passwords may have counted one: 19 and 53 are what 389 Directory Server
/// and others say of accounts that are locked.
fn counts(code: u32) -> bool {
    matches!(
        code,
        codes::INVALID_CREDENTIALS | codes::CONSTRAINT_VIOLATION | codes::UNWILLING_TO_PERFORM
    )
}

/// What the result of monk's own bind means, in words.
fn judged(name: &str, result: &LdapResult) -> Result<(), Failure> {
    // Success is nothing but 0: a referral (10) is no bind, though ldap3 calls it no error.
    if result.rc == codes::SUCCESS {
        return Ok(());
    }
    if codes::is_out_of_service(result.rc) {
        return Err(out_of_service(result));
    }
    let (why, advice) = (codes::describe(result), advice(result));
    // The advice first: a line of the audit is cut, and what servers say is long.
    Err(Failure::NotDone(Outage::Refused(format!("{name} may not log in: {advice} ({why})"))))
}

/// Why the account is closed, if the server says so. The text knows more: 389 calls an account that is switched off
/// locked in the control.
fn of_refusal(result: &LdapResult) -> Option<Refusal> {
    diagnostics::of_refusal(result).or_else(|| password_policy::of_refusal(result))
}

/// What the administrator can do about it. Servers say of an account that it is closed each in its own way.
fn advice(result: &LdapResult) -> &'static str {
    match of_refusal(result) {
        Some(Refusal::Locked) => {
            "the directory has locked this account: unlock it there, correct password_file, and exempt the \
             account from the lockout"
        }
        Some(Refusal::Disabled) => "the directory has disabled this account: enable it there",
        Some(Refusal::Expired) => "the time of this account is over: extend it in the directory",
        Some(Refusal::PasswordExpired) => {
            "the password of this account has expired: set one in the directory that does not"
        }
        Some(Refusal::MustChange) => {
            "the password of this account has to be changed: set one in the directory for which that is not so"
        }
        Some(Refusal::OutsideHours) => {
            "the directory takes this account at some hours or from some machines only: lift that there"
        }
        _ => match result.rc {
            codes::STRONGER_AUTH_REQUIRED | codes::CONFIDENTIALITY_REQUIRED => {
                "the server takes no password without TLS: write ldaps:// into uris, or starttls = true"
            }
            codes::INVALID_CREDENTIALS => {
                "check bind_dn and password_file; a password that was refused is kept back for a while, so \
                 reload monkd when the file is right"
            }
            _ => "check bind_dn, password_file and the server's access rules",
        },
    }
}

/// How a password stands.
#[derive(Default)]
struct State {
    /// The servers where it was right, and when that was.
    right: HashMap<String, Instant>,
    /// That it was refused, and has not been right there since.
    refused: Option<Refused>,
}

/// That a password was refused.
struct Refused {
    /// By which servers.
    by: Vec<String>,
    /// How often.
    times: usize,
    /// When it may be tried again.
    until: Instant,
    /// What the last server said.
    why: Outage,
}

impl State {
    fn may_be_tried(&self, server: &str, now: Instant) -> Result<(), Bound> {
        let Some(refused) = &self.refused else { return Ok(()) };
        let is_elsewhere = !refused.by.iter().any(|by| by == server)
            && (self.right.contains_key(server) || refused.by.len() < MOST_SERVERS);
        if refused.until <= now || is_elsewhere {
            return Ok(());
        }
        Err(Bound::Failed(Failure::NotDone(refused.why.clone())))
    }

    fn is_fresh(&self, server: &str, now: Instant) -> bool {
        self.right.get(server).is_some_and(|at| now.duration_since(*at) < FRESH)
    }

    fn note(&mut self, server: &str, bound: &Result<(), Bound>, now: Instant) {
        match bound {
            Ok(()) => {
                self.right.insert(server.to_owned(), now);
                if let Some(refused) = &mut self.refused {
                    refused.by.retain(|by| by != server);
                }
                self.refused = self.refused.take().filter(|refused| !refused.by.is_empty());
            }
            Err(Bound::Refused { why, is_locked }) => {
                self.right.remove(server);
                let before = self.refused.take();
                let times = before.as_ref().map_or(0, |refused| refused.times);
                let mut by = before.map_or_else(Vec::new, |refused| refused.by);
                if !by.iter().any(|by| by == server) {
                    by.push(server.to_owned());
                }
                let pause = PAUSES[times.min(PAUSES.len() - 1)];
                let longest = if *is_locked { MAX_PAUSE_WHILE_LOCKED } else { Duration::MAX };
                let until = now + pause.min(longest);
                self.refused = Some(Refused { by, times: times + 1, until, why: why.clone() });
            }
            Err(Bound::Failed(_)) => {}
        }
    }
}

/// How the password of an account stands. Who has the lock may try it.
#[derive(Default)]
struct Standing(AsyncMutex<State>);

/// Accounts by a keyed hash of name and password: passwords are not kept.
type Known = (RandomState, Mutex<HashMap<u64, Arc<Standing>>>);

/// The accounts of this process.
static KNOWN: LazyLock<Known> = LazyLock::new(Default::default);

/// Lets every password be tried again: somebody has corrected something, here or in the directory.
pub(super) fn forget() {
    KNOWN.1.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// How the password of an account stands.
fn standing(dn: &str, password: &str) -> Arc<Standing> {
    let (hasher, known) = &*KNOWN;
    let account = hasher.hash_one((dn, password));
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST && !known.contains_key(&account) {
        known.clear();
    }
    Arc::clone(known.entry(account).or_default())
}

#[cfg(test)]
mod tests;
