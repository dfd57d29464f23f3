//! A filter (RFC 4515) that monk compares with an entry it has read.
//!
//! Text is compared without regard to case, since monk does not know the syntaxes of the directory. What would
//! need them is refused when the settings are read: orders, approximations, and all matching rules but the two
//! for bits.

use ldap3::asn1::{ASNTag, PL, StructureTag};

use super::aliases;
use super::reading::Reading;
use crate::directory::ldap::filter::check_bounds;
use crate::outage::Outage;

/// Tags of RFC 4511 §4.5.1.7.
const AND: u64 = 0;
const OR: u64 = 1;
const NOT: u64 = 2;
const EQUALITY: u64 = 3;
const SUBSTRINGS: u64 = 4;
const PRESENT: u64 = 7;
const EXTENSIBLE: u64 = 9;

/// All of these bits, and one of them (MS-ADTS §3.1.1.3.4.4).
const ALL_BITS: &[u8] = b"1.2.840.113556.1.4.803";
const ANY_BIT: &[u8] = b"1.2.840.113556.1.4.804";

/// A filter that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    All(Vec<Matcher>),
    Any(Vec<Matcher>),
    Not(Box<Matcher>),
    Present(String),
    Equals(String, Vec<u8>),
    Parts(String, Vec<Part>),
    Bits { attribute: String, mask: i64, all: bool },
}

/// A part of a value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    First(Vec<u8>),
    Within(Vec<u8>),
    Last(Vec<u8>),
}

impl Matcher {
    /// Reads the filter of a setting.
    ///
    /// # Errors
    /// [`Outage::Setup`] when it cannot work.
    pub fn parse(key: &str, text: &str) -> Result<Self, Outage> {
        let wrong = |why: &str| Outage::Setup(format!("[ldap.state] {key}: {why}"));
        check_bounds(text).map_err(|why| wrong(&format!("the filter {why}")))?;
        let tag = ldap3::parse_filter(text)
            .map_err(|()| wrong("this is no valid filter (RFC 4515)"))?
            .into_structure();
        matcher(tag).map_err(wrong)
    }

