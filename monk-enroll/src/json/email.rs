//! The documents of `email`.

use serde::Serialize;

use super::State;

/// `email set`.
#[derive(Debug, Serialize)]
pub struct EmailSet<'a> {
    /// Login name.
    pub user: &'a str,
    /// The address that a code was sent to.
    pub address: &'a str,
    /// Always `pending`: a program confirms it with `email confirm`.
    pub state: State,
    /// Minutes that the code is good.
    pub minutes: u32,
}

/// `email confirm`.
#[derive(Debug, Serialize)]
pub struct EmailConfirmed<'a> {
    /// Login name.
    pub user: &'a str,
    /// The address that codes go to.
    pub address: &'a str,
    /// Always `active`.
    pub state: State,
}

/// `email test`.
#[derive(Debug, Serialize)]
pub struct EmailTested<'a> {
    /// Login name.
    pub user: &'a str,
    /// The address of the test mail.
    pub address: &'a str,
    /// What the mail server said to it.
    pub answer: &'a str,
}

/// `email remove`.
#[derive(Debug, Serialize)]
pub struct EmailRemoved<'a> {
    /// Login name.
    pub user: &'a str,
    /// The addresses, confirmed or not.
    pub removed: &'a [String],
    /// Whether no second factor is left.
    pub last_factor: bool,
}
