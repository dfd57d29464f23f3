//! A login of the past, decided under any policy: by the steps of a login, with what the log says of it.
//!
//! The log does not say what was typed, only in which form it came and what came of it. So the steps are given strings
//! of that form, and `super::facts` say of them what the log says. As in a forecast (`super::forecast`),
//! nobody is asked, nothing is spent, counted, sent or written down; where the steps need more than the log tells, the
//! answer is unknown. The user, the credentials and the groups are those of now.

use std::sync::Arc;

use monk_core::code::{Accepted, Rejected};
use monk_core::credential::{CredentialId, UseSwap};
use monk_core::factors::app_password::{AppPasswordRecord, SYMBOLS};
use monk_core::factors::shapes::{Code, Shapes};
use monk_core::policy::{PasswordCheck, Policy, Separator};
use monk_core::reading::Input;
use monk_core::typed::{Password, Typed};
use monk_terms::forecast::Forecast;
use monk_terms::how::{First, How, Second};
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::{PastEnd, PastLogin};
use monk_wire::{Login, Secret};

use super::case::Case;
use super::decide;
use super::dialogue::Dialogue;
use super::ending::Stop;
use super::facts::{Heard, Noted, Past, Shown, is_unknown};
use super::forecast::Nobody;
use super::trial::{self, Trial};
use crate::caller::Caller;
use crate::compared_app_passwords::ComparedAppPasswords;
use crate::deadline::Deadline;
use crate::directory::{Advice, Answer};
use crate::engine::{Engine, Found};
use crate::outage::Outage;

/// Stands for a password that nobody knows any more. It has no shape of an app password or a code: there is no `u` in
/// those.
const PASSWORD: &str = "unknown";

/// Stands for a code.
const CODE: &str = "000000";

/// Somebody who is not root: which one does not matter.
const SOMEBODY: u32 = 65_534;

/// What was found out of a user for the logins before this one.
#[derive(Default)]
pub struct Known {
    /// Lists of groups that the user was looked for in.
    pub groups: Vec<(Vec<String>, bool)>,
}

/// What a login of the past is decided under.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// What the service asks for.
    pub policy: &'a Policy,
    /// What it asks for now. What it remembers tells how long ago a remembered code was typed.
    pub present: &'a Policy,
}

/// How a login of the past would end under a policy.
///
/// # Errors
/// [`Outage`] where the directory does not say in which groups the user is.
pub async fn of(
    engine: &Engine,
    rules: Rules<'_>,
    past: &PastLogin,
    found: &Found,
    known: &mut Known,
    deadline: Deadline,
) -> Result<Forecast, Outage> {
    let stranger = match found {
        Found::One(..) => None,
        Found::None => Some(Refusal::UnknownUser),
        Found::Local => Some(Refusal::LocalAccount),
        Found::Several => Some(Refusal::AmbiguousUser),
    };
    if let Some(refusal) = stranger {
        return Ok(Forecast::Refused(refusal));
    }
    let Some(given) = Given::of(past, rules, found) else { return Ok(Forecast::Unknown) };
    let login = given.login(past);
    let caller = Caller { uid: if given.how.is_users { SOMEBODY } else { 0 } };
    let case = Case::under(rules.policy.clone(), engine, caller, &login);
    if let Err(refusal) = case.check_limits() {
        return Ok(Forecast::Refused(refusal));
    }
    given.note(&case, found, known);
    let mut nobody = Nobody;
    let mut dialogue = Dialogue::until(&case, &mut nobody, deadline);
    let mut trial = Trial::new(&case);
    let outcome = Box::pin(decide(&case, &mut dialogue, &mut trial)).await;
    known.groups = std::mem::take(&mut case.facts.noted().groups);
    Ok(match outcome {
        Ok(granted) if granted.grant == Grant::Remembered && !rules.remember_the_same() => {
            Forecast::Unknown
        }
        Ok(_) => Forecast::Granted,
        Err(Stop::Refused(refusal, _)) => Forecast::Refused(refusal),
        Err(Stop::AsksForCode) => Forecast::AsksForCode,
        Err(Stop::Sent(_)) => Forecast::Refused(Refusal::CodeSent),
        Err(Stop::Unavailable(outage)) if !is_unknown(&outage) => return Err(outage),
        Err(Stop::Unavailable(_) | Stop::HungUp) => Forecast::Unknown,
    })
}

