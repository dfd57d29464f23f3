//! Every case of the table, through every program that has a door here.

mod cleartext;
mod cyrus;
mod ftp;
mod imap;
mod mbsync;
mod nginx;
mod pop3;
mod postgresql;
mod sieve;
mod submission;
