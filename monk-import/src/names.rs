//! Whose a device is and what it is called, out of what other programs write.
//!
//! `Issuer:account` is what everybody means
//! (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>). In the wild the issuer has
//! colons in it, comes twice, or stands in the query alone; the account is a mail address,
//! `user@host`, `DOMAIN\user` or has the issuer once more.

use monk_terms::label;

use crate::values::filled;

/// Longest login name that an engine takes, in bytes.
const LONGEST_USER: usize = 256;

/// Longest name of a device that is taken over, in characters: room is left for a number that tells
/// it from others.
const LONGEST_NAME: usize = label::LONGEST - 6;

/// Digits of a port: `alice@host:8080` names no user 8080.
const PORT_DIGITS: usize = 5;

/// Whose a device is, and what it is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// Login name, if one could be made out.
    pub user: Option<String>,
    /// The name of the device.
    pub device: Device,
    /// The serial number, where tokens have one.
    pub serial: Option<String>,
}

/// The name of a device, as a file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// It says none.
    #[default]
    Unsaid,
    /// A name that a credential may have.
    Called(String),
    /// What stands in its place looks like a secret.
    Hidden,
}

impl Device {
    /// The name in `text`, without what a name may not have.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if label::looks_secret(text) {
            return Self::Hidden;
        }
        let seen: String =
            text.chars().filter(|c| c.is_whitespace() || !label::is_unseen(*c)).collect();
        let name: String = tidy(&seen).chars().take(LONGEST_NAME).collect();
        match name.trim_end() {
            "" => Self::Unsaid,
            // Cut, it may look like one.
            name if label::looks_secret(name) => Self::Hidden,
            name => Self::Called(name.to_owned()),
        }
    }
}

/// The login name in `text`, if it can be one. What looks like a secret is none: it would be looked
/// up in a directory that writes down what it is asked.
#[must_use]
pub fn user(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() <= LONGEST_USER && !text.chars().any(label::is_unseen);
    if fits && !label::looks_secret(text) { filled(text) } else { None }
}

/// User and device of a label, such as `Issuer:account`, and of the issuer that is said beside it.
#[must_use]
pub fn of_label(label: &str, issuer: &str) -> Who {
    let (label, issuer) = (tidy(label), tidy(issuer));
    let mut rest = label.as_str();
    while let Some(after) = without_issuer(rest, &issuer) {
        rest = after;
    }
    // Neither part may have a colon, so what is left of the issuer ends at the last one.
    let (own, account) = match rest.rsplit_once(':') {
        Some((own, account)) => (own.trim(), account.trim()),
        None => ("", rest),
    };
    let device = if issuer.is_empty() { own } else { &issuer };
    let is_port = account.len() <= PORT_DIGITS && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_doubtful = is_port && own.contains('@') || rest.contains("://");
    let user = if is_doubtful { None } else { login_name(account, [&issuer, own]) };
    Who { user, device: Device::of(device), serial: None }
}

/// What stands behind the issuer at the front of a label, with a colon or a blank between.
fn without_issuer<'a>(label: &'a str, issuer: &str) -> Option<&'a str> {
    if issuer.is_empty() {
        return None;
    }
    let mut rest = label.chars();
    for wanted in issuer.chars() {
        // A plus stands for a blank in queries, and in the labels of some programs, too.
        let plain = |c: char| if c == '+' { ' ' } else { c };
        if !plain(rest.next()?).to_lowercase().eq(plain(wanted).to_lowercase()) {
            return None;
        }
    }
    let rest = rest.as_str();
    let account = rest.trim_start_matches([' ', ':', '/', '|']);
    (account.len() < rest.len() && !account.is_empty()).then_some(account)
}

/// The login name in an account.
fn login_name(account: &str, issuers: [&str; 2]) -> Option<String> {
    let is_issuer =
        |text: &str| issuers.iter().any(|issuer| issuer.to_lowercase() == text.to_lowercase());
    let mut name = account.trim().trim_matches(['"', '\'']);
    if let Some((_, address)) = name.strip_suffix('>').and_then(|name| name.rsplit_once('<')) {
        // Alice Example <alice@example.org>
        name = address.trim();
    }
    if let Some((before, remark)) = name.strip_suffix(')').and_then(|name| name.rsplit_once('(')) {
        // alice (Issuer); of "Alice Example (alice)" nobody knows which is the name.
        name = before.trim();
        if name.contains(' ') && !is_issuer(remark.trim()) {
            return None;
        }
    }
    if let Some((_, of_domain)) = name.rsplit_once('\\') {
        name = of_domain;
    }
    if let Some((at_host, host)) = name.rsplit_once('@') {
        // No mail address: the host where the old system ran.
        if !host.contains('.') || is_issuer(host) {
            name = at_host;
        }
    }
    user(name)
}

