//! Reports of mail servers that a mail could not be delivered (RFC 3464).
//!
//! A report has a part of headers in groups: one group about the mail, and one for each recipient. Only what a server
//! says there counts, never the words for people, which everybody writes differently.

use std::io;

use mail_parser::mailbox::mbox::MessageIterator;
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

/// What every message of an mbox file begins with.
const MBOX: &[u8] = b"From ";

/// What has come of reading reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounces {
    /// Messages that are reports.
    pub reports: usize,
    /// Messages that are something else.
    pub others: usize,
    /// The addresses that a mail has not reached and will not reach, each once.
    pub addresses: Vec<String>,
}

/// Reads one report, or an mbox file with several.
///
/// # Errors
/// Where an mbox file ends in the middle of a line that cannot be read.
pub fn read(text: &[u8]) -> io::Result<Bounces> {
    let mut bounces = Bounces::default();
    if text.starts_with(MBOX) {
        for message in MessageIterator::new(text) {
            bounces
                .add(message.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?.contents());
        }
    } else {
        bounces.add(text);
    }
    Ok(bounces)
}

impl Bounces {
    fn add(&mut self, message: &[u8]) {
        let message = MessageParser::default().parse(message);
        let Some(report) = message.as_ref().and_then(report) else {
            self.others += 1;
            return;
        };
        self.reports += 1;
        for address in groups(&report).filter_map(|group| failed(&group)) {
            if !self.addresses.contains(&address) {
                self.addresses.push(address);
            }
        }
    }
}

/// The part of the message that programs read (RFC 3464 §2.1).
fn report(message: &Message<'_>) -> Option<String> {
    let is_report = |kind: &str, subtype: &str| {
        kind.eq_ignore_ascii_case("message") && subtype.eq_ignore_ascii_case("delivery-status")
    };
    let part = message.parts.iter().find(|part| {
        let of = part.content_type();
        of.is_some_and(|of| is_report(of.ctype(), of.subtype().unwrap_or_default()))
    })?;
    match &part.body {
        PartType::Text(text) => Some(text.clone().into_owned()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        PartType::Message(inner) => Some(String::from_utf8_lossy(inner.raw_message()).into_owned()),
        PartType::Html(_) | PartType::Multipart(_) => None,
    }
}

/// The groups of headers, which blank lines divide.
fn groups(report: &str) -> impl Iterator<Item = String> {
    let lines = report.replace("\r\n", "\n");
    lines
        .split("\n\n")
        .map(|group| format!("{}\n\n", group.trim_start_matches('\n')))
        .collect::<Vec<_>>()
        .into_iter()
}

/// The address that a group says is not reached: a delay alone is no failure (RFC 3464 §2.3.3).
fn failed(group: &str) -> Option<String> {
    let headers = MessageParser::default().parse_headers(group.as_bytes())?;
    let value = |name: &str| {
        let mut all = headers.headers_raw();
        all.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    if !value("Action")?.eq_ignore_ascii_case("failed") {
        return None;
    }
    // The address that was written to comes first: behind the final one may be a forwarding that nobody here knows.
    let typed = value("Original-Recipient").or_else(|| value("Final-Recipient"))?;
    let (kind, address) = typed.split_once(';')?;
    let address = address.trim();
    (kind.trim().eq_ignore_ascii_case("rfc822") && address.contains('@'))
        .then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report as Postfix writes it.
    fn postfix(action: &str, recipient: &str) -> String {
        format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@mail.example.org (Mail Delivery System)\n\
             Subject: Undelivered Mail Returned to Sender\nTo: monk@example.org\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"A1/mail\"\n\n\
             This is a MIME-encapsulated message.\n\n--A1/mail\nContent-Description: Notification\n\
             Content-Type: text/plain; charset=us-ascii\n\n<trap@example.org>: not this one\n\n\
             --A1/mail\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mail.example.org\nX-Postfix-Queue-ID: 4F1\n\n{recipient}\nAction: {action}\n\
             Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1\n    nobody lives here\n\n\
             --A1/mail\nContent-Type: message/rfc822\n\nTo: bob@example.org\nSubject: Set up\n\n\
             Action: failed\n\n--A1/mail--\n"
        )
    }

    #[test]
    fn a_report_names_the_address_that_was_written_to() {
        let bob = "Final-Recipient: rfc822; bob@relay.example.net\n\
                   Original-Recipient: rfc822;bob@example.org";
        let found = read(postfix("failed", bob).as_bytes()).unwrap();
        let expected =
            Bounces { reports: 1, others: 0, addresses: vec!["bob@example.org".to_owned()] };
        assert_eq!(found, expected);
        let crlf = postfix("failed", bob).replace('\n', "\r\n");
        assert_eq!(read(crlf.as_bytes()).unwrap(), expected);
        let without = read(postfix("Failed", "Final-Recipient: RFC822; c@example.org").as_bytes());
        assert_eq!(without.unwrap().addresses, ["c@example.org"]);
    }

    #[test]
    fn a_delay_and_a_mail_of_a_person_are_no_failures() {
        let delayed = postfix("delayed", "Final-Recipient: rfc822; bob@example.org");
        assert_eq!(read(delayed.as_bytes()).unwrap().addresses, [""; 0]);
        let person = "From: eve@example.org\nSubject: Re\n\nAction: failed\n\
                      Final-Recipient: rfc822; bob@example.org\n";
        let found = read(person.as_bytes()).unwrap();
        assert_eq!((found.reports, found.others, found.addresses.len()), (0, 1, 0));
        for nonsense in [&b""[..], b"\xff\xfe", b"From ", b"Content-Type: multipart/report\n\n--"] {
            assert!(read(nonsense).is_ok_and(|found| found.addresses.is_empty()));
        }
    }

    #[test]
    fn an_mbox_file_has_several() {
        let of = |name: &str| {
            let recipient = format!("Final-Recipient: rfc822; {name}@example.org");
            format!(
                "From MAILER-DAEMON Sat Nov 28 12:00:00 2026\n{}\n",
                postfix("failed", &recipient)
            )
        };
        let found = read([of("a"), of("b"), of("a")].concat().as_bytes()).unwrap();
        assert_eq!(
            (found.reports, found.addresses),
            (3, vec!["a@example.org".into(), "b@example.org".into()])
        );
    }
}
