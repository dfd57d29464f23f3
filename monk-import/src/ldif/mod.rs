//! Exports of directories (LDIF, RFC 2849) that keep second factors: FreeIPA, OATH-LDAP and OpenLDAP's
//! overlay `otp`, ldap-user-manager. One file may have entries of all of them.

mod dn;
mod freeipa;
mod ldap_user_manager;
mod oath_ldap;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod validity;

use std::collections::HashMap;
use std::time::SystemTime;

use self::oath_ldap::Tokens;
use self::record::{Attribute, DESCRIPTION, OBJECT_CLASS, Record, UID};
use crate::parsed::{Leniency, MOST_PROBLEMS, Parsed};
use crate::systems::System;

/// Whether a text begins as LDIF does: with its version, or with the name of an entry.
#[must_use]
pub fn begins(text: &str) -> bool {
    reader::begins(text)
}

/// Reads an export.
#[must_use]
pub fn parse(text: &str, leniency: Leniency, now: SystemTime) -> Parsed {
    let mut parsed = Parsed::default();
    let contents = reader::read(text, wanted);
    for (line, message) in contents.faults {
        parsed.problem(line, message);
        if parsed.is_full(line) {
            return parsed;
        }
    }
    // What a broken record was meant to say is missing from the others.
    if !parsed.problems.is_empty() || has_one_twice(&contents.records, &mut parsed) {
        return parsed;
    }
    let tokens = Tokens::of(&contents.records, &mut parsed);
    if parsed.problems.len() > MOST_PROBLEMS {
        return parsed;
    }
    for record in &contents.records {
        let found = [
            (System::FreeIpa, freeipa::token(record, leniency, now)),
            (System::OathLdap, tokens.token(record, leniency, now)),
            (System::LdapUserManager, ldap_user_manager::token(record)),
        ];
        for (system, found) in found {
            if let Some((who, device)) = found {
                parsed.systems.insert(system);
                parsed.take(record.line, who, device, leniency);
            }
        }
        if parsed.is_full(record.line) {
            break;
        }
    }
    parsed
}

/// The usual spelling of an attribute that is read.
fn wanted(name: &str) -> Option<Attribute> {
    [
        freeipa::ATTRIBUTES,
        oath_ldap::ATTRIBUTES,
        ldap_user_manager::ATTRIBUTES,
        &[OBJECT_CLASS, UID, DESCRIPTION],
    ]
    .into_iter()
    .flatten()
    .find(|known| known.eq_ignore_ascii_case(name))
    .copied()
}

/// Whether two records have the same name, of which nobody knows which is the newer one.
fn has_one_twice(records: &[Record], parsed: &mut Parsed) -> bool {
    let mut lines = HashMap::new();
    for record in records {
        if let Some(first) = lines.insert(record.dn.key(), record.line) {
            let message = format!("the same entry as in line {first}: remove one of them");
            parsed.problem(record.line, message);
        }
        if parsed.is_full(record.line) {
            return true;
        }
    }
    !parsed.problems.is_empty()
}
