//! Secrets in the schema of ldap-user-manager (Luminary) and `pam_ldap_totp_auth`
//! (<https://github.com/wheelybird/ldap-totp-schema>): each in its user's own entry.

use monk_wire::Secret;

use super::record::{Attribute, Record, Value};
use crate::base32;
use crate::names::{self, Device, Who};
use crate::parsed::{Entry, Flaw, entry, shown};
use crate::values::USUAL;

const SECRET: Attribute = "totpSecret";
const STATUS: Attribute = "totpStatus";
const SCRATCH_CODE: Attribute = "totpScratchCode";

/// What is read of such an entry.
pub(super) const ATTRIBUTES: &[Attribute] = &[SECRET, STATUS, SCRATCH_CODE];

/// What older versions wrote in front of a scratch code.
const PREFIX: &str = "TOTP-SCRATCH:";

/// Digits of a scratch code.
const SCRATCH_DIGITS: usize = 8;

/// Scratch codes of a user: the program makes no more, and the engine takes no more.
const MOST_SCRATCH_CODES: usize = 10;

/// Whose a secret is, and what came of it; nothing if the entry has none and should have none.
pub(super) fn token(record: &Record) -> Option<(Who, Result<Entry, Flaw>)> {
    let status = record.text(STATUS);
    let is_active = |text: &str| text.eq_ignore_ascii_case("active");
    let has_one =
        record.has(SECRET) || status.as_ref().map_or(true, |status| status.is_some_and(is_active));
    has_one.then(|| {
        let user = record.login_name().ok().flatten().and_then(names::user);
        (Who { user, device: Device::Unsaid, serial: None }, device(record))
    })
}

fn device(record: &Record) -> Result<Entry, Flaw> {
    if let Some(status) = record.text(STATUS)? {
        match status.to_ascii_lowercase().as_str() {
            "active" => {}
            "none" | "pending" | "disabled" | "bypassed" => {
                return Err(Flaw::LeftOut(format!("its {STATUS} is {status}: left out")));
            }
            _ => {
                let status = shown(status);
                return Err(format!("its {STATUS} {status:?} is not known: correct it").into());
            }
        }
    }
    record.login_name()?;
    let secret = record.secret(SECRET)?.ok_or_else(|| {
        format!("it has no {SECRET}: export it as somebody who may read that, or with slapcat")
    })?;
    let seed = secret.expose_str().and_then(base32::decode);
    let seed = seed.ok_or_else(|| format!("its {SECRET} is not in base 32"))?;
    let mut device = entry(record.line, seed, USUAL)?;
    let values = record.all(SCRATCH_CODE).count();
    device.scratch_codes =
        record.all(SCRATCH_CODE).filter_map(scratch_code).take(MOST_SCRATCH_CODES).collect();
    let others = values - device.scratch_codes.len();
    if others > 0 {
        device.warnings.push(format!(
            "{others} of {values} scratch codes are not taken: only {MOST_SCRATCH_CODES} of 8 digits are"
        ));
    }
    Ok(device)
}

fn scratch_code(value: &Value) -> Option<Secret> {
    let text = value.text()?;
    let code = text.strip_prefix(PREFIX).unwrap_or(text);
    let fits = code.len() == SCRATCH_DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| Secret::new(code.as_bytes()))
}
