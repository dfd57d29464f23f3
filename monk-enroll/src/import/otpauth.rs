//! `otpauth://` addresses, one a line, as QR codes hold them
//! (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>).

use std::borrow::Cow;

use monk_wire::manage::TotpParameters;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{Entry, Flaw, Leniency, Parsed, USUAL, algorithm, base32, entry, filled, migration};

const SCHEME: &str = "otpauth://";

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
        if migration::is_address(text) {
            exports.read(line, text, &mut parsed, leniency);
        } else {
            parsed.take(line, device(line, text), leniency);
        }
    }
    exports.finish(&mut parsed);
    parsed
}

/// Whether this is such an address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
}

fn device(line: usize, address: &str) -> Result<Entry, Flaw> {
    let rest = address.get(SCHEME.len()..).filter(|_| is_address(address));
    let rest = rest.ok_or("no otpauth:// address")?;
    let (path, query) = rest.split_once('?').ok_or("an otpauth:// address without a secret")?;
    let (kind, label) = path.split_once('/').ok_or("an otpauth:// address without a name")?;
    match kind.to_ascii_lowercase().as_str() {
        "totp" => {}
        "hotp" => return Err(Flaw::Hotp),
        _ => return Err("neither otpauth://totp/ nor otpauth://hotp/".into()),
    }
    let mut query = Query::read(query)?;
    let seed = query.secret.take().ok_or("an otpauth:// address without a secret")?;
    let seed = base32::decode(&seed).ok_or("the secret is not in base 32")?;
    let mut device = entry(line, seed, query.parameters)?;
    let label = percent_decode_str(label).decode_utf8().map_err(|_| "the name is not UTF-8")?;
    let (issuer, account) = account(&label);
    device.user = account;
    device.label = query.issuer.or(issuer);
    Ok(device)
}

/// Issuer and account of `Issuer:account` or `account`.
pub(super) fn account(label: &str) -> (Option<String>, Option<String>) {
    match label.split_once(':') {
        Some((issuer, account)) => (filled(issuer), filled(account)),
        None => (None, filled(label)),
    }
}

/// What stands behind the `?`.
struct Query {
    secret: Option<Zeroizing<String>>,
    issuer: Option<String>,
    parameters: TotpParameters,
}

impl Query {
    fn read(query: &str) -> Result<Self, Flaw> {
        let mut read = Self { secret: None, issuer: None, parameters: USUAL };
        let mut seen: Vec<Cow<'_, str>> = Vec::new();
        let query = query.split('#').next().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if seen.contains(&name) {
                return Err(format!("{name:?} comes twice").into());
            }
            let number = || format!("{name} is no number");
            match &*name {
                "secret" => read.secret = Some(Zeroizing::new(value.into_owned())),
                "issuer" => read.issuer = filled(&value),
                "algorithm" => {
                    read.parameters.algorithm =
                        algorithm(&value).ok_or_else(|| format!("unknown algorithm {value:?}"))?;
                }
                "digits" => read.parameters.digits = value.parse().map_err(|_| number())?,
                "period" => read.parameters.period = value.parse().map_err(|_| number())?,
                // Codes of five letters.
                "encoder" => return Err(format!("codes in the manner of {value:?}").into()),
                _ => {}
            }
            seen.push(name);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::Algorithm;

    use super::*;

    fn one(address: &str) -> Entry {
        let mut parsed = parse(address, Leniency::default());
        assert_eq!(parsed.problems, [], "{address}");
        parsed.entries.pop().unwrap()
    }

    fn problem(address: &str) -> String {
        let parsed = parse(address, Leniency::default());
        assert!(parsed.entries.is_empty(), "{address}");
        parsed.problems[0].message.clone()
    }

    #[test]
    fn user_device_and_parameters_come_from_the_address() {
        let device = one(
            "otpauth://totp/Example%20Mail:%20alice?secret=gezdgnbvgy3tqojq&issuer=Mail&algorithm=SHA256&digits=8&period=60&image=x",
        );
        assert_eq!(device.user.as_deref(), Some("alice"));
        assert_eq!(device.label.as_deref(), Some("Mail"));
        assert_eq!(device.seed.expose(), b"1234567890");
        let expected = TotpParameters { algorithm: Algorithm::Sha256, digits: 8, period: 60 };
        assert_eq!(device.parameters, expected);
    }

    #[test]
    fn what_is_left_out_is_as_usual() {
        // As google-authenticator prints it.
        let device = one("OTPAUTH://totp/root@host?secret=XRWYRHZFUWQF55DG47O7WI4QPI&issuer=host");
        assert_eq!((device.user.as_deref(), device.parameters), (Some("root@host"), USUAL));
        let device = one("otpauth://totp/Acme%3Abob?secret=GEZD%20GNBV%20GY3T%20QOJQ");
        assert_eq!((device.user.as_deref(), device.label.as_deref()), (Some("bob"), Some("Acme")));
        assert_eq!(device.seed.expose(), b"1234567890");
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_the_secret_in_the_words() {
        for (address, says) in [
            ("http://totp/x?secret=GEZDGNBVGY3TQOJQ", "no otpauth"),
            ("otpauth://totp/x", "without a secret"),
            ("otpauth://totp/x?issuer=y", "without a secret"),
            ("otpauth://totp?secret=GEZDGNBVGY3TQOJQ", "without a name"),
            ("otpauth://yaotp/x?secret=GEZDGNBVGY3TQOJQ", "neither"),
            ("otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ&counter=1", "--skip-hotp"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJ1", "base 32"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&secret=AA", "twice"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&algorithm=MD5", "MD5"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=six", "no number"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=5", "5 digits"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&encoder=steam", "steam"),
            ("otpauth://totp/%ff?secret=GEZDGNBVGY3TQOJQ", "UTF-8"),
        ] {
            let message = problem(address);
            assert!(message.contains(says), "{address}: {message}");
            assert!(!message.contains("GEZDGNBV"), "{message}");
        }
    }
}
