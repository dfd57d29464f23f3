//! From the string to a yes or no.

use std::sync::Arc;

use monk_core::credential::{Credential, CredentialSet, Use};
use monk_core::factors::app_password::{AppPasswordRecord, LastUse};
use monk_core::keys::Owner;
use monk_core::mac::Author;
use monk_core::policy::{Demand, PasswordCheck};
use monk_core::reading::{self, Named};
use monk_core::typed::{Password, Typed};
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Secret;
use time::OffsetDateTime;

use super::session::{Session, Target, Typing};
use super::{Ask, Caller, Granted, Mode, Note, Stop, attempt, check_name, memory};
use crate::clock;
use crate::engine::Found;
use crate::hashing;
use crate::proven::Proven;

/// Seconds between two records of an app password's last use: a phone logs in every minute, and
/// nobody needs to know more exactly.
const LAST_USE_INTERVAL: u64 = 300;

impl<A: Ask> Session<'_, A> {
    /// Decides the login.
    pub(super) async fn decide(&mut self, caller: Caller) -> Result<Granted, Stop> {
        check_name(&self.login.user)?;
        let asks_password = self.policy.asks_password(self.login.publickey);
        // That somebody else has checked a key or a password can only be believed of root's
        // programs. Anybody's could guess codes otherwise, and use them up.
        if !asks_password && !caller.is_root() {
            return Err(Refusal::NotTrusted.into());
        }
        if asks_password {
            let result = self.with_string(caller).await;
            // A code is missing where one was asked for in vain, as in a program that cannot ask.
            if matches!(result, Err(Stop::Refused(refusal, _)) if refusal != Refusal::CodeMissing) {
                // Who hangs up there has seen that his guess was wrong, and it counts.
                let _ = self.empty_screen().await;
            }
            result
        } else {
            // Where the module that follows wants the password, it is asked for here.
            let wanted = self.login.forward && self.policy.password == PasswordCheck::Elsewhere;
            let typed = if wanted || self.login.typed.is_some() {
                Some(self.first_string().await?)
            } else {
                None
            };
            let target = self.find(caller, &[Proof::Code]).await?;
            self.code_alone(typed.as_ref(), target).await
        }
    }

    /// The usual login: the string is an app password, or holds a password.
    async fn with_string(&mut self, caller: Caller) -> Result<Granted, Stop> {
        let typed = self.first_string().await?;
        let claims = attempt::claims(&typed, self.policy.separator);
        let target = self.find(caller, claims).await?;
        let set = Arc::clone(&target.set);
        match reading::named_app_password(&typed, &set) {
            Some(named) if self.is_app_password(&named, &target).await? => {
                self.app_password(&named.stored.value, named.record, &target).await
            }
            _ => self.with_password(caller, &typed, target).await,
        }
    }

    /// The user, if attempts of his are looked at now. Otherwise nobody: what follows is the same
    /// work as for a stranger, and ends as it does for one.
    async fn find(&mut self, caller: Caller, claims: &'static [Proof]) -> Result<Target, Stop> {
        let target = self.look_up().await?;
        let account = target.account.as_deref();
        self.known = account.is_some();
        if self.is_admitted(caller, account, claims).await? || target.account.is_none() {
            return Ok(target);
        }
        let (set, refusal) = (Arc::default(), Some(Refusal::Throttled));
        Ok(Target { account: None, set, refusal })
    }

    async fn look_up(&self) -> Result<Target, Stop> {
        let nobody = |refusal| Target {
            account: None,
            set: Arc::new(CredentialSet::default()),
            refusal: Some(refusal),
        };
        Ok(match self.engine.find(&self.login.user, self.deadline).await? {
            Found::One(account, set) => {
                let refusal = account.disabled.then_some(Refusal::Disabled);
                Target { account: Some(account), set: Arc::new(set), refusal }
            }
            Found::None => nobody(Refusal::UnknownUser),
            Found::Several => nobody(Refusal::AmbiguousUser),
        })
    }

    /// A string that holds a password.
    async fn with_password(
        &mut self,
        caller: Caller,
        typed: &Typed,
        mut target: Target,
    ) -> Result<Granted, Stop> {
        let apart = self.take_apart(typed, &target).await?;
        if self.policy.password == PasswordCheck::AppPasswordsOnly {
            self.guesses(Proof::Password, self.print_of(&apart.password));
            return Err(target.refusal.unwrap_or(Refusal::AppPasswordNeeded).into());
        }
        let occasion = match apart.code {
            Some(_) => self.occasion(caller, typed, &target),
            None => None,
        };
        let recalled = self.recall(occasion.as_ref()).await;
        let wrong = self.check_password(&apart, &target).await?;
        // Nobody by that name has no password to be wrong; a disabled account's must be right
        // before anybody hears that it is disabled.
        let failed = match target.refusal {
            Some(Refusal::Disabled) => wrong.or(target.refusal),
            other => other.or(wrong),
        };
        if let Some(refusal) = failed {
            if apart.typing().is_none() {
                // Who hangs up there, or has to wait from now on, is refused for this all the same.
                let _ = self.second_screen(Some(typed), true, &mut target).await;
            }
            if let Some(recalled) = recalled {
                self.forget(recalled).await;
            }
            return Err(refusal.into());
        }
        if apart.wants_email {
            return Err(self.request_code(&target).await);
        }
        if let Some(recalled) = recalled {
            self.check_group(&target).await?;
            return Ok(memory::remembered(recalled.credential, self.forwarded(&apart.password)));
        }
        let typing = match apart.typing() {
            Some(typing) => typing,
            None => self.second_screen(Some(typed), false, &mut target).await?,
        };
        let (forward, password) = (self.forwarded(&apart.password), apart.password);
        let result = self.finish(typing, target, Grant::Password, Some(password)).await;
        self.remembering(occasion, forward, result).await
    }

    /// Whether the string is the app password that it names. Who has not shown it before is compared
    /// off the event loop: records choose their own cost.
    async fn is_app_password(&mut self, named: &Named<'_>, target: &Target) -> Result<bool, Stop> {
        let proof = Proven::proof(named, target.id(), &self.engine.keys);
        if self.engine.proven.contains(&proof) {
            return Ok(true);
        }
        let (typed, id, record) =
            (named.typed.clone(), named.stored.value.id.clone(), named.record.clone());
        let (user, keys) = (target.id().to_owned(), Arc::clone(&self.engine.keys));
        let is_cheap = record.hash.is_cheap();
        let verify = move || {
            let owner = Owner { user: &user, credential: id.as_str() };
            record.verify(&typed, owner, &keys)
        };
        self.guesses(Proof::AppPassword, proof);
        let compared = match is_cheap {
            true => hashing::run_cheap(self.deadline, verify).await?,
            false => hashing::run(self.deadline, verify).await?,
        };
        let Ok(is_right) = compared else {
            let id = named.stored.value.id.clone();
            return Err(Stop::Refused(Refusal::UnusableFactor, Some(id)));
        };
        self.guesses_not(Proof::AppPassword);
        if is_right {
            self.engine.proven.add(proof);
        }
        Ok(is_right)
    }

    /// Whether the user is in one of the groups that the service is open to. Nobody who is not is
    /// to spend a code.
    async fn check_group(&self, target: &Target) -> Result<(), Stop> {
        let (groups, account) = (&self.policy.groups, target.account.as_deref());
        if groups.is_empty() {
            return Ok(());
        }
        let account = account.ok_or(Refusal::UnknownUser)?;
        match self.engine.directory.is_in_group(account, groups, self.deadline).await? {
            true => Ok(()),
            false => Err(Refusal::NotInGroup.into()),
        }
    }

    /// The bare password, for the modules that follow.
    fn forwarded(&self, password: &Password) -> Option<Secret> {
        self.login.forward.then(|| Secret::new(password.expose().as_bytes()))
    }

    /// The login where a key, or another module, stands for the password.
    async fn code_alone(
        &mut self,
        typed: Option<&Typed>,
        mut target: Target,
    ) -> Result<Granted, Stop> {
        let mut seemed_to_have_code = false;
        let (password, code, wants_email) = match typed {
            Some(typed) => {
                let reading = reading::read_code(typed, self.shapes(&target.set));
                match (reading.password, reading.code) {
                    (Some(password), Some(code)) => {
                        let apart =
                            self.with_code(typed, password, Arc::new(code), &target).await?;
                        seemed_to_have_code = apart.code.is_none();
                        (Some(apart.password), apart.code, false)
                    }
                    (password, code) => (password, code.map(Arc::new), reading.wants_email),
                }
            }
            None => (None, None, false),
        };
        let typing = match code {
            Some(code) => Typing::Code(code),
            None if wants_email => Typing::Nothing,
            None => self.second_screen(typed, target.refusal.is_some(), &mut target).await?,
        };
        match target.refusal {
            Some(refusal) => {
                if !matches!(typing, Typing::Nothing) {
                    self.guesses_code();
                }
                Err(refusal.into())
            }
            None if wants_email => Err(self.request_code(&target).await),
            None => {
                let result = self.finish(typing, target, Grant::CheckedElsewhere, password).await;
                match result {
                    // What looked like a wrong code was one, as far as anybody can tell.
                    Err(Stop::Refused(Refusal::CodeMissing, _)) if seemed_to_have_code => {
                        Err(Refusal::WrongCode.into())
                    }
                    other => other,
                }
            }
        }
    }

    /// The password is right, or somebody else's business: now the policy's demand.
    async fn finish(
        &mut self,
        typing: Typing,
        target: Target,
        without_code: Grant,
        password: Option<Password>,
    ) -> Result<Granted, Stop> {
        self.check_group(&target).await?;
        let forward = password.as_ref().and_then(|password| self.forwarded(password));
        match (self.demand(&target), typing) {
            (Demand::Refuse(refusal), _) => Err(refusal.into()),
            (_, Typing::Malformed) => {
                self.guesses_code();
                Err(Refusal::WrongCode.into())
            }
            (Demand::Code, Typing::Nothing) => Err(Refusal::CodeMissing.into()),
            (Demand::Nothing, Typing::Nothing) => Ok(Granted {
                grant: without_code,
                credential: None,
                forward,
                note: None,
                notice: None,
            }),
            (Demand::NothingUntil(end), Typing::Nothing) => Ok(Granted {
                grant: Grant::Grace,
                credential: None,
                forward,
                note: None,
                notice: Some(grace_notice(end)),
            }),
            (Demand::Nothing | Demand::NothingUntil(_) | Demand::Code, Typing::Code(code)) => {
                let account = target.account.ok_or(Refusal::UnknownUser)?;
                let accepted = self.spend(code, account, target.set).await?;
                Ok(Granted {
                    grant: accepted.grant,
                    credential: Some(accepted.credential),
                    forward,
                    note: None,
                    notice: None,
                })
            }
        }
    }

    /// A right app password: what is left is its end and its scope.
    async fn app_password(
        &self,
        credential: &Credential,
        record: &AppPasswordRecord,
        target: &Target,
    ) -> Result<Granted, Stop> {
        let refuse = |refusal| Err(Stop::Refused(refusal, Some(credential.id.clone())));
        if let Some(refusal) = target.refusal {
            return refuse(refusal);
        }
        if self.mode == Mode::Proof {
            return refuse(Refusal::AppPasswordScope);
        }
        if record.has_expired(clock::now()) {
            return refuse(Refusal::AppPasswordExpired);
        }
        if !record.scope.opens(&self.login.service, self.login.address.as_deref()) {
            return refuse(Refusal::AppPasswordScope);
        }
        self.check_group(target).await?;
        Ok(Granted {
            grant: Grant::AppPassword,
            credential: Some(credential.id.clone()),
            forward: None,
            note: self.last_use(credential, target),
            notice: None,
        })
    }

    /// The record of an app password's use, unless there is a recent one.
    fn last_use(&self, credential: &Credential, target: &Target) -> Option<Note> {
        let account = target.account.clone()?;
        let now = clock::now();
        let before: Vec<_> = target.set.uses_of(&credential.id).collect();
        if before.iter().any(|stored| now.abs_diff(stored.value.at) < LAST_USE_INTERVAL) {
            return None;
        }
        let spent = LastUse::new(&self.login.service, self.login.address.as_deref());
        let used = Use::new(credential.id.clone(), now, spent);
        let author = Author { user: &account.id, keys: &self.engine.keys };
        let swap = target.set.swap(&before, used, author);
        Some(Note::LastUse { account, swap })
    }
}

/// What is said to a user who is not asked for a second factor yet.
fn grace_notice(end: u64) -> String {
    let day = i64::try_from(end).ok().and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok());
    let from = day.map_or_else(|| "soon".to_owned(), |day| format!("from {} on", day.date()));
    format!(
        "You have no second factor yet, and {from} this login will ask for one. \
         To set one up: monk-enroll totp add, or ask your administrator."
    )
}
