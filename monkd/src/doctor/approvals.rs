//! Logins that may be approved on the portal's page: whether that can work with these settings.

use std::iter::once;

use monk_core::policy::{Mfa, PortalApproval, Prompt};
use monk_wire::manage::doctor::Kind;

use crate::observations::Observations;
use crate::programs::WITHOUT_SCREENS;
use crate::settings::Settings;

/// Looks at the policy of all services, and at each section that says something of its own.
pub fn examine(settings: &Settings) -> Observations {
    let mut findings = Observations::default();
    let sections = once(("[policy]".to_owned(), &settings.policy, None)).chain(
        settings
            .service
            .iter()
            .map(|(name, layer)| (format!("[service.{name}]"), layer, Some(name.as_str()))),
    );
    for (section, layer, service) in sections {
        if layer.portal_approval != Some(PortalApproval::Allowed) {
            continue;
        }
        let policy =
            service.map_or_else(|| settings.default_policy(), |name| settings.policy_for(name));
        let subject = format!("{section} portal_approval");
        let why = if settings.portal.origin.is_none() {
            Some((
                "logins may be approved in the portal, and the settings of this host do not say where that is: \
                 nobody is offered it",
                "Write origin into [portal], with the same address on every host, and reload monkd.",
            ))
        } else if service.is_some_and(|name| WITHOUT_SCREENS.contains(&name))
            || policy.prompt == Prompt::Never
        {
            Some((
                "logins may be approved in the portal, and programs of this service show no screen that says so",
                "Remove the line, and give these people app passwords or one-time codes.",
            ))
        } else if policy.mfa == Mfa::Off {
            Some((
                "logins may be approved in the portal, and the service asks for no second factor",
                "Remove the line, or set mfa to \"required\" or \"when-enrolled\".",
            ))
        } else {
            None
        };
        match why {
            Some((detail, remedy)) => {
                findings.report(Kind::PortalApproval, subject, detail, remedy);
            }
            None => {
                findings.ok(Kind::PortalApproval, subject, "people know where to approve logins")
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::doctor::Severity;

    use super::*;

    #[test]
    fn what_nobody_could_use_is_told() {
        const ORIGIN: &str = "[portal]\norigin = \"https://login.example.org\"\n";
        for (text, words) in [
            ("[policy]\nportal_approval = \"allowed\"\n", Some("do not say where")),
            ("[service.sshd]\nportal_approval = \"allowed\"\n", Some("do not say where")),
            (&format!("{ORIGIN}[policy]\nportal_approval = \"allowed\"\n"), None),
            (&format!("{ORIGIN}[service.sshd]\nportal_approval = \"allowed\"\n"), None),
            (
                &format!("{ORIGIN}[service.imap]\nportal_approval = \"allowed\"\n"),
                Some("no screen"),
            ),
            (
                &format!(
                    "{ORIGIN}[service.su]\nportal_approval = \"allowed\"\nprompt = \"never\"\n"
                ),
                Some("no screen"),
            ),
            (
                &format!("{ORIGIN}[service.su]\nportal_approval = \"allowed\"\nmfa = \"off\"\n"),
                Some("no second factor"),
            ),
        ] {
            let found = examine(&Settings::parse(text).expect("settings")).0;
            assert_eq!(found.len(), 1, "{text}");
            let said = format!("{:?}", found[0].evidence);
            let is_told = found[0].severity == Severity::Warning;
            assert_eq!(is_told, words.is_some(), "{text}: {said}");
            assert!(words.is_none_or(|words| said.contains(words)), "{text}: {said}");
        }
        let nothing = Settings::parse("[service.sshd]\nportal_approval = \"never\"\n");
        assert!(examine(&nothing.expect("settings")).0.is_empty());
    }
}
