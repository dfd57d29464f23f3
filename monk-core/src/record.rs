//! Reading the records of credentials and of their uses, in one pass.
//!
//! Every login reads all records of its user. The fields of all kinds stand side by side in a record
//! (`{"v":1,"id":…,"kind":"totp","digits":6,…}`), so they are read side by side, and put where they
//! belong afterwards. Serde's own way to that form (`flatten` within a tagged enum) reads each record
//! into a tree first, once for each level, and takes nearly twice as long.

use ipnet::IpNet;
use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer};

use crate::app_password::{AppPasswordRecord, Scope};
use crate::backup_codes::{BackupCodesRecord, Shape};
use crate::credential::{Credential, CredentialId, Factor, Spent, Use, VERSION, is_label};
use crate::emailed::{EmailRecord, Emailed, Outstanding};
use crate::enrolment_code::{Door, EnrolmentCodeRecord};
use crate::hash::{Cost, Hashes};
use crate::keys::KeyId;
use crate::register::Register;
use crate::seal::Sealed;
use crate::text;
use crate::totp::{Algorithm, Parameters, TotpRecord};

/// What stands in the record of a credential, of whatever kind.
#[derive(Deserialize)]
struct CredentialFields {
    #[serde(deserialize_with = "word")]
    kind: CredentialKind,
    v: u8,
    id: CredentialId,
    label: String,
    created: u64,
    // Devices.
    algorithm: Option<Algorithm>,
    digits: Option<u8>,
    period: Option<u64>,
    seed: Option<Sealed>,
    // Devices and addresses.
    #[serde(default)]
    pending: bool,
    // App passwords, codes on paper and enrolment codes.
    key: Option<KeyId>,
    m: Option<u32>,
    t: Option<u32>,
    salt: Option<String>,
    hashes: Option<Vec<String>>,
    // App passwords.
    public: Option<String>,
    services: Option<Vec<String>>,
    #[serde(default)]
    networks: Vec<IpNet>,
    // App passwords and enrolment codes.
    expires: Option<u64>,
    // Codes on paper.
    #[serde(default)]
    shape: Shape,
    // Addresses.
    address: Option<String>,
}

/// What stands in every record of a credential.
#[derive(Deserialize)]
struct AnyCredential {
    #[serde(deserialize_with = "word")]
    kind: CredentialKind,
    v: u8,
    id: CredentialId,
    label: String,
    created: u64,
}

/// What stands in every record of a use.
#[derive(Deserialize)]
struct AnyUse {
    #[serde(deserialize_with = "word")]
    kind: UseKind,
    v: u8,
    id: CredentialId,
    at: u64,
    n: u64,
}

/// What a credential is; by the same name in the record.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CredentialKind {
    Totp,
    AppPassword,
    BackupCodes,
    EnrolmentCode,
    Email,
    /// One that a newer monk knows.
    #[serde(other)]
    Unknown,
}

/// Whose use it is; by the same name in the record.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UseKind {
    Totp,
    AppPassword,
    BackupCodes,
    EnrolmentCode,
    Emailed,
    Register,
    /// One that a newer monk knows.
    #[serde(other)]
    Unknown,
}

/// Reads one of several words. Serde itself would also take `{"totp": null}` for `"totp"`.
fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    T::deserialize(String::deserialize(from)?.into_deserializer())
}

/// What stands in the record of a use, of whatever kind.
#[derive(Deserialize)]
struct UseFields {
    #[serde(deserialize_with = "word")]
    kind: UseKind,
    v: u8,
    id: CredentialId,
    at: u64,
    n: u64,
    // Devices.
    step: Option<u64>,
    // Codes on paper.
    codes: Option<Vec<usize>>,
    // Enrolment codes.
    doors: Option<Vec<Door>>,
    // App passwords.
    service: Option<String>,
    from: Option<String>,
    // Codes that were sent.
    code: Option<Outstanding>,
    #[serde(default)]
    sent: Vec<u64>,
    opened: Option<u64>,
    begun: Option<String>,
    // The register.
    generation: Option<String>,
    holds: Option<Vec<String>>,
}

