//! The engine is killed in the middle of a login: no code opens a second time, and none is lost
//! that was not used.

mod embedded;
mod ldap;
