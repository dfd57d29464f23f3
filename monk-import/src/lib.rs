//! Reading the files in which other systems keep devices and users.
//!
//! Each format is a pure function from text to [`Parsed`]: what can be imported, and everything that
//! is wrong, with line numbers. The caller reads the file, says what may be left out ([`Leniency`]), gives the
//! present time, and enrols. Nothing here opens a file, asks an engine, keeps anything or prints; secrets
//! are wiped when dropped.
//!
//! Files are chosen by others: by users, vendors and authors of other systems. So the work and the
//! memory that a reader takes grow with the size of its file and no faster (`cost.rs` holds that), and
//! no piece of a file is repeated in a message, or becomes a name, if it looks like a secret.
//!
//! | module | what it reads |
//! |---|---|
//! | [`google_authenticator`] | the secret file of `pam_google_authenticator` |
//! | [`pam_oath`] | the users file of `pam_oath` and `liboath` |
//! | [`otpauth`] | `otpauth://` addresses, and `otpauth-migration://` as Google Authenticator exports them |
//! | [`pskc`] | PSKC (RFC 6030), plain and with a pre-shared key |
//! | [`ldif`] | exports of FreeIPA, OATH-LDAP and OpenLDAP's overlay `otp`, and ldap-user-manager |
//! | [`owners`] | who gets which token of a delivery |
//! | [`csv`], [`passwd`] | users for the embedded directory |
//! | [`bounces`] | reports of mail servers (RFC 3464) about mails that came back |
//! | [`names`] | no file: user and device in what all of them write |

pub mod base32;
pub mod bounces;
#[cfg(test)]
mod cost;
pub mod csv;
pub mod google_authenticator;
pub mod ldif;
pub mod names;
pub mod otpauth;
pub mod owners;
pub mod pam_oath;
mod parsed;
pub mod passwd;
pub mod pskc;
#[cfg(test)]
mod robustness;
mod systems;
mod values;

pub use parsed::{Entry, Leniency, MOST_PROBLEMS, Parsed, Problem, shown};
pub use systems::System;

/// The formats of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The secret file of `pam_google_authenticator`.
    GoogleAuthenticator,
    /// The users file of `pam_oath`.
    PamOath,
    /// `otpauth://` and `otpauth-migration://` addresses.
    Otpauth,
    /// PSKC (RFC 6030).
    Pskc,
    /// LDIF (RFC 2849) of FreeIPA, OATH-LDAP, slapo-otp or ldap-user-manager.
    Ldif,
}

impl Format {
    /// All of them, as they are listed.
    pub const ALL: [Self; 5] =
        [Self::GoogleAuthenticator, Self::PamOath, Self::Otpauth, Self::Pskc, Self::Ldif];

    /// The name, as it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GoogleAuthenticator => "google-authenticator",
            Self::PamOath => "pam-oath",
            Self::Otpauth => "otpauth",
            Self::Pskc => "pskc",
            Self::Ldif => "ldif",
        }
    }

    /// The format of `text`, if there can be no doubt about it.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        // In LDIF a line that begins with a blank belongs to the one before.
        if ldif::begins(text) {
            return Some(Self::Ldif);
        }
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let mut lines = text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
        if otpauth::begins_with_one(first) {
            return Some(Self::Otpauth);
        }
        if text.starts_with('<') {
            return Some(Self::Pskc);
        }
        if pam_oath::is_token_type(first.split_whitespace().next()?) {
            return Some(Self::PamOath);
        }
        // A secret in base 32, and then an option.
        let is_option = |line: &str| line.starts_with("\" ");
        (base32::decode(first).is_some() && lines.next().is_some_and(is_option))
            .then_some(Self::GoogleAuthenticator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_recognised_or_nothing_is_assumed() {
        for (text, format) in [
            ("XRWYRHZFUWQF55DG47O7WI4QPI\n\" TOTP_AUTH\n", Some(Format::GoogleAuthenticator)),
            ("# users\n\nHOTP/T30 alice - 00\n", Some(Format::PamOath)),
            ("\u{feff}OTPAUTH://totp/x?secret=AA\n", Some(Format::Otpauth)),
            ("otpauth-migration://offline?data=x\n", Some(Format::Otpauth)),
            ("\"otpauth://totp/x?secret=AA\",\n", Some(Format::Otpauth)),
            ("<otpauth://totp/x?secret=AA>\n", Some(Format::Otpauth)),
            ("steam://AA\n", Some(Format::Otpauth)),
            ("\n <?xml version=\"1.0\"?>", Some(Format::Pskc)),
            ("version: 1\n\ndn: dc=x\n", Some(Format::Ldif)),
            ("# extended LDIF\n# a long\n  comment\n\ndn:: ZGM9eA==\n", Some(Format::Ldif)),
            ("version: 1.0\n", None),
            ("XRWYRHZFUWQF55DG47O7WI4QPI\n", None),
            ("name,mail\n", None),
            ("# nothing\n", None),
            ("", None),
        ] {
            assert_eq!(Format::of(text), format, "{text:?}");
        }
    }
}
