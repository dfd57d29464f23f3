//! TLS of monk-web's own: whether it can read its files, and what browsers will say of the certificate.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

use monk_wire::manage::doctor::Kind;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use webpki::EndEntityCert;
use x509_parser::parse_x509_certificate;

use super::account::Portal;
use super::settings::Tls;
use crate::finding::Findings;
use crate::machine::Machine;

/// Days before the end of a certificate from which on it is told: automatic renewals come earlier.
const EXPIRY_DAYS: i64 = 14;

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Looks at the files and at the first certificate. `origin`: where browsers find the portal.
pub fn examine(
    machine: &Machine,
    tls: &Tls,
    origin: Option<&str>,
    account: Option<&Portal>,
    findings: &mut Findings,
) {
    if let Some(account) = account {
        for path in [&tls.certificate, &tls.key] {
            if let Some((closed, is_own)) = closed_to(machine, account, Path::new(path)) {
                let user = &account.name;
                let open = match is_own {
                    true => format!("chmod u+rX {closed}"),
                    false => format!("chgrp {user} {closed} && chmod g+rX {closed}"),
                };
                findings.report(
                    Kind::PortalCertificate,
                    path,
                    format!("{user} cannot read it, because of {closed}: monk-web does not start"),
                    open,
                );
            }
        }
    }
    let path = &tls.certificate;
    // A file that is not there, or is no certificate, is what monk-web --check tells of.
    let Ok(text) = machine.read(path) else { return };
    let Ok(der) = CertificateDer::from_pem_slice(text.as_bytes()) else { return };
    judge_end(path, &der, findings);
    if let Some(host) = origin.and_then(host) {
        judge_name(path, &der, host, findings);
    }
}

fn judge_end(path: &str, der: &CertificateDer<'_>, findings: &mut Findings) {
    let Ok((_, certificate)) = parse_x509_certificate(der) else { return };
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let end = certificate.validity().not_after;
    let left = end.timestamp() - now.cast_signed();
    match left.div_euclid(DAY) {
        ..0 => {
            let evidence = format!("it has expired: it was valid until {end}");
            findings.report(Kind::PortalCertificate, path, evidence, "Renew it.");
        }
        days @ 0..EXPIRY_DAYS => {
            let evidence = format!("valid for another {days} days, until {end}");
            let remedy = "Renew it; monk-web reads the new files by itself.";
            findings.report(Kind::PortalCertificateExpires, path, evidence, remedy);
        }
        days => {
            let evidence = format!("valid for another {days} days, until {end}");
            findings.ok(Kind::PortalCertificateExpires, path, evidence);
        }
    }
}

/// Whether browsers take the certificate for one of the portal's name.
fn judge_name(path: &str, der: &CertificateDer<'_>, host: &str, findings: &mut Findings) {
    let Ok(name) = ServerName::try_from(host) else { return };
    let fits = EndEntityCert::try_from(der)
        .and_then(|certificate| certificate.verify_is_valid_for_subject_name(&name));
    match fits {
        Ok(()) => findings.ok(Kind::PortalCertificate, path, format!("for {host}")),
        Err(why) => findings.report(
            Kind::PortalCertificate,
            path,
            format!("browsers refuse it for {host}, the name in origin: {why}"),
            format!("Get a certificate for {host}, or correct origin in [portal] of monk.toml."),
        ),
    }
}

/// The host of an origin, without its port.
fn host(origin: &str) -> Option<&str> {
    let (_, host) = origin.split_once("://")?;
    Some(host.split(':').next().unwrap_or(host))
}

/// The file, or the folder above it, that an account cannot open, and whether it belongs to the account.
fn closed_to(machine: &Machine, account: &Portal, path: &Path) -> Option<(String, bool)> {
    let mut parts: Vec<&Path> = path.ancestors().skip(1).collect();
    parts.reverse();
    let folders = parts.into_iter().map(|folder| (folder, 0o1));
    for (part, wanted) in folders.chain([(path, 0o4)]) {
        let Ok(data) = machine.metadata(part) else { return None };
        let is_own = data.uid() == account.uid;
        let shift = match (is_own, account.gids.contains(&data.gid())) {
            (true, _) => 6,
            (_, true) => 3,
            _ => 0,
        };
        if (data.mode() >> shift) & wanted == 0 {
            return Some((part.display().to_string(), is_own));
        }
    }
    None
}
