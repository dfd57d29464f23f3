//! Programs with which people log in, and what came of it.

mod curl;
mod imap;
mod mail_load;
mod pam;
mod ssh;
mod wire;

pub use curl::{Curl, Login};
pub use imap::{ImapAnswer, ImapPassword, ImapSession, imap_login, imap_login_with_bytes};
pub use mail_load::{MailLoad, MailProtocol};
pub use pam::{Pam, PamAnswer, PamLogin};
pub use ssh::{Ssh, SshLogin, SshSession};
pub use wire::{WireAnswer, WireLogin, at_once};
