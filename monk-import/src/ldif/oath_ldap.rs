//! Tokens in the schema of OATH-LDAP, which OpenLDAP's overlay `otp` uses, too (`slapo-otp(5)`): the user
//! points to the token, and the token to its parameters. One entry may be all three.

use std::collections::HashMap;
use std::time::SystemTime;

use monk_wire::Secret;
use monk_wire::manage::{Algorithm, TotpParameters};
use time::Duration;

use super::record::{Attribute, Record, UID};
use super::validity;
use crate::names::{self, Device, Who};
use crate::parsed::{Entry, Flaw, Kind, Leniency, Parsed, Problem, entry, shown};

const SECRET: Attribute = "oathSecret";
const TOKEN: Attribute = "oathToken";
const TOTP_TOKEN: Attribute = "oathTOTPToken";
const HOTP_TOKEN: Attribute = "oathHOTPToken";
const TOTP_PARAMS: Attribute = "oathTOTPParams";
const HOTP_PARAMS: Attribute = "oathHOTPParams";
const COUNTER: Attribute = "oathHOTPCounter";
const LENGTH: Attribute = "oathOTPLength";
const HMAC: Attribute = "oathHMACAlgorithm";
const PERIOD: Attribute = "oathTOTPTimeStepPeriod";
const DRIFT: Attribute = "oathTOTPTimeStepDrift";
const SECRET_TIME: Attribute = "oathSecretTime";
const MAX_AGE: Attribute = "oathSecretMaxAge";
const MAX_USES: Attribute = "oathMaxUsageCount";
const ENC_KEY: Attribute = "oathEncKey";
const IDENTIFIER: Attribute = "oathTokenIdentifier";
const SERIAL: Attribute = "oathTokenSerialNumber";

/// What is read of such entries.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    SECRET,
    TOKEN,
    TOTP_TOKEN,
    HOTP_TOKEN,
    TOTP_PARAMS,
    HOTP_PARAMS,
    COUNTER,
    LENGTH,
    HMAC,
    PERIOD,
    DRIFT,
    SECRET_TIME,
    MAX_AGE,
    MAX_USES,
    ENC_KEY,
    IDENTIFIER,
    SERIAL,
];

/// Attributes of a user that name a token, and whether its codes go by the clock.
const POINTERS: [(Attribute, Option<bool>); 3] =
    [(TOKEN, None), (TOTP_TOKEN, Some(true)), (HOTP_TOKEN, Some(false))];

/// The classes of tokens, in small letters.
const TOTP_CLASS: &str = "oathtotptoken";
const HOTP_CLASS: &str = "oathhotptoken";

/// HMACs by their OIDs (RFC 8018, appendix C).
const HMACS: [(&str, Algorithm); 3] = [
    ("1.2.840.113549.2.7", Algorithm::Sha1),
    ("1.2.840.113549.2.9", Algorithm::Sha256),
    ("1.2.840.113549.2.11", Algorithm::Sha512),
];

/// The name of a device.
const LABEL: &str = "OATH token";

/// The tokens of a file, with what belongs to them.
pub(super) struct Tokens<'a> {
    entries: HashMap<&'a str, &'a Record>,
    owners: HashMap<String, Owners<'a>>,
}

/// The users who point to a token.
#[derive(Default)]
struct Owners<'a> {
    /// The first one, and another.
    users: Vec<&'a Record>,
    goes_by_clock: Option<bool>,
}

/// Users that are named where a token has several.
const MOST_OWNERS: usize = 2;

impl<'a> Tokens<'a> {
    /// What is in `records`. Pointers to what is not there are problems.
    pub(super) fn of(records: &'a [Record], parsed: &mut Parsed) -> Self {
        let entries: HashMap<&str, &Record> =
            records.iter().map(|record| (record.dn.key(), record)).collect();
        let mut owners: HashMap<String, Owners<'_>> = HashMap::new();
        for record in records {
            for (attribute, goes_by_clock) in POINTERS {
                match record.dn(attribute) {
                    Ok(None) => {}
                    Ok(Some(token)) if entries.contains_key(token.key()) => {
                        let owners = owners.entry(token.key().to_owned()).or_default();
                        let last = owners.users.last();
                        let is_known = last.is_some_and(|last| std::ptr::eq(*last, record));
                        if owners.users.len() < MOST_OWNERS && !is_known {
                            owners.users.push(record);
                        }
                        owners.goes_by_clock = goes_by_clock.or(owners.goes_by_clock);
                    }
                    Ok(Some(_)) => parsed.problems.push(Problem::of(
                        record.line,
                        &Who { user: user_of(record), ..Who::default() },
                        format!("the token that its {attribute} names is not in the file: export the tokens, too"),
                    )),
                    Err(flaw) => {
                        let who = Who { user: user_of(record), ..Who::default() };
                        parsed.take(record.line, who, Err(flaw), Leniency::default());
                    }
                }
                if parsed.is_full(record.line) {
                    return Self { entries, owners };
                }
            }
        }
        Self { entries, owners }
    }