    /// The attributes that it looks at.
    pub fn attributes(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().flat_map(Self::attributes).collect()
            }
            Self::Not(part) => part.attributes(),
            Self::Present(name)
            | Self::Equals(name, _)
            | Self::Parts(name, _)
            | Self::Bits { attribute: name, .. } => vec![name],
        }
    }

    /// Whether an entry is meant. An attribute that is not there, or that monk may not read, equals nothing.
    ///
    /// What stands under a name with an option (`employeeStatus;lang-de`) counts where that makes the filter
    /// true, as in the directory (RFC 4512 §2.5.2), and not where it would make it false: filters close accounts.
    ///
    /// # Errors
    /// [`Outage::Refused`] where bits are asked of what is no number.
    pub fn matches(&self, reading: &Reading<'_>) -> Result<bool, Outage> {
        self.is_true(reading, true)
    }

    fn is_true(&self, reading: &Reading<'_>, with_options: bool) -> Result<bool, Outage> {
        let values =
            |name| aliases::values(reading.entry, name, with_options).into_iter().map(folded);
        Ok(match self {
            Self::All(parts) => {
                for part in parts {
                    if !part.is_true(reading, with_options)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.is_true(reading, with_options)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(part) => !part.is_true(reading, !with_options)?,
            Self::Present(name) => values(name).next().is_some(),
            Self::Equals(name, wanted) => values(name).any(|value| value == *wanted),
            Self::Parts(name, parts) => values(name).any(|value| has_parts(&value, parts)),
            Self::Bits { attribute, mask, all } => {
                let mut numbers: Vec<i64> = reading.integer(attribute)?.into_iter().collect();
                if with_options {
                    numbers.extend(reading.integers_with_options(attribute)?);
                }
                let mut numbers = numbers.into_iter();
                numbers.any(|bits| if *all { bits & mask == *mask } else { bits & mask != 0 })
            }
        })
    }
}

/// Text without regard to case and to spaces around it; other bytes as they are.
fn folded(value: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(value) {
        Ok(text) => text.trim().to_lowercase().into_bytes(),
        Err(_) => value.to_vec(),
    }
}

/// Whether a value has the parts one after the other.
fn has_parts(value: &[u8], parts: &[Part]) -> bool {
    let mut rest = value;
    for part in parts {
        let found = match part {
            Part::First(part) => rest.strip_prefix(part.as_slice()),
            Part::Last(part) => rest.strip_suffix(part.as_slice()).map(|_| &rest[rest.len()..]),
            Part::Within(part) => rest
                .windows(part.len().max(1))
                .position(|window| window == part.as_slice())
                .map(|at| &rest[at + part.len()..]),
        };
        match found {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

const MALFORMED: &str = "this is no valid filter (RFC 4515)";

fn matcher(tag: StructureTag) -> Result<Matcher, &'static str> {
    let id = tag.id;
    let parts = match tag.payload {
        PL::P(name) if id == PRESENT => return Ok(Matcher::Present(attribute(name)?)),
        PL::P(_) => return Err(MALFORMED),
        PL::C(parts) => parts,
    };
    let all = |parts: Vec<StructureTag>| parts.into_iter().map(matcher).collect::<Result<_, _>>();
    match id {
        AND => all(parts).map(Matcher::All),
        OR => all(parts).map(Matcher::Any),
        NOT => {
            let [part] = exactly(parts)?;
            Ok(Matcher::Not(Box::new(matcher(part)?)))
        }
        EQUALITY => {
            let [name, value] = exactly(parts)?;
            Ok(Matcher::Equals(attribute(bytes(name)?)?, folded(&bytes(value)?)))
        }
        SUBSTRINGS => {
            let [name, parts] = exactly(parts)?;
            let PL::C(parts) = parts.payload else { return Err(MALFORMED) };
            let parts = parts.into_iter().map(part).collect::<Result<_, _>>()?;
            Ok(Matcher::Parts(attribute(bytes(name)?)?, parts))
        }
        EXTENSIBLE => bits(parts),
        _ => Err("write = instead of >=, <= or ~=: monk does not know the order of values"),
    }
}

fn part(tag: StructureTag) -> Result<Part, &'static str> {
    let id = tag.id;
    // Without trimming: spaces in the middle of a value count.
    let text = bytes(tag)?;
    let text = match std::str::from_utf8(&text) {
        Ok(text) => text.to_lowercase().into_bytes(),
        Err(_) => text,
    };
    match id {
        0 => Ok(Part::First(text)),
        1 => Ok(Part::Within(text)),
        2 => Ok(Part::Last(text)),
        _ => Err(MALFORMED),
    }
}

fn bits(parts: Vec<StructureTag>) -> Result<Matcher, &'static str> {
    let [rule, name, value] = parts.try_into().map_err(|_| UNKNOWN_RULE)?;
    if (rule.id, name.id, value.id) != (1, 2, 3) {
        return Err(UNKNOWN_RULE);
    }
    let all = match bytes(rule)?.as_slice() {
        ALL_BITS => true,
        ANY_BIT => false,
        _ => return Err(UNKNOWN_RULE),
    };
    let mask = String::from_utf8(bytes(value)?).ok().and_then(|text| text.parse().ok());
    let mask = mask.ok_or("the bits of a matching rule are a number")?;
    Ok(Matcher::Bits { attribute: attribute(bytes(name)?)?, mask, all })
}

const UNKNOWN_RULE: &str =
    "monk knows the matching rules 1.2.840.113556.1.4.803 and .804 only, with an attribute";

fn exactly<const N: usize>(parts: Vec<StructureTag>) -> Result<[StructureTag; N], &'static str> {
    parts.try_into().map_err(|_| MALFORMED)
}

fn bytes(tag: StructureTag) -> Result<Vec<u8>, &'static str> {
    match tag.payload {
        PL::P(bytes) => Ok(bytes),
        PL::C(_) => Err(MALFORMED),
    }
}

