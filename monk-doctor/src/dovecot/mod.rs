//! Dovecot's configuration, as `doveconf -n` prints it: 2.3, and what 2.4 has changed of it.
//!
//! | file | what it does |
//! |---|---|
//! | `config` | reads blocks and settings, and which of them are a protocol's |
//! | `passdb` | reads one passdb |
//! | `protocol` | one protocol: its passdbs, and what clients are offered |
//! | `surroundings` | what all of it is compared with |
//! | `chain` | follows every way through a chain of passdbs |
//! | `chains` | judges the chain of each protocol, and finds the remedy that mends it |
//! | `mechanisms` | judges what clients are offered |
//! | `proxies` | judges what a proxy hands on, and whom a back end lets in |
//! | `services` | judges the PAM services that are asked |

mod chain;
mod chains;
mod config;
mod mechanisms;
mod passdb;
mod protocol;
mod proxies;
mod services;
mod surroundings;

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Kind, Severity};

use crate::finding::Findings;

pub use config::Block;
use passdb::Passdb;
use protocol::Protocol;
use surroundings::PROTOCOLS;
pub use surroundings::Surroundings;

/// Most passdbs of a protocol that are followed. Servers have one to four.
const MAX_PASSDBS: usize = 64;

/// Judges the configuration, if Dovecot has to do with monk at all.
pub fn examine(root: &Block, around: &Surroundings<'_>, findings: &mut Findings) {
    let protocols: Vec<Protocol<'_>> =
        names(root, around).iter().map(|name| Protocol::of(root, name)).collect();
    let asks_monk = |protocol: &Protocol<'_>| {
        let of_pam = protocol.passdbs.iter().filter(|passdb| passdb.driver == "pam");
        of_pam.map(|passdb| passdb.service(&protocol.name)).any(|name| around.asks_monk(&name))
    };
    proxies::examine_back_end(&protocols, findings);
    if !around.guards_mail() && !protocols.iter().any(asks_monk) {
        return;
    }
    let before = findings.0.len();
    if protocols.iter().any(|protocol| protocol.passdbs.len() > MAX_PASSDBS) {
        findings.report_as(
            Kind::DovecotNotExamined,
            Severity::Warning,
            "dovecot",
            format!("a protocol has more than {MAX_PASSDBS} passdbs: they were not followed"),
            "Let passdb pam be the only one.",
        );
        return;
    }
    services::examine(&protocols, around, findings);
    chains::examine(&protocols, around, findings);
    proxies::examine_proxy(&protocols, around, findings);
    mechanisms::examine(&protocols, around, findings);
    cache(&protocols, findings);
    messages(&protocols, findings);
    mailboxes(&protocols, findings);
    cleartext(&protocols, findings);
    // Protocols have most blocks in common.
    let mut told = findings.0.split_off(before);
    told.sort_by(|one, other| {
        (&one.id, &one.subject, &one.evidence).cmp(&(&other.id, &other.subject, &other.evidence))
    });
    told.dedup();
    findings.0.extend(told);
    if findings.0.len() == before {
        findings.ok(Kind::DovecotAuthCache, "dovecot", "asks monk alone, and keeps no answers");
    }
}

/// The names by which Dovecot asks its passdbs: its protocols, and those of Postfix and others that ask it.
fn names(root: &Block, around: &Surroundings<'_>) -> BTreeSet<String> {
    let enabled = root.words("protocols").unwrap_or_else(|| vec!["imap", "pop3"]);
    let own = PROTOCOLS.into_iter().filter(|protocol| enabled.contains(protocol));
    let mut names: BTreeSet<String> = own.map(str::to_owned).collect();
    names.extend(around.postfix.iter().cloned());
    if around.postfix.is_empty() && is_asked(root) {
        names.insert("smtp".to_owned());
    }
    names
}

/// Whether another program may ask about passwords: `service auth` has a socket of its own for it.
fn is_asked(root: &Block) -> bool {
    let auth = root.blocks.iter().filter(|block| block.head == "service auth");
    let mut sockets = auth.flat_map(|auth| &auth.blocks).filter_map(|socket| {
        let (kind, name) = socket.head.split_once(char::is_whitespace)?;
        kind.ends_with("_listener").then(|| name.trim().rsplit('/').next())?
    });
    sockets.any(|name| {
        !["auth-userdb", "auth-master", "auth-worker", "login", "token-login"].contains(&name)
    })
}

