//! A kind that a newer monk wrote: a second factor that this host cannot check.

use monk_terms::kind::Kind;
use serde::{Deserialize, Serialize};

use super::questions::{Case, Defect, Details, NeededKey, Questions, Used};
use crate::text;

/// A credential, or a use, of a kind that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown;

impl Questions for Unknown {
    type Spent = Self;

    const KIND: Kind = Kind::Unknown;

    /// A newer monk may have other rules for names, so the name only has to be harmless.
    fn may_be_shown(&self, label: &str) -> bool {
        text::is_short_and_plain(label, text::MAX_NAME)
    }

    fn key(&self) -> Option<NeededKey> {
        None
    }

    fn is_usable(&self, _: Case<'_>, _: &Used<'_, Self>) -> bool {
        false
    }

    /// Nobody can write it again without losing what it says, and this host lets nobody in with it.
    fn all_spent(&self, _: &Used<'_, Self>, _: u64) -> Option<Self> {
        None
    }

    fn details(&self, created: u64, used: &Used<'_, Self>) -> Details {
        let last_used = used.last().map(|(at, _)| at).filter(|&at| at > created);
        Details { last_used, ..Details::default() }
    }

    fn defects(&self, _: Case<'_>, _: &Used<'_, Self>) -> Vec<Defect> {
        vec![Defect::Unreadable]
    }
}
