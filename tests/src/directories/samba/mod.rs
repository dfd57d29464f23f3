//! Samba as an Active Directory domain controller: the domain EXAMPLE of the realm EXAMPLE.ORG.
//!
//! Everything is done over LDAP as the administrator would do it on Windows, too. Only a password that
//! has become too old is written below all rules: a domain controller takes no other `pwdLastSet` than 0
//! and -1, and no maximum age below one day.

mod means;
mod provision;
mod rights;

use std::time::Duration;

use data_encoding::BASE64;

use super::{RealDirectory, State};
use crate::World;
use crate::command::{Command, Status};
use crate::ldif::{self, Entry};
use crate::process::Process;
use crate::wait;

/// Where the domain is.
const FOLDER: &str = "/var/lib/samba-ad";

/// Its configuration (smb.conf(5)).
const CONFIG: &str = "/var/lib/samba-ad/etc/smb.conf";

/// The password of the account Administrator.
const ADMIN_PASSWORD: &str = "Passw0rd!x";

/// Where the commands read it.
const ADMIN_PASSWORD_FILE: &str = "/root/samba-administrator";

/// The password of the account that monk uses.
const SERVICE_PASSWORD: &str = "Service-check.1";

/// Where monk reads it.
const SERVICE_PASSWORD_FILE: &str = "/etc/monk/ldap.password";

/// The ports: LDAP, LDAPS, and those of the global catalogue.
const PORTS: [u16; 4] = [389, 636, 3268, 3269];

/// How long one LDAP command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// How long the server may take to end.
const END_LIMIT: Duration = Duration::from_secs(20);

/// A domain controller, running.
pub struct Samba {
    world: World,
    process: Option<Process>,
}

/// What a domain controller answered to a simple bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The password is right, and the account may be used.
    Yes,
    /// Refused, with the code after `data` in the text of the answer.
    Data(String),
}

impl Samba {
    /// The root of the domain.
    pub const SUFFIX: &str = "DC=example,DC=org";

    /// `ldaps://…`, of a name its certificate is good for.
    pub fn ldaps_uri(&self) -> String {
        "ldaps://ldap.example.org".to_owned()
    }

    /// The same of the global catalogue.
    pub fn global_catalogue_uri(&self) -> String {
        "ldaps://ldap.example.org:3269".to_owned()
    }

    /// Adds entries, given as LDIF.
    #[track_caller]
    pub fn add(&self, ldif: &str) {
        self.as_administrator("ldapadd").stdin(ldif).run().expect_success();
    }

    /// Makes changes, given as LDIF with `changetype`.
    #[track_caller]
    pub fn modify(&self, ldif: &str) {
        self.as_administrator("ldapmodify").stdin(ldif).run().expect_success();
    }

    /// Replaces the values of one attribute of an account, given as the rest of a line of LDIF: `: TEXT`
    /// or `:: BASE64`.
    #[track_caller]
    pub fn replace(&self, name: &str, attribute: &str, value: &str) {
        let dn = self.dn(name);
        self.modify(&format!(
            "dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}{value}\n"
        ));
    }

    /// The entries below `base` that match, as the administrator sees them.
    #[track_caller]
    pub fn search(&self, base: &str, filter: &str, attributes: &[&str]) -> Vec<Entry> {
        let search = self.as_administrator("ldapsearch");
        let search = search.args(["-LLL", "-o", "ldif-wrap=no", "-b", base, filter]);
        ldif::read(&search.args(attributes).run().expect_success().stdout)
    }

    /// The name of the entry of an account or a group.
    #[track_caller]
    pub fn dn(&self, name: &str) -> String {
        let found = self.search(Self::SUFFIX, &format!("(sAMAccountName={name})"), &["1.1"]);
        match found.as_slice() {
            [entry] => entry.dn.clone(),
            others => panic!("{name} has {} entries", others.len()),
        }
    }

