//! The policy of a PSKC key (RFC 6030 §5): limits that its issuer has set.

use std::time::SystemTime;

use roxmltree::Node;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, UtcOffset};

use super::xml::{is, text_of};
use crate::parsed::{Flaw, Kind, Leniency, shown};

/// Checks that monk can keep the limits in `policy`; what should be known about them otherwise. What
/// is not understood forbids the key's use (RFC 6030 §5).
pub(super) fn check(
    policy: Node<'_, '_>,
    leniency: Leniency,
    now: SystemTime,
) -> Result<Vec<String>, Flaw> {
    let rules = || policy.children().filter(Node::is_element);
    let usage = |node: &Node<'_, '_>| is(*node, "KeyUsage");
    if rules().any(|rule| usage(&rule))
        && !rules().any(|rule| usage(&rule) && text_of(rule).trim() == "OTP")
    {
        return Err("its policy does not allow one-time passwords: it cannot be imported".into());
    }
    let mut warnings = Vec::new();
    for rule in rules().filter(|rule| !usage(rule)) {
        let name = rule.tag_name().name();
        match name {
            // What has begun limits nothing any more.
            "StartDate" => {
                let start = date(name, rule)?;
                if start > now {
                    return Err(format!(
                        "its policy lets it begin on {} (StartDate): import it then",
                        day(start)
                    )
                    .into());
                }
            }
            "ExpiryDate" => {
                let end = date(name, rule)?;
                if end <= now {
                    return Err(Flaw::Kind(Kind::Expired(day(end).to_string())));
                }
                if !leniency.ignore_expiry {
                    warnings.push(format!(
                        "its policy ends on {} (ExpiryDate), which monk does not enforce: remove it by then, or say --ignore-expiry",
                        day(end)
                    ));
                }
            }
            "PINPolicy" if leniency.ignore_pins => {}
            "PINPolicy" => {
                return Err("it has a PIN, whose place the password of the directory takes: import it with --ignore-pins".into());
            }
            _ => {
                let name = shown(name);
                return Err(format!(
                    "its policy has a limit that monk cannot keep, {name}: ask its vendor for a file without it"
                )
                .into());
            }
        }
    }
    Ok(warnings)
}

/// The moment in an element of the type `dateTime` of XML Schema. Where no zone is given, UTC is meant
/// (RFC 6030 wants its canonical form).
fn date(name: &str, rule: Node<'_, '_>) -> Result<OffsetDateTime, Flaw> {
    let text = text_of(rule).trim();
    let candidates = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    let read = |text: &String| OffsetDateTime::parse(text, &Rfc3339).ok();
    let moment = candidates.iter().find_map(read).ok_or_else(|| {
        format!("its {name} is no date such as 2037-12-31T00:00:00Z: correct it in the file")
    })?;
    Ok(moment)
}

/// The day in UTC, or where it is if that is beyond the year 9999.
fn day(moment: OffsetDateTime) -> Date {
    moment.checked_to_offset(UtcOffset::UTC).unwrap_or(moment).date()
}