/// Reads the record of a credential; `None` where that cannot be done.
pub(crate) fn credential(record: &str) -> Option<Credential> {
    let Ok(mut fields) = serde_json::from_str::<CredentialFields>(record) else {
        // What a newer monk wrote may have fields of the same names and other types.
        let AnyCredential { kind, v, id, label, created } = serde_json::from_str(record).ok()?;
        let is_newer = v == VERSION && kind == CredentialKind::Unknown;
        let is_newer = is_newer && text::is_plain(&label);
        return is_newer.then(|| Credential::new(id, label, created, Factor::Unknown));
    };
    if fields.v != VERSION {
        return None;
    }
    let factor = fields.factor()?;
    if !may_be_shown(&factor, &fields.label) {
        return None;
    }
    let CredentialFields { id, label, created, .. } = fields;
    Some(Credential::new(id, label, created, factor))
}

/// Reads the record of a use; `None` where that cannot be done.
pub(crate) fn usage(record: &str) -> Option<Use> {
    let Ok(fields) = serde_json::from_str::<UseFields>(record) else {
        let AnyUse { kind, v, id, at, n } = serde_json::from_str(record).ok()?;
        let is_newer = v == VERSION && kind == UseKind::Unknown;
        return is_newer.then(|| Use::new(id, at, Spent::Unknown).numbered(n));
    };
    if fields.v != VERSION {
        return None;
    }
    let spent = match fields.kind {
        UseKind::Totp => Spent::Totp { step: fields.step? },
        UseKind::BackupCodes => Spent::BackupCodes { codes: fields.codes? },
        UseKind::EnrolmentCode => Spent::EnrolmentCode { doors: fields.doors? },
        UseKind::AppPassword => {
            let (service, from) = (fields.service?, fields.from);
            let fits = |text: &String| text::is_short_and_plain(text, text::MAX_NAME);
            if !fits(&service) || !from.iter().all(fits) {
                return None;
            }
            Spent::AppPassword { service, from }
        }
        UseKind::Emailed => Spent::Emailed(Emailed {
            code: fields.code,
            sent: fields.sent,
            opened: fields.opened,
            begun: fields.begun,
        }),
        UseKind::Register => {
            Spent::Register(Register { generation: fields.generation?, holds: fields.holds? })
        }
        UseKind::Unknown => Spent::Unknown,
    };
    Some(Use::new(fields.id, fields.at, spent).numbered(fields.n))
}

/// Whether everything of it that people get to see is what it looks like. An address is its own name.
fn may_be_shown(factor: &Factor, label: &str) -> bool {
    match factor {
        Factor::Email(EmailRecord { address, .. }) => {
            address.iter().all(|address| text::is_address(address))
                && text::is_short_and_plain(label, text::MAX_ADDRESS)
        }
        Factor::AppPassword(record) => {
            let fits = |name: &String| text::is_short_and_plain(name, text::MAX_NAME);
            is_label(label)
                && text::is_plain(&record.public)
                && record.scope.services.iter().all(fits)
        }
        _ => is_label(label),
    }
}

impl CredentialFields {
    fn factor(&mut self) -> Option<Factor> {
        Some(match self.kind {
            CredentialKind::Totp => Factor::Totp(TotpRecord {
                parameters: Parameters {
                    algorithm: self.algorithm?,
                    digits: self.digits?,
                    period: self.period?,
                },
                seed: self.seed.take()?,
                pending: self.pending,
            }),
            CredentialKind::AppPassword => Factor::AppPassword(AppPasswordRecord {
                public: self.public.take()?,
                hash: self.hashes()?,
                scope: Scope {
                    services: self.services.take()?,
                    networks: std::mem::take(&mut self.networks),
                },
                expires: self.expires,
            }),
            CredentialKind::BackupCodes => {
                Factor::BackupCodes(BackupCodesRecord { hashes: self.hashes()?, shape: self.shape })
            }
            CredentialKind::EnrolmentCode => Factor::EnrolmentCode(EnrolmentCodeRecord {
                hashes: self.hashes()?,
                expires: self.expires?,
            }),
            CredentialKind::Email => {
                Factor::Email(EmailRecord { address: self.address.take(), pending: self.pending })
            }
            CredentialKind::Unknown => Factor::Unknown,
        })
    }

