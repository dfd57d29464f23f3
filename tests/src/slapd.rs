//! OpenLDAP's server.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use crate::World;
use crate::command::{Command, Output, Status};
use crate::ldif::{self, Entry};
use crate::process::Process;
use crate::slapd_config::{self, SlapdOptions};
use crate::wait;

/// How long one LDAP command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// How long slapadd may take after the last entry was handed to it.
const LOAD_LIMIT: Duration = Duration::from_secs(600);

/// A slapd with one directory, `dc=example,dc=org`, which starts with nothing but that entry.
///
/// It listens on the world's loopback address with ldap and ldaps, and on a socket with ldapi.
pub struct Slapd {
    world: World,
    options: SlapdOptions,
    process: Option<Process>,
}

impl Slapd {
    /// The name below which everything is.
    pub const SUFFIX: &str = slapd_config::SUFFIX;

    /// Configures a server and starts it.
    #[track_caller]
    pub fn start(world: &World, options: SlapdOptions) -> Self {
        let mut slapd = Self { world: world.clone(), options, process: None };
        slapd.configure();
        slapd.restart();
        if !slapd.options.is_replica {
            slapd.add(&format!(
                "dn: {0}\nobjectClass: organization\nobjectClass: dcObject\no: Example\ndc: example\n",
                Self::SUFFIX
            ));
        }
        slapd
    }

    /// `ldap://…`, of a name its certificate is good for.
    pub fn ldap_uri(&self) -> String {
        format!("ldap://ldap.example.org:{}", self.options.ldap_port)
    }

    /// `ldaps://…`, of a name its certificate is good for.
    pub fn ldaps_uri(&self) -> String {
        format!("ldaps://ldap.example.org:{}", self.options.ldaps_port)
    }

    /// `ldapi://…`, with the path of the socket in its escaped form.
    pub fn ldapi_uri(&self) -> String {
        format!("ldapi://{}", self.socket().replace('/', "%2f"))
    }

    /// Adds entries, given as LDIF.
    #[track_caller]
    pub fn add(&self, ldif: &str) {
        self.as_root("ldapadd").stdin(ldif).run().expect_success();
    }

    /// Adds entries that lead elsewhere, instead of following them (the control ManageDsaIT of RFC 3296).
    #[track_caller]
    pub fn add_referral(&self, ldif: &str) {
        self.as_root("ldapadd").arg("-M").stdin(ldif).run().expect_success();
    }

    /// Adds many entries, given as pieces of LDIF, while the server is stopped (slapadd): a million
    /// people in minutes.
    #[track_caller]
    pub fn load(&mut self, pieces: impl Iterator<Item = String>) {
        self.stop();
        let arguments = ["-q", "-F", &self.config(), "-b", Self::SUFFIX];
        let command = self.options.build.command(&self.world, "slapadd").args(arguments);
        let (mut slapadd, mut input, _) = command.spawn_dialogue();
        for piece in pieces {
            if input.write_all(piece.as_bytes()).is_err() {
                slapadd.fail("does not take all entries");
            }
        }
        drop(input);
        match slapadd.wait(LOAD_LIMIT) {
            Some(status) if status.success() => {}
            _ => slapadd.fail("does not load the entries"),
        }
        self.restart();
    }

    /// Everything in the directory as LDIF (slapcat), as administrators back it up while the server runs.
    #[track_caller]
    pub fn slapcat(&self) -> String {
        let arguments = ["-F", &self.config(), "-b", Self::SUFFIX];
        let command = self.options.build.command(&self.world, "slapcat").args(arguments);
        command.run().expect_success().stdout
    }

    /// Has what slapcat wrote in the place of everything that is there (slapadd).
    #[track_caller]
    pub fn restore(&mut self, ldif: String) {
        self.stop();
        let script = "rm -- \"$1\"/*";
        self.world.command("sh").args(["-c", script, "sh", &self.data()]).run().expect_success();
        self.load(std::iter::once(ldif));
    }

