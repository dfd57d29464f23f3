//! 389 Directory Server, made by its own `dscreate`.

mod organisation;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::World;
use crate::command::{Command, Output};
use crate::ldif::{self, Entry};
use crate::packages;
use crate::process::Process;
use crate::site::shipped;

/// The name below which everything is.
pub const SUFFIX: &str = "dc=example,dc=org";

/// How long one command may take. `dscreate` takes four seconds of an idle machine.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// The password of the accounts that monk uses.
const SERVICE_PASSWORD: &str = "service;secret";

/// Where the answers of the server's own programs about paths come from.
const DEFAULTS: &str = "/usr/share/dirsrv/inf/defaults.inf";

/// A server with one suffix, the entries that `dscreate` offers as samples, and monk's schema and access
/// rules as they are shipped.
///
/// It listens on the world's loopback address with ldap and ldaps, and on a socket with ldapi. Its
/// plugins for `memberOf` and for account policies are on, as is its password policy.
pub struct Ds389 {
    world: World,
    instance: String,
    ldap_port: u16,
    ldaps_port: u16,
    process: Option<Process>,
    /// The passwords of people as they were added.
    passwords: RefCell<BTreeMap<String, String>>,
}

impl Ds389 {
    /// Makes an instance and starts it, with an empty suffix where `is_replica`.
    #[track_caller]
    pub fn create(world: &World, instance: &str, ports: (u16, u16), is_replica: bool) -> Self {
        let server = Self::start(world, instance, ports, is_replica, true);
        if !is_replica {
            server.modify(&shipped("config/ldap/389ds/access.ldif"));
            for role in ["check", "enrol"] {
                server.add(&format!(
                    "dn: {}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n\
                     cn: monk-{role}\nuserPassword: {SERVICE_PASSWORD}\n",
                    account(role)
                ));
            }
            server.add(&format!(
                "dn: ou=moved,ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: moved\n"
            ));
        }
        server
    }

    /// Makes an instance that has never heard of monk, and starts it.
    #[track_caller]
    pub fn without_monk(world: &World, instance: &str, ports: (u16, u16)) -> Self {
        Self::start(world, instance, ports, false, false)
    }

    #[track_caller]
    fn start(
        world: &World,
        instance: &str,
        ports: (u16, u16),
        is_replica: bool,
        knows_monk: bool,
    ) -> Self {
        packages::ensure(&packages::DS389).unwrap_or_else(|error| panic!("{error}"));
        let mut server = Self {
            world: world.clone(),
            instance: instance.to_owned(),
            ldap_port: ports.0,
            ldaps_port: ports.1,
            process: None,
            passwords: RefCell::default(),
        };
        server.install(is_replica);
        if knows_monk {
            let schema = format!("/etc/dirsrv/slapd-{instance}/schema/98monk.ldif");
            world.write(schema, shipped("config/ldap/389ds/98monk.ldif"), 0o644);
        }
        server.run();
        server.modify(CONFIGURATION);
        // What is switched on or needs the certificate works from the next start on.
        server.run();
        server
    }

    /// `ldaps://…`, of a name its certificate is good for.
    pub fn ldaps_uri(&self) -> String {
        format!("ldaps://ldap.example.org:{}", self.ldaps_port)
    }

    /// monk's settings for one of its accounts, `check` or `enrol`, whose password is in the usual file.
    #[track_caller]
    pub fn settings_of(&self, role: &str) -> String {
        self.world.write("/etc/monk/ldap.password", format!("{SERVICE_PASSWORD}\n"), 0o600);
        format!(
            "preset = \"389ds\"\nuris = [\"{}\"]\nca_file = \"{}\"\nbase = \"ou=people,{SUFFIX}\"\n\
             bind_dn = \"{}\"\npassword_file = \"/etc/monk/ldap.password\"\n\
             group_base = \"ou=groups,{SUFFIX}\"\n",
            self.ldaps_uri(),
            self.world.certificates().authority.display(),
            account(role),
        )
    }

    /// Adds entries, given as LDIF.
    #[track_caller]
    pub fn add(&self, ldif: &str) {
        self.as_root("ldapadd").stdin(ldif).run().expect_success();
    }

    /// Makes changes, given as LDIF with `changetype`. Changes of `cn=config` are possible too.
    #[track_caller]
    pub fn modify(&self, ldif: &str) {
        self.as_root("ldapmodify").stdin(ldif).run().expect_success();
    }

    /// The entries at and below `base` that match, with the attributes that are named.
    #[track_caller]
    pub fn search(&self, base: &str, filter: &str, attributes: &[&str]) -> Vec<Entry> {
        let command =
            self.as_root("ldapsearch").args(["-LLL", "-o", "ldif-wrap=no", "-b", base, filter]);
        ldif::read(&command.args(attributes).run().expect_success().stdout)
    }

    /// A bind with a name and a password over ldaps, with the password policy control.
    #[track_caller]
    pub fn bind(&self, dn: &str, password: &str) -> Output {
        self.command_of("ldapwhoami", dn, password).args(["-e", "ppolicy"]).run()
    }

    /// An LDAP command as somebody, over ldaps.
    #[track_caller]
    pub fn command_of(&self, program: &str, dn: &str, password: &str) -> Command {
        let file = "/root/password";
        self.world.write(file, password, 0o600);
        let command = self.world.command(program).args(["-x", "-H", &self.ldaps_uri()]);
        let command = command.args(["-D", dn, "-y", file]);
        let authority = &self.world.certificates().authority;
        command.env("LDAPTLS_CACERT", authority).timeout(COMMAND_LIMIT)
    }

