//! What the LDAP directory promises, on a real slapd.

mod access;
mod changing;
mod connections;
mod fail_over;
mod finding;
mod outages;
mod passwords;
mod separate;
mod setup;
mod spending;