impl Rules<'_> {
    /// Whether a string that is one word now is one under the other policy, too.
    fn takes_apart_the_same(self) -> bool {
        self.policy.separator != Separator::Optional
            || self.present.separator == Separator::Optional
    }

    /// Whether a string that was remembered would be, too.
    fn remember_the_same(self) -> bool {
        let Self { policy, present } = self;
        present.remember > 0
            && policy.remember >= present.remember
            && policy.remember_hosts == present.remember_hosts
            && policy.remember_group == present.remember_group
            && policy.web_mail_addresses == present.web_mail_addresses
    }
}

/// What a login of the past gave, as far as the log tells.
struct Given {
    how: How,
    /// The first string, or what stands for it.
    first: Option<String>,
    /// Whether the password in it was right.
    is_password_right: bool,
    /// What the code was.
    code: Option<Result<(Grant, CredentialId), Rejected>>,
    /// An approval that was given.
    approval: Option<CredentialId>,
    past: Past,
}

impl Given {
    /// `None` where the log does not tell enough.
    fn of(past: &PastLogin, rules: Rules<'_>, found: &Found) -> Option<Self> {
        let policy = rules.policy;
        let credential = past.credential.as_deref().and_then(CredentialId::from_text);
        if let Some(app_password) = app_password(past.end, credential.as_ref(), found)? {
            // Lines from before monk wrote the form: a program has sent it.
            let how = past.how.unwrap_or(How { first: First::String, ..How::default() });
            return Some(Self::string(how, app_password, Past::default()));
        }
        let how = past.how?;
        // Whether the program wants the password for another module, nobody knows.
        let is_handed_on = match how.first {
            First::Asked => !how.is_unchecked,
            First::None => how.with_key,
            First::String => false,
        };
        if is_handed_on && policy.password == PasswordCheck::Elsewhere {
            return None;
        }
        // What was typed for another module may be anything.
        if how.is_unchecked && policy.asks_password(how.with_key) {
            return None;
        }
        let with_code = |grant| Some(Ok((grant, credential.clone()?)));
        let mut given = Self::string(how, String::new(), Past::default());
        given.is_password_right = !how.is_unchecked;
        match past.end {
            PastEnd::Granted(Grant::Password | Grant::Grace | Grant::CheckedElsewhere) => {}
            PastEnd::Granted(
                grant @ (Grant::Totp
                | Grant::BackupCode
                | Grant::EnrolmentCode
                | Grant::EmailedCode
                | Grant::PortalCode),
            ) => given.code = Some(with_code(grant)?),
            PastEnd::Granted(Grant::Remembered) => {
                let refusal = Refusal::ReplayedCode;
                given.code = Some(Err(Rejected { refusal, credential: credential.clone() }));
                given.past.remembered = Some(credential?);
            }
            PastEnd::Granted(Grant::Approval) => given.approval = Some(credential?),
            PastEnd::Granted(Grant::PortalTicket) => given.past.ticket = Some(credential?),
            PastEnd::Refused(Refusal::NotEnrolled | Refusal::NotInGroup | Refusal::CodeMissing) => {
            }
            // The string was not taken apart. Where only the other policy needs no separator, a code alone would be
            // an empty password there, and the log does not tell.
            PastEnd::Refused(Refusal::AppPasswordNeeded)
                if policy.password == PasswordCheck::AppPasswordsOnly
                    && rules.takes_apart_the_same() =>
            {
                given.is_password_right = false;
            }
            PastEnd::Granted(Grant::AppPassword | Grant::Passkey) | PastEnd::Refused(_) => {
                return None;
            }
        }
        let text = match how.second {
            Second::Behind => format!("{PASSWORD};{CODE}"),
            // The digits are compared with nothing.
            Second::Joined if policy.separator == Separator::Optional => {
                format!("{PASSWORD};{CODE}")
            }
            Second::Joined => format!("{PASSWORD}{CODE}"),
            Second::Alone => CODE.to_owned(),
            Second::None | Second::Screen | Second::Enter | Second::Again => PASSWORD.to_owned(),
        };
        given.first = (how.first != First::None).then_some(text);
        Some(given)
    }

