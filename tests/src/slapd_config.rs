//! slapd's configuration (slapd-config(5)), as LDIF.

use crate::certificates::Identity;
use crate::slapd_build::SlapdBuild;
use crate::world::World;

/// How a [`Slapd`](crate::Slapd) is set up.
#[derive(Clone, Debug)]
pub struct SlapdOptions {
    /// Whose programs these are.
    pub build: SlapdBuild,
    /// Its name, for its folders, when a world has several.
    pub name: String,
    /// The port of ldap and StartTLS.
    pub ldap_port: u16,
    /// The port of ldaps.
    pub ldaps_port: u16,
    /// The certificate to show, if not the world's good one.
    pub identity: Option<Identity>,
    /// Schemas to load after core, cosine, inetorgperson and nis: the text of LDIF files for
    /// `cn=schema,cn=config`.
    pub schemas: Vec<String>,
    /// Modules to load besides mdb and monitor, such as `ppolicy`.
    pub modules: Vec<String>,
    /// Access rules of the suffix in their order, as values of `olcAccess`. The local root, who
    /// comes over ldapi, may do everything in any case.
    pub access: Vec<String>,
    /// More entries of the configuration, such as overlays of `olcDatabase={1}mdb,cn=config`.
    pub config: Vec<String>,
    /// Starts without any entry, to get them all from another server.
    pub is_replica: bool,
    /// Attributes with an equality index.
    pub indexed: Vec<&'static str>,
    /// Room for the database, of which only the used part takes memory.
    pub database_bytes: u64,
    /// What is logged (`olcLogLevel`): `stats` is every operation, `0` nothing.
    pub log: &'static str,
}

impl Default for SlapdOptions {
    fn default() -> Self {
        Self {
            build: SlapdBuild::Installed,
            name: "slapd".to_owned(),
            ldap_port: 389,
            ldaps_port: 636,
            identity: None,
            schemas: Vec::new(),
            modules: Vec::new(),
            access: vec![
                "to attrs=userPassword by self write by anonymous auth by * none".to_owned(),
                "to * by * read".to_owned(),
            ],
            config: Vec::new(),
            is_replica: false,
            indexed: vec!["objectClass", "uid"],
            database_bytes: 64 << 20,
            log: "stats",
        }
    }
}

/// Where the local administrator comes in: root of the machine, over ldapi with SASL EXTERNAL.
pub(crate) const LOCAL_ROOT: &str = "gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth";

/// The suffix of the directory.
pub(crate) const SUFFIX: &str = "dc=example,dc=org";

/// The schemas that come with slapd and that people's entries are made of.
const SCHEMAS: [&str; 4] = ["core", "cosine", "inetorgperson", "nis"];

/// The whole configuration of one server, with its data under `data`.
pub(crate) fn config(world: &World, options: &SlapdOptions, data: &str) -> String {
    let mut ldif = String::new();
    global(&mut ldif, world, options);
    modules(&mut ldif, options);
    schemas(&mut ldif, options);
    frontend(&mut ldif);
    database(&mut ldif, options, data);
    monitor(&mut ldif);
    for entry in &options.config {
        add(&mut ldif, entry);
    }
    ldif
}

fn global(ldif: &mut String, world: &World, options: &SlapdOptions) {
    let certificates = world.certificates();
    let identity = options.identity.as_ref().unwrap_or(&certificates.good);
    add(
        ldif,
        &format!(
            "dn: cn=config\n\
             objectClass: olcGlobal\n\
             cn: config\n\
             olcLogLevel: {}\n\
             olcTLSCACertificateFile: {}\n\
             olcTLSCertificateFile: {}\n\
             olcTLSCertificateKeyFile: {}",
            options.log,
            certificates.authority.display(),
            identity.certificate.display(),
            identity.key.display(),
        ),
    );
}

fn modules(ldif: &mut String, options: &SlapdOptions) {
    let mut entry = format!(
        "dn: cn=module,cn=config\n\
         objectClass: olcModuleList\n\
         cn: module\n\
         olcModulePath: {}\n\
         olcModuleLoad: back_mdb\n\
         olcModuleLoad: back_monitor",
        options.build.modules(),
    );
    for module in &options.modules {
        entry.push_str(&format!("\nolcModuleLoad: {module}"));
    }
    add(ldif, &entry);
}

fn schemas(ldif: &mut String, options: &SlapdOptions) {
    add(ldif, "dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema");
    for schema in SCHEMAS {
        let folder = options.build.schemas();
        add(ldif, &format!("include: file://{folder}/{schema}.ldif"));
    }
    for schema in &options.schemas {
        add(ldif, schema);
    }
}

/// What holds for all databases, and the configuration's own, which the local root may read and
/// change.
fn frontend(ldif: &mut String) {
    add(
        ldif,
        "dn: olcDatabase=frontend,cn=config\n\
         objectClass: olcDatabaseConfig\n\
         objectClass: olcFrontendConfig\n\
         olcDatabase: frontend\n\
         olcAccess: to dn.base=\"\" by * read\n\
         olcAccess: to dn.base=\"cn=subschema\" by * read",
    );
    add(
        ldif,
        &format!(
            "dn: olcDatabase=config,cn=config\n\
             objectClass: olcDatabaseConfig\n\
             olcDatabase: config\n\
             olcAccess: to * by dn.exact={LOCAL_ROOT} manage by * none"
        ),
    );
}

fn database(ldif: &mut String, options: &SlapdOptions, data: &str) {
    let mut entry = format!(
        "dn: olcDatabase=mdb,cn=config\n\
         objectClass: olcDatabaseConfig\n\
         objectClass: olcMdbConfig\n\
         olcDatabase: mdb\n\
         olcSuffix: {SUFFIX}\n\
         olcDbDirectory: {data}\n\
         olcDbMaxSize: {}\n\
         olcDbIndex: {} eq\n\
         olcAccess: to * by dn.exact={LOCAL_ROOT} manage by * break",
        options.database_bytes,
        options.indexed.join(","),
    );
    for rule in &options.access {
        entry.push_str(&format!("\nolcAccess: {rule}"));
    }
    add(ldif, &entry);
}

/// The database that counts operations.
fn monitor(ldif: &mut String) {
    add(
        ldif,
        &format!(
            "dn: olcDatabase=monitor,cn=config\n\
             objectClass: olcDatabaseConfig\n\
             objectClass: olcMonitorConfig\n\
             olcDatabase: monitor\n\
             olcAccess: to * by dn.exact={LOCAL_ROOT} read by * none"
        ),
    );
}

/// Adds one entry or directive, with the empty line that ends it.
fn add(ldif: &mut String, entry: &str) {
    ldif.push_str(entry.trim_end());
    ldif.push_str("\n\n");
}
