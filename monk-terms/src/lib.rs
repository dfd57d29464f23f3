//! The words that all parts of monk share, as types: no part has to guess what another one means.
//!
//! | module | idea |
//! |---|---|
//! | [`kind`] | the kinds of credentials |
//! | [`verdict`] | how a login ends, and why |
//! | [`proof`] | what a login proves, and what a guess can miss |
//! | [`label`] | what may be the name of a credential |
//! | [`printable`] | text from outside, made safe to show |
//!
//! There is no rule of monk here, no message and no I/O: the rules are in `monk-core`, the messages in
//! `monk-wire`. What a person reads about a word is written by the program that shows it.
#![forbid(unsafe_code)]

pub mod kind;
pub mod label;
pub mod printable;
pub mod proof;
pub mod verdict;