    /// Makes changes, given as LDIF with `changetype`. Changes of `cn=config` are possible too.
    #[track_caller]
    pub fn modify(&self, ldif: &str) {
        self.as_root("ldapmodify").stdin(ldif).run().expect_success();
    }

    /// Makes changes of operational attributes, which only the server itself makes otherwise (the
    /// relax rules control of draft-zeilenga-ldap-relax).
    #[track_caller]
    pub fn modify_operational(&self, ldif: &str) {
        self.as_root("ldapmodify").args(["-e", "relax"]).stdin(ldif).run().expect_success();
    }

    /// Deletes an entry that has none below it.
    #[track_caller]
    pub fn delete(&self, dn: &str) {
        self.as_root("ldapdelete").arg(dn).run().expect_success();
    }

    /// The entries at and below `base` that match, with the attributes that are named, or all the
    /// user's own. `+` stands for all operational ones.
    #[track_caller]
    pub fn search(&self, base: &str, filter: &str, attributes: &[&str]) -> Vec<Entry> {
        let command =
            self.as_root("ldapsearch").args(["-LLL", "-o", "ldif-wrap=no", "-b", base, filter]);
        ldif::read(&command.args(attributes).run().expect_success().stdout)
    }

    /// Whether a name and a password are accepted, over ldaps; anything but "invalid credentials"
    /// is a failure.
    #[track_caller]
    pub fn binds(&self, dn: &str, password: &str) -> bool {
        // LDAP's invalidCredentials is 49, which is also the exit status.
        let output = self.bind(dn, password);
        match output.status {
            Status::Code(0) => true,
            Status::Code(49) => false,
            _ => panic!("{output}"),
        }
    }

    /// How many operations of each kind `work` has caused. Those of this reading itself are left
    /// out.
    #[track_caller]
    pub fn operations<T>(&self, work: impl FnOnce() -> T) -> (T, Operations) {
        let before = self.completed();
        let result = work();
        let after = self.completed();
        let difference = |kind: &str, own: u64| {
            let count = |counts: &Counts| counts.operations.get(kind).copied().unwrap_or_default();
            (count(&after) - count(&before)).saturating_sub(own)
        };
        // Between two readings the first search completes, and the second connection binds.
        let operations = Operations {
            binds: difference("Bind", 1),
            searches: difference("Search", 1),
            modifies: difference("Modify", 0),
            adds: difference("Add", 0),
            deletes: difference("Delete", 0),
            // Each reading has a connection of its own, which is counted by the time it is read.
            connections: (after.connections - before.connections).saturating_sub(1),
        };
        (result, operations)
    }

