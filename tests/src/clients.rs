//! Programs with which people log in, and what came of it.

mod curl;
mod imap;
mod ssh;

pub use curl::{Curl, Login};
pub use imap::{ImapAnswer, ImapPassword, imap_login};
pub use ssh::{Ssh, SshLogin};