    /// A simple bind over TLS, by any name that the domain takes: a DN, `NAME@example.org`,
    /// `EXAMPLE\NAME`.
    #[track_caller]
    pub fn bind(&self, who: &str, password: &str) -> Bound {
        // The bind alone proves nothing to ldapsearch, and "Who am I?" is unknown to Samba 4.17.
        let search = self.ldap("ldapsearch").args(["-LLL", "-D", who, "-y", "/dev/stdin"]);
        let output = search.args(["-b", "", "-s", "base", "1.1"]).stdin(password).run();
        let code = output.stderr.split("data ").nth(1).and_then(|text| text.split(',').next());
        match (output.status, code) {
            (Status::Code(0), _) => Bound::Yes,
            (Status::Code(49), Some(code)) => Bound::Data(code.to_owned()),
            _ => panic!("{output}"),
        }
    }

    /// What the server has written since it was last started.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// The running process.
    ///
    /// # Panics
    /// When it has been stopped.
    #[track_caller]
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the domain controller runs")
    }

    /// The account that monk uses here, as [`ldap_section`](RealDirectory::ldap_section) has it.
    pub const SERVICE_ACCOUNT: &str = "monk";

    /// An LDAP command as Administrator.
    fn as_administrator(&self, program: &str) -> Command {
        let administrator = format!("CN=Administrator,CN=Users,{}", Self::SUFFIX);
        self.ldap(program).args(["-D", &administrator, "-y", ADMIN_PASSWORD_FILE])
    }

    fn ldap(&self, program: &str) -> Command {
        let command = self.world.command(program).args(["-x", "-H", &self.ldaps_uri()]);
        let authority = &self.world.certificates().authority;
        command.env("LDAPTLS_CACERT", authority).timeout(COMMAND_LIMIT)
    }

    /// Shows the certificate that Samba makes for itself from now on; the file of its authority.
    #[track_caller]
    pub fn show_its_own_certificate(&mut self) -> String {
        let given = self.world.read(CONFIG);
        let without = given.lines().filter(|line| !line.contains("tls ")).collect::<Vec<_>>();
        self.world.write(CONFIG, without.join("\n") + "\n", 0o644);
        self.restart();
        format!("{FOLDER}/private/tls/ca.pem")
    }

    /// The rest of the configuration: the certificate.
    #[track_caller]
    fn configure(&self) {
        let certificates = self.world.certificates();
        let own = format!(
            "[global]\n\ttls enabled = yes\n\ttls certfile = {}\n\ttls keyfile = {}\n\ttls cafile = {}\n",
            certificates.good.certificate.display(),
            certificates.good.key.display(),
            certificates.authority.display(),
        );
        let given = self.world.read(CONFIG);
        self.world.write(CONFIG, given.replacen("[global]\n", &own, 1), 0o644);
        self.world.write(ADMIN_PASSWORD_FILE, ADMIN_PASSWORD, 0o600);
    }

    /// The organisation: passwords of any kind, people, groups, and the account of monk, whose password
    /// does not become too old (DONT_EXPIRE_PASSWD).
    #[track_caller]
    fn fill(&self) {
        let suffix = Self::SUFFIX;
        self.modify(&format!(
            "dn: {suffix}\nchangetype: modify\nreplace: pwdProperties\npwdProperties: 0\n-\n\
             replace: minPwdLength\nminPwdLength: 0\n-\nreplace: minPwdAge\nminPwdAge: 0\n-\n\
             replace: pwdHistoryLength\npwdHistoryLength: 0\n"
        ));
        let unit = |name: &str| format!("dn: {name},{suffix}\nobjectClass: organizationalUnit\n\n");
        let units = ["OU=Staff", "OU=Away,OU=Staff", "OU=Teams", "OU=Services"];
        self.add(&units.map(unit).concat());
        let service = account("OU=Services", Self::SERVICE_ACCOUNT, SERVICE_PASSWORD, 66048);
        self.add(&service);
        self.world.write(SERVICE_PASSWORD_FILE, format!("{SERVICE_PASSWORD}\n"), 0o600);
    }
}

impl RealDirectory for Samba {
    const NAME: &'static str = "active-directory";

    /// Its schema has no place for them, and few organisations would change it.
    const KEEPS_CREDENTIALS: bool = false;

    #[track_caller]
    fn start(world: &World) -> Self {
        provision::install(world);
        let mut samba = Self { world: world.clone(), process: None };
        samba.configure();
        samba.restart();
        samba.fill();
        samba
    }

