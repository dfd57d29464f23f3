//! The filter that finds a user by a login name.

use std::fmt;

use ldap3::ldap_escape;

use crate::outage::Outage;

/// What stands for the login name in a template.
pub(super) const USER: &str = "{user}";

/// What stands for the user's entry in the template of groups.
pub(super) const DN: &str = "{dn}";

/// Longest NetBIOS name of a domain (MS-NBTE §2.2.1), in bytes.
const LONGEST_DOMAIN: usize = 15;

/// A name that would change a filter if it were not escaped.
const ODD: &str = r"a*()\";

/// How deep filters may be nested in each other. Those that people write are three or four deep, and
/// the parser calls itself for each level, until its stack is full.
const DEEPEST: usize = 32;

/// Longest template, in bytes: each login sends it, and each of its bytes is read again.
const LONGEST: usize = 4096;

/// A filter template that has been checked.
#[derive(Clone, Debug)]
pub(super) struct Filter(String);

impl Filter {
    /// Checks the template of users: `{user}` must be in it, where a value may be, and the rest be a filter.
    pub fn of_users(template: &str) -> Result<Self, Outage> {
        let needs = "must contain {user}: everybody would be the same user";
        Self::checked("filter", template, &[(USER, ODD)], needs)
    }

    /// Checks the template of the groups that a user is in, with `{dn}`, `{user}`, or both.
    pub fn of_groups(template: &str) -> Result<Self, Outage> {
        let needs = "must contain {dn} or {user}: everybody would be in every group";
        Self::checked("group_filter", template, &[(DN, ODD), (USER, ODD)], needs)
    }

    fn checked(
        key: &str,
        template: &str,
        values: &[(&str, &str)],
        needs: &str,
    ) -> Result<Self, Outage> {
        let wrong = |why: &str| Outage::Setup(format!("the LDAP {key} {} {why}", Quoted(template)));
        if !values.iter().any(|(placeholder, _)| template.contains(placeholder)) {
            return Err(wrong(needs));
        }
        check_bounds(template).map_err(|why| wrong(&why))?;
        let filter = Self(template.to_owned());
        // An escaped name is no part of an attribute's name, so that the placeholder in such a
        // place, where escaping would not help, does not pass.
        if ldap3::parse_filter(filter.with(values)).is_err() {
            return Err(wrong("is no valid filter (RFC 4515)"));
        }
        Ok(filter)
    }

    /// The filter that finds `name`, whatever characters it has.
    pub fn of(&self, name: &str) -> String {
        self.with(&[(USER, name)])
    }

    /// The filter that finds the groups of a user.
    pub fn of_member(&self, dn: &str, user: &str) -> String {
        self.with(&[(DN, dn), (USER, user)])
    }

    fn of_everybody(&self) -> String {
        self.0.replace(USER, "*")
    }

    /// Puts in values for placeholders. In one pass: a value that looks like a placeholder stays a value.
    fn with(&self, values: &[(&str, &str)]) -> String {
        let mut filter = String::with_capacity(2 * self.0.len());
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find('{') {
            let (head, tail) = rest.split_at(at);
            filter.push_str(head);
            let found =
                values.iter().find_map(|(key, value)| Some((tail.strip_prefix(key)?, value)));
            rest = if let Some((tail, value)) = found {
                filter.push_str(&ldap_escape(*value));
                tail
            } else {
                filter.push('{');
                &tail[1..]
            };
        }
        filter + rest
    }
}

/// The attributes that a template compares with a placeholder: `uid` of `(uid={user})`.
pub(super) fn compared(template: &str, placeholder: &str) -> Vec<String> {
    let parts = template.split(['(', ')']).filter_map(|part| part.split_once('='));
    parts
        .filter(|(_, value)| value.contains(placeholder))
        .map(|(attribute, _)| attribute.trim_end_matches(['~', '>', '<', ':']).trim().to_owned())
        .collect()
}

/// Whether a template compares nothing but whole values with a placeholder.
pub(super) fn compares_whole_values(template: &str, placeholder: &str) -> bool {
    let mut values = template.split(['(', ')']).filter_map(|part| part.split_once('='));
    values.all(|(_, value)| value == placeholder || !value.contains(placeholder))
}

/// The filters for login names of both kinds.
#[derive(Clone, Debug)]
pub(super) struct Filters {
    plain: Filter,
    /// For names with an `@`, which may be mail addresses.
    mail: Filter,
    /// The domain that may stand before a name.
    domain: Option<String>,
}

