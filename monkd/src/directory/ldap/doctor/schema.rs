//! The schema that a server shows (RFC 4512 §4.2 and §4.4).

use ldap3::Scope;

use crate::directory::ldap::Ldap;
use crate::directory::ldap::connection::{Connection, Query};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::search::entry_itself;

/// The attribute with descriptions of attributes.
const ATTRIBUTE_TYPES: &str = "attributeTypes";

/// The attribute with descriptions of classes.
const OBJECT_CLASSES: &str = "objectClasses";

/// What a server shows of its schema.
pub struct Schema(Entry);

impl Schema {
    /// Reads it; `None` where the server does not show it.
    pub async fn read(own: &mut Connection) -> Option<Self> {
        let names = ["subschemaSubentry".to_owned()];
        let root = own.search(&entry_itself("", &names)).await.ok()?.entries.pop()?;
        let subschema = root.only_text("subschemaSubentry")?.to_owned();
        let names = [ATTRIBUTE_TYPES.to_owned(), OBJECT_CLASSES.to_owned()];
        let query = Query {
            base: &subschema,
            scope: Scope::Base,
            filter: "(objectClass=subschema)",
            attributes: &names,
            limit: 1,
        };
        let schema = own.search(&query).await.ok()?.entries.pop()?;
        (!schema.values(ATTRIBUTE_TYPES).is_empty()).then_some(Self(schema))
    }

    /// Whether it has an attribute of that name.
    pub fn has_attribute(&self, name: &str) -> bool {
        self.describes(ATTRIBUTE_TYPES, name)
    }

    /// Whether it has a description of that name: `NAME 'x'` or `NAME ( 'x' 'y' )`.
    fn describes(&self, kind: &str, name: &str) -> bool {
        let quoted = format!("'{}'", name.to_ascii_lowercase());
        self.0.texts(kind).iter().any(|text| {
            let text = text.to_ascii_lowercase();
            // The names come before anything else in quotes.
            let names = text.split_once("name").map_or("", |(_, rest)| rest.trim_start());
            let names = match names.strip_prefix('(') {
                Some(list) => list.split(')').next().unwrap_or_default(),
                None => names.split_whitespace().next().unwrap_or_default(),
            };
            names.contains(&quoted)
        })
    }
}

impl Ldap {
    /// What of monk's schema is missing.
    pub(super) fn lacking(&self, schema: &Schema) -> Vec<String> {
        let wanted = [
            (ATTRIBUTE_TYPES, &self.attributes.credential),
            (ATTRIBUTE_TYPES, &self.attributes.usage),
            (OBJECT_CLASSES, &self.attributes.class),
        ];
        let lacks = wanted.into_iter().filter(|(kind, name)| !schema.describes(kind, name));
        lacks.map(|(_, name)| name.clone()).collect()
    }
}
