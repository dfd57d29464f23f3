//! One line of the audit about a login.

use std::borrow::Cow;

use monk_terms::fields::Line;
use serde::Deserialize;

/// What is about a login: a program asked whether to let somebody in, or about the account of somebody whom it lets in
/// itself, as with an ssh key.
const EVENTS: [&str; 2] = ["login", "account"];

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The user is in.
    Granted,
    /// monk said no.
    Refused,
    /// monk does not know the name.
    Ignored,
    /// There was no answer.
    Unavailable,
    /// The program hung up.
    Abandoned,
}

/// A login of the past. All texts come from a log, and may hold anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The name as it was typed.
    pub user: Cow<'a, str>,
    /// The PAM service.
    pub service: Cow<'a, str>,
    /// The address, or `-`.
    pub address: Cow<'a, str>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why.
    pub reason: Cow<'a, str>,
    /// What would have become of it under the policy that is to come, where the service only reports.
    pub would: Option<Cow<'a, str>>,
    /// Whether a program asked about the account of somebody whom it let in itself.
    pub is_account: bool,
    /// The id of the credential, if the line names one.
    pub credential: Option<Cow<'a, str>>,
    /// In which form it came.
    pub how: Option<Cow<'a, str>>,
}

/// A line of either format, with the fields that count here.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    user: Cow<'a, str>,
    #[serde(borrow, default)]
    service: Cow<'a, str>,
    #[serde(borrow, default)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    verdict: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default)]
    would: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    credential: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    how: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    /// Reads what the engine wrote, in either format. `None` where it is about something else than a login, or the
    /// engine cannot have written it.
    pub fn read(message: &'a str) -> Option<Self> {
        match message.starts_with('{') {
            true => Self::of(serde_json::from_str(message).ok()?),
            // Most lines of a log are about something else.
            false if !message.starts_with("login ") && !message.starts_with("account ") => None,
            false => Self::of(raw(Line::parse(message)?)),
        }
    }

    fn of(raw: Raw<'a>) -> Option<Self> {
        if !EVENTS.contains(&&*raw.event) {
            return None;
        }
        let verdict = match &*raw.verdict {
            "granted" => Verdict::Granted,
            "refused" => Verdict::Refused,
            "ignored" => Verdict::Ignored,
            "unavailable" => Verdict::Unavailable,
            "abandoned" => Verdict::Abandoned,
            _ => return None,
        };
        let is_account = raw.event == EVENTS[1];
        let Raw { user, service, address, reason, would, credential, how, .. } = raw;
        let credential = credential.filter(|id| id != "-");
        if service.is_empty() || reason.is_empty() {
            return None;
        }
        Some(Self { user, service, address, verdict, reason, would, is_account, credential, how })
    }
}

fn raw(line: Line<'_>) -> Raw<'_> {
    let mut raw = Raw {
        event: line.event.into(),
        user: "".into(),
        service: "".into(),
        address: "".into(),
        verdict: "".into(),
        reason: "".into(),
        would: None,
        credential: None,
        how: None,
    };
    for field in line.fields {
        match field.key {
            "user" => raw.user = field.value,
            "service" => raw.service = field.value,
            "address" => raw.address = field.value,
            "verdict" => raw.verdict = field.value,
            "reason" => raw.reason = field.value,
            "would" => raw.would = Some(field.value),
            "credential" => raw.credential = Some(field.value),
            "how" => raw.how = Some(field.value),
            _ => {}
        }
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_say_the_same() {
        let text = "login user=\"j\\u{fc}rgen x\" service=imap address=192.0.2.7 verdict=granted reason=totp \
                    credential=54a1961a2235a49c how=string+code would=code-missing ms=4 id=9f2c61d0a4b7e813 pid=812";
        let json = "{\"event\":\"login\",\"user\":\"j\\u00fcrgen x\",\"service\":\"imap\",\"address\":\"192.0.2.7\",\
                    \"verdict\":\"granted\",\"reason\":\"totp\",\"credential\":\"54a1961a2235a49c\",\"how\":\"string+code\",\"would\":\"code-missing\",\"ms\":4}";
        let expected = Record {
            user: "jürgen x".into(),
            service: "imap".into(),
            address: "192.0.2.7".into(),
            verdict: Verdict::Granted,
            reason: "totp".into(),
            would: Some("code-missing".into()),
            is_account: false,
            credential: Some("54a1961a2235a49c".into()),
            how: Some("string+code".into()),
        };
        assert_eq!(Record::read(text), Some(expected.clone()));
        assert_eq!(Record::read(json), Some(expected));
    }

    #[test]
    fn a_field_in_a_name_is_a_part_of_the_name() {
        let line = "login user=\"x verdict\\u{3d}granted reason\\u{3d}totp\" service=imap address=- \
                    verdict=refused reason=wrong-password credential=- ms=4";
        let record = Record::read(line).unwrap();
        assert_eq!(record.user, "x verdict=granted reason=totp");
        assert_eq!(record.verdict, Verdict::Refused);
    }

    #[test]
    fn what_is_no_login_or_was_put_together_by_somebody_else_is_none() {
        for line in [
            "",
            "settings read again",
            "mail user=alice service=imap to=a verdict=sent reason=accepted ms=4",
            "login user=x verdict=granted service=imap address=- verdict=refused reason=totp ms=4",
            "login user=alice service=imap address=- verdict=perhaps reason=totp",
            "login user=alice service=imap address=- verdict=granted",
            "login user=alice\tservice=imap",
            "{\"event\":\"login\",\"user\":\"a\",\"user\":\"b\",\"service\":\"imap\",\"verdict\":\"granted\",\"reason\":\"totp\"}",
            "{\"event\":\"login\",\"user\":7,\"service\":\"imap\",\"verdict\":\"granted\",\"reason\":\"totp\"}",
            "{\"event\":\"login\"}",
            "{\"event\":",
            "{}",
        ] {
            assert_eq!(Record::read(line), None, "{line}");
        }
    }
}
