//! The words that all parts of monk share, as types, so that no part has to guess what another means.
//!
//! | module | idea |
//! |---|---|
//! | [`account_state`] | what a directory says of an account |
//! | [`forecast`] | how a login would have ended under another policy |
//! | [`how`] | in which form a login came |
//! | [`delivery`] | what has become of a mail |
//! | [`kind`] | the kinds of credentials |
//! | [`verdict`] | how a login ends, and why |
//! | [`proof`] | what a login proves, and what a guess can miss |
//! | [`label`] | what may be the name of a credential |
//! | [`fields`] | the reader of the audit's lines |
//! | [`printable`] | text from outside, made safe to show |
//!
//! The crate has no rules, no messages and no I/O: the rules are in `monk-core`, the messages in
//! `monk-wire`. The program that shows a word to a person writes the sentence about it.
#![forbid(unsafe_code)]

pub mod account_state;
pub mod delivery;
pub mod fields;
pub mod forecast;
pub mod how;
pub mod kind;
pub mod label;
pub mod not_taken;
pub mod printable;
pub mod proof;
pub mod verdict;
