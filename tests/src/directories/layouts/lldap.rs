//! lldap's.

use super::{Layout, State};

/// lldap: people and groups in two flat places, and no schema for anybody else. It has no state of an
/// account.
pub struct Lldap;

impl Layout for Lldap {
    const NAME: &'static str = "lldap";
    const KEEPS_CREDENTIALS: bool = false;
    const SCHEMA: &'static str = "\
dn: cn=lldap,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: lldap
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.78.2.1 NAME 'mailAccount' SUP top AUXILIARY MAY mail )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.78.2.2 NAME 'lldapGroup' SUP top STRUCTURAL MUST cn MAY ( member $ uniqueMember $ uid ) )";
    const CONTAINERS: &'static [(&'static str, &'static str)] =
        &[("ou=people", "organizationalUnit"), ("ou=groups", "organizationalUnit")];
    const PEOPLE: &'static str = "ou=people";
    const GROUPS: &'static str = "ou=groups";
    const ACCOUNT: (&'static str, &'static str) = ("uid=monk,ou=people", "account");
    const NAMING: &'static str = "uid";
    const GROUP: &'static str = "lldapGroup";
    const SECTION: &'static str = "";
    const MEANS: &'static [(&'static str, State)] = &[];

    fn value(means: &str) -> &'static str {
        panic!("lldap has no {means}")
    }

    fn person(name: &str, _serial: u32) -> String {
        format!(
            "objectClass: inetOrgPerson\nobjectClass: mailAccount\n\
             uid: {name}\ncn: {name}\nsn: {name}\nmail: {name}@example.org\n"
        )
    }
}
