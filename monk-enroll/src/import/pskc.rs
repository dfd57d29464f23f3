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

use data_encoding::BASE64;
use monk_wire::Secret;
use monk_wire::manage::TotpParameters;
use roxmltree::{Document, Node, ParsingOptions};
use zeroize::Zeroizing;

use super::pskc_key::{Opener, PresharedKey, plain};
use super::{Entry, Flaw, Leniency, Parsed, USUAL, algorithm, entry, filled};

const NAMESPACE: &str = "urn:ietf:params:xml:ns:keyprov:pskc";
const ALGORITHM: &str = "urn:ietf:params:xml:ns:keyprov:pskc:";

/// Elements of a file that are read: some 100,000 tokens.
const MOST_NODES: u32 = 4_000_000;

/// Reads a file.
#[must_use]
pub fn parse(text: &str, key: Option<PresharedKey>, leniency: Leniency) -> Parsed {
    let mut parsed = Parsed::default();
    // Without a DTD there are no entities that grow.
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        Err(error) => {
            parsed.problem(error.pos().row as usize, "the XML is broken here");
            return parsed;
        }
    };
    let container = document.root_element();
    if !is(container, "KeyContainer") {
        parsed.problem(line_of(container), "the file is XML, but no KeyContainer of RFC 6030");
        return parsed;
    }
    let opener = match key.map(|key| Opener::new(container, key)).transpose() {
        Ok(opener) => opener,
        Err(message) => {
            parsed.problem(line_of(container), message);
            return parsed;
        }
    };
    for package in container.children().filter(|node| is(*node, "KeyPackage")) {
        let keys: Vec<_> = package.children().filter(|node| is(*node, "Key")).collect();
        if keys.is_empty() {
            parsed.problem(line_of(package), "a KeyPackage without a Key");
        }
        for key in keys {
            let device = device(package, key, opener.as_ref(), leniency);
            parsed.take(line_of(key), device, leniency);
        }
    }
    parsed
}

fn device(
    package: Node<'_, '_>,
    key: Node<'_, '_>,
    opener: Option<&Opener>,
    leniency: Leniency,
) -> Result<Entry, Flaw> {
    match key.attribute("Algorithm").map(|name| name.trim().strip_prefix(ALGORITHM)) {
        Some(Some("totp")) => {}
        Some(Some("hotp")) => return Err(Flaw::Hotp),
        Some(_) => return Err("its Algorithm is neither TOTP nor HOTP".into()),
        None => return Err("it has no Algorithm".into()),
    }
    check_policy(key, leniency)?;
    let mut warnings = Vec::new();
    let data = child(key, "Data").ok_or("it has no Data")?;
    let seed = seed(child(data, "Secret").ok_or("it has no Secret")?, opener)?;
    if number(data, "Time")?.unwrap_or(0) != 0 {
        return Err("its time does not begin in 1970".into());
    }
    let mut parameters = USUAL;
    match number(data, "TimeInterval")? {
        Some(period) => parameters.period = period,
        None => warnings.push("it does not say its TimeInterval: taken as 30 seconds".to_owned()),
    }
    format_of_codes(key, &mut parameters, &mut warnings)?;
    let mut device = entry(line_of(key), seed, parameters)?;
    device.warnings.append(&mut warnings);
    let info = child(package, "DeviceInfo");
    device.user = child(key, "UserId")
        .or_else(|| info.and_then(|info| child(info, "UserId")))
        .and_then(|node| user_of(text_of(node)));
    device.label = child(key, "FriendlyName")
        .and_then(|node| filled(text_of(node)))
        .or_else(|| info.and_then(name_of));
    Ok(device)
}

/// The limits of a key's use. What is not understood forbids its use (RFC 6030 §5).
fn check_policy(key: Node<'_, '_>, leniency: Leniency) -> Result<(), Flaw> {
    let Some(policy) = child(key, "Policy") else { return Ok(()) };
    let rules: Vec<_> = policy.children().filter(Node::is_element).collect();
    let usage = |node: &Node<'_, '_>| is(*node, "KeyUsage");
    if rules.iter().any(usage)
        && !rules.iter().any(|node| usage(node) && text_of(*node).trim() == "OTP")
    {
        return Err("its policy does not allow one-time passwords".into());
    }
    for rule in rules.iter().filter(|node| !usage(node)) {
        let name = rule.tag_name().name();
        match name {
            "PINPolicy" if leniency.ignore_pins => {}
            "PINPolicy" => {
                return Err("it has a PIN, whose place the password of the directory takes: import it with --ignore-pins".into());
            }
            _ => return Err(format!("its policy has a limit that monk cannot keep: {name}").into()),
        }
    }
    Ok(())
}

fn seed(secret: Node<'_, '_>, opener: Option<&Opener>) -> Result<Secret, Flaw> {
    match (child(secret, "PlainValue"), child(secret, "EncryptedValue"), opener) {
        (Some(value), None, _) => {
            let text = plain(text_of(value));
            let bytes = BASE64.decode(text.as_bytes()).map(Zeroizing::new);
            let bytes = bytes.map_err(|_| "its secret is not in base 64")?;
            match bytes.is_empty() {
                true => Err("its secret is empty".into()),
                false => Ok(Secret::new(&bytes)),
            }
        }
        (None, Some(_), Some(opener)) => Ok(opener.open(secret)?),
        (None, Some(_), None) => {
            Err("its secret is encrypted: give the pre-shared key with --key-file".into())
        }
        _ => Err("its Secret has neither a PlainValue nor an EncryptedValue".into()),
    }
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
            algorithm(name).ok_or_else(|| format!("its Suite {name:?} is not known"))?;
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
        return filled(text);
    }
    let value = |wanted: &str| {
        text.split([',', '+']).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            // An escaped character is too rare in a login name to guess at.
            (name.trim().eq_ignore_ascii_case(wanted) && !value.contains('\\'))
                .then(|| filled(value))?
        })
    };
    value("uid").or_else(|| value("cn"))
}

/// `Manufacturer SerialNo`, such as `Acme 987654321`.
fn name_of(info: Node<'_, '_>) -> Option<String> {
    let part = |name| child(info, name).and_then(|node| filled(text_of(node)));
    let maker = part("Manufacturer")
        .map(|maker| maker.strip_prefix("oath.").map_or(maker.clone(), str::to_owned));
    let parts: Vec<_> = [maker, part("SerialNo")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Whether `node` is the element of that name, in RFC 6030's namespace.
fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((NAMESPACE, name))
}

/// The child of that name. Those of XML Encryption and XML Signature have names of their own, so
/// the namespace of a child does not matter.
pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

pub(super) fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default()
}

fn line_of(node: Node<'_, '_>) -> usize {
    node.document().text_pos_at(node.range().start).row as usize
}

#[cfg(test)]
#[path = "pskc_tests.rs"]
mod tests;
