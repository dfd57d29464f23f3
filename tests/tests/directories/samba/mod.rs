//! Active Directory, as Samba is one.

mod server;