    /// What the server has logged since it was last started, with every operation (log level
    /// `stats`).
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Waits until the server has logged `text`.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.process.as_ref().expect("the server runs").wait_for_log(text);
    }

    /// The running process.
    ///
    /// # Panics
    /// When it has been stopped.
    #[track_caller]
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("slapd has not been stopped")
    }

    /// Ends the server in good order. Connections to its ports are refused from then on.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.terminate();
        }
    }

    /// Kills the server with SIGKILL.
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.destroy();
        }
    }

    /// Stops the server where it is: connections are still accepted, by the kernel, but nothing
    /// answers.
    #[track_caller]
    pub fn freeze(&mut self) {
        self.process().stop();
    }

    /// Lets the server go on after [`freeze`](Self::freeze).
    #[track_caller]
    pub fn thaw(&mut self) {
        self.process().cont();
    }

    /// Waits until the server, which is frozen, has been sent something over ldaps.
    ///
    /// # Panics
    /// When nothing came within 10 s.
    #[track_caller]
    pub fn wait_until_asked(&self) {
        let asked = || self.world.has_unread(self.options.ldaps_port).then_some(());
        wait::until(Duration::from_secs(10), asked).expect("the server is asked");
    }

    /// Starts the server, after it has been ended where it runs. Its data are kept.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        let listeners = format!(
            "ldap://127.0.0.1:{} ldaps://127.0.0.1:{} {}",
            self.options.ldap_port,
            self.options.ldaps_port,
            self.ldapi_uri(),
        );
        let arguments = ["-d", self.options.log, "-F", &self.config(), "-h", &listeners];
        let command = self.options.build.command(&self.world, "slapd").args(arguments);
        let mut process = command.spawn();
        let ports = [self.options.ldap_port, self.options.ldaps_port];
        let socket = self.socket();
        self.world.wait_for_server(&mut process, || {
            let listening = ports.iter().all(|port| self.world.is_listening(*port));
            listening && self.world.is_listening_at(&socket)
        });
        self.process = Some(process);
    }

    /// Writes the configuration into an empty configuration directory.
    #[track_caller]
    fn configure(&self) {
        let (config, data) = (self.config(), self.data());
        self.world.make_folder(&config, 0o700);
        self.world.make_folder(&data, 0o700);
        self.world.make_folder("/run/slapd", 0o755);
        let ldif = slapd_config::config(&self.world, &self.options, &data);
        self.options
            .build
            .command(&self.world, "slapadd")
            .args(["-n", "0", "-F", &config])
            .stdin(ldif)
            .run()
            .expect_success();
    }

    /// An LDAP command as the local root.
    fn as_root(&self, program: &str) -> Command {
        let command =
            self.world.command(program).args(["-Q", "-Y", "EXTERNAL", "-H", &self.ldapi_uri()]);
        command.timeout(COMMAND_LIMIT)
    }

    /// What ldapwhoami says of a name and a password, over ldaps, with the password policy control.
    #[track_caller]
    pub fn bind(&self, dn: &str, password: &str) -> Output {
        let command = self.world.command("ldapwhoami").args([
            "-x",
            "-e",
            "ppolicy",
            "-H",
            &self.ldaps_uri(),
            "-D",
            dn,
        ]);
        let command = command.args(["-y", "/dev/stdin"]).stdin(password);
        command
            .env("LDAPTLS_CACERT", &self.world.certificates().authority)
            .timeout(COMMAND_LIMIT)
            .run()
    }

    /// The monitor's counters.
    #[track_caller]
    fn completed(&self) -> Counts {
        // One search for both kinds of counters. A directory of thousands has no more of them.
        let filter = "(|(monitorOpCompleted=*)(monitorCounter=*))";
        let attributes = ["cn", "monitorOpCompleted", "monitorCounter"];
        let mut counts = Counts::default();
        for entry in self.search("cn=Monitor", filter, &attributes) {
            let Some(name) = entry.value("cn") else { continue };
            let number = |name| entry.value(name).and_then(|text| text.parse().ok());
            if let Some(completed) = number("monitorOpCompleted") {
                counts.operations.insert(name, completed);
            } else if entry.dn.eq_ignore_ascii_case(ALL_CONNECTIONS) {
                counts.connections = number("monitorCounter").unwrap_or_default();
            }
        }
        counts
    }

    fn config(&self) -> String {
        format!("/var/lib/ldap/{}/config", self.options.name)
    }

    fn data(&self) -> String {
        format!("/var/lib/ldap/{}/data", self.options.name)
    }

    fn socket(&self) -> String {
        format!("/run/slapd/{}", self.options.name)
    }
}

/// The monitor's counters at one moment.
#[derive(Default)]
struct Counts {
    /// Completed operations, by their names.
    operations: BTreeMap<String, u64>,
    /// Connections that were ever accepted.
    connections: u64,
}

/// The entry that counts connections since the start.
const ALL_CONNECTIONS: &str = "cn=Total,cn=Connections,cn=Monitor";

/// Counts of completed operations, and of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Binds, refused ones too.
    pub binds: u64,
    /// Searches.
    pub searches: u64,
    /// Modifies.
    pub modifies: u64,
    /// Adds.
    pub adds: u64,
    /// Deletes.
    pub deletes: u64,
    /// Connections that were accepted.
    pub connections: u64,
}
