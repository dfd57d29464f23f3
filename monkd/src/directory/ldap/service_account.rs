//! Who monk itself is at the directory, and how it keeps from locking that account.
//!
//! A directory that counts wrong passwords counts monk's own, too. A wrong password file, or a password that
//! was changed in the directory alone, would be sent for each login and by each server's connections, and a
//! policy of three failures had then locked the account before anybody could correct the file. So a password
//! that was refused is kept back for a while, longer each time, and those who come meanwhile get the answer
//! that it had. A password that has not yet been right is tried by one at a time.
//!
//! What was refused is remembered by name and password for as long as the process runs: all connections and
//! `doctor` share it. Another password is free to be tried at once, and so is every one after a reload.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ldap3::LdapResult;
use tokio::sync::Mutex as AsyncMutex;
use zeroize::Zeroizing;

use super::codes;
use super::connection::{Connection, Failure, PASSWORD_POLICY, out_of_service};
use crate::outage::Outage;

/// How long a password that was refused is kept back: after the first time, the second, and so on. The
/// usual policies lock after three to five failures, and forget them after some minutes to half an hour: a
/// password that stays wrong is tried twice in the first ten minutes, and hourly later on.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(60), Duration::from_secs(15 * 60), Duration::from_secs(60 * 60)];

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
    /// Makes a connection that of the account.
    pub async fn bind(&self, connection: &mut Connection) -> Result<(), Failure> {
        match self {
            Self::External => {
                let result = connection.external_bind().await?;
                judged("SASL EXTERNAL", &result)
            }
            Self::Simple { dn, password } => {
                let standing = standing(dn, password);
                let mut turn = standing.0.lock().await;
                // A password that is right may be sent by many at once.
                if matches!(*turn, State::Right) {
                    drop(turn);
                    let bound = simple(connection, dn, password).await;
                    if let Err(Bound::Refused(why)) = &bound {
                        standing.0.lock().await.refuse(why, Instant::now());
                    }
                    return bound.map_err(Bound::into_failure);
                }
                turn.may_be_tried(Instant::now())?;
                let bound = simple(connection, dn, password).await;
                match &bound {
                    Ok(()) => *turn = State::Right,
                    Err(Bound::Refused(why)) => turn.refuse(why, Instant::now()),
                    Err(Bound::Failed(_)) => {}
                }
                bound.map_err(Bound::into_failure)
            }
        }
    }
}

/// Why a bind was none.
enum Bound {
    /// The server may have counted a wrong password.
    Refused(Outage),
    /// Anything else.
    Failed(Failure),
}

impl Bound {
    fn into_failure(self) -> Failure {
        match self {
            Self::Refused(outage) => Failure::NotDone(outage),
            Self::Failed(failure) => failure,
        }
    }
}

