//! Who may read what: a domain as it is made, a hardened one, and the rights that monk's account needs there.

use super::{CONFIG, FOLDER, Samba};

/// Users, to whose entries rights are given (MS-ADTS §5.1.3.2, the `schemaIDGUID` of `user`).
const USERS: &str = "bf967aba-0de6-11d0-a285-00aa003049e2";

/// What a right is for: the property sets Account Restrictions and Group Membership (MS-ADTS
/// §3.1.1.2.3.3), and the attribute `lockoutTime`.
const READ: [&str; 3] = [
    "4c164200-20c0-11d0-a768-00aa006e0529",
    "bc0ac240-79a9-11d0-9020-00c04fc2d4cf",
    "28630ebf-41d5-11d1-a9c1-0000f80367c1",
];

impl Samba {
    /// Takes from every user the right to read accounts that domains keep for programs of the last century.
    #[track_caller]
    pub fn harden(&self) {
        self.modify(&format!(
            "dn: CN=Pre-Windows 2000 Compatible Access,CN=Builtin,{}\nchangetype: modify\nreplace: member\n",
            Self::SUFFIX
        ));
    }

    /// Gives monk's account the rights that docs/directories/active-directory.md names, with the command
    /// that stands there.
    #[track_caller]
    pub fn let_monk_read(&self) {
        let query = self.tool(&["user", "show", Self::SERVICE_ACCOUNT, "--attributes=objectSid"]);
        let sid = query.lines().find_map(|line| line.strip_prefix("objectSid: "));
        let sid = sid.expect("an account has a SID").trim();
        let rights = READ.map(|what| format!("(OA;CIIO;RP;{what};{USERS};{sid})")).concat();
        let (place, rights) = (format!("--objectdn={}", Self::SUFFIX), format!("--sddl={rights}"));
        self.tool(&["dsacl", "set", &place, &rights]);
    }

    /// Lets samba-tool find the domain without being told, as on a domain controller of Debian's.
    #[track_caller]
    pub fn configure_tools(&self) {
        self.world.make_folder("/etc/samba", 0o755);
        self.world.write("/etc/samba/smb.conf", self.world.read(CONFIG), 0o644);
    }

    /// Whether an account can read an attribute of somebody over LDAP.
    #[track_caller]
    pub fn reads(&self, account: &str, password: &str, name: &str, attribute: &str) -> bool {
        let who = format!("{account}@example.org");
        let search = self.ldap("ldapsearch").args(["-LLL", "-D", &who, "-y", "/dev/stdin"]);
        let filter = format!("(sAMAccountName={name})");
        let search = search.args(["-b", Self::SUFFIX, &filter, attribute]).stdin(password);
        search.run().expect_success().stdout.contains(&format!("\n{attribute}: "))
    }

    /// Runs samba-tool on the domain controller itself; what it says.
    #[track_caller]
    pub fn tool(&self, arguments: &[&str]) -> String {
        let database = format!("--URL={FOLDER}/private/sam.ldb");
        let command = self.world.command("samba-tool").args(arguments).arg(database);
        command.env("SMB_CONF_PATH", CONFIG).run().expect_success().stdout
    }
}
