#![doc = include_str!("../../JSON.md")]

pub(crate) mod import;
mod safe;

use monk_wire::manage::{CredentialStatus, Report};
use serde::Serialize;

pub use safe::Safe;

use crate::when::Moment;
use crate::words::logins;

/// A document of these members, in this order. It holds what it is given, so that a secret is not copied.
macro_rules! document {
    ($($name:ident $(: $value:expr)?),* $(,)?) => {{
        // Each member has a type of its own, which is called as the member is.
        #[allow(non_camel_case_types)]
        mod shape {
            #[derive(serde::Serialize)]
            pub struct Document<$($name),*> {
                $(pub $name: $name),*
            }
        }
        shape::Document { $($name $(: $value)?),* }
    }};
}
pub(crate) use document;

/// One credential of `status` and `app-password list`.
#[derive(Debug, Serialize)]
pub struct CredentialDocument<'a> {
    id: &'a str,
    kind: &'a str,
    name: &'a str,
    state: State,
    created: Moment,
    last_used: Option<Moment>,
    last_address: Option<&'a str>,
    last_service: Option<&'a str>,
    usable_from: Option<Moment>,
    services: &'a [String],
    networks: &'a [String],
    expires: Option<Moment>,
    codes: Option<CodesDocument>,
}

/// How many backup codes are left.
#[derive(Debug, Serialize)]
struct CodesDocument {
    left: u32,
    total: u32,
}

pub(crate) fn documents<'a>(
    credentials: impl IntoIterator<Item = &'a CredentialStatus>,
    now: Moment,
) -> Vec<CredentialDocument<'a>> {
    let document = |credential: &'a CredentialStatus| CredentialDocument {
        id: &credential.id,
        kind: credential.kind.as_str(),
        name: &credential.label,
        state: State::of(credential, now),
        created: Moment(credential.created),
        last_used: credential.last_used.map(Moment),
        last_address: credential.last_address.as_deref(),
        last_service: credential.last_service.as_deref(),
        usable_from: credential.usable_from.map(Moment),
        services: &credential.services,
        networks: &credential.networks,
        expires: credential.expires.map(Moment),
        codes: credential.codes_left.map(|(left, total)| CodesDocument { left, total }),
    };
    credentials.into_iter().map(document).collect()
}

/// `check`.
#[derive(Debug, Serialize)]
pub struct CheckDocument<'a> {
    user: &'a str,
    service: &'a str,
    address: Option<&'a str>,
    granted: Option<bool>,
    reason: &'a str,
    explanation: String,
    facts: Vec<FactDocument>,
}

#[derive(Debug, Serialize)]
struct FactDocument {
    name: String,
    value: String,
}

impl<'a> CheckDocument<'a> {
    pub(crate) fn of(
        user: &'a str,
        service: &'a str,
        address: Option<&'a str>,
        report: &'a Report,
    ) -> Self {
        let Report { end, facts } = report;
        let facts = facts.iter().map(logins::fact);
        Self {
            user,
            service,
            address,
            granted: logins::granted(end),
            reason: logins::reason(end),
            explanation: logins::explanation(end),
            facts: facts.map(|(name, value)| FactDocument { name, value }).collect(),
        }
    }
}

/// What a credential is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It works.
    Active,
    /// A device that no code has confirmed yet.
    Pending,
    /// A first device whose delay is not over.
    Waiting,
    /// An app password that has ended, or a device of a letter that nobody has confirmed in time.
    Expired,
    /// A set of backup codes of which none is left, or what the portal gave for one login, after that.
    Spent,
    /// This host cannot check it.
    Unusable,
}

impl State {
    /// The state of `credential`. What cannot be checked is that before anything else: what the
    /// rest of the record says cannot be trusted then.
    pub(crate) fn of(credential: &CredentialStatus, now: Moment) -> Self {
        if !credential.usable {
            Self::Unusable
        } else if credential.expires.is_some_and(|expires| Moment(expires) <= now) {
            Self::Expired
        } else if credential.pending {
            Self::Pending
        } else if credential.usable_from.is_some_and(|from| Moment(from) > now) {
            Self::Waiting
        } else if matches!(credential.codes_left, Some((0, _)))
            || (credential.kind.opens_once() && credential.last_used.is_some())
        {
            Self::Spent
        } else {
            Self::Active
        }
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Expired => "expired",
            Self::Spent => "spent",
            Self::Unusable => "unusable",
        }
    }
}
