//! What the answers of the LDAP servers mean.

use monk_wire::manage::doctor::{Examination, Kind, Remedy, Role, Severity};
use x509_parser::parse_x509_certificate;

use super::probe::{MayWrite, Report, UserVisit, Visit};
use crate::clock;
use crate::directory::ldap::settings::LdapSettings;
use crate::directory::ldap::tls;
use crate::observations::Observations;
use crate::outage::Outage;

/// Days before a certificate's end at which it is told.
const EXPIRY_DAYS: i64 = 21;

const DAY: i64 = 24 * 60 * 60;

const ACCESS_RULES: &str = "Correct the access rules after the examples in /usr/share/monk/ldap.";

/// What keeps users from being looked at, wherever it is found.
pub const STAND_IN_THE_WAY: [Kind; 5] = [
    Kind::LdapUnreachable,
    Kind::LdapTls,
    Kind::LdapCertificateExpired,
    Kind::LdapAccountRefused,
    Kind::LdapBase,
];

/// Judges all servers of a directory.
pub fn judge(
    reports: &[Report],
    settings: &LdapSettings,
    examination: &Examination,
    findings: &mut Observations,
) {
    judge_each(reports, settings, examination, findings);
    marking(reports, examination.role, findings);
    decoy(reports, settings, findings);
    let was_let_in = reports.iter().any(|report| report.visit.is_ok());
    if was_let_in && examination.as_user.is_none() {
        findings.report_as(
            Kind::LdapUserNotTried,
            Severity::Note,
            "[ldap]",
            "what an ordinary user may read and change over the network was not tried",
            Remedy::TryAsUser,
        );
    }
}

/// Judges what there is to say of each server.
pub fn judge_each(
    reports: &[Report],
    settings: &LdapSettings,
    examination: &Examination,
    findings: &mut Observations,
) {
    let works = |report: &Report| report.connected.is_ok();
    for report in reports {
        let others = reports.iter().filter(|other| other.uri != report.uri).any(works);
        connection(report, others, findings);
        if let Some(der) = &report.certificate {
            certificate(&report.uri, der, findings);
        }
        let visit = match &report.visit {
            Ok(visit) => visit,
            Err(_) if report.connected.is_err() => continue,
            Err(outage) => {
                refused(&report.uri, outage, findings);
                continue;
            }
        };
        schema(&report.uri, visit, findings);
        writing(report, visit, settings, examination.role, findings);
        reading(&report.uri, visit, findings);
        if let (Some(user), Some((name, _))) = (&visit.user, &examination.as_user) {
            as_user(&report.uri, name, user, findings);
        }
    }
}

fn connection(report: &Report, others: bool, findings: &mut Observations) {
    let uri = &report.uri;
    match &report.connected {
        Ok(took) => {
            findings.ok(
                Kind::LdapUnreachable,
                uri,
                format!("answers after {} ms", took.as_millis()),
            );
            if report.cleartext {
                findings.report(
                    Kind::LdapCleartext,
                    uri,
                    "passwords and codes cross the network unprotected (allow_cleartext = true)",
                    "Write ldaps://, or starttls = true.",
                );
            }
        }
        Err(outage @ Outage::Tls(_)) if tls::is_of_expiry(outage) => findings.report(
            Kind::LdapCertificateExpired,
            uri,
            outage,
            "Renew the server's certificate; if it is valid, set this host's clock.",
        ),
        Err(outage @ Outage::Tls(_)) => findings.report(
            Kind::LdapTls,
            uri,
            outage,
            "openssl s_client -connect HOST:PORT shows the certificate.",
        ),
        Err(outage) => {
            let severity =
                if others && !report.decides { Severity::Warning } else { Severity::Error };
            let remedy = "Start the server, correct uris, or open the firewall.";
            findings.report_as(Kind::LdapUnreachable, severity, uri, outage, remedy);
        }
    }
}

