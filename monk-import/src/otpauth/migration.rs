//! `otpauth-migration://` addresses, as Google Authenticator exports its accounts: a protobuf
//! message in base 64, spread over several QR codes where there are many.

use std::collections::{HashMap, HashSet};

use data_encoding::BASE64;
use monk_wire::Secret;
use monk_wire::manage::{Algorithm, TotpParameters};
use prost::Message;
use zeroize::{Zeroize, Zeroizing};

use super::addresses::{self, decoded};
use crate::names;
use crate::parsed::{Entry, Flaw, Kind, Leniency, Parsed, entry};
use crate::values::USUAL;

const START: &str = "otpauth-migration://offline?";

/// The scheme. What is not `offline` is refused with words of its own.
const SCHEME: &str = "otpauth-migration://";

/// QR codes of one export that are counted as missing: the number of them is the file's, and must not
/// make a long list.
const MOST_MISSING: usize = 100;

/// One QR code. The numbers of fields and values are those of the app; nobody has published them,
/// but every importer knows them.
#[derive(Message)]
#[prost(skip_debug)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    accounts: Vec<Account>,
    #[prost(int32, tag = "3")]
    batch_size: i32,
    #[prost(int32, tag = "4")]
    batch_index: i32,
    #[prost(int32, tag = "5")]
    batch_id: i32,
}

/// One account in it.
#[derive(Message)]
#[prost(skip_debug)]
struct Account {
    #[prost(bytes = "vec", tag = "1")]
    secret: Vec<u8>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    issuer: String,
    #[prost(int32, tag = "4")]
    algorithm: i32,
    #[prost(int32, tag = "5")]
    digits: i32,
    #[prost(int32, tag = "6")]
    kind: i32,
}

impl Drop for Account {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// Whether this is such an address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    addresses::is_of(SCHEME, text)
}

/// The exports of a file: an export may be spread over several lines.
#[derive(Default)]
pub struct Exports {
    /// By their numbers, and those in the order of the file.
    exports: HashMap<i32, Seen>,
    order: Vec<i32>,
}

/// What was seen of one export.
struct Seen {
    /// The line of its first part.
    line: usize,
    /// How many parts there are, as the first one says.
    size: i32,
    /// The parts that are there.
    parts: HashSet<i32>,
}

impl Exports {
    /// Reads one address.
    pub fn read(&mut self, line: usize, address: &str, parsed: &mut Parsed, leniency: Leniency) {
        match export(address) {
            Ok(export) => {
                let (id, size) = (export.batch_id, export.batch_size);
                let seen = self.exports.entry(id).or_insert_with(|| {
                    self.order.push(id);
                    Seen { line, size, parts: HashSet::new() }
                });
                seen.parts.insert(export.batch_index);
                for account in &export.accounts {
                    let label = decoded(&account.name);
                    let label =
                        label.as_ref().map_or(account.name.as_str(), |label| label.as_str());
                    let who = names::of_label(label, &account.issuer);
                    parsed.take(line, who, device(line, account), leniency);
                }
            }
            Err(message) => parsed.problem(line, message),
        }
    }

    /// Looks whether all parts of each export are there.
    pub fn finish(self, parsed: &mut Parsed) {
        for id in self.order {
            let Some(Seen { line, size, parts }) = self.exports.get(&id) else { continue };
            let missing = (0..*size).filter(|part| !parts.contains(part));
            let count = missing.take(MOST_MISSING).count();
            if count > 0 {
                parsed.problem(
                    *line,
                    format!(
                        "the export has {size} QR codes, of which {count} are missing: add a line for each"
                    ),
                );
            }
        }
    }
}

const CUT_OFF: &str = "the data of the export is not in base 64: is the address whole?";

fn export(address: &str) -> Result<Export, &'static str> {
    if !addresses::is_of(START, address) {
        return Err("an otpauth-migration:// address without data: is it whole?");
    }
    let query = address.get(START.len()..).unwrap_or_default();
    let data = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "data");
    let (_, data) = data.ok_or("an otpauth-migration:// address without data: is it whole?")?;
    // A plus that was not escaped reads as a blank.
    let data = Zeroizing::new(data.replace(' ', "+"));
    let mut bytes = Zeroizing::new(vec![0; BASE64.decode_len(data.len()).map_err(|_| CUT_OFF)?]);
    let length = BASE64.decode_mut(data.as_bytes(), &mut bytes).map_err(|_| CUT_OFF)?;
    Export::decode(&bytes[..length])
        .map_err(|_| "the data of the export cannot be read: is the address whole?")
}

