//! The portal with an engine that says what a test wants.

mod app_passwords;
mod approve;
mod changes;
mod connections;
mod entry;
mod fake;
mod password;
mod profiles;
