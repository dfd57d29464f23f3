//! What a policy says of groups, networks, the time to enrol, and strings that are remembered: with
//! the real programs.

mod fleet;
mod grace;
mod groups;
mod networks;
mod report;
mod web_mail;
