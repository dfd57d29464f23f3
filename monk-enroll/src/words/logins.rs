//! How a login would end, and what was looked at.

use monk_wire::manage::{CodeForm, CredentialState, Fact, LoginEnd, WayIn};

use super::{accounts, failures, refusals};

/// The verdict, or `None` where nothing was typed.
pub fn granted(end: &LoginEnd) -> Option<bool> {
    match end {
        LoginEnd::NothingTyped(_) => None,
        LoginEnd::Granted(_) => Some(true),
        LoginEnd::Refused(_)
        | LoginEnd::WrongClock { .. }
        | LoginEnd::Unavailable(_)
        | LoginEnd::Abandoned => Some(false),
    }
}

/// The word of the audit.
pub fn reason(end: &LoginEnd) -> &'static str {
    match end {
        LoginEnd::NothingTyped(_) => "nothing-typed",
        LoginEnd::Granted(grant) => grant.as_str(),
        LoginEnd::Refused(refusal) => refusal.as_str(),
        LoginEnd::WrongClock { .. } => "wrong-code",
        LoginEnd::Unavailable(_) => "unavailable",
        LoginEnd::Abandoned => "abandoned",
    }
}

/// A sentence with what to do.
pub fn explanation(end: &LoginEnd) -> String {
    match end {
        LoginEnd::NothingTyped(way) => format!("the user can log in with {}", way_in(way)),
        LoginEnd::Granted(_) => {
            "the login would succeed; nothing was spent by this check".to_owned()
        }
        LoginEnd::Refused(refusal) => refusals::explanation(*refusal).to_owned(),
        LoginEnd::WrongClock { device, clock } => format!(
            "the device {device:?} shows this code at another time: its clock is {}{} this host's. Set the \
             device to network time and try its next code; if several users see this, check this host's \
             clock",
            failures::apart(*clock),
            if clock.ahead { " of" } else { "" }
        ),
        LoginEnd::Unavailable(outage) => outage.to_string(),
        LoginEnd::Abandoned => String::new(),
    }
}

/// What the user would type on one line.
fn way_in(way: &WayIn) -> String {
    match way {
        WayIn::AppPassword => "an app password".to_owned(),
        WayIn::Password => "the password alone".to_owned(),
        WayIn::PasswordForNow => "the password alone, until the time to enrol runs out".to_owned(),
        WayIn::PasswordAndCode(forms) if forms.is_empty() => {
            "nothing: none of the second factors can be checked on this host".to_owned()
        }
        WayIn::PasswordAndCode(forms) => {
            let forms: Vec<_> = forms.iter().map(|form| code(*form)).collect();
            format!("PASSWORD;CODE, where CODE is {}", forms.join(" or "))
        }
    }
}

fn code(form: CodeForm) -> &'static str {
    match form {
        CodeForm::SixDigits => "a code of 6 digits",
        CodeForm::EightDigits => "a code of 8 digits",
        CodeForm::Scratch => "an imported scratch code",
        CodeForm::Backup => "a backup code",
        CodeForm::Emailed => "a code that PASSWORD;email sends you",
    }
}

/// What was looked at, and what was found.
pub fn fact(fact: &Fact) -> (String, String) {
    let (name, found) = match fact {
        Fact::Policy { setting, value } => return (format!("policy {setting}"), value.clone()),
        Fact::Groups(groups) => ("policy groups", groups.join(", ")),
        Fact::Remember(minutes) => ("policy remember", format!("{minutes} minutes")),
        Fact::User { name, locator } => ("user", format!("{name} ({locator})")),
        Fact::Account(state) => match accounts::what_is_closed(*state) {
            None => ("account", state.as_str().to_owned()),
            Some(closed) => ("account", format!("{state}: {closed}")),
        },
        Fact::NewPasswordNeeded => (
            "account rule",
            "asks for a new password (PAM_NEW_AUTHTOK_REQD): the program has it changed, or refuses"
                .to_owned(),
        ),
        Fact::Credential { kind, label, state } => {
            let state = match state {
                CredentialState::Usable => "usable",
                CredentialState::Pending => "waiting to be confirmed",
                CredentialState::Unusable => "cannot be checked on this host",
            };
            (kind.as_str(), format!("{label}: {state}"))
        }
        Fact::Unreadable(count) => ("unreadable", format!("{count} records")),
        Fact::CodesByMail(address) => {
            ("codes by mail", address.clone().unwrap_or_else(|| "none".to_owned()))
        }
    };
    (name.to_owned(), found)
}

#[cfg(test)]
mod tests {
    use monk_terms::kind::Kind;
    use monk_wire::manage::ClockOffset;

    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_with_the_device_and_the_direction() {
        for (ahead, words) in [(false, "25 minutes behind this host's"), (true, "ahead of this")] {
            let clock = ClockOffset { seconds: 1500, ahead };
            let end = LoginEnd::WrongClock { device: "Phone".into(), clock };
            let words_of = explanation(&end);
            assert!(words_of.contains(words) && words_of.contains("\"Phone\""), "{words_of}");
            assert_eq!((granted(&end), reason(&end)), (Some(false), "wrong-code"));
        }
    }

    #[test]
    fn each_way_in_is_told_as_it_is_typed() {
        let codes = |forms: &[CodeForm]| WayIn::PasswordAndCode(forms.to_vec());
        for (way, words) in [
            (WayIn::AppPassword, "the user can log in with an app password"),
            (codes(&[]), "the user can log in with nothing: none of the second factors can be"),
            (
                codes(&[CodeForm::SixDigits, CodeForm::Backup]),
                "the user can log in with PASSWORD;CODE, where CODE is a code of 6 digits or a backup code",
            ),
        ] {
            let said = explanation(&LoginEnd::NothingTyped(way));
            assert!(said.starts_with(words), "{said}");
        }
    }

    #[test]
    fn a_fact_has_a_name_and_a_value() {
        let user = Fact::User { name: "alice".into(), locator: "uid=alice".into() };
        let device = Fact::Credential {
            kind: Kind::Totp,
            label: "Phone".into(),
            state: CredentialState::Pending,
        };
        for (seen, name, value) in [
            (Fact::Policy { setting: "mfa".into(), value: "off".into() }, "policy mfa", "off"),
            (Fact::Remember(30), "policy remember", "30 minutes"),
            (user, "user", "alice (uid=alice)"),
            (device, "totp", "Phone: waiting to be confirmed"),
            (Fact::CodesByMail(None), "codes by mail", "none"),
        ] {
            assert_eq!(fact(&seen), (name.to_owned(), value.to_owned()));
        }
    }
}
