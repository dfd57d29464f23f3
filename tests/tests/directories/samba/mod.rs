//! Active Directory, as Samba is one.

mod accounts;
mod binds;
mod fleet;
mod groups;
mod lockout;
mod many;
mod own_account;
mod server;
mod states;
