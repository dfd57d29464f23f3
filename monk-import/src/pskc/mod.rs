//! PSKC, the format in which hardware tokens come (RFC 6030).
//!
//! ```text
//! KeyContainer
//!   EncryptionKey, MACMethod               only where values are encrypted
//!   KeyPackage                             one token
//!     DeviceInfo   Manufacturer, SerialNo, UserId
//!     Key          Algorithm, UserId, FriendlyName, Policy
//!       AlgorithmParameters   Suite, ResponseFormat
//!       Data                  Secret, Time, TimeInterval
//! ```

mod bounds;
mod key;
mod policy;
mod xml;

use std::time::SystemTime;

use data_encoding::BASE64;
use monk_wire::Secret;
use monk_wire::manage::TotpParameters;
use roxmltree::{Document, Node, ParsingOptions};
use zeroize::Zeroizing;

use self::bounds::MOST_NODES;
pub use self::key::PresharedKey;
use self::key::{Lock, Opener, plain};
use self::xml::{Lines, child, is, text_in, text_of};
use crate::names::{self, Device, Who};
use crate::parsed::{Entry, Flaw, Kind, Leniency, Parsed, entry, shown};
use crate::values::{USUAL, algorithm, filled};

const ALGORITHM: &str = "urn:ietf:params:xml:ns:keyprov:pskc:";

/// Reads a file. Its policies are those of `now`.
#[must_use]
pub fn parse(text: &str, key: Option<PresharedKey>, leniency: Leniency, now: SystemTime) -> Parsed {
    let mut parsed = Parsed::default();
    let mut lines = Lines::of(text);
    if let Err(beyond) = bounds::check(text) {
        parsed.problem(lines.at(beyond.place), beyond.message);
        return parsed;
    }
    // Without a DTD there are no entities that grow.
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        Err(error) => {
            parsed.problem(error.pos().row as usize, "the XML is broken here: is the file whole?");
            return parsed;
        }
    };
    let container = document.root_element();
    let first = lines.of_node(container);
    if !is(container, "KeyContainer") {
        parsed.problem(first, "the file is XML, but no KeyContainer of RFC 6030");
        return parsed;
    }
    let opener = match key.map(|key| Opener::new(container, key)).transpose() {
        Ok(opener) => opener,
        Err(message) => {
            parsed.problem(first, message);
            return parsed;
        }
    };
    let reader = Reader { opener, lock: Lock::of(container), leniency, now };
    for package in container.children().filter(|node| is(*node, "KeyPackage")) {
        if reader.package(package, &mut lines, &mut parsed) {
            break;
        }
    }
    parsed
}

/// What is the same for all keys of a file.
struct Reader {
    opener: Option<Opener>,
    lock: Lock,
    leniency: Leniency,
    now: SystemTime,
}

impl Reader {
    /// Reads one package; whether reading should end there.
    fn package(&self, package: Node<'_, '_>, lines: &mut Lines<'_>, parsed: &mut Parsed) -> bool {
        let info = child(package, "DeviceInfo");
        let serial = info.and_then(|info| text_in(info, "SerialNo"));
        let mut line = lines.of_node(package);
        let mut has_key = false;
        for key in package.children().filter(|node| is(*node, "Key")) {
            has_key = true;
            line = lines.of_node(key);
            let device = self.device(line, key);
            let id = || key.attribute("Id").and_then(filled);
            let who = Who { serial: serial.clone().or_else(id), ..who(info, key) };
            parsed.take(line, who, device, self.leniency);
            if parsed.is_full(line) {
                return true;
            }
        }
        if !has_key {
            parsed.problem(line, "a KeyPackage without a Key: is the file whole?");
        }
        parsed.is_full(line)
    }

    fn device(&self, line: usize, key: Node<'_, '_>) -> Result<Entry, Flaw> {
        match key.attribute("Algorithm").map(|name| name.trim().strip_prefix(ALGORITHM)) {
            Some(Some("totp")) => {}
            Some(Some("hotp")) => return Err(Flaw::Kind(Kind::Hotp)),
            Some(_) => {
                return Err("its Algorithm is neither TOTP nor HOTP: it cannot be imported".into());
            }
            None => return Err("it has no Algorithm: it cannot be imported".into()),
        }
        let mut warnings = match child(key, "Policy") {
            Some(policy) => policy::check(policy, self.leniency, self.now)?,
            None => Vec::new(),
        };
        let data = child(key, "Data").ok_or("it has no Data")?;
        let seed = self.seed(child(data, "Secret").ok_or("it has no Secret")?)?;
        if number(data, "Time")?.unwrap_or(0) != 0 {
            return Err(
                "its time does not begin in 1970, as monk's does: it cannot be imported".into()
            );
        }
        let mut parameters = USUAL;
        match number(data, "TimeInterval")? {
            Some(period) => parameters.period = period,
            None => {
                warnings.push("it does not say its TimeInterval: taken as 30 seconds".to_owned());
            }
        }
        format_of_codes(key, &mut parameters, &mut warnings)?;
        let mut device = entry(line, seed, parameters)?;
        device.warnings.append(&mut warnings);
        Ok(device)
    }

