//! The engine is killed in the middle of a login: no code opens a second time, and none is lost
//! that was not used.
#![expect(clippy::print_stdout, reason = "the numbers that a run has come to")]

mod ldap;
mod sweep;
