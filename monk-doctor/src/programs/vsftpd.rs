//! vsftpd, whose file has one setting a line.

use monk_wire::manage::doctor::Kind;

use super::surroundings::Surroundings;
use crate::finding::Findings;
use crate::machine::Machine;
use crate::steps;

/// The file on Debian, and on others.
const FILES: [&str; 2] = ["/etc/vsftpd.conf", "/etc/vsftpd/vsftpd.conf"];

/// What is wrong with the way in which passwords come, if something is. `None` where vsftpd asks
/// nothing of `asks_monk`.
pub(super) fn in_clear(
    text: &str,
    mut asks_monk: impl FnMut(&str) -> bool,
) -> Option<Option<&'static str>> {
    let value = |wanted: &str| {
        let mut settings = steps::lines(text).rev().filter_map(|line| line.split_once('='));
        settings.find(|(name, _)| *name == wanted).map(|(_, value)| value.trim())
    };
    let is = |name: &str, usual: bool| {
        value(name).map_or(usual, |value| {
            ["YES", "TRUE", "1"].contains(&value.to_ascii_uppercase().as_str())
        })
    };
    if !is("local_enable", false) || !asks_monk(value("pam_service_name").unwrap_or("ftp")) {
        return None;
    }
    if !is("ssl_enable", false) {
        return Some(Some(
            "ssl_enable is not YES: every password crosses the network in the clear",
        ));
    }
    Some(
        (!is("force_local_logins_ssl", true))
            .then_some("force_local_logins_ssl=NO: clients may send the password in the clear"),
    )
}

/// The texts of its files.
pub(super) fn files(machine: &Machine) -> Vec<String> {
    FILES.iter().filter_map(|path| machine.read(path).ok()).collect()
}

/// Looks at vsftpd.
pub(super) fn examine(around: &Surroundings<'_>, findings: &mut Findings) {
    if around.machine.program("vsftpd").is_none() {
        return;
    }
    for path in FILES {
        let Ok(text) = around.machine.read(path) else { continue };
        match in_clear(&text, |service| around.asks_monk(service)) {
            Some(Some(why)) => {
                let remedy = "Write: ssl_enable=YES and force_local_logins_ssl=YES";
                findings.report(Kind::VsftpdCleartext, path, why, remedy);
            }
            Some(None) => {
                findings.ok(Kind::VsftpdCleartext, path, "passwords for PAM come over TLS only");
            }
            None => {}
        }
    }
}
