//! Lines of `authorized_keys` (sshd(8)): what is one, and which key it holds.
//!
//! The key itself is for sshd to judge. Here it only has to be whole: what was cut off or wrapped when it was
//! pasted opens nothing, and nobody would find out why.

use data_encoding::{BASE64, BASE64_NOPAD};
use sha2::{Digest, Sha256};

/// Longest line in bytes: a certificate, or an RSA key of 16,384 bits with some options, has 4,000.
pub const MAX_LINE: usize = 8 * 1024;

/// What the type of a certificate ends with (PROTOCOL.certkeys of OpenSSH).
const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// The key of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizedKey<'a> {
    /// The type, such as `ssh-ed25519`.
    pub algorithm: &'a str,
    /// The fingerprint as `ssh-keygen -l` writes it: `SHA256:…`.
    pub fingerprint: String,
    /// What stands behind the key; empty for nothing.
    pub comment: &'a str,
}

impl<'a> AuthorizedKey<'a> {
    /// Reads a line: options, type, key and comment, of which the first and the last may be missing.
    #[must_use]
    pub fn read(line: &'a str) -> Option<Self> {
        if line.len() > MAX_LINE || line.chars().any(|one| one.is_control() && one != '\t') {
            return None;
        }
        let line = line.trim();
        Self::without_options(line).or_else(|| Self::without_options(behind_options(line)?))
    }

    fn without_options(text: &'a str) -> Option<Self> {
        let (algorithm, rest) = text.split_once([' ', '\t'])?;
        let rest = rest.trim_start();
        let (key, comment) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let bytes = BASE64.decode(key.as_bytes()).ok()?;
        is_whole(&bytes, algorithm).then(|| Self {
            algorithm,
            fingerprint: format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(&bytes))),
            comment: comment.trim(),
        })
    }
}

/// What stands behind the options: they end at the first blank outside quotation marks, and `\"` does not count as one
/// (`sshkey_advance_past_options` of OpenSSH).
fn behind_options(line: &str) -> Option<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = line.find(|one| {
        let is_end = !is_quoted && matches!(one, ' ' | '\t');
        match one {
            '"' if !is_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        is_escaped = one == '\\';
        is_end
    })?;
    Some(line[end..].trim_start())
}

/// Whether the bytes are a key of that type, to the last one: fields with their lengths before them (RFC 4253
/// §6.6), of which the first is the type. Certificates have other fields, too.
fn is_whole(bytes: &[u8], algorithm: &str) -> bool {
    let Some((name, mut rest)) = field(bytes) else { return false };
    if name != algorithm.as_bytes() || name.is_empty() || rest.is_empty() {
        return false;
    }
    if algorithm.ends_with(CERTIFICATE) {
        return true;
    }
    while !rest.is_empty() {
        match field(rest) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

/// The first field, and what follows it.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with ssh-keygen, which says this fingerprint of it.
    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAINDNlh0dRHa+riPsGunUE8Ebzd6wF3KaAo4Nm+ykPs4L";
    const FINGERPRINT: &str = "SHA256:VfL48Pqu5jIoCA+ilDNtjDmpXTpa5x1K1vROXt5hTpU";

    #[test]
    fn a_line_is_read_with_and_without_options_and_comment() {
        for (line, comment) in [
            (format!("ssh-ed25519 {KEY}"), ""),
            (format!("  ssh-ed25519\t{KEY}  alice@host at home "), "alice@host at home"),
            (format!("restrict,pty ssh-ed25519 {KEY} alice"), "alice"),
            (format!("command=\"echo \\\"a b\\\" ssh-rsa\",no-pty ssh-ed25519 {KEY} x"), "x"),
            (format!("cert-authority,principals=\"a,b\" ssh-ed25519 {KEY}"), ""),
        ] {
            let key = AuthorizedKey::read(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((key.algorithm, key.fingerprint.as_str()), ("ssh-ed25519", FINGERPRINT));
            assert_eq!(key.comment, comment);
        }
    }

    #[test]
    fn what_is_cut_off_wrapped_or_something_else_is_no_key() {
        let long = format!("ssh-ed25519 {KEY} {}", "x".repeat(MAX_LINE));
        for line in [
            "",
            "# a comment",
            "ssh-ed25519",
            "ssh-ed25519 ",
            "alice",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            &format!("ssh-rsa {KEY}"),
            &format!("ssh-ed25519 {}", &KEY[..KEY.len() - 4]),
            &format!("ssh-ed25519 {}", &KEY[..KEY.len() - 1]),
            &format!("ssh-ed25519 {KEY}AAAA"),
            &format!("ssh-ed25519 {}\n{}", &KEY[..40], &KEY[40..]),
            &format!("command=\"open ssh-ed25519 {KEY}"),
            &format!("no-pty, x ssh-ed25519 {KEY}"),
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
            &long,
        ] {
            assert_eq!(AuthorizedKey::read(line), None, "{line}");
        }
    }
}