fn device(line: usize, account: &Account) -> Result<Entry, Flaw> {
    match account.kind {
        1 => return Err(Flaw::Kind(Kind::Hotp)),
        0 | 2 => {}
        kind => return Err(format!("is of an unknown kind, {kind}: enrol another").into()),
    }
    let algorithm = match account.algorithm {
        0 | 1 => Algorithm::Sha1,
        2 => Algorithm::Sha256,
        3 => Algorithm::Sha512,
        _ => return Err("has an HMAC that monk does not know: enrol another".into()),
    };
    let digits = match account.digits {
        0 | 1 => 6,
        2 => 8,
        _ => return Err("has codes of unknown length: enrol another".into()),
    };
    if account.secret.is_empty() {
        return Err("has no secret: enrol another".into());
    }
    let parameters = TotpParameters { algorithm, digits, ..USUAL };
    entry(line, Secret::new(&account.secret), parameters)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn address(accounts: Vec<Account>, index: i32, size: i32) -> String {
        let export = Export { accounts, batch_size: size, batch_index: index, batch_id: 7 };
        let data = BASE64.encode(&export.encode_to_vec());
        let data: String = form_urlencoded::byte_serialize(data.as_bytes()).collect();
        format!("otpauth-migration://offline?data={data}")
    }

    fn account(name: &str, kind: i32) -> Account {
        let secret = b"12345678901234567890".to_vec();
        let issuer = "Example".to_owned();
        Account { secret, name: name.into(), issuer, algorithm: 1, digits: 1, kind }
    }

    #[test]
    fn an_export_of_the_app_is_read() {
        // The widely published example: "Hello!" and 0xdeadbeef for alice@google.com at Example.
        let text = "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC";
        let parsed = parse(text, Leniency::default());
        let [device] = &parsed.entries[..] else { panic!("{:?}", parsed.problems) };
        assert_eq!(device.seed.expose(), b"Hello!\xde\xad\xbe\xef");
        assert_eq!(device.who.user.as_deref(), Some("alice@google.com"));
        let called = names::Device::Called("Example".into());
        assert_eq!((&device.who.device, device.parameters), (&called, USUAL));
    }

    #[test]
    fn all_accounts_of_all_parts_are_read() {
        let parts = [
            address(vec![account("alice", 2), account("Example:bob", 2)], 0, 2),
            address(vec![account("carol", 2)], 1, 2).replace("%2B", "+"),
        ];
        let parsed = parse(&parts.join("\n"), Leniency::default());
        assert_eq!(parsed.problems, []);
        let users: Vec<_> =
            parsed.entries.iter().map(|one| (one.line, one.who.user.as_deref().unwrap())).collect();
        assert_eq!(users, [(1, "alice"), (1, "bob"), (2, "carol")]);
        let parsed = parse(&parts[1], Leniency::default());
        assert!(parsed.problems[0].message.contains("2 QR codes, of which 1"));
    }

    #[test]
    fn labels_in_exports_are_as_wild_as_in_addresses() {
        for name in ["Example: alice", "Example%3Aalice", "Example:Example:alice", "alice@Example"]
        {
            let parsed = parse(&address(vec![account(name, 2)], 0, 1), Leniency::default());
            assert_eq!(parsed.entries[0].who.user.as_deref(), Some("alice"), "{name}");
        }
        let nobody = address(vec![account("Example:", 2)], 0, 1);
        let parsed = parse(&nobody, Leniency::default());
        assert_eq!(parsed.entries[0].who.user, None);
    }

    #[test]
    fn a_secret_in_the_place_of_a_name_is_shown_nowhere() {
        let secret = "JBSWY3DPEHPK3PXP";
        let mut stray = account(secret, 1);
        secret.clone_into(&mut stray.issuer);
        let parsed = parse(&address(vec![stray], 0, 1), Leniency::default());
        let [problem] = &parsed.problems[..] else { panic!("{:?}", parsed.problems) };
        assert_eq!((&problem.user, &problem.device), (&None, &None));
        assert!(!problem.message.contains(secret), "{}", problem.message);
    }

    #[test]
    fn an_export_may_say_that_it_has_more_parts_than_there_are_numbers() {
        let text = address(vec![account("alice", 2)], 0, i32::MAX);
        let parsed = parse(&text, Leniency::default());
        assert!(parsed.problems[0].message.contains("of which 100 are missing"));
    }

    #[test]
    fn what_counts_is_refused_alone() {
        let text = address(vec![account("alice", 2), account("bob", 1)], 0, 1);
        let parsed = parse(&text, Leniency::default());
        assert_eq!((parsed.entries.len(), parsed.problems.len()), (1, 1));
        let lenient = Leniency { skip_hotp: true, ..Leniency::default() };
        assert_eq!(parse(&text, lenient).left_out.len(), 1);
    }

    #[test]
    fn broken_data_is_refused() {
        for data in ["", "data=", "data=!", "data=AAA", "data=//////", "dat=AAAA"] {
            let text = format!("otpauth-migration://offline?{data}");
            let parsed = parse(&text, Leniency::default());
            let empty = parsed.entries.is_empty();
            // No data at all is an export of nothing.
            assert!(empty && (data == "data=" || parsed.problems.len() == 1), "{data}");
        }
    }
}
