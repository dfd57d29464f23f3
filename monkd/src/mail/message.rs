//! What people read with a code.

use lettre::{Address, Message};
use monk_wire::manage::MailFailure;

use super::Mailer;
use super::content::{Content, readable, shown};
use crate::settings::mail::Language;

/// What a mail is sent for.
pub enum Purpose<'a> {
    /// A login, with this code.
    Login(&'a str),
    /// To see whether mail arrives, with this code.
    Confirmation(&'a str),
    /// To see whether mail arrives, by somebody's eyes alone.
    Test,
}

/// What happened, for the user to recognise.
pub struct Occasion<'a> {
    /// What the mail is for.
    pub purpose: Purpose<'a>,
    /// The login name in the directory's spelling.
    pub user: &'a str,
    /// The PAM service.
    pub service: &'a str,
    /// The address that the login came from, as the host program stated it.
    pub address: Option<&'a str>,
    /// Seconds since 1970.
    pub now: u64,
}

/// What to do if it was not you.
const NOT_ME: &str = "If this was not you, somebody knows your password: change it now, and tell \
                      your administrator. Give this code to nobody who asks for it.";

/// The same where no password was asked.
const NOT_MY_ADDRESS: &str = "If you do not know what this is about, ignore this mail, and tell \
                              your administrator. Give this code to nobody who asks for it.";

impl Mailer {
    /// The mail about `occasion`, to `to`.
    ///
    /// # Errors
    /// [`MailFailure::Malformed`] when no mail can be made of it.
    pub fn compose(&self, occasion: &Occasion<'_>, to: Address) -> Result<Message, MailFailure> {
        let content = of(occasion, &self.settings.name, self.settings.minutes());
        self.message(&content, &self.settings.subject, to, occasion.now)
    }
}
/// The words of a mail with a code.
fn of<'a>(occasion: &Occasion<'a>, name: &str, minutes: u64) -> Content<'a> {
    let Occasion { user, service, address, now, .. } = occasion;
    let (user, service) = (shown(user), shown(service));
    let validity = match minutes {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    let mut facts = vec![("Account", user), ("Time", readable(*now))];
    if !matches!(occasion.purpose, Purpose::Confirmation(_)) {
        facts.insert(1, ("Service", service));
    }
    if let Purpose::Login(_) = occasion.purpose {
        let from = address.filter(|address| is_place(address)).unwrap_or("not known");
        facts.push(("Login from", shown(from)));
    }
    let (greeting, code, use_it, warning) = match occasion.purpose {
        Purpose::Login(code) => (
            format!("Your sign-in code from {name}:"),
            Some(code),
            format!(
                "Where a program has one field for the password, type your password, a \
                     semicolon and this code. It is good once, for {validity}."
            ),
            NOT_ME,
        ),
        Purpose::Confirmation(code) => (
            format!("Somebody wants sign-in codes of {name} to be sent to this address."),
            Some(code),
            format!("Type this code where you were asked for it. It is good for {validity}."),
            NOT_MY_ADDRESS,
        ),
        Purpose::Test => (
            format!("This is a test of {name}: sign-in codes would reach you here."),
            None,
            "There is nothing to do.".to_owned(),
            "If you do not know what this is about, ignore this mail.",
        ),
    };
    Content {
        language: Language::En,
        greeting,
        code,
        use_it,
        link: None,
        facts,
        warning: warning.to_owned(),
    }
}

/// Whether this can be an address or the name of a host. Host programs state what they like, and a mail in
/// the name of the organisation is no place for sentences of others.
pub(super) fn is_place(address: &str) -> bool {
    address.chars().all(|c| c.is_ascii_alphanumeric() || ".:-_%".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn mail(occasion: &Occasion<'_>) -> String {
        let settings = "[mail]\nfrom = \"monk@example.org\"\nname = \"Exämple <Mail>\"\n";
        let settings = Settings::parse(settings).expect("valid settings");
        let mailers = super::super::Mailers::new(&settings).expect("no files are named");
        let mailer = mailers.of("imap").expect("mail is on");
        let mail = mailer.compose(occasion, "alice@example.net".parse().unwrap()).unwrap();
        // Without the soft line breaks of quoted-printable (RFC 2045 §6.7).
        String::from_utf8(mail.formatted()).unwrap().replace("=\r\n", "")
    }

    fn login<'a>(user: &'a str, address: &'a str) -> Occasion<'a> {
        Occasion {
            purpose: Purpose::Login("123456"),
            user,
            service: "imap",
            address: Some(address),
            now: 1_795_296_765,
        }
    }

    #[test]
    fn a_mail_has_both_parts_with_code_service_time_and_address() {
        let text = mail(&login("alice", "192.0.2.7"));
        for line in [
            "To: alice@example.net\r\n",
            "Subject: Sign-in code\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        assert!(text.contains("\r\nDate: ") && text.contains("@example.org>\r\n"), "{text}");
        assert_eq!(text.matches("123456").count(), 2, "{text}");
        assert_eq!(text.matches("192.0.2.7").count(), 2, "{text}");
        assert_eq!(text.matches("Sat, 21 Nov 2026 21:32:45 UTC").count(), 2, "{text}");
    }

    #[test]
    fn nobody_writes_a_header_or_a_tag_by_a_name() {
        let text = mail(&login(
            "x\r\nBcc: mallory@example.net\r\n\r\n<b>\u{202e}",
            "192.0.2.7\n\nVisit x",
        ));
        assert!(!text.contains("\nBcc:") && !text.contains("Visit"), "{text}");
        assert_eq!(text.matches("not known").count(), 2, "{text}");
        let html = text.split("text/html").nth(1).unwrap();
        assert!(!html.contains("<b>") && html.contains("&lt;b&gt;"), "{html}");
        let plain = text.split("text/html").next().unwrap();
        assert!(plain.contains("Account: xBcc: mallory@example.net<b>\r\n"), "{plain}");
    }

    #[test]
    fn the_time_is_readable() {
        assert_eq!(readable(0), "Thu, 01 Jan 1970 00:00:00 UTC");
    }
}
