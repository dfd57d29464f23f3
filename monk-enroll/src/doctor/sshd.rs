//! sshd's settings, as `sshd -T` prints them.

use std::collections::BTreeMap;

use monk_wire::manage::doctor::{Findings, Kind, ServicePolicy, Severity};

/// Seconds that typing a password and a code from a phone takes, with one mistake.
const ENOUGH_SECONDS: u64 = 60;

/// The settings by their names in lower case. A setting that is given several times has the
/// values joined by blanks.
#[derive(Debug, Default)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads `NAME VALUE` lines.
    pub fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for line in text.lines() {
            let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let entry = settings.0.entry(name.to_ascii_lowercase()).or_default();
            if !entry.is_empty() {
                entry.push(' ');
            }
            entry.push_str(value.trim());
        }
        settings
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }

    /// The lists of methods, any of which opens: `None` where every method does alone.
    fn methods(&self) -> Option<Vec<Vec<&str>>> {
        let methods = self.get("authenticationmethods");
        (!methods.is_empty() && methods != "any")
            .then(|| methods.split_whitespace().map(|list| list.split(',').collect()).collect())
    }

    /// Whether a key alone opens.
    fn key_alone(&self) -> bool {
        let is_key = |method: &&str| method.starts_with("publickey");
        self.is("pubkeyauthentication")
            && self.methods().is_none_or(|lists| lists.iter().any(|list| list.iter().all(is_key)))
    }

    /// Whether PAM is asked only after a key was proved.
    pub fn key_first(&self) -> bool {
        self.methods().is_some_and(|lists| {
            lists
                .iter()
                .all(|list| list.first().is_some_and(|first| first.starts_with("publickey")))
        })
    }
}