/// Dovecot 2.3 keeps answers of PAM where both settings are on; 2.4 where there is a size.
fn cache(protocols: &[Protocol<'_>], findings: &mut Findings) {
    const REMEDY: &str =
        "Remove auth_cache_size and cache_key from the configuration, and restart Dovecot.";
    for protocol in protocols {
        let size = protocol.view.get("auth_cache_size").filter(|size| {
            size.chars().any(|char| matches!(char, '1'..='9')) || *size == "unlimited"
        });
        for passdb in protocol.passdbs.iter().filter(|passdb| passdb.driver == "pam") {
            let key = passdb.arguments().find(|word| word.starts_with("cache_key="));
            let used = if passdb.is_new() { passdb.may_cache() } else { key.is_some() };
            let (kind, evidence) = match (size, used) {
                (Some(size), true) => (
                    Kind::DovecotAuthCache,
                    format!(
                        "auth_cache_size = {size}{}: PASSWORD;CODE is accepted again for as long as the \
                         cache keeps it",
                        key.map_or_else(String::new, |key| format!(", {key}"))
                    ),
                ),
                (Some(size), false) => (
                    Kind::DovecotCacheSetting,
                    format!(
                        "auth_cache_size = {size}, without cache_key: nothing of PAM is kept yet"
                    ),
                ),
                (None, true) if !passdb.is_new() => (
                    Kind::DovecotCacheSetting,
                    format!(
                        "{}, without auth_cache_size: nothing is kept yet",
                        key.unwrap_or_default()
                    ),
                ),
                (None, _) => continue,
            };
            findings.report(kind, "passdb pam", evidence, REMEDY);
        }
    }
}

fn messages(protocols: &[Protocol<'_>], findings: &mut Findings) {
    let mut passdbs = protocols.iter().flat_map(|protocol| &protocol.passdbs);
    if passdbs.any(|passdb| passdb.driver == "pam" && passdb.shows_messages()) {
        findings.report(
            Kind::DovecotFailureMessages,
            "passdb pam",
            "failure_show_msg = yes: clients see what the modules say",
            "Nothing, if that is meant: monk's own words tell nothing.",
        );
    }
}

/// Whether those who are let in get at their mailboxes. Postfix asks for no mailbox.
fn mailboxes(protocols: &[Protocol<'_>], findings: &mut Findings) {
    let with_mail = protocols.iter().filter(|protocol| PROTOCOLS.contains(&protocol.name.as_str()));
    let lacks = |protocol: &&Protocol<'_>| {
        let is_proxy = protocol.passdbs.iter().any(Passdb::is_proxy);
        let has_userdb = !protocol.view.blocks("userdb").is_empty();
        !is_proxy && !has_userdb && protocol.view.get("mail_uid").is_none()
    };
    let names: Vec<&str> = with_mail.filter(lacks).map(|protocol| protocol.name.as_str()).collect();
    if !names.is_empty() {
        findings.report(
            Kind::DovecotUserdbMissing,
            "userdb",
            format!(
                "{}: there is no userdb and no mail_uid: a login is granted and spends its code, and then \
                 fails because nobody says whose mail it is",
                names.join(", ")
            ),
            "Add userdb { driver = passwd } if the users have accounts on this machine, or a userdb of \
             driver static, ldap or sql that knows them, and restart Dovecot.",
        );
    }
}

/// Whether passwords may cross the network as they are.
fn cleartext(protocols: &[Protocol<'_>], findings: &mut Findings) {
    for protocol in protocols.iter().filter(|one| PROTOCOLS.contains(&one.name.as_str())) {
        let get = |key| protocol.view.get(key);
        let setting = match (get("disable_plaintext_auth"), get("auth_allow_cleartext")) {
            (Some("no"), _) => "disable_plaintext_auth = no",
            (_, Some("yes")) => "auth_allow_cleartext = yes",
            _ => continue,
        };
        if get("ssl") != Some("required") {
            findings.report(
                Kind::DovecotCleartext,
                setting,
                "clients may send passwords before STARTTLS: they cross the network in the clear",
                "Remove this setting, and restart Dovecot.",
            );
        }
    }
}

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod dovecot_tests;
#[cfg(test)]
mod tests;