fn certificate(uri: &str, der: &[u8], findings: &mut Observations) {
    let Ok((_, certificate)) = parse_x509_certificate(der) else { return };
    let end = certificate.validity().not_after;
    let left = end.timestamp() - clock::now().cast_signed();
    let evidence = format!("valid for another {} days, until {end}", left / DAY);
    match left / DAY {
        ..0 => findings.report(Kind::LdapCertificateExpired, uri, evidence, "Renew it."),
        0..EXPIRY_DAYS => {
            let remedy = "Renew the server's certificate; when it has expired, nobody logs in.";
            findings.report(Kind::LdapCertificateExpires, uri, evidence, remedy);
        }
        _ => findings.ok(Kind::LdapCertificateExpires, uri, evidence),
    }
}

/// monk's own account is not let in, or sees nothing.
fn refused(uri: &str, outage: &Outage, findings: &mut Observations) {
    let (kind, remedy) = match outage {
        Outage::Refused(what) if what.starts_with("the search") => {
            (Kind::LdapBase, "Correct base and filter, and let monk's account search there.")
        }
        Outage::Refused(_) => {
            (Kind::LdapAccountRefused, "Correct bind_dn or the password in password_file.")
        }
        _ => (Kind::LdapUnreachable, "See the server's log."),
    };
    findings.report(kind, uri, outage, remedy);
}

fn schema(uri: &str, visit: &Visit, findings: &mut Observations) {
    match &visit.schema_lacks {
        None if visit.use_write.is_none() => {}
        None => findings.report(
            Kind::LdapSchemaHidden,
            uri,
            "cn=subschema cannot be read, so it is not known whether monk's schema is there",
            "Let monk's account read it: olcAccess to dn.base=\"cn=subschema\" by * read",
        ),
        Some(lacks) if lacks.is_empty() => {
            findings.ok(Kind::LdapSchemaMissing, uri, "monk's schema is loaded");
        }
        Some(lacks) => findings.report(
            Kind::LdapSchemaMissing,
            uri,
            format!("the schema lacks {}", lacks.join(", ")),
            "OpenLDAP: ldapadd -Q -Y EXTERNAL -H ldapi:/// -f /usr/share/monk/ldap/monk.ldif. 389 Directory \
             Server: see 389ds/98monk.ldif there.",
        ),
    }
}

fn writing(
    report: &Report,
    visit: &Visit,
    settings: &LdapSettings,
    role: Option<Role>,
    findings: &mut Observations,
) {
    let uri = &report.uri;
    if visit.sample.is_none() {
        findings.report(
            Kind::LdapNotTried,
            uri,
            "no user was found: access rules could not be tried",
            "Correct base and filter, if there are users.",
        );
    }
    let schema_is_missing = visit.schema_lacks.as_ref().is_some_and(|lacks| !lacks.is_empty());
    match &visit.use_write {
        // Told already.
        _ if schema_is_missing => return,
        None => return,
        Some(MayWrite::Yes) if report.decides => {
            findings.ok(Kind::LdapUseNotWritable, uri, "the use of a code may be recorded");
        }
        Some(MayWrite::Yes) if settings.write_fail_over => findings.report(
            Kind::LdapReplicaWritable,
            uri,
            "write_fail_over = true, and this second server takes changes too: a code that was \
             used just before a fail-over is good once more",
            "Write write_fail_over = false, unless logins matter more than that.",
        ),
        Some(_) if !report.decides => return,
        Some(MayWrite::No(why)) => {
            findings.report(Kind::LdapUseNotWritable, uri, why, ACCESS_RULES);
        }
        Some(MayWrite::ReadOnly(why)) => findings.report(
            Kind::LdapWriterReadOnly,
            uri,
            why,
            "Name in write_uri the server that takes changes.",
        ),
        Some(MayWrite::Unclear(why)) => {
            let evidence = format!("it is not clear whether a use may be recorded: {why}");
            findings.report_as(
                Kind::LdapUseNotWritable,
                Severity::Warning,
                uri,
                evidence,
                ACCESS_RULES,
            );
        }
        Some(MayWrite::Yes) => {}
    }
    if !report.decides {
        return;
    }
    match (role, visit.credential_write.as_ref()) {
        (Some(Role::Check), Some(MayWrite::Yes)) => findings.report(
            Kind::LdapMayEnrol,
            uri,
            "this host only checks logins, and its account may write credentials: who breaks into \
             it enrols for everybody",
            "Give it an account of its own that may write monkUse alone; see the examples in /usr/share/monk/ldap.",
        ),
        (Some(Role::Enrol), Some(MayWrite::No(why) | MayWrite::ReadOnly(why))) => {
            findings.report(Kind::LdapMayNotEnrol, uri, why, ACCESS_RULES);
        }
        (_, Some(may)) => {
            let may = if *may == MayWrite::Yes { "may" } else { "may not" };
            findings.ok(Kind::LdapMayEnrol, uri, format!("monk's account {may} enrol"));
        }
        (_, None) => {}
    }
}

