//! What the settings of sshd mean, for everybody or for those whom a `Match` block fits.

use monk_wire::manage::doctor::{Kind, ServicePolicy, Severity};

use super::remedy::{Edit, choose};
use super::settings::{SCREENS, Settings, is_key, plain, written};
use crate::finding::Findings;

/// Seconds that typing a password and a code from a phone takes, with one mistake.
const ENOUGH_SECONDS: u64 = 60;

/// The switches of methods that pass no auth rule of PAM.
const SWITCHES: [(&str, &str); 3] = [
    ("gssapi-with-mic", "GSSAPIAuthentication no"),
    ("gssapi-keyex", "GSSAPIKeyExchange no"),
    ("hostbased", "HostbasedAuthentication no"),
];

/// To be known before people who had a key alone are asked for a code.
const KEEP_A_SESSION: &str =
    "Users without a device in monk are refused then: enrol them first, and keep a session open.";

/// Settings, and what a change would make of them.
pub struct Case<'a> {
    /// The file, and the block.
    pub subject: String,
    pub settings: &'a Settings,
    pub policy: ServicePolicy,
    /// The settings with other lines, or why sshd would not start with them.
    pub trial: &'a dyn Fn(&Edit) -> Result<Settings, String>,
    /// Where the lines of a remedy belong.
    pub prefix: &'a str,
}

fn edit(lines: &[&str]) -> Edit {
    lines.iter().map(|&line| line.to_owned()).collect()
}