/// The name of a user who is `alice@host` elsewhere.
#[must_use]
pub fn without_host(user: &str) -> &str {
    user.split_once('@').map_or(user, |(name, _)| name)
}

/// With one blank where there were several, or line ends.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for c in text.trim().chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if !(c == ' ' && tidy.ends_with(' ')) {
            tidy.push(c);
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(label: &str, issuer: &str) -> (Option<String>, Device) {
        let Who { user, device, .. } = of_label(label, issuer);
        (user, device)
    }

    #[test]
    fn the_user_is_found_however_programs_write_the_label() {
        for (label, issuer, user, device) in [
            ("alice", "", "alice", ""),
            ("alice", "Mail", "alice", "Mail"),
            ("Mail:alice", "", "alice", "Mail"),
            ("Mail: alice", "Mail", "alice", "Mail"),
            ("Mail :  alice ", "mail", "alice", "mail"),
            ("Office: Main:alice", "Office: Main", "alice", "Office: Main"),
            ("Office: Main:alice", "", "alice", "Office: Main"),
            ("Contoso:Example GmbH:alice", "Contoso", "alice", "Contoso"),
            ("Mail:Mail:alice", "Mail", "alice", "Mail"),
            ("Mail:Mail alice", "Mail", "alice", "Mail"),
            ("Example+Mail:alice", "Example Mail", "alice", "Example Mail"),
            ("MAIL/alice", "Mail", "alice", "Mail"),
            ("Mail:alice (Mail)", "Mail", "alice", "Mail"),
            ("Mail:alice@Mail", "Mail", "alice", "Mail"),
            ("root@web1", "web1", "root", "web1"),
            ("root@web1.example.org", "web1.example.org", "root", "web1.example.org"),
            ("root@web1", "", "root", ""),
            ("Mail:alice@example.org", "Mail", "alice@example.org", "Mail"),
            ("Mail:Alice Example <alice@example.org>", "Mail", "alice@example.org", "Mail"),
            ("Mail:EXAMPLE\\alice", "Mail", "alice", "Mail"),
            ("Mail:alice+otp@example.org", "Mail", "alice+otp@example.org", "Mail"),
            ("Mail:12345", "Mail", "12345", "Mail"),
            // The issuer is a part of the name alone.
            ("mailer", "Mail", "mailer", "Mail"),
            ("alice", "alice", "alice", "alice"),
            ("Ärzte:alice", "ärzte", "alice", "ärzte"),
        ] {
            let device = match device {
                "" => Device::Unsaid,
                name => Device::Called(name.into()),
            };
            assert_eq!(read(label, issuer), (Some(user.into()), device), "{label} {issuer}");
        }
    }

    #[test]
    fn where_no_user_can_be_made_out_there_is_none() {
        for (label, issuer) in [
            ("", ""),
            ("Mail:", "Mail"),
            ("Mail: ", ""),
            (":", ""),
            ("Alice Example (alice)", "Mail"),
            ("alice@web1:8080", ""),
            ("Mail:JBSWY3DPEHPK3PXP", "Mail"),
            ("otpauth://totp/x", ""),
            ("a\u{1}b", "x"),
            ("Mail:ali\u{200b}ce", "Mail"),
        ] {
            assert_eq!(read(label, issuer).0, None, "{label}");
        }
        assert_eq!(user(&"x".repeat(LONGEST_USER + 1)), None);
        assert_eq!(user("a\u{202e}b"), None);
    }

    #[test]
    fn a_device_is_called_what_a_credential_may_be_called() {
        for (text, name) in [
            (" Mail ", "Mail"),
            ("a\u{202e}b\u{200b}\tc", "ab c"),
            (&"x y ".repeat(100), &"x y ".repeat(100)[..57]),
        ] {
            let Device::Called(found) = Device::of(text) else { panic!("{text}") };
            assert_eq!(found, name);
            assert_eq!(label::check(&found), Ok(()));
        }
        assert_eq!(Device::of(" \u{200b}"), Device::Unsaid);
        for secret in ["JBSWY3DPEHPK3PXP", "Shop,otpauth://totp/x", "3132333435363738393031323334"]
        {
            assert_eq!(Device::of(secret), Device::Hidden);
        }
    }
}
