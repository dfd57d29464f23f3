//! `otpauth://` addresses, as QR codes hold them
//! (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>), one a line or several; among
//! them `otpauth-migration://` addresses, as Google Authenticator exports its accounts.

mod addresses;
mod migration;

use std::borrow::Cow;
use std::str::FromStr;

use monk_wire::manage::TotpParameters;
use zeroize::Zeroizing;

pub use self::addresses::begins_with_one;
use self::addresses::{OTPAUTH, STEAM, decoded, is_of};
use crate::base32;
use crate::names::{self, Who};
use crate::parsed::{Entry, Flaw, Kind, Leniency, Parsed, entry, shown};
use crate::values::{USUAL, algorithm};

/// Parameters of one address: five mean something, and a picture and a colour may come with them.
const MOST_PARAMETERS: usize = 32;

/// Digits of Steam's codes, which are letters.
const STEAM_DIGITS: u8 = 5;

/// Reads a file with addresses of both schemes.
#[must_use]
pub fn parse(text: &str, leniency: Leniency) -> Parsed {
    let mut parsed = Parsed::default();
    let mut exports = migration::Exports::default();
    for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match addresses::split(text) {
            Ok(addresses) => {
                for address in addresses {
                    let address = Zeroizing::new(without_entities(address).into_owned());
                    if migration::is_address(&address) {
                        exports.read(line, &address, &mut parsed, leniency);
                    } else {
                        let (who, device) = device(line, &address);
                        parsed.take(line, who, device, leniency);
                    }
                }
            }
            Err(refusal) => parsed.problem(line, refusal.words()),
        }
        if parsed.is_full(line) {
            return parsed;
        }
    }
    exports.finish(&mut parsed);
    parsed
}

/// An address out of HTML or XML, where `&` is written as an entity.
fn without_entities(address: &str) -> Cow<'_, str> {
    const ENTITIES: [&str; 4] = ["&amp;", "&AMP;", "&#38;", "&#x26;"];
    let mut plain = Cow::Borrowed(address);
    for entity in ENTITIES {
        if plain.contains(entity) {
            let before = Zeroizing::new(plain.into_owned());
            plain = Cow::Owned(before.replace(entity, "&"));
        }
    }
    plain
}

fn device(line: usize, address: &str) -> (Who, Result<Entry, Flaw>) {
    if is_of(STEAM, address) {
        return (Who::default(), Err(Flaw::Kind(Kind::Steam)));
    }
    let rest = address.get(OTPAUTH.len()..).unwrap_or_default();
    let (path, query) = split_query(rest);
    let Some((kind, label)) = path.split_once('/') else {
        return (Who::default(), Err("an otpauth:// address without a name".into()));
    };
    let query = Query::read(query);
    let issuer = query.as_ref().map_or("", |query| query.issuer.as_str());
    let (who, label) = match decoded(label) {
        Some(label) => (names::of_label(&label, issuer), Ok(())),
        None => (Who::default(), Err(Flaw::from("the name is not UTF-8"))),
    };
    let device = label.and(query).and_then(|query| query.device(line, kind));
    (who, device)
}

/// What stands before and behind the `?`. Labels that were not encoded may have one of their own.
fn split_query(rest: &str) -> (&str, &str) {
    let first_value = rest.find('=').unwrap_or(rest.len());
    let mark = rest[..first_value].rfind('?').or_else(|| rest.find('?'));
    mark.map_or((rest, ""), |mark| (&rest[..mark], &rest[mark + 1..]))
}

/// What stands behind the `?`.
#[derive(Default)]
struct Query {
    secret: Option<Zeroizing<String>>,
    issuer: Zeroizing<String>,
    algorithm: Option<String>,
    digits: Option<String>,
    period: Option<String>,
    encoder: Option<String>,
}

impl Query {
    fn read(query: &str) -> Result<Self, Flaw> {
        let mut read = Self::default();
        let mut seen = Vec::new();
        let query = query.split('#').next().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let name = name.to_ascii_lowercase();
            if seen.contains(&name) {
                return Err(format!("{:?} comes twice", shown(&name)).into());
            }
            let value = Zeroizing::new(value.into_owned());
            match name.as_str() {
                "secret" => read.secret = Some(value),
                "issuer" => {
                    read.issuer = decoded(&value).ok_or("the issuer is not UTF-8")?;
                }
                "algorithm" => read.algorithm = Some(shown(&value)),
                "digits" => read.digits = Some(shown(&value)),
                "period" => read.period = Some(shown(&value)),
                "encoder" => read.encoder = Some(shown(&value)),
                _ => {}
            }
            seen.push(name);
            if seen.len() > MOST_PARAMETERS {
                return Err(format!("more than {MOST_PARAMETERS} parameters").into());
            }
        }
        Ok(read)
    }

    fn device(self, line: usize, kind: &str) -> Result<Entry, Flaw> {
        match kind.to_ascii_lowercase().as_str() {
            "totp" => {}
            "hotp" => return Err(Flaw::Kind(Kind::Hotp)),
            "steam" => return Err(Flaw::Kind(Kind::Steam)),
            _ => return Err("neither otpauth://totp/ nor otpauth://hotp/, and monk knows no other: leave it out".into()),
        }
        let parameters = self.parameters()?;
        let secret = self.secret.ok_or("an otpauth:// address without a secret")?;
        let seed = base32::decode(&secret).ok_or("the secret is not in base 32")?;
        entry(line, seed, parameters)
    }

    fn parameters(&self) -> Result<TotpParameters, Flaw> {
        let digits = number("digits", self.digits.as_deref(), USUAL.digits)?;
        let period = number("period", self.period.as_deref(), USUAL.period)?;
        match self.encoder.as_deref() {
            Some(encoder) if encoder.eq_ignore_ascii_case("steam") => {
                return Err(Flaw::Kind(Kind::Steam));
            }
            // Others make codes of letters, too.
            Some(encoder) => return Err(format!("codes in the manner of {encoder:?}").into()),
            None if digits == STEAM_DIGITS && self.issuer.eq_ignore_ascii_case("steam") => {
                return Err(Flaw::Kind(Kind::Steam));
            }
            None => {}
        }
        let algorithm = match &self.algorithm {
            Some(name) => algorithm(name).ok_or_else(|| format!("unknown algorithm {name:?}"))?,
            None => USUAL.algorithm,
        };
        Ok(TotpParameters { algorithm, digits, period })
    }
}

fn number<T: FromStr>(name: &str, text: Option<&str>, usual: T) -> Result<T, String> {
    text.map_or(Ok(usual), |text| text.trim().parse().map_err(|_| format!("{name} is no number")))
}

#[cfg(test)]
mod tests;
