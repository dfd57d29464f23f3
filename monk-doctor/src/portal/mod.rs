//! The portal: whether browsers reach it, whom it believes, its certificate, and what its account may do.
//!
//! | file | looks at |
//! |---|---|
//! | `settings` | `/etc/monk-web/web.toml` |
//! | `ways` | the public address, and the web servers in front |
//! | `certificate` | TLS without a web server in front, and what profiles are signed with |
//! | `account` | the account of monk-web, and its process |

mod account;
mod certificate;
mod settings;
mod ways;

use monk_wire::manage::doctor::{Facts, Kind};

use crate::finding::Findings;
use crate::machine::Machine;
use settings::Settings;

/// The settings of monk-web.
const FILE: &str = "/etc/monk-web/web.toml";

/// The program.
const PROGRAM: &str = "monk-web";

/// Looks at the portal, if this host has one. `facts`: what an engine has told.
pub fn examine(machine: &Machine, facts: Option<&Facts>, findings: &mut Findings) {
    let program = machine.program(PROGRAM);
    let text = machine.read(FILE);
    if program.is_none() && text.is_err() {
        return;
    }
    let settings = Settings::parse(&text.unwrap_or_default());
    let user = facts.map_or(PROGRAM, |facts| facts.portal.user.as_str());
    let account = account::examine(machine, user, program.as_deref(), facts, findings);
    if let Some(program) = &program {
        let check = machine.output(program, &["--check", "--config", FILE]);
        judge_check(check, settings.as_ref(), findings);
    }
    let Some(settings) = settings else { return };
    let origin = facts.and_then(|facts| facts.portal.origin.as_deref());
    if let Some(tls) = &settings.tls {
        certificate::examine(machine, tls, origin, account.as_ref(), findings);
    }
    if let Some(files) = &settings.profile_signature
        && settings.profile_signature != settings.tls
    {
        // Phones care for whom it is, and for no name of a host.
        certificate::examine(machine, files, None, account.as_ref(), findings);
    }
    ways::proxies(&settings, origin, findings);
    let Some(facts) = facts else { return };
    ways::origin(&settings, origin, findings);
    if facts.portal.sends_mail {
        findings.ok(Kind::PortalMail, "[mail]", "monk can send mail");
    } else {
        findings.report(
            Kind::PortalMail,
            "[mail]",
            "the settings have no section [mail]: invitations do not go out by mail, and nobody is told of \
             changes to an account",
            "Add a section [mail] to monk.toml, or hand out the codes of monk-enroll invite in another way.",
        );
    }
}

/// What monk-web says of its own settings. What it says of the certificate is told with the certificate.
fn judge_check(
    check: Result<String, String>,
    settings: Option<&Settings>,
    findings: &mut Findings,
) {
    let Err(why) = check else {
        findings.ok(Kind::PortalSettingsBroken, FILE, "in order");
        return;
    };
    let tls = settings.and_then(|settings| settings.tls.as_ref());
    let is_of = |path: &str| why.contains(path);
    if tls.is_some_and(|tls| is_of(&tls.certificate) || is_of(&tls.key)) {
        let remedy = "Correct [tls] in web.toml, or copy the certificate and its key there again.";
        findings.report(Kind::PortalCertificate, FILE, why, remedy);
        return;
    }
    let remedy =
        "Correct what it says, and restart monk-web; until then it goes on with what it has read.";
    findings.report(Kind::PortalSettingsBroken, FILE, why, remedy);
}

#[cfg(test)]
mod tests;
