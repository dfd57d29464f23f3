//! What the LDAP directory promises, on a real slapd.

mod access;
mod answers;
mod bind_answers;
mod changing;
mod connections;
mod fail_over;
mod finding;
mod groups;
mod lists;
mod names;
mod new_passwords;
mod outages;
mod password_policy;
mod passwords;
mod scripted;
mod separate;
mod service_account;
mod setup;
mod spending;
mod states;