    fn hashes(&mut self) -> Option<Hashes> {
        let cost = Cost { memory_kib: self.m?, passes: self.t? };
        Some(Hashes::from_parts(self.key.take()?, cost, self.salt.take()?, self.hashes.take()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One record of each kind, with every field that it can have.
    const CREDENTIAL_RECORDS: [&str; 6] = [
        r#"{"v":1,"id":"00000000000000ff","label":"Phone","created":5,"kind":"totp","algorithm":"sha256","digits":8,"period":60,"seed":"aabbccdd:AAAA","pending":true}"#,
        r#"{"v":1,"id":"00000000000000ff","label":"Mail","created":5,"kind":"app-password","public":"abcd","key":"aabbccdd","m":1024,"t":1,"salt":"AA==","hashes":["BB=="],"services":["imap"],"networks":["192.0.2.0/24"],"expires":9}"#,
        r#"{"v":1,"id":"00000000000000ff","label":"Paper","created":5,"kind":"backup-codes","key":"aabbccdd","m":19456,"t":2,"salt":"AA==","hashes":["BB==","CC=="],"shape":"digits"}"#,
        r#"{"v":1,"id":"00000000000000ff","label":"Reset","created":5,"kind":"enrolment-code","key":"aabbccdd","m":19456,"t":2,"salt":"AA==","hashes":["BB=="],"expires":9}"#,
        r#"{"v":1,"id":"00000000000000ff","label":"At home","created":5,"kind":"email","address":"a@example.org","pending":true}"#,
        r#"{"v":1,"id":"00000000000000ff","label":"Eye","created":5,"kind":"unknown"}"#,
    ];

    const USE_RECORDS: [&str; 7] = [
        r#"{"v":1,"id":"00000000000000ff","at":5,"n":2,"kind":"totp","step":99}"#,
        r#"{"v":1,"id":"00000000000000ff","at":5,"n":2,"kind":"backup-codes","codes":[0,3]}"#,
        r#"{"v":1,"id":"00000000000000ff","at":5,"n":2,"kind":"enrolment-code","doors":["login","enrolment"]}"#,
        r#"{"v":1,"id":"00000000000000ff","at":5,"n":2,"kind":"app-password","service":"imap","from":"192.0.2.7"}"#,
        r#"{"v":1,"id":"00000000000000ff","at":5,"n":2,"kind":"emailed","code":{"hash":{"key":"aabbccdd","m":1024,"t":1,"salt":"AA==","hashes":["BB=="]},"sent":3,"expires":9,"tries":2,"used":true,"confirms":"00000000000000ff"},"sent":[3],"opened":4,"begun":"00ff"}"#,
        r#"{"v":1,"id":"register","at":5,"n":2,"kind":"register","generation":"00ff","holds":["AAAA"]}"#,
        r#"{"v":1,"id":"00000000000000ff","at":5,"n":2,"kind":"unknown"}"#,
    ];

    /// Every field that is written is read: what is written again is the same.
    #[test]
    fn a_record_of_every_kind_comes_back_as_it_was() {
        for record in CREDENTIAL_RECORDS {
            let read = credential(record).expect(record);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), record);
        }
        for record in USE_RECORDS {
            let read = usage(record).expect(record);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), record);
        }
    }

    /// What is missing is never made up: of all fields, only these may be left out.
    #[test]
    fn a_record_without_one_of_its_fields_cannot_be_read() {
        const OPTIONAL: [&str; 10] = [
            "pending", "networks", "expires", "shape", "address", "from", "code", "sent", "opened",
            "begun",
        ];
        let mut left_out = 0;
        for (records, is_read) in [
            (&CREDENTIAL_RECORDS[..], (|one| credential(one).is_some()) as fn(&str) -> bool),
            (&USE_RECORDS, |one| usage(one).is_some()),
        ] {
            for record in records {
                let whole: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(record).unwrap();
                for field in whole.keys() {
                    let mut part = whole.clone();
                    part.remove(field);
                    let is_optional = OPTIONAL.contains(&field.as_str())
                        && !(field == "expires" && record.contains("enrolment-code"));
                    let part = serde_json::to_string(&part).unwrap();
                    assert_eq!(is_read(&part), is_optional, "{part}");
                    left_out += 1;
                }
            }
        }
        assert!(left_out > 60, "{left_out}");
    }

    #[test]
    fn a_record_of_another_version_or_with_a_field_of_another_type_cannot_be_read() {
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("\"v\":1", "\"v\":\"1\""),
            ("\"kind\":\"totp\"", "\"kind\":{\"totp\":null}"),
            ("\"kind\":\"totp\"", "\"kind\":{\"retina\":null}"),
            ("\"kind\":\"totp\"", "\"kind\":null"),
            ("\"pending\":true", "\"pending\":null"),
            ("\"digits\":8", "\"digits\":null"),
            ("\"digits\":8", "\"digits\":\"8\""),
            ("\"digits\":8", "\"digits\":8,\"digits\":6"),
            ("\"networks\":[\"192.0.2.0/24\"]", "\"networks\":null"),
            ("\"expires\":9", "\"expires\":\"never\""),
        ] {
            let changed: Vec<_> =
                CREDENTIAL_RECORDS.iter().filter(|one| one.contains(from)).collect();
            assert!(!changed.is_empty(), "{from}");
            for record in changed {
                assert_eq!(credential(&record.replace(from, to)), None, "{to}");
            }
        }
    }

    /// Whoever wrote it: what people get to see neither begins a line of its own nor turns around what
    /// stands beside it, and an id is one.
    #[test]
    fn a_record_with_odd_text_cannot_be_read() {
        for odd in ["x\\nlogin user=root", "\\u202ex", "\\u001b[2J", "x\\u2028", &"x".repeat(300)] {
            let with = |record: &str, from: &str| {
                let changed = record.replace(from, odd);
                assert_ne!(changed, record, "{from}");
                changed
            };
            for record in CREDENTIAL_RECORDS {
                assert_eq!(credential(&with(record, "00000000000000ff")), None, "{odd}");
            }
            for (record, shown) in
                CREDENTIAL_RECORDS.iter().zip(["Phone", "Mail", "Paper", "Reset", "At home"])
            {
                assert_eq!(credential(&with(record, shown)), None, "{odd}");
            }
            assert_eq!(credential(&with(CREDENTIAL_RECORDS[1], "imap")), None, "{odd}");
            assert_eq!(credential(&with(CREDENTIAL_RECORDS[4], "a@example.org")), None, "{odd}");
            for record in &USE_RECORDS[..5] {
                assert_eq!(usage(&with(record, "00000000000000ff")), None, "{odd}");
            }
            assert_eq!(usage(&with(USE_RECORDS[3], "imap")), None, "{odd}");
            assert_eq!(usage(&with(USE_RECORDS[3], "192.0.2.7")), None, "{odd}");
        }
    }

    /// Such a record is no reason to refuse what else its user has.
    #[test]
    fn of_a_kind_that_a_newer_monk_wrote_the_other_fields_do_not_matter() {
        let newer = CREDENTIAL_RECORDS[0].replace("totp", "retina").replace('8', "\"many\"");
        assert_eq!(credential(&newer).map(|one| one.factor), Some(Factor::Unknown));
        let newer = r#"{"v":1,"id":"00000000000000ff","at":5,"n":2,"kind":"retina","code":"left","sent":false}"#;
        assert_eq!(usage(newer).map(|one| one.spent), Some(Spent::Unknown));
        for known in ["totp", "app-password", "backup-codes", "enrolment-code", "emailed"] {
            assert_eq!(usage(&newer.replace("retina", known)), None, "{known}");
        }
        for known in ["totp", "app-password", "backup-codes", "enrolment-code", "email"] {
            let record = CREDENTIAL_RECORDS[0].replace("totp", known).replace('8', "\"many\"");
            assert_eq!(credential(&record), None, "{known}");
        }
    }
}
