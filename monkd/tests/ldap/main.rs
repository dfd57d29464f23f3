//! What the LDAP directory promises, on a real slapd.

mod access;
mod changing;
mod connections;
mod fail_over;
mod finding;
mod outages;
mod password_policy;
mod passwords;
mod scripted;
mod setup;
mod spending;
mod states;
