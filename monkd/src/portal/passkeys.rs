//! Passkeys: a sign-in without a name or a password, and new ones.
//!
//! What the browser answers names the user by the stable id, which is the user handle of the passkey. The account and
//! its records are read as for any login; the passkey must be among them, its counter must not go back, and the use is
//! written before anybody is told.

use std::time::Instant;

use monk_core::closed::{Way, why_closed};
use monk_core::credential::{CredentialId, CredentialSet, Use, UseSwap};
use monk_core::factors::passkey::{PasskeyRecord, PasskeyUse};
use monk_core::mac::Author;
use monk_core::passkeys::{Assertion, PasskeyError, RelyingParty, SigningIn};
use monk_terms::kind::Kind;
use monk_terms::label;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::{Command, Failure, Manage, Unfit};
use monk_wire::portal::PortalReply;
use monk_wire::{Reply, Secret};

use super::{Question, SERVICE, SignedIn, generation_of};
use crate::audit::occasion::Occasion;
use crate::audit::{self, Ending};
use crate::clock;
use crate::directory::{Account, Advice, Swapped};
use crate::engine::Found;
use crate::outage::Outage;
use crate::portal_state::ceremonies::Ceremony;
use crate::portal_state::sessions::{Session, digest};
use crate::settings::enrolment::FirstFactor;

/// How often the use is written again after somebody else has changed the same record.
const MAX_ROUNDS: usize = 4;

/// Somebody whose passkey was right.
struct Proven {
    account: Box<Account>,
    set: CredentialSet,
    credential: CredentialId,
}

/// Why a sign-in has failed, and what is known of whom.
struct Failed {
    ending: Ending,
    user: Option<String>,
    credential: Option<CredentialId>,
}

impl From<Outage> for Failed {
    fn from(outage: Outage) -> Self {
        Self { ending: Ending::Unavailable(outage), user: None, credential: None }
    }
}

impl Failed {
    fn refused(refusal: Refusal) -> Self {
        Self { ending: Ending::Refused(refusal), user: None, credential: None }
    }

    fn of(self, account: &Account) -> Self {
        Self { user: Some(account.name.clone()), ..self }
    }
}

