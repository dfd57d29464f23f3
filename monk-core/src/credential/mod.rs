//! What a user has enrolled, and what has been used of it.
//!
//! A credential is one immutable record. Its *use* (highest step, codes spent, last used) is
//! another record, so that a host that only checks logins needs no right to write credentials.
//! Both are JSON texts with a MAC of their user, kept as values of two sets: two attributes of the
//! user's entry in LDAP, two tables in the embedded store. A record is changed by removing the very
//! text that was read and adding a new one, which makes every change a compare-and-swap.
//!
//! There is no way to a [`Credential`] or a [`Use`] of a directory but through its MAC. Whatever
//! cannot be read counts as *there, but unusable*: it never makes a user look as if no second factor
//! were enrolled.

mod handed_out;
mod inspect;
mod openings;
mod read;
mod records;
mod register;
mod restored;
mod set;
mod transit;

pub use self::handed_out::{HandedOut, Mailed};
pub use self::records::{Credential, MAX_CREDENTIALS, Stored, Use};
pub use self::register::{Replacement, Unregistered};
pub use self::set::{Change, CredentialSet, UseSwap};
pub use self::transit::{ARRIVING, DEPARTED, Texts, Transit};
pub use crate::id::CredentialId;
