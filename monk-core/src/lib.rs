//! The rules of monk, without any I/O.
//!
//! Everything here is a function of what was typed, what is enrolled, the policy of the service
//! and the time; clock, randomness and directories are passed in. The engine (`monkd`) is the rim
//! around these rules.
//!
//! | module | idea |
//! |---|---|
//! | [`typed`] | the one string that reaches monk, and what is refused before anything looks at it |
//! | [`reading`] | how that string comes apart: app password, `PASSWORD;CODE`, password alone |
//! | [`new_password`] | which passwords nobody should be given |
//! | [`policy`] | what a service asks for |
//! | [`credential`] | what a user has enrolled, and what has been used of it |
//! | [`totp`], [`app_password`], [`backup_codes`], [`emailed`] | the factors |
//! | [`import`] | taking over what another system has enrolled |
//! | [`keys`], [`seal`], [`hash`], [`mac`] | the host key, sealed seeds, Argon2id, the MACs of records |
//! | [`register`] | what belongs to a user's records, so that none is put back or slipped in |
//! | [`text`] | what may be shown to people |
//! | [`code`] | which of the user's factors a code belongs to, and what accepting it writes |
#![forbid(unsafe_code)]

mod address;
pub mod app_password;
pub mod backup_codes;
pub mod code;
pub mod credential;
pub mod emailed;
pub mod enrolment_code;
pub mod fingerprint;
#[cfg(test)]
mod fixtures;
pub mod hash;
pub mod import;
pub mod keys;
pub mod mac;
pub mod new_password;
pub mod origin;
pub mod policy;
pub mod random;
pub mod reading;
mod record;
pub mod register;
pub mod remember;
pub mod seal;
mod set;
pub mod symbols;
pub mod text;
pub mod throttle;
pub mod totp;
pub mod typed;
