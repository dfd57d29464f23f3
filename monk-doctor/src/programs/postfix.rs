//! Postfix's services that take passwords: over TLS only, from where they are checked, and by which mechanisms
//! they come.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use monk_wire::manage::doctor::{Kind, Severity};

use super::surroundings::Surroundings;
use crate::finding::Findings;
use crate::machine::Machine;
use crate::pam::pam_file;
use crate::steps;

/// Where Cyrus SASL looks for `smtpd.conf`; Debian's Postfix in the first.
const SASL_FOLDERS: [&str; 3] = ["/etc/postfix/sasl", "/etc/sasl2", "/usr/lib/sasl2"];

/// Mechanisms that bring a password, which PAM can be asked about.
const WITH_PASSWORD: [&str; 2] = ["plain", "login"];

/// Mechanisms that have nothing to do with passwords.
const OTHERS: [&str; 4] = ["external", "anonymous", "oauthbearer", "xoauth2"];

/// What Postfix prints of its settings.
pub struct Postfix {
    main: BTreeMap<String, String>,
    own: BTreeMap<String, String>,
    /// The names of the services that run smtpd.
    smtpds: Vec<String>,
}

impl Postfix {
    /// The Postfix of a machine, if one is set up there.
    pub fn of(machine: &Machine) -> Option<Result<Self, String>> {
        let program = machine.program("postconf")?;
        // Installed, and set up for nothing.
        machine.metadata("/etc/postfix/main.cf").ok()?;
        let print = |option: &str| machine.output(&program, &[option]);
        let read = || {
            let (main, own, master) = (print("-n")?, print("-P")?, print("-M")?);
            Ok(Self::read(&main, &own, &master))
        };
        Some(read())
    }

    /// Reads what `postconf` prints with `-n`, `-P` and `-M`.
    pub(super) fn read(main: &str, own: &str, master: &str) -> Self {
        Self { main: values(main), own: values(own), smtpds: smtpds(master) }
    }

    /// The services that take passwords.
    fn services(&self) -> impl Iterator<Item = Service<'_>> {
        let services = self.smtpds.iter().map(|name| Service { name, of: self });
        services.filter(|service| service.is("smtpd_sasl_auth_enable"))
    }

    /// Whether one of them has passwords checked by Cyrus SASL.
    pub fn asks_cyrus(&self) -> bool {
        self.services().any(|service| service.cyrus().is_some())
    }

    /// Whether one of them has passwords checked by Dovecot.
    pub fn asks_dovecot(&self) -> bool {
        self.services().any(|service| service.cyrus().is_none())
    }

    /// The names by which it asks Dovecot.
    pub fn asks_dovecot_as(&self) -> BTreeSet<String> {
        let asking = self.services().filter(|service| service.cyrus().is_none());
        asking.map(|service| service.asks_as().to_owned()).collect()
    }
}

/// The settings that apply to one service of `master.cf`.
struct Service<'a> {
    /// Such as `submission/inet`.
    name: &'a str,
    of: &'a Postfix,
}