impl Case<'_> {
    /// Judges everything.
    pub fn examine(&self, findings: &mut Findings) {
        if !self.settings.is("usepam") {
            let mended = |settings: &Settings| settings.is("usepam");
            let remedy = self.choose(&[edit(&["UsePAM yes"])], &mended);
            self.report(Kind::SshdPamOff, "UsePAM no: sshd never asks monk", remedy, findings);
            return;
        }
        self.ways(findings);
        self.details(findings);
    }

    /// Judges the ways in.
    pub fn ways(&self, findings: &mut Findings) {
        let ways = self.settings.ways();
        let twice = self.two_logins(&ways, findings);
        if !twice {
            self.screens(&ways, findings);
        }
        self.key_alone(&ways, findings);
        self.others_alone(&ways, findings);
    }

    fn report(
        &self,
        kind: Kind,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
        findings: &mut Findings,
    ) {
        findings.report(kind, &self.subject, evidence, remedy);
    }

    fn choose(&self, edits: &[Edit], is_mended: &dyn Fn(&Settings) -> bool) -> String {
        choose(self.trial, edits, self.prefix, is_mended)
    }

    /// Each of two methods in a row is a login of its own. Whether there are such.
    fn two_logins(&self, ways: &[Vec<&str>], findings: &mut Findings) -> bool {
        let wrong: Vec<_> = ways.iter().filter(|way| is_twice(self.settings, way)).collect();
        let Some(first) = wrong.first().filter(|_| !self.policy.never) else { return false };
        let severity = if wrong.len() == ways.len() { Severity::Error } else { Severity::Warning };
        let lists: Vec<Vec<&str>> = self.settings.lists().unwrap_or_default();
        let better: Vec<Vec<&str>> = lists.iter().map(|list| once(self.settings, list)).collect();
        let line = format!("AuthenticationMethods {}", written(&better));
        let mended =
            |settings: &Settings| settings.ways().iter().all(|way| !is_twice(settings, way));
        let remedy = self.choose(&[vec![line]], &mended);
        findings.report_as(
            Kind::SshdTwoLogins,
            severity,
            &self.subject,
            format!(
                "AuthenticationMethods {}: each of the methods that ask PAM is a login of its own, and a \
                 code opens one only",
                first.join(",")
            ),
            format!("Take `password,` out of AuthenticationMethods. {remedy}"),
        );
        true
    }

    /// Whether monk can show a second screen.
    fn screens(&self, ways: &[Vec<&str>], findings: &mut Findings) {
        let offers = |wanted: &str| ways.iter().flatten().any(|method| plain(method) == wanted);
        let replaced = self.settings.lists().map(|lists| {
            let better: Vec<_> = lists.iter().map(|list| on_screens(list)).collect();
            format!("AuthenticationMethods {}", written(&better))
        });
        let on = "KbdInteractiveAuthentication yes";
        let off = "PasswordAuthentication no";
        let with_lists = |lines: &[&str]| {
            let lists = replaced.iter().map(String::as_str);
            edit(&lines.iter().copied().chain(lists).collect::<Vec<_>>())
        };
        let has = |wanted: &'static str| {
            move |settings: &Settings| {
                settings.ways().iter().flatten().any(|method| plain(method) == wanted)
            }
        };
        match (offers(SCREENS), offers("password")) {
            (true, true) => {
                let edits = [edit(&[off]), with_lists(&[off])];
                let remedy = self.choose(&edits, &|new| has(SCREENS)(new) && !has("password")(new));
                let evidence = "the one-line password is offered next to the screens: programs may choose \
                                the one that has room for one string only";
                self.report(Kind::SshdPasswordAndScreens, evidence, remedy, findings);
            }
            (true, false) => {}
            (false, true) => {
                let edits = [edit(&[on, off]), with_lists(&[on, off]), edit(&[on])];
                let remedy = self.choose(&edits, &has(SCREENS));
                let evidence =
                    "no keyboard-interactive: the code has to be typed behind the password";
                self.report(Kind::SshdNoSecondScreen, evidence, remedy, findings);
            }
            (false, false) => {
                let lists = self.settings.lists().map(|lists| {
                    let more: Vec<_> = lists.iter().map(|list| and_screens(list)).collect();
                    format!("AuthenticationMethods {}", written(&more))
                });
                let lines: Vec<&str> = [on].into_iter().chain(lists.as_deref()).collect();
                let remedy = self.choose(&[edit(&lines)], &has(SCREENS));
                let evidence = "neither keyboard-interactive nor a password is offered: only account rules \
                                are asked, and no code ever";
                self.report(Kind::SshdPamNotAsked, evidence, remedy, findings);
            }
        }
    }

    /// The lines that have PAM asked as well on the ways that fit.
    fn ask_too(&self, fits: &dyn Fn(&[&str]) -> bool) -> Edit {
        let lists = self.settings.lists().unwrap_or_else(|| self.settings.ways());
        let lists: Vec<Vec<&str>> = lists
            .iter()
            .map(|list| if fits(list) { and_screens(list) } else { list.clone() })
            .collect();
        let mut lines = vec![format!("AuthenticationMethods {}", written(&lists))];
        if !self.settings.is("kbdinteractiveauthentication") {
            lines.push("KbdInteractiveAuthentication yes".to_owned());
        }
        lines
    }

    fn key_alone(&self, ways: &[Vec<&str>], findings: &mut Findings) {
        let alone = |way: &[&str]| way.iter().all(|method| is_key(method));
        if !ways.iter().any(|way| alone(way)) {
            return;
        }
        let mended = |settings: &Settings| !settings.ways().iter().any(|way| alone(way));
        let edits = [self.ask_too(&alone), edit(&["PubkeyAuthentication no"])];
        let remedy = self.choose(&edits, &mended);
        findings.report_as(
            Kind::SshdKeyAlone,
            self.severity(),
            &self.subject,
            "a public key alone opens: such a login passes no auth rule of PAM, so that monk asks \
             for no code",
            format!(
                "{remedy} (and in monk.toml, for [service.sshd], password = \"skip-after-publickey\"). \
                 {KEEP_A_SESSION}"
            ),
        );
    }

    fn others_alone(&self, ways: &[Vec<&str>], findings: &mut Findings) {
        let alone = |settings: &Settings, way: &[&str]| {
            !way.iter().any(|method| settings.asks_pam(method))
                && !way.iter().all(|method| is_key(method))
        };
        let Some(way) = ways.iter().find(|way| alone(self.settings, way)) else { return };
        let mended = |settings: &Settings| !settings.ways().iter().any(|way| alone(settings, way));
        let mut off: Vec<&str> =
            SWITCHES.iter().filter(|(name, _)| way.contains(name)).map(|(_, line)| *line).collect();
        let all = SWITCHES.iter().filter(|(name, _)| ways.iter().any(|way| way.contains(name)));
        let mut all: Vec<&str> = all.map(|(_, line)| *line).collect();
        let by_kerberos = way.contains(&"password");
        for lines in [&mut off, &mut all] {
            lines.extend(by_kerberos.then_some("KerberosAuthentication no"));
        }
        let fits = |way: &[&str]| alone(self.settings, way);
        let remedy = self.choose(&[edit(&off), edit(&all), self.ask_too(&fits)], &mended);
        let what = if by_kerberos {
            "the password goes to Kerberos before PAM (KerberosAuthentication yes), and opens alone"
                .to_owned()
        } else {
            format!("{} opens without an auth rule of PAM", way.join(","))
        };
        findings.report_as(
            Kind::SshdMethodAlone,
            self.severity(),
            &self.subject,
            format!("{what}, so that monk asks for no code"),
            format!("{remedy}. {KEEP_A_SESSION}"),
        );
    }

    /// How bad it is that monk is not asked for a code.
    fn severity(&self) -> Severity {
        if self.policy.always { Severity::Warning } else { Severity::Note }
    }

    /// Settings of everybody.
    fn details(&self, findings: &mut Findings) {
        let settings = self.settings;
        let mut tell = |kind: Kind, line: &str, evidence: String, more: &str| {
            let remedy = self.choose(&[edit(&[line])], &|_| true);
            self.report(kind, evidence, format!("{remedy}{more}"), findings);
        };
        if settings.is("permitemptypasswords") {
            let evidence =
                "PermitEmptyPasswords yes: sshd tries every user with an empty password first";
            tell(Kind::SshdEmptyPasswords, "PermitEmptyPasswords no", evidence.to_owned(), "");
        }
        if settings.get("permitrootlogin") == "yes" {
            let evidence = "PermitRootLogin yes: root may log in with a password and a code, if monk knows root";
            let more = ", once somebody else can log in and become root, or root has a key";
            let line = "PermitRootLogin prohibit-password";
            tell(Kind::SshdRootLogin, line, evidence.to_owned(), more);
        }
        let seconds: u64 = settings.get("logingracetime").parse().unwrap_or(0);
        if (1..ENOUGH_SECONDS).contains(&seconds) {
            let evidence =
                format!("LoginGraceTime {seconds}: people have that long for both screens");
            tell(Kind::SshdGraceTime, "LoginGraceTime 120", evidence, "");
        }
        if settings.get("maxauthtries") == "1" {
            let evidence = "MaxAuthTries 1: one mistyped code ends the connection".to_owned();
            tell(Kind::SshdTries, "MaxAuthTries 3", evidence, "");
        }
    }
}

/// Whether PAM is asked more than once.
fn is_twice(settings: &Settings, way: &[&str]) -> bool {
    way.iter().filter(|method| settings.asks_pam(method)).count() > 1
}

/// A list of methods that asks PAM once: with screens, where they are among the methods.
fn once<'a>(settings: &Settings, list: &[&'a str]) -> Vec<&'a str> {
    let has_screens = list.iter().any(|method| plain(method) == SCREENS);
    let mut asked = false;
    let mut kept = Vec::new();
    for &method in list {
        if settings.asks_pam(method) {
            if asked || has_screens && plain(method) != SCREENS {
                continue;
            }
            asked = true;
        }
        kept.push(method);
    }
    kept
}

/// A list of methods with screens in place of the one-line password.
fn on_screens<'a>(list: &[&'a str]) -> Vec<&'a str> {
    list.iter().map(|&method| if method == "password" { SCREENS } else { method }).collect()
}

/// A list of methods, and screens at its end.
fn and_screens<'a>(list: &[&'a str]) -> Vec<&'a str> {
    [list, &[SCREENS]].concat()
}