    fn string(how: How, first: String, past: Past) -> Self {
        Self { how, first: Some(first), is_password_right: false, code: None, approval: None, past }
    }

    /// The login that it was.
    fn login(&self, past: &PastLogin) -> Login {
        let How { first, with_key, is_unchecked, has_one_box, .. } = self.how;
        let typed = self.first.as_ref().filter(|_| first == First::String);
        Login {
            user: past.user.clone(),
            service: past.service.clone(),
            address: past.address.clone(),
            terminal: None,
            person: None,
            typed: typed.map(|text| Secret::new(text.as_bytes())),
            can_ask: !has_one_box,
            publickey: with_key,
            forward: first == First::Asked && is_unchecked,
            budget_ms: u32::MAX,
        }
    }

    /// Notes what the log says of the strings.
    fn note(self, case: &Case<'_>, found: &Found, known: &mut Known) {
        let mut noted = case.facts.noted();
        noted.is_admitted = true;
        noted.found = Some(found.clone());
        noted.groups = std::mem::take(&mut known.groups);
        if self.how.first == First::Asked {
            noted.first = self.first.as_ref().map(|text| Secret::new(text.as_bytes()));
        }
        self.note_password(case, &mut noted);
        self.note_app_password(case, found, &mut noted);
        let code = Code::of_shape(CODE, Shapes::ALL).map(Arc::new);
        if let (Some(code), Some(judged)) = (&code, &self.code) {
            let verified = judged.clone().map(|(grant, credential)| {
                let swap = UseSwap { held: Vec::new(), remove: Vec::new(), add: String::new() };
                Accepted { grant, credential, confirms: false, swap }
            });
            noted.verified.push((Arc::clone(code), verified));
            noted.judged.push((Arc::clone(code), judged.clone()));
        }
        let first = || self.first.as_ref().map(|text| Secret::new(text.as_bytes()));
        let shown = match (&self.approval, self.how.second) {
            (Some(id), _) => Some(Shown::Approved(id.as_str().to_owned())),
            (None, Second::Screen) => code.map(Shown::Code),
            (None, Second::Enter) => Some(Shown::Answered(Some(Secret::new(b"")))),
            (None, Second::Again) => Some(Shown::Answered(first())),
            (None, Second::None | Second::Behind | Second::Joined | Second::Alone) => None,
        };
        noted.shown.extend(shown);
        noted.past = Some(self.past);
    }

    fn note_password(&self, case: &Case<'_>, noted: &mut Noted) {
        if !self.is_password_right {
            return;
        }
        let right = Heard::Answer(Answer::Right(Advice::Nothing));
        let joined = format!("{PASSWORD}{CODE}");
        for (text, heard) in [(PASSWORD, right), (&*joined, Heard::Answer(Answer::Wrong))] {
            let print = Password::new(text).map(|text| trial::password_print(case.engine, &text));
            noted.passwords.extend(print.map(|print| (print, heard)));
        }
    }

    fn note_app_password(&self, case: &Case<'_>, found: &Found, noted: &mut Noted) {
        let Found::One(account, set) = found else { return };
        let text = self.first.as_ref().and_then(|text| Typed::new(text.as_bytes()).ok());
        let Some(input) = text.map(Input::new) else { return };
        if let Some(named) = input.named_app_password(set) {
            let print = ComparedAppPasswords::print(&named, &account.id, &case.engine.keys);
            noted.compared.push((print, true));
        }
    }
}

/// A string that stands for the app password that the login was with, if it was with one. `None` where that is gone.
fn app_password(
    end: PastEnd,
    credential: Option<&CredentialId>,
    found: &Found,
) -> Option<Option<String>> {
    let Found::One(_, set) = found else { return Some(None) };
    let mut all = set.all_of::<AppPasswordRecord>();
    let record = all.find(|(stored, _)| Some(&stored.value.id) == credential);
    match (record, end) {
        (Some((_, record)), _) => {
            Some(Some(format!("{:0<width$}", record.public, width = SYMBOLS)))
        }
        (None, PastEnd::Granted(Grant::AppPassword)) => None,
        // One that an app password was refused for, which is gone.
        (None, PastEnd::Refused(_)) if credential.is_some() => None,
        (None, _) => Some(None),
    }
}
