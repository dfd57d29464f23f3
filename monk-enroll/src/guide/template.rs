//! Texts with places for values, and with parts that are not for everybody.

use zeroize::Zeroizing;

/// What begins a part that is there under a condition, before and after the name of the condition.
const IF: (&str, &str) = ("<!-- if ", " -->");

/// What ends it.
const END: &str = "<!-- end -->";

/// A place for a value, before and after its name.
const PLACE: (&str, &str) = ("{{", "}}");

/// The text with its values, which are HTML already, and without the parts for others. What nobody knows stays as it
/// is.
pub fn fill(
    template: &str,
    value: &dyn Fn(&str) -> Option<String>,
    holds: &dyn Fn(&str) -> bool,
) -> Zeroizing<String> {
    let mut kept = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, name, after)) = between(rest, IF) {
        kept += before;
        let (part, after) = after.split_once(END).unwrap_or((after, ""));
        if holds(name) {
            kept += part;
        }
        rest = after;
    }
    kept += rest;
    let mut parts = Vec::new();
    let mut rest = kept.as_str();
    while let Some((before, name, after)) = between(rest, PLACE) {
        let value = value(name).unwrap_or_else(|| format!("{}{name}{}", PLACE.0, PLACE.1));
        parts.extend([Zeroizing::new(before.to_owned()), Zeroizing::new(value)]);
        rest = after;
    }
    parts.push(Zeroizing::new(rest.to_owned()));
    joined(&parts)
}

/// The parts together, in memory that is wiped: it does not grow, so no copy stays behind.
pub fn joined(parts: &[Zeroizing<String>]) -> Zeroizing<String> {
    let mut whole = Zeroizing::new(String::with_capacity(parts.iter().map(|one| one.len()).sum()));
    parts.iter().for_each(|one| whole.push_str(one));
    whole
}

/// What stands before a mark, in it, and behind it.
fn between<'a>(text: &'a str, (begin, end): (&str, &str)) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(begin)?;
    let (name, after) = rest.split_once(end)?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_and_parts_for_others_go() {
        let value = |name: &str| (name == "who").then(|| "<b>Ann & {{who}}</b>".to_owned());
        let holds = |name: &str| name == "portal";
        let of = |template: &str| fill(template, &value, &holds).to_string();
        assert_eq!(
            of("a {{who}} b"),
            "a <b>Ann & {{who}}</b> b",
            "no value is looked through again"
        );
        assert_eq!(of("1<!-- if portal -->2<!-- end -->3<!-- if help -->4<!-- end -->5"), "1235");
        assert_eq!(of("<!-- if help -->{{nobody}}<!-- end -->x {{nobody}}"), "x {{nobody}}");
        assert_eq!(of("plain"), "plain");
    }
}
