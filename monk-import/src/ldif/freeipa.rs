//! Tokens of FreeIPA, as entries below `cn=otp` (its schema, `70ipaotp.ldif`; what the server makes of
//! them, `libotp/otp_token.c`).

use std::time::SystemTime;

use monk_wire::manage::TotpParameters;

use super::record::{Attribute, DESCRIPTION, Record};
use super::validity;
use crate::names::{self, Device, Who};
use crate::parsed::{Entry, Flaw, Kind, Leniency, entry, shown};
use crate::values::{USUAL, algorithm};

const KEY: Attribute = "ipatokenOTPkey";
const OWNER: Attribute = "ipatokenOwner";
const ID: Attribute = "ipatokenUniqueID";
const ALGORITHM: Attribute = "ipatokenOTPalgorithm";
const DIGITS: Attribute = "ipatokenOTPdigits";
const STEP: Attribute = "ipatokenTOTPtimeStep";
const OFFSET: Attribute = "ipatokenTOTPclockOffset";
const COUNTER: Attribute = "ipatokenHOTPcounter";
const DISABLED: Attribute = "ipatokenDisabled";
const NOT_BEFORE: Attribute = "ipatokenNotBefore";
const NOT_AFTER: Attribute = "ipatokenNotAfter";
const VENDOR: Attribute = "ipatokenVendor";
const MODEL: Attribute = "ipatokenModel";

/// What is read of such an entry.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    KEY, OWNER, ID, ALGORITHM, DIGITS, STEP, OFFSET, COUNTER, DISABLED, NOT_BEFORE, NOT_AFTER,
    VENDOR, MODEL,
];

/// Classes of tokens, in small letters.
const TOTP: &str = "ipatokentotp";
const HOTP: &str = "ipatokenhotp";

/// Shortest step that the server keeps to, in seconds; it takes 30 for any below.
const SHORTEST_STEP: u32 = 5;

/// The name of a device that has none.
const LABEL: &str = "FreeIPA token";

/// Groups of a UUID, which FreeIPA makes up where nobody gave a name.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// Whose a token is, and what came of it; nothing if the entry is no token.
pub(super) fn token(
    record: &Record,
    leniency: Leniency,
    now: SystemTime,
) -> Option<(Who, Result<Entry, Flaw>)> {
    let is_token = record.has(KEY) || [TOTP, HOTP].into_iter().any(|class| record.is_of(class));
    is_token.then(|| (who(record), device(record, leniency, now)))
}

fn device(record: &Record, leniency: Leniency, now: SystemTime) -> Result<Entry, Flaw> {
    if let Some(text) = record.text(DISABLED)? {
        match text.to_ascii_uppercase().as_str() {
            "TRUE" => return Err(Flaw::LeftOut(format!("it is disabled ({DISABLED}): left out"))),
            "FALSE" => {}
            _ => return Err(format!("its {DISABLED} is neither TRUE nor FALSE").into()),
        }
    }
    let mut warnings = Vec::new();
    warnings.extend(validity::check(record, (NOT_BEFORE, NOT_AFTER), leniency, now)?);
    if record.is_of(HOTP) || record.has(COUNTER) {
        return Err(Flaw::Kind(Kind::Hotp));
    }
    if !record.is_of(TOTP) && !record.has(STEP) {
        return Err(
            "it does not say whether it counts or goes by the clock: export its objectClass, too"
                .into(),
        );
    }
    record.dn(OWNER)?;
    let seed = record.secret(KEY)?.ok_or_else(|| {
        format!("it has no {KEY}, which only the Directory Manager may read: export it as cn=Directory Manager")
    })?;
    let digits = record.count(DIGITS)?.ok_or_else(|| {
        format!("it has no {DIGITS}, without which FreeIPA takes no code of it either")
    })?;
    let mut parameters = TotpParameters { digits, ..USUAL };
    if let Some(name) = record.text(ALGORITHM)? {
        parameters.algorithm = algorithm(name).ok_or_else(|| {
            format!("its {ALGORITHM} {:?} is none that monk knows: enrol another", shown(name))
        })?;
    }
    if let Some(step) = record.count(STEP)?.filter(|step| *step >= SHORTEST_STEP) {
        parameters.period = step;
    }
    warnings.extend(validity::of_clock(record.number(OFFSET)?.unwrap_or(0)));
    let mut device = entry(record.line, seed, parameters)?;
    device.warnings.append(&mut warnings);
    Ok(device)
}

/// Its owner, and what it is called: a description, its id if somebody has chosen it, or its maker.
fn who(record: &Record) -> Who {
    let text = |attribute| record.text(attribute).ok().flatten();
    let owner = record.dn(OWNER).ok().flatten();
    let id = text(ID);
    let maker: Vec<&str> = [VENDOR, MODEL].into_iter().filter_map(text).collect();
    let name = text(DESCRIPTION)
        .or_else(|| id.filter(|id| !is_uuid(id)))
        .map(str::to_owned)
        .or_else(|| (!maker.is_empty()).then(|| maker.join(" ")));
    Who {
        user: owner.and_then(|owner| names::user(owner.uid()?)),
        device: Device::of(name.as_deref().unwrap_or(LABEL)),
        serial: id.map(str::to_owned),
    }
}

fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(|group| {
        if group.bytes().all(|byte| byte.is_ascii_hexdigit()) { group.len() } else { 0 }
    });
    groups.eq(UUID)
}
