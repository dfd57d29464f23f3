//! Active Directory, as Samba is one.

mod accounts;
mod fleet;
mod groups;
mod many;
mod server;
