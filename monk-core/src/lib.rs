//! The rules of monk, without any I/O.
//!
//! Everything here is a function of what was typed, the credentials of the user, the policy of the
//! service and the time; clock, randomness and directories are passed in. The engine (`monkd`) is the rim
//! around these rules.
//!
//! | module | idea |
//! |---|---|
//! | [`typed`] | the one string that reaches monk, and what is refused before anything looks at it |
//! | [`reading`] | how that string comes apart: app password, `PASSWORD;CODE`, password alone |
//! | [`new_password`] | which passwords nobody should be given |
//! | [`authorized_key`] | the public keys that users log in to ssh with |
//! | [`policy`] | what a service asks for |
//! | [`throttle`], [`lockout`] | how guessers are slowed down, and how a directory is kept from locking accounts |
//! | [`closed`] | what the state of an account closes |
//! | [`credential`] | what a user has enrolled, and what has been used of it |
//! | [`factors`] | one file for each factor, which answers everything that the others ask of it |
//! | [`code`] | which of the user's factors a code belongs to, and what accepting it writes |
//! | [`passkeys`] | what passkeys sign, and how it is checked |
//! | [`ticket`] | which ticket of the portal was typed, and what spending it writes |
//! | [`emailed`] | the record of the codes that were sent by mail |
//! | [`approvals`] | the record of the logins that ask for an approval on the portal |
//! | [`enrol`], [`import`] | how credentials are made, and taken over from another system |
//! | [`keys`], [`seal`], [`hash`], [`mac`] | the host key, sealed seeds, Argon2id, the MACs of records |
//! | [`text`] | what may be shown to people |
#![forbid(unsafe_code)]

pub mod approvals;
pub mod authorized_key;
pub mod closed;
pub mod code;
pub mod credential;
pub mod emailed;
pub mod enrol;
pub mod factors;
pub mod fingerprint;
#[cfg(test)]
mod fixtures;
mod generation;
pub mod hash;
mod id;
pub mod import;
pub mod invitation;
pub mod keys;
pub mod lockout;
pub mod mac;
pub mod new_password;
pub mod opening;
pub mod origin;
pub mod passkeys;
pub mod policy;
pub mod random;
pub mod reading;
pub mod remember;
pub mod seal;
pub mod symbols;
pub mod text;
pub mod throttle;
pub mod ticket;
mod times;
pub mod typed;
