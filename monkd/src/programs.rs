//! What is known of programs that ask PAM.

/// Services of programs that show no second screen, by the names that they usually have. They answer every prompt with
/// the password.
pub const WITHOUT_SCREENS: [&str; 10] = [
    "dovecot",
    "imap",
    "pop3",
    "sieve",
    "smtp",
    "submission",
    "nginx",
    "postgresql",
    "radiusd",
    "vsftpd",
];
