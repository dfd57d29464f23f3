//! Every case of the table, through every program that has a door here.

mod caller;
mod cleartext;
mod cyrus;
mod ftp;
mod imap;
mod login;
mod mbsync;
mod nginx;
mod pop3;
mod postgresql;
mod session;
mod sftp;
mod sieve;
mod sshd;
mod sshd_key;
mod su;
mod submission;
mod sudo;