impl Filters {
    /// Checks the templates for names without and with an `@`.
    pub fn parse((plain, mail): (&str, &str)) -> Result<Self, Outage> {
        Ok(Self { plain: Filter::of_users(plain)?, mail: Filter::of_users(mail)?, domain: None })
    }

    /// The same, where names may have the NetBIOS name of this domain before them.
    pub fn with_domain(self, domain: Option<&str>) -> Result<Self, Outage> {
        match domain {
            Some(domain)
                if !(1..=LONGEST_DOMAIN).contains(&domain.len()) || domain.contains('\\') =>
            {
                Err(Outage::Setup(format!(
                    "[ldap] domain {} must be the NetBIOS name of the domain: 1 to {LONGEST_DOMAIN} characters \
                     without \\",
                    Quoted(domain)
                )))
            }
            _ => Ok(Self { domain: domain.map(str::to_owned), ..self }),
        }
    }

    /// The name of a user, of a down-level logon name of the directory's own domain (`EXAMPLE\alice`, MS-AUTHSOD).
    /// What names another domain, or whatever else, stays as it was typed: nobody of this directory may be
    /// taken for somebody of that one.
    pub fn without_domain<'a>(&self, typed: &'a str) -> &'a str {
        let (Some(own), Some((domain, name))) = (&self.domain, typed.split_once('\\')) else {
            return typed;
        };
        // Some servers ignore spaces around a value, but no domain has a user with such a name.
        let is_plain = !name.is_empty() && !name.contains(['\\', '@']) && name.trim() == name;
        if is_plain && domain.eq_ignore_ascii_case(own) { name } else { typed }
    }

    /// The filter that finds `name`.
    pub fn of(&self, name: &str) -> String {
        if name.contains('@') { self.mail.of(name) } else { self.plain.of(name) }
    }

    /// The filter that finds everybody whom some name would find.
    pub fn of_everybody(&self) -> String {
        format!("(|{}{})", self.plain.of_everybody(), self.mail.of_everybody())
    }
}

/// Checks what the parser does not, before it reads a template. In values, brackets are escaped, so those
/// that are seen are those of filters.
pub(super) fn check_bounds(template: &str) -> Result<(), String> {
    if template.len() > LONGEST {
        return Err(format!("has {} bytes, and may have {LONGEST}: shorten it", template.len()));
    }
    let mut depth = 0_usize;
    for byte in template.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("has filters nested more than {DEEPEST} deep: simplify it"));
        }
    }
    Ok(())
}

/// A template in a message, as far as a line has room for it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(Self::LONGEST) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