impl<'a> Service<'a> {
    fn get(&self, name: &str) -> &'a str {
        steps::count(1);
        let own = self.of.own.get(&format!("{}/{name}", self.name));
        own.or_else(|| self.of.main.get(name)).map(String::as_str).unwrap_or_default()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }

    fn takes_them_in_clear(&self) -> bool {
        let tls_only = ["smtpd_tls_auth_only", "smtpd_enforce_tls", "smtpd_tls_wrappermode"];
        !tls_only.iter().any(|name| self.is(name))
            && self.get("smtpd_tls_security_level") != "encrypt"
    }

    /// The file of Cyrus SASL, without `.conf`, where that is asked and not Dovecot.
    fn cyrus(&self) -> Option<&'a str> {
        let name = Some(self.get("smtpd_sasl_path")).filter(|name| !name.is_empty());
        (self.get("smtpd_sasl_type") != "dovecot").then(|| name.unwrap_or("smtpd"))
    }

    /// The service that is named to the program that checks the password.
    fn asks_as(&self) -> &'a str {
        Some(self.get("smtpd_sasl_service")).filter(|name| !name.is_empty()).unwrap_or("smtp")
    }

    /// The setting that keeps passwords from being offered, where one does.
    fn forbids_passwords(&self) -> Option<&'static str> {
        const WITH_TLS: &str = "smtpd_sasl_tls_security_options";
        const ALWAYS: &str = "smtpd_sasl_security_options";
        const FILTER: &str = "smtpd_sasl_mechanism_filter";
        let own = Some(self.get(WITH_TLS)).filter(|set| !set.is_empty() && !set.starts_with('$'));
        let (options, setting) = own.map_or((self.get(ALWAYS), ALWAYS), |own| (own, WITH_TLS));
        if words(options).any(|word| word == "noplaintext") {
            return Some(setting);
        }
        let filter: Vec<String> = words(self.get(FILTER)).collect();
        let passes = |name: &&str| {
            let decides = filter
                .iter()
                .find(|word| word.trim_start_matches('!') == *name || word.contains(':'));
            decides.is_some_and(|word| !word.starts_with('!'))
        };
        let none = !filter.is_empty() && !WITH_PASSWORD.iter().any(passes);
        none.then_some(FILTER)
    }
}

/// The words of a list of Postfix.
fn words(list: &str) -> impl Iterator<Item = String> {
    let words = list.split([',', ' ', '\t']).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase)
}

