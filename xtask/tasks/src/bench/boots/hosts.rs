//! Two machines beside a directory server, and what is taken away from them.

use std::net::UdpSocket;
use std::time::Duration;

use monk_tests::World;
use monk_tests::directories::{OpenLdap, RealDirectory};
use monk_tests::fresh::{Debian, Machine, names_package, package};
use monk_tests::site::{SETTINGS, Site, built};

use super::Case;

/// How long apt-get may take.
const APT_LIMIT: Duration = Duration::from_secs(120);

/// A resolver that says nothing: a socket that nobody reads.
const RESOLVER: &str = "127.0.0.53";

/// A name of the directory that is in no file.
const NAME_OF_SERVER: &str = "directory.example.net";

/// A folder of alice's, which systemd makes at boot.
const FOLDER: &str = "d /srv/alice 0755 alice operators\n";

/// A service of alice's.
const SERVICE: &str = "[Unit]\nAfter=nss-user-lookup.target\n\
    [Service]\nType=oneshot\nRemainAfterExit=yes\nUser=alice\nExecStart=/usr/bin/id\n\
    [Install]\nWantedBy=multi-user.target\n";

/// One line of cron for alice.
const CRON: &str = "@reboot alice /usr/bin/id\n";

/// What systemd counted, in milliseconds.
pub struct Boot {
    /// Until sshd was started.
    pub sshd: u64,
    /// Until everything was.
    pub whole: u64,
    /// What a name takes afterwards that nobody has.
    pub name: u64,
}

/// The machines, of which one is on at a time, and the world beside them.
pub struct Hosts {
    bare: Machine,
    monk: Machine,
    settings: String,
    server: OpenLdap,
    _resolver: UdpSocket,
}

impl Hosts {
    /// Makes them, and switches them off.
    #[track_caller]
    pub fn new(debian: Debian) -> Self {
        let world = World::new();
        let mut bare = Machine::beside(&world, debian);
        prepare(&bare);
        bare.power_off();
        let monk = Machine::beside(&world, debian);
        prepare(&monk);
        install(&monk);
        let server = OpenLdap::start(&world);
        server.add_person("alice", "correct;horse");
        server.add_group("operators", &["alice"]);
        let dn = server.dn_of("alice");
        server.slapd().modify(&format!(
            "dn: {dn}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n-\n\
             add: uidNumber\nuidNumber: 12001\n-\nadd: gidNumber\ngidNumber: 100\n-\n\
             add: homeDirectory\nhomeDirectory: /home/alice\n"
        ));
        let settings = format!("directory = \"ldap\"\n\n[ldap]\n{}", server.ldap_section());
        let _site = Site::of_package_beside(&world, &monk, &settings);
        let resolver = world.inside(|| UdpSocket::bind((RESOLVER, 53)));
        let resolver = resolver.expect("nobody has this port");
        let mut hosts = Self { bare, monk, settings, server, _resolver: resolver };
        hosts.configure(Case::FIRST_OF_MONK);
        hosts.monk.power_off();
        hosts
    }

    /// Boots the machine of a case. That of monk is made ready for the next one before it is switched off.
    #[track_caller]
    pub fn boot(&mut self, case: Case, next: Case) -> Boot {
        if case == Case::WithoutMonk {
            self.bare.boot();
            let boot = measure(&self.bare);
            self.bare.power_off();
            return boot;
        }
        match case {
            Case::Refused => self.server.stop(),
            Case::Silent => self.server.slapd_mut().freeze(),
            _ => {}
        }
        self.monk.boot();
        let boot = measure(&self.monk);
        let served = self.monk.command("systemctl").args(["is-active", "hers"]).run();
        let expected = case == Case::Working;
        assert_eq!(served.success(), expected, "{case:?}: the service of a user: {served}");
        match case {
            Case::Refused => self.server.restart(),
            Case::Silent => self.server.slapd_mut().thaw(),
            _ => {}
        }
        self.configure(next);
        self.monk.power_off();
        boot
    }

    /// Writes what a case has in its files.
    #[track_caller]
    fn configure(&self, case: Case) {
        let settings = match case {
            Case::Broken => format!("{}\n[no such section\n", self.settings),
            Case::NoResolver => {
                self.settings.replace("//ldap.example.org", &format!("//{NAME_OF_SERVER}"))
            }
            _ => self.settings.clone(),
        };
        self.monk.write(SETTINGS, settings, 0o640);
        let mask = if case == Case::Masked { "mask" } else { "unmask" };
        self.monk.command("systemctl").args([mask, "monk"]).run().expect_success();
    }
}

/// What both machines have: a slapd that is not started, and what belongs to alice.
#[track_caller]
fn prepare(machine: &World) {
    for what in ["stop", "disable"] {
        machine.command("systemctl").args([what, "slapd"]).run().expect_success();
    }
    machine.write("/etc/resolv.conf", format!("nameserver {RESOLVER}\n"), 0o644);
    // As Debian's installer does it. Dovecot asks the resolver otherwise, and waits for 20 s.
    machine.write("/etc/hosts", format!("{}127.0.1.1 fresh\n", machine.read("/etc/hosts")), 0o644);
    machine.write("/etc/tmpfiles.d/hers.conf", FOLDER, 0o644);
    machine.write("/etc/systemd/system/hers.service", SERVICE, 0o644);
    machine.write("/etc/cron.d/hers", CRON, 0o644);
    machine.command("systemctl").args(["enable", "hers"]).run().expect_success();
}

/// Installs the packages, asks for second factors everywhere, and puts the programs that are measured in place of
/// those of the packages.
#[track_caller]
fn install(machine: &World) {
    let packages = [(package(), "/root/monk.deb"), (names_package(), "/root/libnss-monk.deb")];
    for (package, place) in &packages {
        machine.install(&package.current, place, 0o644);
    }
    let apt_get = machine.command("apt-get").args(["--yes", "install"]);
    let apt_get = apt_get.args(packages.iter().map(|(_, place)| *place));
    apt_get.env("DEBIAN_FRONTEND", "noninteractive").timeout(APT_LIMIT).run().expect_success();
    machine.command("pam-auth-update").args(["--enable", "monk"]).run().expect_success();
    let module = machine.pam_modules().with_file_name("libnss_monk.so.2");
    machine.install(built("libnss_monk.so"), module, 0o644);
    machine.install_pam_module(built("libpam_monk.so"), "pam_monk.so");
    machine.install(built("monkd"), "/usr/sbin/monkd", 0o755);
}

/// Asks systemd when what was done, and for a name.
#[track_caller]
fn measure(machine: &World) -> Boot {
    let moment = |of: &[&str], property: &str| -> u64 {
        let show = machine.command("systemctl").arg("show").args(of.iter().copied());
        let said = show.args(["--value", "--property", property]).run().expect_success().stdout;
        said.trim().parse().unwrap_or_else(|_| panic!("systemd says {said:?} of {property}"))
    };
    let begin = moment(&[], "UserspaceTimestampMonotonic");
    let since = |end: u64| end.saturating_sub(begin) / 1000;
    let unknown = machine.command("getent").args(["passwd", "nobody-of-that-name"]).run();
    Boot {
        sshd: since(moment(&["ssh"], "ActiveEnterTimestampMonotonic")),
        whole: since(moment(&[], "FinishTimestampMonotonic")),
        name: u64::try_from(unknown.elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}