    fn ldap_section(&self) -> String {
        let suffix = Self::SUFFIX;
        format!(
            "filter = \"(&(objectCategory=person)(objectClass=user)(sAMAccountName={{user}}))\"\n\
             mail_filter = \"(&(objectCategory=person)(objectClass=user)(|(userPrincipalName={{user}})(mail={{user}})))\"\n\
             name_attribute = \"sAMAccountName\"\nid_attribute = \"objectGUID\"\nnested_groups = \"server\"\n\
             uris = [\"{}\"]\nbase = \"{suffix}\"\n\
             domain = \"EXAMPLE\"\nbind_dn = \"{}@example.org\"\n\
             password_file = \"{SERVICE_PASSWORD_FILE}\"\nca_file = \"{}\"\n\
             group_base = \"{suffix}\"\n",
            self.ldaps_uri(),
            Self::SERVICE_ACCOUNT,
            self.world.certificates().authority.display(),
        )
    }

    #[track_caller]
    fn add_person(&self, name: &str, password: &str) {
        self.add(&account("OU=Staff", name, password, 512));
    }

    fn means(&self) -> &'static [(&'static str, State)] {
        &means::ALL
    }

    #[track_caller]
    fn put(&self, name: &str, means: &str) {
        means::put(self, name, means);
    }

    /// As for somebody who marries: `sAMAccountName`, `userPrincipalName` and `mail`. The entry keeps its
    /// name.
    #[track_caller]
    fn rename(&self, name: &str, to: &str) {
        let dn = self.dn(name);
        self.modify(&format!(
            "dn: {dn}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: {to}\n-\n\
             replace: userPrincipalName\nuserPrincipalName: {to}@example.org\n-\n\
             replace: mail\nmail: {to}@example.org\n"
        ));
    }

    #[track_caller]
    fn move_away(&self, name: &str) {
        let dn = self.dn(name);
        let first = dn.split(',').next().unwrap_or_default();
        let away = format!("OU=Away,OU=Staff,{}", Self::SUFFIX);
        self.modify(&format!(
            "dn: {dn}\nchangetype: modrdn\nnewrdn: {first}\ndeleteoldrdn: 1\nnewsuperior: {away}\n"
        ));
    }

    #[track_caller]
    fn recreate(&self, name: &str, password: &str) {
        self.modify(&format!("dn: {}\nchangetype: delete\n", self.dn(name)));
        self.add_person(name, password);
    }

    #[track_caller]
    fn add_group(&self, name: &str, members: &[&str]) {
        let members = members.iter().map(|member| format!("member: {}\n", self.dn(member)));
        self.add(&format!(
            "dn: {}\nobjectClass: group\nsAMAccountName: {name}\n{}",
            self.group_dn(name),
            members.collect::<String>()
        ));
    }

    fn group_dn(&self, name: &str) -> String {
        format!("CN={name},OU=Teams,{}", Self::SUFFIX)
    }

    #[track_caller]
    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.terminate();
            // Its workers end after it, and take connections until then.
            let closed = || PORTS.iter().all(|port| !self.world.is_listening(*port)).then_some(());
            wait::until(END_LIMIT, closed).expect("the domain controller ends");
        }
    }

    #[track_caller]
    fn restart(&mut self) {
        self.stop();
        let command = self.world.command("samba").env("SMB_CONF_PATH", CONFIG);
        let command = command.args(["--foreground", "--no-process-group", "--debug-stdout"]);
        let mut process = command.args(["--debuglevel=1"]).spawn();
        let world = &self.world;
        world.wait_for_server(&mut process, || PORTS.iter().all(|port| world.is_listening(*port)));
        self.process = Some(process);
    }
}

/// The entry of an account with a `userAccountControl`: 512 is a usual one.
fn account(unit: &str, name: &str, password: &str, control: u32) -> String {
    format!(
        "dn: CN={name},{unit},{}\nobjectClass: user\nsAMAccountName: {name}\n\
         userPrincipalName: {name}@example.org\nmail: {name}@example.org\n\
         userAccountControl: {control}\nunicodePwd:: {}\n\n",
        Samba::SUFFIX,
        unicode_password(password)
    )
}

/// A password as `unicodePwd` takes it, in base64: quoted, in UTF-16 (MS-ADTS §3.1.1.3.1.5).
fn unicode_password(password: &str) -> String {
    let quoted = format!("\"{password}\"");
    BASE64.encode(&quoted.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}