/// Whether an account that may write credentials may also mark the entries that have some.
fn marking(reports: &[Report], role: Option<Role>, findings: &mut Observations) {
    for report in reports.iter().filter(|report| report.decides) {
        let visit = report.visit.as_ref().ok();
        let Some(MayWrite::No(why)) = visit.and_then(|visit| visit.class_write.as_ref()) else {
            continue;
        };
        let severity = if role == Some(Role::Enrol) { Severity::Error } else { Severity::Warning };
        let evidence = format!(
            "monk's account may write credentials, but not the class in objectClass that goes with the first one: \
             nobody can begin to enrol ({why})"
        );
        findings.report_as(Kind::LdapMayNotEnrol, severity, &report.uri, evidence, ACCESS_RULES);
    }
}

fn reading(uri: &str, visit: &Visit, findings: &mut Observations) {
    match visit.anonymous.first() {
        None => findings.ok(Kind::LdapAnonymousReads, uri, "nobody reads secrets without a name"),
        Some((_, dn)) => {
            let evidence = format!(
                "without logging in, anybody reads {} of {dn}",
                attributes(&visit.anonymous)
            );
            findings.report(Kind::LdapAnonymousReads, uri, evidence, ACCESS_RULES);
        }
    }
}

/// The attributes, each once.
fn attributes(read: &[(String, String)]) -> String {
    let mut names: Vec<&str> = read.iter().map(|(attribute, _)| attribute.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

fn as_user(uri: &str, name: &str, visit: &Result<UserVisit, Outage>, findings: &mut Observations) {
    let visit = match visit {
        Ok(visit) => visit,
        Err(outage) => {
            let remedy = "Give the right password, or another user.";
            findings.report(Kind::LdapUserNotTried, uri, outage, remedy);
            return;
        }
    };
    match visit.reads.first() {
        Some((_, dn)) => {
            let evidence = format!("{name} reads {} of {dn}", attributes(&visit.reads));
            findings.report(Kind::LdapUserReads, uri, evidence, ACCESS_RULES);
        }
        None => findings.ok(Kind::LdapUserReads, uri, format!("{name} reads no secrets")),
    }
    match visit.writes.is_empty() {
        true => findings.ok(Kind::LdapUserWrites, uri, format!("{name} changes no records")),
        false => {
            let evidence =
                format!("{name} can change {} in their own entry", visit.writes.join(", "));
            findings.report(Kind::LdapUserWrites, uri, evidence, ACCESS_RULES);
        }
    }
}

fn decoy(reports: &[Report], settings: &LdapSettings, findings: &mut Observations) {
    let visits = || reports.iter().filter_map(|report| report.visit.as_ref().ok());
    match settings.decoy_dn.as_deref() {
        None if visits().next().is_some() => findings.report(
            Kind::LdapDecoyMissing,
            "[ldap]",
            "decoy_dn is not set: a server that hashes slowly answers faster for unknown users",
            "Make an entry with a random password, hashed like everybody's, and name it in decoy_dn.",
        ),
        Some(dn) if visits().any(|visit| visit.decoy == Some(false)) => findings.report(
            Kind::LdapDecoyGone,
            dn,
            "the entry is not there, or monk's account may not see it",
            "Make it, with a random password that is hashed like everybody's.",
        ),
        _ => {}
    }
}