async fn simple(connection: &mut Connection, dn: &str, password: &str) -> Result<(), Bound> {
    let result = connection.simple_bind(dn, password).await.map_err(Bound::Failed)?;
    let judged = judged(&format!("bind_dn {dn:?}"), &result);
    judged.map_err(|failure| match (counts(result.rc), failure) {
        (true, Failure::NotDone(outage)) => Bound::Refused(outage),
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
    let why = codes::describe(result);
    let advice = match result.rc {
        codes::STRONGER_AUTH_REQUIRED | codes::CONFIDENTIALITY_REQUIRED => {
            "the server takes no password without TLS: write ldaps:// into uris, or starttls = true"
        }
        _ if is_locked(result) => {
            "the directory has locked this account: unlock it there, correct password_file, and exempt the \
             account from the lockout"
        }
        codes::INVALID_CREDENTIALS => {
            "check bind_dn and password_file; a password that was refused is kept back for a while, so reload \
             monkd when the file is right"
        }
        _ => "check bind_dn, password_file and the server's access rules",
    };
    Err(Failure::NotDone(Outage::Refused(format!("{name} may not log in: {why}; {advice}"))))
}

/// Whether a server says that an account is locked, each in its own way: OpenLDAP with the password policy
/// control (`accountLocked`), Active Directory with `data 775` in its text, 389 Directory Server with 19.
fn is_locked(result: &LdapResult) -> bool {
    let policy = result.ctrls.iter().find(|control| control.1.ctype == PASSWORD_POLICY);
    let policy = policy.and_then(|control| control.1.val.as_deref());
    let by_policy = policy.is_some_and(|value| value.ends_with(&ACCOUNT_LOCKED));
    by_policy || result.text.contains("data 775") || result.rc == codes::CONSTRAINT_VIOLATION
}

/// How a PasswordPolicyResponseValue ends that says `error [1] accountLocked (1)`: the error comes last, and
/// it is one byte. Only words follow from it.
const ACCOUNT_LOCKED: [u8; 3] = [0x81, 0x01, 0x01];

/// How a password stands.
#[derive(Default)]
enum State {
    /// It was not tried yet.
    #[default]
    New,
    /// It was right when it was last tried.
    Right,
    /// It was refused.
    Refused {
        /// How often.
        times: usize,
        /// When it may be tried again.
        until: Instant,
        /// What the server said.
        why: Outage,
    },
}

impl State {
    fn may_be_tried(&self, now: Instant) -> Result<(), Failure> {
        match self {
            Self::Refused { until, why, .. } if *until > now => Err(Failure::NotDone(why.clone())),
            Self::New | Self::Right | Self::Refused { .. } => Ok(()),
        }
    }

    fn refuse(&mut self, why: &Outage, now: Instant) {
        let before = if let Self::Refused { times, .. } = self { *times } else { 0 };
        let pause = PAUSES[before.min(PAUSES.len() - 1)];
        *self = Self::Refused { times: before + 1, until: now + pause, why: why.clone() };
    }
}

/// How the password of an account stands. Who has the lock may try it.
#[derive(Default)]
struct Standing(AsyncMutex<State>);

/// The accounts of this process, known by a keyed hash: passwords are not kept.
static KNOWN: LazyLock<(RandomState, Mutex<HashMap<u64, Arc<Standing>>>)> =
    LazyLock::new(Default::default);

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
mod tests {
    use ldap3::controls::{Control, RawControl};

    use super::*;

    fn result(rc: u32, text: &str, policy: Option<&[u8]>) -> LdapResult {
        let raw = |value: &[u8]| RawControl {
            ctype: PASSWORD_POLICY.to_owned(),
            crit: false,
            val: Some(value.to_vec()),
        };
        let ctrls = policy.map(|value| Control(None, raw(value))).into_iter().collect();
        LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: Vec::new(), ctrls }
    }

    #[test]
    fn a_refusal_names_the_lock_tls_or_the_password_file() {
        let data_775 = "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 775, v2580";
        let data_52e = "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v2580";
        for (result, words) in [
            (result(49, "", None), "check bind_dn and password_file"),
            (result(49, "", Some(b"\x30\x03\x81\x01\x01")), "locked"),
            (result(49, "", Some(b"\x30\x03\x81\x01\x00")), "check bind_dn and password_file"),
            (result(49, "", Some(b"\x30\x00")), "check bind_dn and password_file"),
            (result(49, data_775, None), "locked"),
            (result(49, data_52e, None), "check bind_dn and password_file"),
            (result(19, "Exceed password retry limit.", None), "locked"),
            (result(13, "", None), "without TLS"),
            (result(8, "", None), "without TLS"),
            (result(50, "", None), "access rules"),
        ] {
            let failure = judged("bind_dn \"cn=monk\"", &result).expect_err("no success");
            let message = failure.into_outage().to_string();
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn a_password_that_was_refused_is_kept_back_longer_each_time() {
        let (start, mut state) = (Instant::now(), State::New);
        let why = Outage::Refused("no".to_owned());
        let mut now = start;
        for pause in [60, 900, 3600, 3600].map(Duration::from_secs) {
            assert!(state.may_be_tried(now).is_ok());
            state.refuse(&why, now);
            let just_before = now + pause - Duration::from_millis(1);
            assert!(matches!(state.may_be_tried(just_before), Err(Failure::NotDone(_))));
            now += pause;
        }
        state = State::Right;
        state.refuse(&why, now);
        assert!(state.may_be_tried(now + PAUSES[0]).is_ok(), "it begins again");
    }

    #[test]
    fn another_password_and_another_account_have_a_standing_of_their_own() {
        let of = |dn, password| standing(dn, password);
        assert!(Arc::ptr_eq(&of("cn=a", "one"), &of("cn=a", "one")));
        assert!(!Arc::ptr_eq(&of("cn=a", "one"), &of("cn=a", "two")));
        assert!(!Arc::ptr_eq(&of("cn=a", "one"), &of("cn=b", "one")));
    }
}
