//! What a server says of itself: its root DSE (RFC 4512 §5.1), and which product that is.

use ldap3::Scope;
use monk_wire::manage::Product;

use crate::directory::ldap::connection::{Connection, Failure, Query};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::search::ENOUGH;

/// What the root DSE is asked for. All of it is operational or of the server's own schema, so each attribute
/// is named; servers leave out what they do not have.
const ATTRIBUTES: [&str; 10] = [
    "objectClass",
    "vendorName",
    "vendorVersion",
    "namingContexts",
    "defaultNamingContext",
    "supportedCapabilities",
    "supportedControl",
    "forestFunctionality",
    "ipaDomainLevel",
    "ipaTopologyPluginVersion",
];

/// LDAP_CAP_ACTIVE_DIRECTORY_OID: \[MS-ADTS\] 3.1.1.3.4.3.1.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// The password policy control: draft-behera-ldap-password-policy-10 §6.1.
const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

/// What a server says of itself.
#[derive(Debug)]
pub(in crate::directory::ldap) struct RootDse(Entry);

impl RootDse {
    /// Reads it; `None` where the server shows nobody anything.
    ///
    /// # Errors
    /// [`Failure`] where there is no answer.
    pub async fn read(connection: &mut Connection) -> Result<Option<Self>, Failure> {
        let attributes = ATTRIBUTES.map(str::to_owned);
        let query = Query {
            base: "",
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes: &attributes,
            limit: ENOUGH,
        };
        let found = connection.search(&query).await?;
        Ok(found.entries.into_iter().next().map(Self))
    }

    /// Whether it answers binds with what its password policies say.
    pub fn has_password_policies(&self) -> bool {
        self.says("supportedControl", PASSWORD_POLICY)
    }

    fn has(&self, attribute: &str) -> bool {
        !self.0.values(attribute).is_empty()
    }

    fn says(&self, attribute: &str, wanted: &str) -> bool {
        self.0.texts(attribute).iter().any(|text| text.eq_ignore_ascii_case(wanted))
    }

    /// Who made the server, in its own words.
    pub fn vendor(&self) -> Option<String> {
        let words: Vec<_> = ["vendorName", "vendorVersion"]
            .iter()
            .filter_map(|attribute| self.0.texts(attribute).first().copied())
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Which product it is, where that can be told.
    ///
    /// FreeIPA comes before the 389 Directory Server, on which it is built, and OpenLDAP last: others copy its
    /// object class.
    pub fn product(&self) -> Option<Product> {
        let vendor = self.vendor().unwrap_or_default().to_ascii_lowercase();
        if self.says("supportedCapabilities", ACTIVE_DIRECTORY) || self.has("forestFunctionality") {
            return Some(Product::ActiveDirectory);
        }
        if self.has("ipaDomainLevel") || self.has("ipaTopologyPluginVersion") {
            return Some(Product::FreeIpa);
        }
        let by_vendor =
            [("389", Product::Ds389), ("lldap", Product::Lldap), ("authentik", Product::Authentik)];
        let named = by_vendor.into_iter().find(|(word, _)| vendor.contains(word));
        let is_openldap = self.says("objectClass", "OpenLDAProotDSE");
        named.map(|(_, product)| product).or(is_openldap.then_some(Product::OpenLdap))
    }

    /// The suffixes that hold data, the one for people first.
    pub fn bases(&self) -> Vec<String> {
        let mut bases: Vec<String> = Vec::new();
        let said = ["defaultNamingContext", "namingContexts"];
        for base in said.iter().flat_map(|attribute| self.0.texts(attribute)) {
            let is_known = bases.iter().any(|known| known.eq_ignore_ascii_case(base));
            if !base.is_empty() && !is_known && !is_the_servers_own(base) {
                bases.push(base.to_owned());
            }
        }
        bases
    }
}

/// Suffixes in which servers keep what is theirs: settings, changes, Active Directory's schema and DNS.
fn is_the_servers_own(base: &str) -> bool {
    let base = base.to_ascii_lowercase();
    let first = base.split(',').next().unwrap_or_default();
    ["cn=config", "cn=schema", "cn=changelog", "cn=configuration", "cn=accesslog", "o=ipaca"]
        .contains(&first)
        || first.starts_with("dc=domaindnszones")
        || first.starts_with("dc=forestdnszones")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and values.
    type Attributes<'a> = &'a [(&'a str, &'a [&'a str])];

    fn of(attributes: Attributes<'_>) -> RootDse {
        RootDse(attributes.iter().fold(Entry::empty(""), |entry, (name, values)| {
            let values: Vec<_> = values.iter().map(|value| value.as_bytes()).collect();
            entry.with(name, &values)
        }))
    }

    #[test]
    fn products_are_told_by_what_they_say_of_themselves() {
        let cases: [(Attributes<'_>, _); 8] = [
            (
                &[(
                    "supportedCapabilities",
                    &["1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670"],
                )],
                Some(Product::ActiveDirectory),
            ),
            (
                &[("forestFunctionality", &["4"]), ("vendorName", &["Samba Team"])],
                Some(Product::ActiveDirectory),
            ),
            (
                &[("vendorName", &["389 Project"]), ("ipaDomainLevel", &["1"])],
                Some(Product::FreeIpa),
            ),
            (
                &[("vendorName", &["389 Project"]), ("vendorVersion", &["389-Directory/2.3.1"])],
                Some(Product::Ds389),
            ),
            (&[("vendorName", &["LLDAP"])], Some(Product::Lldap)),
            (
                &[
                    ("objectClass", &["top", "OpenLDAProotDSE"]),
                    ("vendorName", &["goauthentik.io"]),
                ],
                Some(Product::Authentik),
            ),
            (&[("objectClass", &["top", "OpenLDAProotDSE"])], Some(Product::OpenLdap)),
            (&[("objectClass", &["top"]), ("vendorName", &["Somebody"])], None),
        ];
        for (attributes, expected) in cases {
            assert_eq!(of(attributes).product(), expected, "{attributes:?}");
        }
    }

    #[test]
    fn the_default_suffix_comes_first_and_the_servers_own_are_left_out() {
        let domain = of(&[
            (
                "namingContexts",
                &[
                    "CN=Configuration,DC=example,DC=org",
                    "CN=Schema,CN=Configuration,DC=example,DC=org",
                    "DC=other,DC=org",
                    "DC=example,DC=org",
                    "DC=DomainDnsZones,DC=example,DC=org",
                ],
            ),
            ("defaultNamingContext", &["dc=example,dc=org"]),
        ]);
        assert_eq!(domain.bases(), ["dc=example,dc=org", "DC=other,DC=org"]);
        let ipa = of(&[("namingContexts", &["cn=changelog", "dc=example,dc=org", "o=ipaca"])]);
        assert_eq!(ipa.bases(), ["dc=example,dc=org"]);
    }
}
