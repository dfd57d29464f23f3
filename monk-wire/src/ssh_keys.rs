//! What `monk-ssh-keys` asks for sshd: the public keys that a user logs in with.

use serde::{Deserialize, Serialize};

use crate::bounded;

/// A question for the keys of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyQuery {
    /// The user's name, as sshd has it.
    pub user: String,
    /// The PAM service of the sshd, whose policy says which groups may log in.
    pub service: String,
    /// Milliseconds that the engine may take.
    pub budget_ms: u32,
}

/// Most lines of a reply. People have a few keys, and sshd tries each line with each key that is offered.
pub const MOST_LINES: usize = 256;

/// Longest line, in bytes: an RSA key of 16384 bits takes 2,800, a certificate with many principals some more.
pub const LONGEST_LINE: usize = 16 * 1024;

/// Most bytes of all lines together, within a reply.
pub const MOST_BYTES: usize = 256 * 1024;

/// Lines of `authorized_keys` (sshd(8)), each of which [`is_one_line`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLines(#[serde(deserialize_with = "bounded::list::<MOST_LINES, _, _>")] Vec<String>);

impl KeyLines {
    /// Those of `lines` that are one line each, in their order, as far as there is room; and how many are left
    /// out.
    #[must_use]
    pub fn of(lines: Vec<String>) -> (Self, usize) {
        let all = lines.len();
        let mut room = MOST_BYTES;
        let mut kept: Vec<String> = lines.into_iter().filter(|line| is_one_line(line)).collect();
        kept.truncate(MOST_LINES);
        let fitting = kept.iter().take_while(|line| {
            let left = room.checked_sub(line.len());
            room = left.unwrap_or(0);
            left.is_some()
        });
        let fitting = fitting.count();
        kept.truncate(fitting);
        let left_out = all - kept.len();
        (Self(kept), left_out)
    }

    /// The lines, without their ends. None that came over a socket is more than one line to sshd.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|line| is_one_line(line))
    }
}

/// Whether a text is one line to sshd, which ends lines at a line feed and texts at a NUL: nobody who may write
/// one key into a directory adds a second one behind it. Tabs may stand between fields.
#[must_use]
pub fn is_one_line(text: &str) -> bool {
    let is_clean = text.chars().all(|char| char == '\t' || !char.is_control());
    !text.trim().is_empty() && text.len() <= LONGEST_LINE && is_clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{self, HEADER, MAX_REPLY};

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGCZ alice@laptop";

    #[test]
    fn options_comments_and_certificates_stay_as_they_are() {
        let lines = [
            KEY,
            "from=\"192.0.2.*,!192.0.2.7\",command=\"echo \\\"hello\\\"\",no-pty ssh-rsa AAAAB3N ä ö",
            "cert-authority,principals=\"alice,ops\" ecdsa-sha2-nistp256 AAAAE2V",
            "\tssh-ed25519\tAAAA  two blanks ",
            "ssh-ed25519-cert-v01@openssh.com AAAAIHNza",
        ];
        let (kept, left_out) = KeyLines::of(lines.map(str::to_owned).to_vec());
        assert_eq!((kept.iter().collect::<Vec<_>>(), left_out), (lines.to_vec(), 0));
    }

    #[test]
    fn what_sshd_could_read_as_a_second_line_is_left_out() {
        let long = format!("{KEY} {}", "x".repeat(LONGEST_LINE));
        for wrong in [
            &format!("{KEY}\n{KEY}"),
            &format!("{KEY}\n"),
            &format!("{KEY}\r{KEY}"),
            &format!("{KEY}\0{KEY}"),
            &format!("{KEY}\u{85}{KEY}"),
            &format!("{KEY}\u{b}"),
            &format!("{KEY}\u{1b}[2J"),
            "",
            " \t",
            &long,
        ] {
            assert!(!is_one_line(wrong), "{wrong:?}");
            let (kept, left_out) = KeyLines::of(vec![wrong.to_owned(), KEY.to_owned()]);
            assert_eq!((kept.iter().collect::<Vec<_>>(), left_out), (vec![KEY], 1), "{wrong:?}");
        }
    }

    #[test]
    fn what_a_reply_has_room_for_comes_back_from_a_frame() {
        let longest = "x".repeat(LONGEST_LINE);
        let whole = MOST_BYTES / LONGEST_LINE;
        for (lines, expected) in [
            (vec![KEY.to_owned(); MOST_LINES + 3], MOST_LINES),
            (vec![longest; MOST_LINES], whole),
            (vec![], 0),
        ] {
            let all = lines.len();
            let (kept, left_out) = KeyLines::of(lines);
            assert_eq!((kept.iter().count(), left_out), (expected, all - expected));
            let frame = frame::encode(&kept, 1, MAX_REPLY / 2 + 4 * MOST_LINES).unwrap();
            assert_eq!(frame::decode::<KeyLines>(&frame[HEADER..]), Ok(kept));
        }
    }

    #[test]
    fn lines_of_whatever_sent_them_are_looked_at_again() {
        let lines = [KEY, "a\nb", ""].map(str::to_owned).to_vec();
        let frame = frame::encode(&lines, 1, MAX_REPLY).unwrap();
        let read = frame::decode::<KeyLines>(&frame[HEADER..]).unwrap();
        assert_eq!(read.iter().collect::<Vec<_>>(), [KEY]);
        let too_many = vec![KEY.to_owned(); MOST_LINES + 1];
        let frame = frame::encode(&too_many, 1, MAX_REPLY).unwrap();
        assert!(frame::decode::<KeyLines>(&frame[HEADER..]).is_err());
    }
}
