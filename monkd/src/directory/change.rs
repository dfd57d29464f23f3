//! A change of a password where it is kept.

use monk_core::typed::Password;
pub use monk_terms::not_taken::NotTaken;

/// Who changes it.
#[derive(Clone, Copy)]
pub enum Changer<'a> {
    /// The user, who proves it with the old one: the directory's rules for users apply.
    User {
        /// The password until now.
        old: &'a Password,
    },
    /// The administrator of this host, with what monk may do there.
    Administrator {
        /// Whether the user has to change it before anything else.
        must_change: bool,
    },
}

/// What became of it. Everything else is an [`Outage`](crate::outage::Outage): after a timeout it may have been
/// changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is changed.
    Done,
    /// Nothing is changed: the old one is not right.
    WrongOld,
    /// Nothing is changed: the directory does not take the new one.
    NotTaken {
        /// Why.
        why: NotTaken,
        /// What the directory said, printable and short; empty where it said nothing.
        said: String,
    },
}