    /// The name and the password of monk's account for a role, `check` or `enrol`.
    pub fn account_of(&self, role: &str) -> (String, &'static str) {
        (account(role), SERVICE_PASSWORD)
    }

    /// Runs one of the server's own programs, such as `dsconf` and `dsidm`, for this instance.
    #[track_caller]
    pub fn own(&self, program: &str, arguments: &[&str]) -> String {
        let command = self.world.command(program).arg(&self.instance).args(arguments);
        command.timeout(COMMAND_LIMIT).run().expect_success().stdout
    }

    /// Replaces one attribute of an entry.
    #[track_caller]
    pub fn set(&self, dn: &str, attribute: &str, value: &str) {
        self.modify(&format!(
            "dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
        ));
    }

    /// The name of a person's entry, where nobody has moved it.
    pub fn dn_of(&self, name: &str) -> String {
        format!("uid={name},ou=people,{SUFFIX}")
    }

    /// Makes the instance with `dscreate`, which starts nothing, and gives it its certificate.
    #[track_caller]
    fn install(&self, is_replica: bool) {
        let world = &self.world;
        // There is no systemd in a world; the server's programs ask this file.
        let defaults = world.read(DEFAULTS);
        world.write(DEFAULTS, defaults.replace("with_systemd = 1", "with_systemd = 0"), 0o644);
        // Folders of the package and of the boot, which are empty in a world.
        world.make_folder("/run/lock", 0o1777);
        world.make_folder("/var/log/dirsrv", 0o755);
        let answers = format!("/root/{}.inf", self.instance);
        let samples = if is_replica { "no" } else { "yes" };
        let text = format!(
            "[general]\nconfig_version = 2\nfull_machine_name = ldap.example.org\n\
             strict_host_checking = False\nstart = False\n\
             [slapd]\ninstance_name = {0}\nroot_password = directory-manager\nport = {1}\n\
             secure_port = {2}\nself_sign_cert = False\ndb_home_dir = /var/lib/dirsrv/slapd-{0}/db\n\
             [backend-userroot]\nsuffix = {SUFFIX}\nsample_entries = {samples}\n",
            self.instance, self.ldap_port, self.ldaps_port,
        );
        world.write(&answers, text, 0o600);
        let create = world.command("dscreate").args(["from-file", &answers]);
        let created = create.timeout(COMMAND_LIMIT).run();
        let log = format!("/var/log/dirsrv/slapd-{}/errors", self.instance);
        assert!(created.success(), "{created}\n{}", world.command("cat").arg(log).run());

        let certificates = world.certificates();
        let path = |path: &Path| path.to_str().expect("a path of ours").to_owned();
        let (certificate, key) =
            (path(&certificates.good.certificate), path(&certificates.good.key));
        self.own("dsctl", &["tls", "import-server-key-cert", &certificate, &key]);
        self.own("dsctl", &["tls", "import-ca", &path(&certificates.authority), "world"]);
    }

    /// Starts the server, after it has been ended where it runs.
    #[track_caller]
    fn run(&mut self) {
        self.end();
        let folder = format!("/etc/dirsrv/slapd-{}", self.instance);
        let id = format!("/run/dirsrv/slapd-{}.pid", self.instance);
        let arguments = ["-D", &folder, "-i", &id, "-d", "0"];
        let mut process = self.world.spawn("ns-slapd", &arguments);
        let socket = self.socket();
        self.world.wait_for_server(&mut process, || {
            self.world.is_listening(self.ldap_port) && self.world.is_listening_at(&socket)
        });
        self.process = Some(process);
    }

    /// Ends the server in good order.
    fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.terminate();
        }
    }

    fn socket(&self) -> String {
        format!("/run/slapd-{}.socket", self.instance)
    }

    /// An LDAP command as the local root, whom the server takes for its administrator.
    fn as_root(&self, program: &str) -> Command {
        let uri = format!("ldapi://{}", self.socket().replace('/', "%2f"));
        let command = self.world.command(program).args(["-Q", "-Y", "EXTERNAL", "-H", &uri]);
        command.timeout(COMMAND_LIMIT)
    }
}

/// The account of monk's hosts with a role.
fn account(role: &str) -> String {
    format!("cn=monk-{role},ou=services,{SUFFIX}")
}

/// What is off after `dscreate` and on in most organisations: TLS, the password policy, `memberOf`, and the
/// end of accounts that nobody uses. A lockout is for hours.
const CONFIGURATION: &str = "\
dn: cn=config
changetype: modify
replace: nsslapd-security
nsslapd-security: on
-
replace: passwordExp
passwordExp: on
-
replace: passwordMaxAge
passwordMaxAge: 8640000
-
replace: passwordLockout
passwordLockout: on
-
replace: passwordMaxFailure
passwordMaxFailure: 5
-
replace: passwordLockoutDuration
passwordLockoutDuration: 7200

dn: cn=MemberOf Plugin,cn=plugins,cn=config
changetype: modify
replace: nsslapd-pluginEnabled
nsslapd-pluginEnabled: on

dn: cn=Account Policy Plugin,cn=plugins,cn=config
changetype: modify
replace: nsslapd-pluginEnabled
nsslapd-pluginEnabled: on

dn: cn=config,cn=Account Policy Plugin,cn=plugins,cn=config
changetype: modify
replace: alwaysRecordLogin
alwaysRecordLogin: yes
-
replace: stateAttrName
stateAttrName: lastLoginTime
-
replace: altStateAttrName
altStateAttrName: 1.1
-
replace: specAttrName
specAttrName: acctPolicySubentry
-
replace: limitAttrName
limitAttrName: accountInactivityLimit
";
