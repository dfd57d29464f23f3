//! The LDAP outpost of authentik.

use super::{Layout, State};

/// authentik: the login name is `cn`, the id is `uid`, and `ak-active` says who may come in.
pub struct Authentik;

impl Layout for Authentik {
    const NAME: &'static str = "authentik";
    const KEEPS_CREDENTIALS: bool = false;
    const SCHEMA: &'static str = "\
dn: cn=authentik,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: authentik
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.79.1.1 NAME 'ak-active' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.79.1.2 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.79.2.1 NAME 'user' SUP inetOrgPerson STRUCTURAL MAY ( ak-active $ sAMAccountName ) )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.79.2.2 NAME 'group' SUP top STRUCTURAL MUST cn MAY ( member $ uid ) )";
    const CONTAINERS: &'static [(&'static str, &'static str)] =
        &[("ou=users", "organizationalUnit"), ("ou=groups", "organizationalUnit")];
    const PEOPLE: &'static str = "ou=users";
    const GROUPS: &'static str = "ou=groups";
    const ACCOUNT: (&'static str, &'static str) = ("cn=monk,ou=users", "applicationProcess");
    const NAMING: &'static str = "cn";
    const GROUP: &'static str = "group";
    const SECTION: &'static str = "\
filter = \"(&(objectClass=user)(cn={user}))\"
mail_filter = \"(&(objectClass=user)(|(cn={user})(mail={user})))\"
name_attribute = \"cn\"
id_attribute = \"uid\"
";
    const MEANS: &'static [(&'static str, State)] = &[("ak-active", State::Disabled)];

    fn value(_means: &str) -> &'static str {
        "FALSE"
    }

    fn person(name: &str, serial: u32) -> String {
        // The id is a hash of theirs.
        format!(
            "objectClass: user\ncn: {name}\nsAMAccountName: {name}\nsn: {name}\n\
             uid: {serial:064x}\nmail: {name}@example.org\nak-active: TRUE\n"
        )
    }
}
