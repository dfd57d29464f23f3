//! Postfix's services that take passwords: over TLS only, and from where they are checked.

use std::collections::BTreeMap;
use std::path::Path;

use monk_wire::manage::doctor::{Findings, Kind};

use super::Surroundings;

/// Where Cyrus SASL looks for `smtpd.conf`; Debian's Postfix in the first.
const SASL_FOLDERS: [&str; 3] = ["/etc/postfix/sasl", "/etc/sasl2", "/usr/lib/sasl2"];

/// The settings that apply to one service of `master.cf`.
pub(super) struct Service<'a> {
    /// Such as `submission/inet`.
    name: &'a str,
    main: &'a BTreeMap<&'a str, &'a str>,
    own: &'a BTreeMap<&'a str, &'a str>,
}

impl Service<'_> {
    fn get(&self, name: &str) -> &str {
        let own = format!("{}/{name}", self.name);
        let value = self.own.get(own.as_str()).or_else(|| self.main.get(name));
        value.copied().unwrap_or_default()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }

    fn takes_passwords(&self) -> bool {
        self.is("smtpd_sasl_auth_enable")
    }

    fn takes_them_in_clear(&self) -> bool {
        let tls_only = ["smtpd_tls_auth_only", "smtpd_enforce_tls", "smtpd_tls_wrappermode"];
        !tls_only.iter().any(|name| self.is(name))
            && self.get("smtpd_tls_security_level") != "encrypt"
    }

    /// The file of Cyrus SASL, without `.conf`, where that is asked and not Dovecot.
    fn cyrus(&self) -> Option<&str> {
        let name = Some(self.get("smtpd_sasl_path")).filter(|name| !name.is_empty());
        (self.get("smtpd_sasl_type") != "dovecot").then(|| name.unwrap_or("smtpd"))
    }
}

/// `NAME = VALUE` lines.
pub(super) fn values(text: &str) -> BTreeMap<&str, &str> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim())).collect()
}

/// The names of the services that run smtpd, from `postconf -M`: `NAME TYPE … COMMAND`.
pub(super) fn smtpds(text: &str) -> Vec<String> {
    let fields = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let smtpds = fields.filter(|fields| fields.get(7) == Some(&"smtpd"));
    smtpds.map(|fields| format!("{}/{}", fields[0], fields[1])).collect()
}

/// Looks at Postfix. Whether it asks saslauthd.
pub(super) fn examine(around: &Surroundings<'_>, findings: &mut Findings) -> bool {
    let (true, Some(program)) = (around.asks_monk("smtp"), around.machine.program("postconf"))
    else {
        return false;
    };
    // Installed, and set up for nothing.
    if around.machine.metadata("/etc/postfix/main.cf").is_err() {
        return false;
    }
    let print = |option: &str| around.machine.output(&program, &[option]);
    match (print("-n"), print("-P"), print("-M")) {
        (Ok(main), Ok(own), Ok(master)) => {
            let (main, own) = (values(&main), values(&own));
            let names = smtpds(&master);
            let services = names.iter().map(|name| Service { name, main: &main, own: &own });
            let mut asks_saslauthd = false;
            for service in services.filter(Service::takes_passwords) {
                asks_saslauthd |= judge(around, &service, findings);
            }
            asks_saslauthd
        }
        (main, own, master) => {
            let why = [main, own, master].into_iter().find_map(Result::err).unwrap_or_default();
            findings.report(
                Kind::PostfixNotExamined,
                "/etc/postfix/main.cf",
                why,
                "Run postconf -n as root and see what it says.",
            );
            false
        }
    }
}

/// Judges one service. Whether it asks saslauthd.
fn judge(around: &Surroundings<'_>, service: &Service<'_>, findings: &mut Findings) -> bool {
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
    let file = service.cyrus().map(|name| sasl_file(around, name));
    let asks_saslauthd = file.as_ref().is_some_and(|(_, method)| method == "saslauthd");
    if let Some((path, method)) = file.filter(|(_, method)| method != "saslauthd") {
        findings.report(
            Kind::PostfixWithoutPam,
            &subject,
            format!("{path}: pwcheck_method is {method}: passwords are looked up without PAM"),
            format!("In {path}: pwcheck_method: saslauthd"),
        );
    }
    if findings.0.len() == before {
        findings.ok(Kind::PostfixCleartext, subject, "logins over TLS only, and PAM is asked");
    }
    asks_saslauthd
}

/// The file that decides, and its `pwcheck_method`, which is auxprop where nothing is said.
fn sasl_file(around: &Surroundings<'_>, name: &str) -> (String, String) {
    let paths = SASL_FOLDERS.map(|folder| Path::new(folder).join(format!("{name}.conf")));
    let found = paths.iter().find_map(|path| Some((path, around.machine.read(path).ok()?)));
    let (path, text) = found.unwrap_or((&paths[0], String::new()));
    let method = text.lines().rev().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "pwcheck_method").then(|| value.trim().to_owned())
    });
    (path.display().to_string(), method.unwrap_or_else(|| "auxprop".to_owned()))
}