impl Question<'_> {
    /// The portal as passkeys know it; `None` where its origin can have none.
    pub(super) fn party(&self) -> Option<RelyingParty> {
        let settings = &self.engine.settings;
        let origin = settings.portal.origin.as_deref()?;
        RelyingParty::new(origin, &settings.enrolment.issuer).ok()
    }

    /// The options for a sign-in.
    pub(super) fn passkey_options(&self, browser: &Secret) -> Reply {
        let Some((options, state)) = self.party().and_then(|party| party.begin_sign_in().ok())
        else {
            return Reply::Portal(PortalReply::Refused);
        };
        self.waits(options, Ceremony::SignIn(state, digest(browser.expose())))
    }

    /// Keeps a ceremony for the answer of the browser.
    fn waits(&self, options: String, ceremony: Ceremony) -> Reply {
        let address = self.address().unwrap_or_default();
        let step = self.engine.portal.ceremonies.park(&address, ceremony);
        Reply::Portal(PortalReply::Passkey { step, options })
    }

    /// A sign-in with what a passkey has signed. In a session of the same user, it is a fresh proof.
    pub(super) async fn passkey_sign_in(
        &self,
        (step, browser): (&Secret, &Secret),
        answer: &Secret,
    ) -> Reply {
        let ceremony = self.engine.portal.ceremonies.take(step);
        let Some(Ceremony::SignIn(state, asked)) = ceremony else {
            return Reply::Portal(PortalReply::NoSession);
        };
        // An answer that was caught is no good in another browser.
        if asked != digest(browser.expose()) {
            return Reply::Portal(PortalReply::NoSession);
        }
        match self.tried(&state, answer, None).await {
            Ok(one) => self.signed_in_with_passkey(one),
            Err(reply) => reply,
        }
    }

    /// The options for a proof in a session.
    pub(super) fn proof_options(&self, who: &SignedIn) -> Reply {
        let Some((options, state)) = self.party().and_then(|party| party.begin_sign_in().ok())
        else {
            return Reply::Portal(PortalReply::Refused);
        };
        self.waits(options, Ceremony::Proof(state, who.digest))
    }

    /// A proof with a passkey of the session's own user.
    pub(super) async fn prove_passkey(
        &self,
        who: &SignedIn,
        step: &Secret,
        answer: &Secret,
    ) -> Reply {
        let ceremony = self.engine.portal.ceremonies.take(step);
        let Some(Ceremony::Proof(state, asked)) = ceremony else {
            return Reply::Portal(PortalReply::Refused);
        };
        if asked != who.digest {
            // Another browser has begun it.
            return Reply::Portal(PortalReply::Refused);
        }
        match self.tried(&state, answer, Some(&who.account.id)).await {
            Ok(one) => {
                let now = Instant::now();
                self.sessions().change(&who.digest, |session| {
                    session.prove(Grant::Passkey, Some(one.credential), now);
                });
                Reply::Portal(PortalReply::Proven)
            }
            Err(reply) => reply,
        }
    }

    /// Checks what a passkey has signed, of `only` or of anybody, and records it.
    async fn tried(
        &self,
        state: &SigningIn,
        answer: &Secret,
        only: Option<&str>,
    ) -> Result<Proven, Reply> {
        let started = Instant::now();
        let proven = self.check_passkey(state, answer, only).await;
        let (ending, user, credential) = match &proven {
            Ok(one) => {
                (&Ending::Granted(Grant::Passkey), Some(&one.account.name), Some(&one.credential))
            }
            Err(failed) => (&failed.ending, failed.user.as_ref(), failed.credential.as_ref()),
        };
        let name = user.map_or("", String::as_str);
        audit::record(&audit::Line {
            event: "proof",
            user: &self.engine.shown(name, user.is_some()),
            service: SERVICE,
            terminal: None,
            by: audit::by(self.caller, None),
            address: self.address().as_deref(),
            ending,
            credential: credential.map(CredentialId::as_str),
            password: Advice::Nothing,
            how: None,
            would: None,
            took: started.elapsed(),
        });
        proven.map_err(|failed| match failed.ending {
            Ending::Unavailable(_) => Reply::Unavailable,
            _ => Reply::Portal(PortalReply::Refused),
        })
    }

    fn signed_in_with_passkey(&self, proven: Proven) -> Reply {
        let Proven { account, set, credential } = proven;
        let now = Instant::now();
        let token = self.portal.session.as_ref();
        let own = token.and_then(|token| self.sessions().of(token, self.lives(), now));
        if let Some((digest, _)) = own.filter(|(_, session)| session.id == account.id) {
            self.sessions().change(&digest, |session| {
                session.prove(Grant::Passkey, Some(credential), now);
            });
            return Reply::Portal(PortalReply::Proven);
        }
        self.end_session_before();
        let (name, generation) = (account.name.clone(), generation_of(&set));
        let session = Session::new(name.clone(), account.id, generation, Grant::Passkey, now);
        let mut session = session.logged_as(Occasion::current().map(|occasion| occasion.id));
        session.prove(Grant::Passkey, Some(credential), now);
        let session = self.sessions().open(session, self.lives());
        Reply::Portal(PortalReply::SignedIn { session, user: name })
    }

    async fn check_passkey(
        &self,
        state: &SigningIn,
        answer: &Secret,
        only: Option<&str>,
    ) -> Result<Proven, Failed> {
        let wrong = || Failed::refused(Refusal::WrongPasskey);
        let party = self.party().ok_or_else(wrong)?;
        let assertion = answer.expose_str().and_then(|text| Assertion::read(text).ok());
        // One that is somebody else's is not even counted as used.
        let is_own = |one: &Assertion| only.is_none_or(|only| one.user() == only);
        let assertion = assertion.filter(is_own).ok_or_else(wrong)?;
        let name = self.engine.directory.name_of(assertion.user(), self.deadline).await?;
        let name = name.ok_or_else(|| Failed::refused(Refusal::UnknownUser))?;
        let (account, mut set) = match self.engine.find(&name, self.deadline).await? {
            Found::One(account, set) if account.id == assertion.user() => (account, set),
            Found::One(..) | Found::None => return Err(Failed::refused(Refusal::UnknownUser)),
            Found::Several => return Err(Failed::refused(Refusal::AmbiguousUser)),
            Found::Local => return Err(Failed::refused(Refusal::LocalAccount)),
        };
        if let Some(refusal) = why_closed(account.state, Way::OwnFactors, &[]) {
            return Err(Failed::refused(refusal).of(&account));
        }
        for _ in 0..MAX_ROUNDS {
            let checked = self.check_with(&party, state, &assertion, (&account, &set));
            let (credential, swap) = checked.map_err(|failed| failed.of(&account))?;
            match self.engine.store.spend(&account, &swap, self.deadline).await? {
                Swapped::Done => return Ok(Proven { account, set, credential }),
                Swapped::Conflict => set = self.engine.store.load(&account, self.deadline).await?,
            }
        }
        Err(Outage::Contention.into())
    }

    /// Checks what was signed with the user's own passkeys; which one it was, and what is to be written.
    fn check_with(
        &self,
        party: &RelyingParty,
        state: &SigningIn,
        assertion: &Assertion,
        (account, set): (&Account, &CredentialSet),
    ) -> Result<(CredentialId, UseSwap), Failed> {
        let mut passkeys = set.all_of::<PasskeyRecord>();
        let Some((stored, record)) = passkeys.find(|(_, record)| assertion.is_of(record)) else {
            return Err(Failed::refused(Refusal::WrongPasskey));
        };
        let id = stored.value.id.clone();
        let failed = |refusal| Failed { credential: Some(id.clone()), ..Failed::refused(refusal) };
        let before: Vec<_> = set.uses_of(&id).collect();
        // Enrolling writes the first one: without any, nobody knows how far the counter was.
        let used = before
            .iter()
            .filter_map(|stored| stored.value.spent_on::<PasskeyUse>())
            .max_by_key(|used| used.counter);
        let used = used.filter(|_| set.unreadable_uses == 0);
        let used = used.ok_or_else(|| failed(Refusal::UnusableFactor))?;
        let from = self.address();
        let after = party
            .check(state, assertion, &account.id, (record, used), from.as_deref())
            .map_err(|error| failed(refusal_of(&error)))?;
        let author = Author { user: &account.id, keys: &self.engine.keys };
        let swap = set.swap(&before, Use::new(id.clone(), clock::now(), after), author);
        Ok((id, swap))
    }

    /// The options for a new passkey of the session's user.
    pub(super) fn new_passkey_options(&self, who: &SignedIn, name: &str) -> Reply {
        if let Err(failure) = self.check_new_passkey(who, name) {
            return Reply::Failed(failure);
        }
        let account = &who.account;
        let others = who.set.all_of::<PasskeyRecord>().map(|(_, record)| record);
        let user = (&*account.id, &*account.name, &*account.name);
        let begun = self.party().map(|party| party.begin_making(user, others));
        match begun {
            Some(Ok((options, making))) => {
                self.waits(options, Ceremony::New(who.digest, name.to_owned(), making))
            }
            Some(Err(_)) | None => Reply::Portal(PortalReply::Refused),
        }
    }

    /// What would keep the passkey from being stored, before the browser makes it.
    fn check_new_passkey(&self, who: &SignedIn, name: &str) -> Result<(), Failure> {
        if !self.may_enrol(who) {
            return Err(Failure::InvitationNeeded);
        }
        let settings = &self.engine.settings.enrolment;
        let hours = settings.first_factor_delay_hours;
        let is_by_password = !who.session.proof.is_fresh_code();
        if is_by_password && settings.first_factor == FirstFactor::Password && hours > 0 {
            return Err(Failure::FirstDeviceNeeded { hours });
        }
        label::check(name).map_err(Unfit::Label)?;
        let mut passkeys = who.set.all_of::<PasskeyRecord>();
        match passkeys.any(|(stored, _)| stored.value.label == name) {
            true => Err(Failure::LabelTaken { kind: Kind::Passkey, label: name.to_owned() }),
            false => Ok(()),
        }
    }

    /// Keeps a passkey that the browser has made.
    pub(super) async fn add_passkey(
        &self,
        who: &SignedIn,
        step: &Secret,
        answer: &Secret,
    ) -> Reply {
        let Some(Ceremony::New(digest, label, making)) = self.engine.portal.ceremonies.take(step)
        else {
            return Reply::Portal(PortalReply::NoSession);
        };
        if digest != who.digest {
            // Another browser has begun it.
            return Reply::Portal(PortalReply::NoSession);
        }
        // What held when it began may hold no longer.
        if let Err(failure) = self.check_new_passkey(who, &label) {
            return Reply::Failed(failure);
        }
        let answer = answer.expose_str().unwrap_or_default();
        let made = self.party().ok_or(PasskeyError::Origin("no origin is set"));
        let made = match made.and_then(|party| party.make(&making, answer)) {
            Ok(made) => made,
            Err(error) => {
                audit::warn(&format!("{:?} has made no passkey: {error}", who.account.name));
                return Reply::Portal(PortalReply::Refused);
            }
        };
        let Ok(made) = serde_json::to_string(&made) else {
            return Reply::Portal(PortalReply::Refused);
        };
        let user = who.account.name.clone();
        let command = Command::PasskeyAdd { label, made };
        let reply = self.carry_out(Manage { user, command }, Ok(())).await;
        if matches!(reply, Reply::Done(_)) {
            self.keep_through_first_record(who).await;
        }
        reply
    }
}

fn refusal_of(error: &PasskeyError) -> Refusal {
    match error {
        PasskeyError::Copied => Refusal::CopiedPasskey,
        _ => Refusal::WrongPasskey,
    }
}
