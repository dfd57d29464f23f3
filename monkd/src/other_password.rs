//! Another new password, where the directory has not taken the first one.
//!
//! A user who changes the password with a command has proven the old one, and a code that is spent by then. So
//! within the same conversation, the proof counts for some more tries, and for as long as that of a login does.

use std::time::Instant;

use monk_terms::not_taken::NotTaken;
use monk_wire::Secret;
use monk_wire::manage::{Failure, NewPasswordFault, Part, Unfit};

use crate::login::Ask;
use crate::proven_just_now::GOOD_FOR;

/// How many other passwords may be typed.
const TRIES: usize = 4;

/// The tries that are left after a proof.
pub struct OtherPasswords {
    proven: Instant,
    left: usize,
}

impl OtherPasswords {
    /// Those after a proof at this moment.
    pub fn after_proof() -> Self {
        Self { proven: Instant::now(), left: TRIES }
    }

    /// Asks for another one, twice, where that may help; `None` where it does not, or the user has given up.
    pub async fn ask(&mut self, failure: &Failure, ask: &mut impl Ask) -> Option<Secret> {
        let mut why = mendable(failure)?;
        while self.left > 0 && self.is_in_time() {
            self.left -= 1;
            ask.tell(Part::NotTaken(why)).await.ok()?;
            let new = ask.ask("New password: ", false).await.ok()??;
            if new.expose().is_empty() {
                return None;
            }
            let again = ask.ask("The same again: ", false).await.ok()??;
            if new == again {
                return Some(new).filter(|_| self.is_in_time());
            }
            why = NewPasswordFault::Differ;
        }
        None
    }

    fn is_in_time(&self) -> bool {
        self.proven.elapsed() <= GOOD_FOR
    }
}

/// What is wrong with a password, where another one may be better.
fn mendable(failure: &Failure) -> Option<NewPasswordFault> {
    match failure {
        Failure::PasswordNotTaken { why: NotTaken::TooYoung | NotTaken::NotAllowed, .. } => None,
        Failure::PasswordNotTaken { why, said } => {
            Some(NewPasswordFault::NotTaken { why: *why, said: said.clone() })
        }
        Failure::Unfit(Unfit::Password(fault)) => Some(NewPasswordFault::Unfit(*fault)),
        _ => None,
    }
}