/// `NAME = VALUE` lines.
pub(super) fn values(text: &str) -> BTreeMap<String, String> {
    let pairs = steps::lines(text).filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// The names of the services that run smtpd, from `postconf -M`: `NAME TYPE … COMMAND`.
pub(super) fn smtpds(text: &str) -> Vec<String> {
    let fields = steps::lines(text).map(|line| line.split_whitespace().take(8).collect::<Vec<_>>());
    let smtpds = fields.filter(|fields| fields.get(7) == Some(&"smtpd"));
    smtpds.map(|fields| format!("{}/{}", fields[0], fields[1])).collect()
}

/// Looks at Postfix. Whether it asks saslauthd.
pub(super) fn examine(
    around: &Surroundings<'_>,
    postfix: Option<&Result<Postfix, String>>,
    findings: &mut Findings,
) -> bool {
    match postfix.filter(|_| around.guards_mail()) {
        Some(Ok(postfix)) => {
            let mut files = Files { around, read: BTreeMap::new() };
            let mut asks_saslauthd = false;
            for service in postfix.services() {
                asks_saslauthd |= judge(&service, &mut files, findings);
            }
            asks_saslauthd
        }
        Some(Err(why)) => {
            findings.report(
                Kind::PostfixNotExamined,
                "/etc/postfix/main.cf",
                why,
                "Run postconf -n as root and see what it says.",
            );
            false
        }
        None => false,
    }
}

/// Judges one service. Whether it asks saslauthd.
fn judge(service: &Service<'_>, files: &mut Files<'_>, findings: &mut Findings) -> bool {
    let subject = format!("Postfix, {}", service.name);
    let before = findings.0.len();
    if service.takes_them_in_clear() {
        findings.report(
            Kind::PostfixCleartext,
            &subject,
            "logins are offered before STARTTLS: passwords and app passwords cross the network in the clear",
            "In /etc/postfix/main.cf: smtpd_tls_auth_only = yes",
        );
    }
    if let Some(setting) = service.forbids_passwords() {
        findings.report(
            Kind::PostfixMechanism,
            &subject,
            format!(
                "{setting} = {}: no mechanism that brings a password is offered",
                service.get(setting)
            ),
            format!("Remove {setting} from main.cf and master.cf, and reload Postfix."),
        );
    }
    let around = files.around;
    let file = service.cyrus().map(|name| files.of(name));
    let asks_saslauthd = file.as_ref().is_some_and(|file| file.method == "saslauthd");
    match file {
        Some(file) if asks_saslauthd => {
            mechanisms(&file, &subject, findings);
            pam_service(around, service.asks_as(), &subject, findings);
        }
        Some(Sasl { path, method, .. }) => findings.report(
            Kind::PostfixWithoutPam,
            &subject,
            format!("{path}: pwcheck_method is {method}: passwords are looked up without PAM"),
            format!("In {path}: pwcheck_method: saslauthd"),
        ),
        None => {}
    }
    if findings.0.len() == before {
        findings.ok(Kind::PostfixCleartext, subject, "logins over TLS only, and PAM is asked");
    }
    asks_saslauthd
}

/// What Cyrus SASL offers while saslauthd checks the passwords.
fn mechanisms(file: &Sasl, subject: &str, findings: &mut Findings) {
    let path = &file.path;
    let remedy = format!("In {path}: mech_list: plain login; then restart Postfix.");
    let Some(list) = &file.mechanisms else {
        findings.report_as(
            Kind::PostfixMechanism,
            Severity::Warning,
            subject,
            format!(
                "{path} has no mech_list: every mechanism that is installed is offered, also those that need a \
                 stored password and never come to PAM"
            ),
            remedy,
        );
        return;
    };
    let stored: Vec<&str> = list
        .iter()
        .map(String::as_str)
        .filter(|name| !WITH_PASSWORD.contains(name) && !OTHERS.contains(name))
        .collect();
    if !list.iter().any(|name| WITH_PASSWORD.contains(&name.as_str())) {
        let evidence =
            format!("{path}: mech_list has neither plain nor login: no client can send a password");
        findings.report(Kind::PostfixMechanism, subject, evidence, remedy);
    } else if !stored.is_empty() {
        let evidence = format!(
            "{path}: {}: this needs a stored password, and never comes to PAM; programs that choose it cannot \
             log in",
            stored.join(", ")
        );
        findings.report(Kind::PostfixMechanism, subject, evidence, remedy);
    }
}

/// The PAM service that saslauthd asks.
fn pam_service(around: &Surroundings<'_>, name: &str, subject: &str, findings: &mut Findings) {
    if around.ends_at_monk(name) {
        return;
    }
    let (kind, evidence, before) = match (around.has_file)(name) {
        false => (
            Kind::PostfixServiceMissing,
            format!(
                "/etc/pam.d/{name} does not exist: libpam reads /etc/pam.d/other, which does not ask monk"
            ),
            "",
        ),
        true => (
            Kind::PostfixServiceWithoutMonk,
            format!("/etc/pam.d/{name} has no pam_monk.so: mail is sent with a password alone"),
            "Keep the old file elsewhere. ",
        ),
    };
    findings.report(kind, subject, evidence, format!("{before}{}", pam_file(name)));
}

/// A file of Cyrus SASL.
#[derive(Clone)]
struct Sasl {
    path: String,
    /// Who checks passwords: auxprop where nothing is said.
    method: String,
    mechanisms: Option<Vec<String>>,
}

/// The files of Cyrus SASL, each read once.
struct Files<'a> {
    around: &'a Surroundings<'a>,
    read: BTreeMap<String, Sasl>,
}

impl Files<'_> {
    fn of(&mut self, name: &str) -> Sasl {
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        let paths = SASL_FOLDERS.map(|folder| Path::new(folder).join(format!("{name}.conf")));
        let machine = self.around.machine;
        let found = paths.iter().find_map(|path| Some((path, machine.read(path).ok()?)));
        let (path, text) = found.unwrap_or((&paths[0], String::new()));
        let value = |key: &str| {
            steps::lines(&text).rev().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name.trim() == key).then(|| value.trim().to_owned())
            })
        };
        let sasl = Sasl {
            path: path.display().to_string(),
            method: value("pwcheck_method").unwrap_or_else(|| "auxprop".to_owned()),
            mechanisms: value("mech_list").map(|list| words(&list).collect()),
        };
        self.read.insert(name.to_owned(), sasl.clone());
        sasl
    }
}