/// Judges the settings. `text`: the configuration files, for what `sshd -T` leaves out.
pub fn examine(settings: &Settings, text: &str, policy: ServicePolicy, findings: &mut Findings) {
    const SUBJECT: &str = "/etc/ssh/sshd_config";
    let before = findings.0.len();
    let mut report = |kind: Kind, evidence: &str, remedy: &str| {
        findings.report(kind, SUBJECT, evidence, remedy);
    };
    if !settings.is("usepam") {
        report(Kind::SshdPamOff, "UsePAM no: sshd never asks monk", "Write: UsePAM yes");
        return;
    }
    let (screens, password) =
        (settings.is("kbdinteractiveauthentication"), settings.is("passwordauthentication"));
    match (screens, password) {
        (true, true) => report(
            Kind::SshdPasswordAndScreens,
            "PasswordAuthentication yes next to KbdInteractiveAuthentication yes: programs may \
             choose the one that has room for one string only",
            "Write: PasswordAuthentication no",
        ),
        (true, false) => {}
        (false, true) => report(
            Kind::SshdNoSecondScreen,
            "KbdInteractiveAuthentication no: the code has to be typed behind the password",
            "Write: KbdInteractiveAuthentication yes, and PasswordAuthentication no",
        ),
        (false, false) => report(
            Kind::SshdPamNotAsked,
            "KbdInteractiveAuthentication no and PasswordAuthentication no: only account rules \
             are asked, and no code ever",
            "Write: KbdInteractiveAuthentication yes",
        ),
    }
    if settings.is("permitemptypasswords") {
        report(
            Kind::SshdEmptyPasswords,
            "PermitEmptyPasswords yes: sshd tries every user with an empty password first",
            "Write: PermitEmptyPasswords no",
        );
    }
    if settings.get("permitrootlogin") == "yes" {
        report(
            Kind::SshdRootLogin,
            "PermitRootLogin yes: root may log in with a password and a code, if monk knows root",
            "Write: PermitRootLogin prohibit-password",
        );
    }
    let seconds: u64 = settings.get("logingracetime").parse().unwrap_or(0);
    if (1..ENOUGH_SECONDS).contains(&seconds) {
        let evidence = format!("LoginGraceTime {seconds}: people have that long for both screens");
        report(Kind::SshdGraceTime, &evidence, "Write: LoginGraceTime 120");
    }
    if settings.get("maxauthtries") == "1" {
        let evidence = "MaxAuthTries 1: one mistyped code ends the connection";
        report(Kind::SshdTries, evidence, "Write: MaxAuthTries 3");
    }
    if text.lines().any(|line| line.trim_start().to_ascii_lowercase().starts_with("match ")) {
        report(
            Kind::SshdMatchBlocks,
            "what Match blocks change for some users or addresses was not looked at",
            "Try one: sshd -T -C user=NAME,host=HOST,addr=ADDRESS",
        );
    }
    if settings.key_alone() {
        let severity = if policy.always { Severity::Warning } else { Severity::Note };
        findings.report_as(
            Kind::SshdKeyAlone,
            severity,
            SUBJECT,
            "a public key alone opens: such a login passes no auth rule of PAM, so that monk asks \
             for no code",
            "Write: AuthenticationMethods publickey,keyboard-interactive (and in monk.toml, for \
             [service.sshd], password = \"skip-after-publickey\"), or PubkeyAuthentication no",
        );
    }
    if findings.0.len() == before {
        findings.ok(Kind::SshdPamOff, SUBJECT, "every login is asked by monk, on screens");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "usepam yes\nkbdinteractiveauthentication yes\npasswordauthentication no\n\
                        pubkeyauthentication no\npermitrootlogin without-password\n\
                        permitemptypasswords no\nlogingracetime 120\nmaxauthtries 6\n\
                        authenticationmethods any\n";

    fn found(change: (&str, &str), text: &str) -> Vec<(String, Severity)> {
        let printed = GOOD.replace(change.0, change.1);
        let mut findings = Findings::default();
        let policy = ServicePolicy { always: true, ..ServicePolicy::default() };
        examine(&Settings::parse(&printed), text, policy, &mut findings);
        let worse = findings.0.into_iter().filter(|finding| finding.severity > Severity::Ok);
        worse.map(|finding| (finding.id, finding.severity)).collect()
    }

    #[test]
    fn settings_that_ask_everybody_are_clean() {
        assert_eq!(found(("", ""), "# Match nobody\n"), []);
        for methods in ["publickey,keyboard-interactive:pam", "keyboard-interactive"] {
            let printed = format!("pubkeyauthentication yes\nauthenticationmethods {methods}");
            let clean = GOOD.replace("authenticationmethods any\n", "");
            let clean = clean.replace("pubkeyauthentication no", &printed);
            assert_eq!(found((GOOD, &clean), ""), []);
        }
    }

    #[test]
    fn what_goes_round_monk_or_hinders_people_is_found() {
        for (old, new, id) in [
            ("usepam yes", "usepam no", "sshd-pam-off"),
            ("interactiveauthentication yes", "interactiveauthentication no", "sshd-pam-not-asked"),
            (
                "interactiveauthentication yes\npasswordauthentication no",
                "interactiveauthentication no\npasswordauthentication yes",
                "sshd-no-second-screen",
            ),
            (
                "passwordauthentication no",
                "passwordauthentication yes",
                "sshd-password-and-screens",
            ),
            ("pubkeyauthentication no", "pubkeyauthentication yes", "sshd-key-alone"),
            ("permitemptypasswords no", "permitemptypasswords yes", "sshd-empty-passwords"),
            ("permitrootlogin without-password", "permitrootlogin yes", "sshd-root-login"),
            ("logingracetime 120", "logingracetime 20", "sshd-grace-time"),
            ("maxauthtries 6", "maxauthtries 1", "sshd-tries"),
        ] {
            let ids: Vec<_> = found((old, new), "").into_iter().map(|(id, _)| id).collect();
            assert_eq!(ids, [id], "{new}");
        }
        assert_eq!(found(("", ""), "Match user x\n")[0].0, "sshd-match-blocks");
        let keys = "pubkeyauthentication yes\nauthenticationmethods publickey keyboard-interactive";
        let alone = GOOD.replace("authenticationmethods any\n", "");
        let alone = alone.replace("pubkeyauthentication no", keys);
        assert_eq!(found((GOOD, &alone), "")[0], ("sshd-key-alone".to_owned(), Severity::Warning));
    }

    #[test]
    fn a_key_that_comes_before_everything_is_seen() {
        let first = |methods: &str| {
            Settings::parse(&format!("AuthenticationMethods {methods}")).key_first()
        };
        assert!(first("publickey,keyboard-interactive"));
        assert!(!first("publickey,keyboard-interactive password") && !first("any"));
    }
}