impl Quoted<'_> {
    const LONGEST: usize = 200;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ldap::settings::LdapSettings;

    #[test]
    fn a_name_never_becomes_a_part_of_the_filter() {
        let filter = Filter::of_users("(&(objectClass=person)(uid={user}))").expect("a filter");
        for (name, wanted) in [
            ("alice", "alice"),
            ("*", r"\2a"),
            ("*)(uid=*", r"\2a\29\28uid=\2a"),
            (r"a\2ab", r"a\5c2ab"),
            ("a\0b", r"a\00b"),
            ("é,=+<>;#\" ", "é,=+<>;#\" "),
            ("{user}", "{user}"),
        ] {
            let wanted = format!("(&(objectClass=person)(uid={wanted}))");
            assert_eq!(filter.of(name), wanted, "{name}");
            assert!(ldap3::parse_filter(filter.of(name)).is_ok(), "{name}");
        }
    }

    #[test]
    fn only_the_domain_of_the_directory_may_stand_before_a_name() {
        let filters = || Filters::parse(("(uid={user})", "(mail={user})")).expect("filters");
        let own = filters().with_domain(Some("EXAMPLE")).expect("a domain");
        for (typed, name) in [
            (r"EXAMPLE\alice", "alice"),
            (r"example\Alice", "Alice"),
            (r"OTHER\alice", r"OTHER\alice"),
            (r"EXAMPLE\", r"EXAMPLE\"),
            (r"EXAMPLE\ alice", r"EXAMPLE\ alice"),
            ("EXAMPLE\\alice\t", "EXAMPLE\\alice\t"),
            (r"EXAMPLE\ ", r"EXAMPLE\ "),
            (r"EXAMPLE\alice smith", "alice smith"),
            (r"EXAMPLE\EXAMPLE\alice", r"EXAMPLE\EXAMPLE\alice"),
            (r"EXAMPLE\alice@example.org", r"EXAMPLE\alice@example.org"),
            (r"\alice", r"\alice"),
            ("EXAMPLE/alice", "EXAMPLE/alice"),
            ("alice", "alice"),
        ] {
            assert_eq!(own.without_domain(typed), name);
            assert_eq!(filters().without_domain(typed), typed, "no domain is set");
        }
        for domain in ["", r"A\B", "SIXTEENCHARACTER"] {
            assert!(
                matches!(filters().with_domain(Some(domain)), Err(Outage::Setup(_))),
                "{domain}"
            );
        }
    }

    #[test]
    fn the_attributes_that_a_filter_compares_with_the_name_are_read() {
        for (filter, expected) in [
            ("(&(objectClass=person)(uid={user}))", &["uid"][..]),
            ("(|(uid={user})(mail={user}))", &["uid", "mail"]),
            ("(cn={user}@example.org)", &["cn"]),
            ("(objectClass=*)", &[]),
        ] {
            assert_eq!(compared(filter, USER), expected, "{filter}");
        }
    }

    #[test]
    fn the_groups_of_a_user_are_found_by_entry_and_name() {
        let filter = Filter::of_groups("(|(member={dn})(memberUid={user}){x})").map(|_| ());
        assert!(filter.is_err(), "no filter");
        let filter = Filter::of_groups("(|(member={dn})(memberUid={user})(a={b))");
        let filter = filter.expect("a filter").of_member("uid={user},dc=x", "a*{dn}");
        assert_eq!(filter, r"(|(member=uid={user},dc=x)(memberUid=a\2a{dn})(a={b))");
        assert!(Filter::of_groups("(cn=staff)").is_err());
    }

    #[test]
    fn everybody_is_found_by_any_name() {
        for (template, wanted) in [
            ("(&(objectClass=person)(uid={user}))", "(&(objectClass=person)(uid=*))"),
            ("(mail={user}@*)", "(mail=*@*)"),
        ] {
            let filter = Filter::of_users(template).expect("a filter").of_everybody();
            assert_eq!(filter, wanted);
            assert!(ldap3::parse_filter(&filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn only_names_with_an_at_are_looked_up_as_mail_addresses() {
        let of = |lines: &str, name: &str| {
            let text = format!("uris = [\"ldaps://a\"]\nbase = \"dc=x\"\n{lines}");
            let settings: LdapSettings = toml::from_str(&text).expect("settings");
            Filters::parse(settings.filters()).expect("filters").of(name)
        };
        let both = "(&(objectClass=person)(|(uid=a@b)(mail=a@b)))";
        assert_eq!(of("", "alice"), "(&(objectClass=person)(uid=alice))");
        assert_eq!(of("", "a@b"), both);
        let own = "filter = \"(cn={user})\"";
        assert_eq!((of(own, "alice"), of(own, "a@b")), ("(cn=alice)".into(), "(cn=a@b)".into()));
        let own = "mail_filter = \"(mail={user})\"";
        assert_eq!(of(own, "a@b"), "(mail=a@b)");
        let everybody = Filters::parse(("(uid={user})", "(mail={user})")).expect("filters");
        assert_eq!(everybody.of_everybody(), "(|(uid=*)(mail=*))");
    }

    /// A real stack overflow ends the process: this test is one when the bound is taken away.
    #[test]
    fn filters_in_filters_are_refused_before_they_fill_the_stack() {
        let nested =
            |depth: usize| format!("{}(uid={{user}}){}", "(!".repeat(depth), ")".repeat(depth));
        assert!(Filter::of_users(&nested(DEEPEST - 1)).is_ok());
        for depth in [DEEPEST + 1, 1_000, 64_000, 1_000_000] {
            for template in
                [nested(depth), "(&".repeat(depth) + "{user}", "(".repeat(depth) + "{user}"]
            {
                for parsed in
                    [Filter::of_users(&template).map(drop), Filter::of_groups(&template).map(drop)]
                {
                    let Err(Outage::Setup(message)) = parsed else { panic!("{depth}") };
                    assert!(message.contains("deep") || message.contains("bytes"), "{message}");
                    assert!(message.len() < 500, "{}", message.len());
                }
            }
        }
    }

    #[test]
    fn a_template_that_cannot_work_is_refused_at_the_start() {
        for template in [
            "",
            "(uid=alice)",
            "(uid={user}",
            "(&(uid={user})",
            "uid={user})",
            "({user}=alice)",
            "({user}:=alice)",
            "(&(uid={user})) (b=c)",
        ] {
            assert!(matches!(Filter::of_users(template), Err(Outage::Setup(_))), "{template}");
        }
        for template in ["(uid={user})", "(|(uid={user})(mail={user}))", "(mail={user}@*)"] {
            assert!(Filter::of_users(template).is_ok(), "{template}");
        }
    }
}