    fn seed(&self, secret: Node<'_, '_>) -> Result<Secret, Flaw> {
        match (child(secret, "PlainValue"), child(secret, "EncryptedValue"), &self.opener) {
            (Some(value), None, _) => {
                let text = plain(text_of(value));
                let bytes = BASE64.decode(text.as_bytes()).map(Zeroizing::new);
                let bytes =
                    bytes.map_err(|_| "its secret is not in base 64: is the file whole?")?;
                match bytes.is_empty() {
                    true => Err("its secret is empty".into()),
                    false => Ok(Secret::new(&bytes)),
                }
            }
            (None, Some(_), Some(opener)) => Ok(opener.open(secret)?),
            (None, Some(value), None) => Err(self.lock.words(value).into()),
            _ => Err("its Secret has neither a PlainValue nor an EncryptedValue".into()),
        }
    }
}

/// Whose a key is, and what it is called.
fn who(info: Option<Node<'_, '_>>, key: Node<'_, '_>) -> Who {
    let user = child(key, "UserId")
        .or_else(|| info.and_then(|info| child(info, "UserId")))
        .and_then(|node| user_of(text_of(node)));
    let name = text_in(key, "FriendlyName").or_else(|| info.and_then(name_of));
    Who { user, device: name.map_or(Device::Unsaid, |name| Device::of(&name)), serial: None }
}

/// The number in `Data`; encrypted ones, which nobody writes, are refused.
fn number(data: Node<'_, '_>, name: &str) -> Result<Option<u32>, Flaw> {
    let Some(place) = child(data, name) else { return Ok(None) };
    let text = child(place, "PlainValue").map(|value| text_of(value).trim());
    let number = text.and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| format!("its {name} is no plain number").into())
}

/// `Suite` and `ResponseFormat` (RFC 6030 §4.3.4).
fn format_of_codes(
    key: Node<'_, '_>,
    parameters: &mut TotpParameters,
    warnings: &mut Vec<String>,
) -> Result<(), Flaw> {
    let place = child(key, "AlgorithmParameters");
    if let Some(suite) = place.and_then(|place| child(place, "Suite")) {
        let name = text_of(suite).trim();
        parameters.algorithm =
            algorithm(name).ok_or_else(|| format!("its Suite {:?} is not known", shown(name)))?;
    }
    let Some(format) = place.and_then(|place| child(place, "ResponseFormat")) else {
        warnings.push("it does not say how long its codes are: taken as 6 digits".to_owned());
        return Ok(());
    };
    if format.attribute("Encoding").map(str::trim) != Some("DECIMAL") {
        return Err("its codes are not decimal digits".into());
    }
    if format.attribute("CheckDigits").is_some_and(|yes| matches!(yes.trim(), "true" | "1")) {
        return Err("its codes have a check digit".into());
    }
    let length = format.attribute("Length").and_then(|length| length.trim().parse().ok());
    parameters.digits = length.ok_or("its ResponseFormat has no Length")?;
    Ok(())
}

/// A name, or the `uid` or `cn` of a distinguished name (RFC 6030 §4.2 and §4.3 have DNs there).
fn user_of(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.contains('=') {
        return names::user(text);
    }
    let value = |wanted: &str| {
        text.split([',', '+']).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            // An escaped character is too rare in a login name to guess at.
            (name.trim().eq_ignore_ascii_case(wanted) && !value.contains('\\'))
                .then(|| names::user(value))?
        })
    };
    value("uid").or_else(|| value("cn"))
}

/// `Manufacturer SerialNo`, such as `Acme 987654321`.
fn name_of(info: Node<'_, '_>) -> Option<String> {
    let part = |name| text_in(info, name);
    let maker = part("Manufacturer")
        .map(|maker| maker.strip_prefix("oath.").map_or(maker.clone(), str::to_owned));
    let parts: Vec<_> = [maker, part("SerialNo")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests;