    /// Whose a token is, and what came of it; nothing if the entry is no token.
    pub(super) fn token(
        &self,
        record: &Record,
        leniency: Leniency,
        now: SystemTime,
    ) -> Option<(Who, Result<Entry, Flaw>)> {
        let classes = [TOTP_CLASS, HOTP_CLASS];
        let is_token = record.has(SECRET) || classes.into_iter().any(|class| record.is_of(class));
        is_token.then(|| {
            let who = self.who(record);
            (who, self.device(record, leniency, now))
        })
    }

    fn who(&self, record: &Record) -> Who {
        let text = |attribute| record.text(attribute).ok().flatten();
        let serial = text(IDENTIFIER).or_else(|| text(SERIAL)).map(str::to_owned);
        let device = Device::of(serial.as_deref().unwrap_or(LABEL));
        let user = match self.owners.get(record.dn.key()).map(|owners| &owners.users[..]) {
            None => user_of(record),
            Some([owner]) => user_of(owner),
            Some(_) => None,
        };
        Who { user, device, serial }
    }

    fn device(&self, record: &Record, leniency: Leniency, now: SystemTime) -> Result<Entry, Flaw> {
        let owners = self.owners.get(record.dn.key());
        let goes_by_clock = owners.and_then(|owners| owners.goes_by_clock);
        if record.is_of(HOTP_CLASS)
            || record.has(HOTP_PARAMS)
            || record.has(COUNTER)
            || goes_by_clock == Some(false)
        {
            return Err(Flaw::Kind(Kind::Hotp));
        }
        match owners.map(|owners| &owners.users[..]) {
            None if record.has(UID) => {
                record.login_name()?;
            }
            Some([owner]) => {
                owner.login_name()?;
            }
            Some([one, other, ..]) => {
                let name = |owner: &Record| {
                    user_of(owner).map_or_else(
                        || format!("the user of line {}", owner.line),
                        |user| shown(&user),
                    )
                };
                return Err(format!(
                    "{} and {} have this token: give one of them another, and remove the {TOTP_TOKEN} of that one from the file",
                    name(one),
                    name(other)
                )
                .into());
            }
            None | Some([]) => {}
        }
        let seed = record.secret(SECRET)?.ok_or_else(|| {
            format!("it has no {SECRET}: export it as somebody who may read that, or with slapcat")
        })?;
        let params = self.params(record)?;
        if is_encrypted(&seed) {
            return Err(format!(
                "its {SECRET} is encrypted with {ENC_KEY}, which monk does not open: import what the OATH-LDAP server decrypts, or enrol another"
            )
            .into());
        }
        let mut warnings = Vec::new();
        if let (Some(made), Some(age)) =
            (record.moment(SECRET_TIME)?, params.count::<u32>(MAX_AGE)?)
            && let Some(end) = made.checked_add(Duration::seconds(age.into()))
        {
            warnings.extend(validity::ends(end, MAX_AGE, leniency, now)?);
        }
        if params.number(MAX_USES)?.is_some_and(|most| most > 0) {
            warnings
                .push(format!("its uses were limited ({MAX_USES}), which monk does not enforce"));
        }
        let parameters = parameters(params)?;
        let steps = record.number(DRIFT)?.unwrap_or(0);
        warnings.extend(validity::of_clock(steps.saturating_mul(parameters.period.into())));
        let mut device = entry(record.line, seed, parameters)?;
        device.warnings.append(&mut warnings);
        Ok(device)
    }

    /// The entry with the parameters of a token.
    fn params(&self, record: &Record) -> Result<&'a Record, Flaw> {
        let dn = record.dn(TOTP_PARAMS)?.ok_or_else(|| {
            format!("it has no {TOTP_PARAMS}, without which nobody knows how it makes codes")
        })?;
        let params = self.entries.get(dn.key()).copied();
        params.ok_or_else(|| {
            format!(
                "the parameters that its {TOTP_PARAMS} names are not in the file: export them, too"
            )
            .into()
        })
    }
}

fn parameters(params: &Record) -> Result<TotpParameters, Flaw> {
    let lacks = |attribute| Flaw::from(format!("its parameters have no {attribute}"));
    let digits = params.count(LENGTH)?.ok_or_else(|| lacks(LENGTH))?;
    let period = params.count(PERIOD)?.ok_or_else(|| lacks(PERIOD))?;
    let oid = params.text(HMAC)?.ok_or_else(|| lacks(HMAC))?;
    let known = HMACS.iter().find(|(name, _)| *name == oid);
    let &(_, algorithm) = known.ok_or_else(|| {
        format!("its {HMAC} {:?} is none that monk knows: enrol another", shown(oid))
    })?;
    Ok(TotpParameters { algorithm, digits, period })
}

/// The login name of a user, if it can be one.
fn user_of(record: &Record) -> Option<String> {
    record.login_name().ok().flatten().and_then(names::user)
}

/// Whether a secret is not the key itself but a message in JWE (RFC 7516), in either serialization.
fn is_encrypted(secret: &Secret) -> bool {
    let Some(text) = secret.expose_str().map(str::trim_start) else { return false };
    text.starts_with('{') && text.contains("\"ciphertext\"")
        || text.starts_with("eyJ") && text.split('.').count() == 5
}
