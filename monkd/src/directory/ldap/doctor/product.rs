//! Whether the preset of the settings is that of the server.

use monk_wire::manage::Product;
use monk_wire::manage::doctor::{Kind, Severity};

use super::probe::Report;
use crate::directory::ldap::presets::Preset;
use crate::observations::Observations;

/// Compares each server with the preset.
pub fn judge(reports: &[Report], preset: Option<Preset>, findings: &mut Observations) {
    for report in reports {
        let product = report.visit.as_ref().ok().and_then(|visit| visit.product);
        if let Some(product) = product {
            compare(&report.uri, product, preset, findings);
        }
    }
}

fn compare(uri: &str, product: Product, preset: Option<Preset>, findings: &mut Observations) {
    let fitting = product.preset();
    let write = format!("Write preset = \"{fitting}\" in [ldap], and reload monkd.");
    let (severity, evidence) = match preset.map(Preset::as_str) {
        Some(set) if set == fitting => {
            let evidence = format!("preset = \"{set}\" is that of this server");
            findings.ok(Kind::LdapPreset, uri, evidence);
            return;
        }
        None => (
            Severity::Note,
            format!(
                "no preset is set, and by what it says of itself, {fitting:?} fits this server"
            ),
        ),
        // As a proxy it answers for servers of any kind.
        Some(set) if product == Product::OpenLdap => (
            Severity::Warning,
            format!(
                "preset = \"{set}\", and this server is OpenLDAP, unless it stands in front of another one"
            ),
        ),
        Some(set) => (
            Severity::Error,
            format!(
                "preset = \"{set}\", and by what it says of itself, this server is {fitting:?}: who is disabled, locked \
                 or expired there is not seen, and ids and names may not be found"
            ),
        ),
    };
    findings.report_as(Kind::LdapPreset, severity, uri, evidence, write);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(product: Product, preset: Option<Preset>) -> Severity {
        let mut findings = Observations::default();
        compare("ldaps://a", product, preset, &mut findings);
        findings.0.pop().expect("one finding").severity
    }

    #[test]
    fn another_product_is_an_error_and_a_proxy_may_be_meant() {
        for (product, preset, wanted) in [
            (Product::ActiveDirectory, Some(Preset::OpenLdap), Severity::Error),
            (Product::FreeIpa, Some(Preset::Netscape), Severity::Error),
            (Product::OpenLdap, Some(Preset::ActiveDirectory), Severity::Warning),
            (Product::Ds389, None, Severity::Note),
            (Product::Ds389, Some(Preset::Netscape), Severity::Ok),
            (Product::ActiveDirectory, Some(Preset::ActiveDirectory), Severity::Ok),
            (Product::FreeIpa, Some(Preset::FreeIpa), Severity::Ok),
            (Product::OpenLdap, Some(Preset::OpenLdap), Severity::Ok),
            (Product::Lldap, Some(Preset::Lldap), Severity::Ok),
            (Product::Authentik, Some(Preset::Authentik), Severity::Ok),
        ] {
            assert_eq!(severity(product, preset), wanted, "{product:?} {preset:?}");
        }
    }
}
