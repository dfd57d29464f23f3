//! Where the string comes apart, and whether the password in it is right.

use std::sync::Arc;

use monk_core::code::Context;
use monk_core::emailed;
use monk_core::factors::shapes::Code;
use monk_core::reading::{self, Reading};
use monk_core::typed::{Password, Typed};
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::session::{Session, Target, Typing};
use super::{Ask, Stop};
use crate::clock;
use crate::directory::Answer;

/// A string that holds a password, taken apart.
pub(super) struct Apart {
    /// The one password that is checked.
    pub password: Password,
    /// The code typed with it.
    pub code: Option<Arc<Code>>,
    /// Whether a code is to be sent by mail.
    pub wants_email: bool,
    /// What is wrong if the password is.
    pub otherwise: Refusal,
}

impl Apart {
    fn new(password: Password) -> Self {
        Self { password, code: None, wants_email: false, otherwise: Refusal::WrongPassword }
    }

    /// What was typed as a code, if the login does not go on to a screen for one.
    pub(super) fn typing(&self) -> Option<Typing> {
        match &self.code {
            Some(code) => Some(Typing::Code(Arc::clone(code))),
            None => self.wants_email.then_some(Typing::Nothing),
        }
    }
}

impl<A: Ask> Session<'_, A> {
    /// Takes apart a string that is no app password of the user.
    pub(super) async fn take_apart(
        &mut self,
        typed: &Typed,
        target: &Target,
    ) -> Result<Apart, Stop> {
        let (set, keys) = (Arc::clone(&target.set), Arc::clone(&self.engine.keys));
        let (now, door) = (clock::now(), self.mode.door());
        let context = Context { user: target.id(), set: &set, keys: &keys, now, door };
        let read = reading::read(typed, self.shapes(&set), self.policy.separator, context);
        match read.map_err(Refusal::BadInput)? {
            Reading::NotAnAppPassword => {
                self.guesses(Proof::AppPassword, self.typed.clone().finish());
                Err(target.stranger().unwrap_or(Refusal::WrongAppPassword).into())
            }
            Reading::EmailRequest { password } => {
                Ok(Apart { wants_email: true, ..Apart::new(password) })
            }
            Reading::Password { password, code: Some(code), .. } => {
                self.with_code(typed, password, Arc::new(code), target).await
            }
            Reading::Password { password, code: None, missed_code } => {
                if missed_code {
                    self.guesses_code();
                }
                let otherwise = match reading::seems_to_have_a_code(typed) {
                    true if set.unreadable_credentials > 0 => Refusal::UnusableFactor,
                    true => Refusal::UnexpectedCode,
                    false => Refusal::WrongPassword,
                };
                Ok(Apart { otherwise, ..Apart::new(password) })
            }
        }
    }

    /// A string that ends like a code of the user's.
    ///
    /// Where the login goes on without a code in the string, what looks like a wrong one may be the end of
    /// the password. Only one password may be checked, so the code decides: unless it is one of the user's,
    /// used or not, the whole string is the password. A guess at an emailed code has to be counted on its
    /// record, so while there is such a code the string is split.
    pub(super) async fn with_code(
        &mut self,
        typed: &Typed,
        password: Password,
        code: Arc<Code>,
        target: &Target,
    ) -> Result<Apart, Stop> {
        let goes_on = self.goes_on_without_code(target);
        if !goes_on || emailed::can_open_a_login(&target.set) {
            return Ok(Apart { code: Some(code), ..Apart::new(password) });
        }
        self.guesses_code();
        match self.verify(&code, target.id(), &target.set).await? {
            Ok(accepted) => self.verified = Some(accepted),
            Err(rejected)
                if matches!(rejected.refusal, Refusal::WrongCode | Refusal::UnusableFactor) =>
            {
                let whole = Password::new(typed.as_str()).unwrap_or(password);
                // Of the code that is certain; of the password in front of it nothing is known.
                return Ok(Apart { otherwise: rejected.refusal, ..Apart::new(whole) });
            }
            // It is looked at again, and counted, after the password.
            Err(_) => {}
        }
        self.guesses_not(Proof::Code);
        Ok(Apart { code: Some(code), ..Apart::new(password) })
    }

    /// Why the password is not right, if so.
    pub(super) async fn check_password(
        &mut self,
        apart: &Apart,
        target: &Target,
    ) -> Result<Option<Refusal>, Stop> {
        let account = target.account.as_deref();
        let print = self.print_of(&apart.password);
        self.guesses(Proof::Password, print);
        if self.is_refused_again(print)? {
            return Ok(Some(match apart.otherwise {
                Refusal::WrongPassword => Refusal::WrongPasswordAgain,
                other => other,
            }));
        }
        let directory = &self.engine.directory;
        match directory.check_password(account, &apart.password, self.deadline).await? {
            Answer::Right => {
                self.has_right_password();
                if apart.code.is_none() {
                    // What was compared with codes is the end of a password.
                    self.guesses_not(Proof::Code);
                }
                Ok(None)
            }
            Answer::Wrong => {
                self.was_refused(print);
                Ok(Some(apart.otherwise))
            }
        }
    }
}