/// The name of an attribute. Options would be needed to ask for it, and mean other things to other servers.
fn attribute(name: Vec<u8>) -> Result<String, &'static str> {
    let name = String::from_utf8(name).map_err(|_| MALFORMED)?;
    if name.contains(';') {
        return Err("name the attribute without options");
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(
            "name the attribute by its name: servers answer with it, and not with the number",
        );
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ldap::entry::Entry;

    fn entry() -> Entry {
        Entry::empty("uid=a,dc=x")
            .with("employeeStatus", &[b"Left", b"on leave"])
            .with("flags", &[b"18"])
            .with("photo", &[b"\xff\x00"])
            .with("userPassword", &[b"{CRYPT}!$6$abc"])
    }

    #[test]
    fn filters_are_compared_as_servers_would() {
        for (filter, wanted) in [
            ("(employeeStatus=left)", true),
            ("(EMPLOYEESTATUS=LEFT)", true),
            ("(employeeStatus=lef)", false),
            ("(employeeStatus=on*)", true),
            ("(employeeStatus=*ea*)", true),
            ("(employeeStatus=*leave)", true),
            ("(employeeStatus=l*e*t)", true),
            ("(employeeStatus=l*f*e*)", false),
            ("(employeeStatus=o* *l*e)", true),
            ("(employeeStatus=*leave*leave)", false),
            ("(employeeStatus=*)", true),
            ("(nothing=*)", false),
            ("(nothing=left)", false),
            ("(!(nothing=left))", true),
            ("(!(employeeStatus=left))", false),
            ("(&(employeeStatus=left)(flags=18))", true),
            ("(&(employeeStatus=left)(flags=19))", false),
            ("(|(employeeStatus=x)(flags=18))", true),
            ("(|(employeeStatus=x)(flags=19))", false),
            ("(&)", true),
            ("(|)", false),
            (r"(photo=\ff\00)", true),
            (r"(photo=\ff\01)", false),
            ("(flags:1.2.840.113556.1.4.803:=2)", true),
            ("(flags:1.2.840.113556.1.4.803:=3)", false),
            ("(flags:1.2.840.113556.1.4.804:=3)", true),
            ("(flags:1.2.840.113556.1.4.804:=4)", false),
            ("(nothing:1.2.840.113556.1.4.804:=4)", false),
            ("(userPassword={CRYPT}!*)", true),
            ("(userPassword={crypt}x*)", false),
        ] {
            let matcher = Matcher::parse("disabled", filter).expect(filter);
            let entry = entry();
            assert_eq!(matcher.matches(&Reading::at(0, &entry)), Ok(wanted), "{filter}");
        }
    }

    #[test]
    fn values_with_options_close_accounts_and_open_none() {
        for (filter, wanted) in [
            ("(employeeStatus=left)", true),
            ("(employeeStatus=le*)", true),
            ("(EMPLOYEEstatus=*)", true),
            ("(!(employeeStatus=left))", true),
            ("(!(employeeStatus=*))", true),
            ("(!(!(employeeStatus=left)))", true),
            ("(&(!(|(employeeStatus=left)(x=y)))(employeeStatus=left))", true),
            ("(employee=left)", false),
            ("(flags:1.2.840.113556.1.4.803:=2)", true),
            ("(flags:1.2.840.113556.1.4.803:=4)", false),
            ("(!(flags:1.2.840.113556.1.4.803:=2))", true),
        ] {
            let entry = Entry::empty("uid=a,dc=x")
                .with("employeeStatus;lang-de", &[b"left"])
                .with("flags", &[b"1"])
                .with("flags;x-site", &[b"2"]);
            let matcher = Matcher::parse("disabled", filter).expect(filter);
            assert_eq!(matcher.matches(&Reading::at(0, &entry)), Ok(wanted), "{filter}");
        }
        let entry = Entry::empty("uid=a,dc=x").with("flags;x-site", &[b"two"]);
        let matcher = Matcher::parse("disabled", "(flags:1.2.840.113556.1.4.803:=2)");
        assert!(matcher.expect("a filter").matches(&Reading::at(0, &entry)).is_err());
    }

    #[test]
    fn both_names_of_an_attribute_are_the_same() {
        for (filter, wanted) in [
            ("(surname=left)", true),
            ("(SN=left)", true),
            ("(!(surname=left))", false),
            ("(surname=*f*)", true),
            ("(commonName=left)", false),
        ] {
            let entry = Entry::empty("uid=a,dc=x").with("sn", &[b"left"]);
            let matcher = Matcher::parse("disabled", filter).expect(filter);
            assert_eq!(matcher.matches(&Reading::at(0, &entry)), Ok(wanted), "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused_when_the_settings_are_read() {
        for filter in [
            "",
            "(a=b",
            "(a>=1)",
            "(a<=1)",
            "(a~=b)",
            "(a:dn:=b)",
            "(a:caseExactMatch:=b)",
            "(:1.2.840.113556.1.4.803:=2)",
            "(a:1.2.840.113556.1.4.803:=two)",
            "(a;lang-de=b)",
            "(a;lang-de=*)",
            "(2.5.4.4=b)",
            &"(!".repeat(1000),
        ] {
            let refused = Matcher::parse("disabled", filter);
            let Err(Outage::Setup(message)) = refused else { panic!("{filter}: {refused:?}") };
            assert!(message.starts_with("[ldap.state] disabled: "), "{message}");
        }
    }

    #[test]
    fn bits_of_what_is_no_number_are_an_outage() {
        let matcher = Matcher::parse("disabled", "(employeeStatus:1.2.840.113556.1.4.803:=2)");
        let entry = entry();
        assert!(matcher.expect("a filter").matches(&Reading::at(0, &entry)).is_err());
    }

    #[test]
    fn it_names_its_attributes() {
        let matcher = Matcher::parse("x", "(&(a=b)(!(|(c=*)(d=e*)))(f:1.2.840.113556.1.4.803:=2))");
        assert_eq!(matcher.expect("a filter").attributes(), ["a", "c", "d", "f"]);
    }
}
