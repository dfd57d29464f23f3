//! FreeIPA's.

use super::{Layout, State};

/// FreeIPA: `cn=users,cn=accounts`, ids of its own, and the attributes of its Kerberos.
pub struct FreeIpa;

impl Layout for FreeIpa {
    const NAME: &'static str = "freeipa";
    const KEEPS_CREDENTIALS: bool = true;
    const SCHEMA: &'static str = "\
dn: cn=freeipa,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: freeipa
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.77.1.1 NAME 'ipaUniqueID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.77.1.2 NAME 'krbPrincipalName' EQUALITY caseExactIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.77.1.3 NAME 'krbPasswordExpiration' EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.77.1.4 NAME 'krbPrincipalExpiration' EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.77.1.5 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.77.2.1 NAME 'nsContainer' SUP top STRUCTURAL MUST cn )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.77.2.2 NAME 'ipaObject' SUP top AUXILIARY MAY ipaUniqueID )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.77.2.3 NAME 'krbPrincipalAux' SUP top AUXILIARY MAY ( krbPrincipalName $ krbPasswordExpiration $ krbPrincipalExpiration $ nsAccountLock ) )";
    const CONTAINERS: &'static [(&'static str, &'static str)] = &[
        ("cn=accounts", "nsContainer"),
        ("cn=users,cn=accounts", "nsContainer"),
        ("cn=groups,cn=accounts", "nsContainer"),
        ("cn=etc", "nsContainer"),
        ("cn=sysaccounts,cn=etc", "nsContainer"),
    ];
    const PEOPLE: &'static str = "cn=users,cn=accounts";
    const GROUPS: &'static str = "cn=groups,cn=accounts";
    const ACCOUNT: (&'static str, &'static str) =
        ("uid=monk-enrol,cn=sysaccounts,cn=etc", "account");
    const NAMING: &'static str = "uid";
    const GROUP: &'static str = "groupOfNames";
    const SECTION: &'static str = "\
id_attribute = \"ipaUniqueID\"
mail_filter = \"(&(objectClass=person)(|(krbPrincipalName={user})(mail={user})))\"
";
    const MEANS: &'static [(&'static str, State)] = &[
        ("nsAccountLock", State::Disabled),
        ("krbPrincipalExpiration", State::Expired),
        ("krbPasswordExpiration", State::PasswordExpired),
    ];

    fn value(means: &str) -> &'static str {
        if means == "nsAccountLock" { "TRUE" } else { "20200101000000Z" }
    }

    fn person(name: &str, serial: u32) -> String {
        format!(
            "objectClass: inetOrgPerson\nobjectClass: ipaObject\nobjectClass: krbPrincipalAux\n\
             uid: {name}\ncn: {name}\nsn: {name}\nmail: {name}@example.org\n\
             ipaUniqueID: 0d7ab1e0-5b1e-11ee-8c99-{serial:012x}\n\
             krbPrincipalName: {name}@EXAMPLE.ORG\n\
             krbPasswordExpiration: 20990101000000Z\n"
        )
    }
}
