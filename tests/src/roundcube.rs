//! Debian's Roundcube with nginx, in front of a Dovecot and a Postfix: as the shipped examples have it.

use crate::process::Process;
use crate::site::{Site, shipped};
use crate::{Dovecot, Postfix, World, packages};

/// The port of HTTPS.
const PORT: u16 = 443;

/// Where browsers find it. Not where the mail server is: each browser has an address of its own.
const ADDRESS: &str = "192.0.2.20";

/// What stands for the machine of the web mail in the examples.
const EXAMPLE: &str = "192.0.2.20/32";

/// Where it is for the mail server, in this world.
const HERE: &str = "127.0.0.1/32";

/// The socket of php-fpm that the example names, which Debian's unit makes a link to its own.
const SOCKET: &str = "/run/php/php-fpm.sock";

/// Roundcube's own settings, without those of the shipped example: what Debian's questions at the installation ask for.
const SETTINGS: &str = "<?php
$config = [];
$config['db_dsnw'] = 'sqlite:////var/lib/roundcube/temp/world.db?mode=0640';
$config['des_key'] = 'a-key-of-24-characters-!';
$config['mail_domain'] = 'example.org';
$config['skin'] = 'elastic';
$config['plugins'] = [];
include '/etc/roundcube/monk.inc.php';
";

/// Who has mail here.
const USERS: [&str; 2] = ["alice", "bob"];

/// A running web mail, with the servers behind it.
pub struct Roundcube {
    world: World,
    dovecot: Dovecot,
    postfix: Postfix,
    _php: Process,
    _nginx: Process,
}

impl Roundcube {
    /// Installs the packages, where they are missing. Before any world: worlds are made from what this machine has.
    #[track_caller]
    pub fn install_packages() {
        packages::ensure(&packages::ROUNDCUBE).unwrap_or_else(|error| panic!("{error}"));
    }

    /// The shipped policy of its services.
    pub fn policy() -> String {
        here("config/examples/roundcube/monk.toml")
    }

    /// Starts it, and the servers behind it.
    #[track_caller]
    pub fn start(site: &Site) -> Self {
        let world = &site.world;
        let trusted = here("config/examples/roundcube/99-roundcube.conf");
        let dovecot = site.mail_server_with("imap sieve", true, &trusted);
        let services = shipped("config/examples/postfix/master.cf");
        let main = here("config/examples/roundcube/main.cf");
        let postfix = Postfix::start_delivering(world, &services, &USERS, &main);
        add_address(world);
        install(site);
        let php = start_php(world);
        let nginx = start_nginx(world);
        Self { world: world.clone(), dovecot, postfix, _php: php, _nginx: nginx }
    }

    /// The address of the page.
    #[must_use]
    pub fn page(&self) -> String {
        "https://mail.example.org/".to_owned()
    }

    /// What a Chromium is started with that is to find it.
    #[must_use]
    pub fn way_for_browsers(&self) -> String {
        format!("--host-resolver-rules=MAP * {ADDRESS}")
    }

    /// From now on, every browser comes to the page from this address.
    #[track_caller]
    pub fn browsers_come_from(&self, address: &str) {
        let ip = |arguments: &[&str]| self.world.command("ip").args(arguments).run();
        ip(&["address", "replace", &format!("{address}/32"), "dev", "lo"]).expect_success();
        let route = ["route", "replace", "local", ADDRESS, "dev", "lo", "table", "local"];
        ip(&[&route[..], &["src", address]].concat()).expect_success();
    }

    /// What is in a user's inbox, as the files there.
    #[track_caller]
    pub fn inbox(&self, user: &str) -> String {
        let script = format!(
            "cat /var/mail/dovecot/{user}/new/* /var/mail/dovecot/{user}/cur/* 2>/dev/null"
        );
        self.world.command("sh").args(["-c", &format!("{script}; true")]).run().stdout
    }

    /// Puts a mail into a user's inbox.
    #[track_caller]
    pub fn deliver(&self, user: &str, mail: &str) {
        let inbox = format!("/var/mail/dovecot/{user}");
        for folder in ["cur", "new", "tmp"] {
            self.world.make_folder(format!("{inbox}/{folder}"), 0o700);
        }
        self.world.write(format!("{inbox}/new/1.delivered"), mail, 0o600);
        let chown =
            self.world.command("chown").args(["--recursive", "mail:mail", "/var/mail/dovecot"]);
        chown.run().expect_success();
    }

    /// What its programs have logged.
    #[track_caller]
    pub fn log(&self) -> String {
        let file = "/var/log/roundcube/errors.log";
        let own = if self.world.exists(file) { self.world.read(file) } else { String::new() };
        format!("{own}\n{}\n{}", self.dovecot.log(), self.postfix.log())
    }
}

/// A shipped file for this world.
fn here(path: &str) -> String {
    let text = shipped(path);
    assert!(text.contains(EXAMPLE), "{path} names the machine of the web mail");
    text.replace(EXAMPLE, HERE)
}

#[track_caller]
fn add_address(world: &World) {
    let address = format!("{ADDRESS}/32");
    world.command("ip").args(["address", "add", &address, "dev", "lo"]).run().expect_success();
}

#[track_caller]
fn install(site: &Site) {
    let world = &site.world;
    world.write("/etc/roundcube/config.inc.php", SETTINGS, 0o644);
    site.install_example("roundcube/monk.inc.php", "/etc/roundcube/monk.inc.php");
    let plugin = "monk/monk.php";
    let place = format!("/var/lib/roundcube/plugins/{plugin}");
    site.install_example(&format!("roundcube/{plugin}"), &place);
    for folder in ["/var/lib/roundcube/temp", "/var/log/roundcube"] {
        world.make_folder(folder, 0o750);
        world.command("chown").args(["www-data:www-data", folder]).run().expect_success();
    }
}

#[track_caller]
fn start_php(world: &World) -> Process {
    world.make_folder("/run/php", 0o755);
    let authority = world.certificates().authority.display();
    let pool = format!(
        "[global]\nerror_log = /dev/stderr\ndaemonize = no\n[www]\nuser = www-data\ngroup = www-data\n\
         listen = {SOCKET}\nlisten.owner = www-data\nlisten.group = www-data\n\
         pm = static\npm.max_children = 4\nphp_admin_value[openssl.cafile] = {authority}\n"
    );
    world.write("/etc/php/fpm.conf", pool, 0o644);
    let program = world.command("sh").args(["-c", "echo /usr/sbin/php-fpm*"]).run().stdout;
    let mut php =
        world.spawn(program.trim(), &["--nodaemonize", "--fpm-config", "/etc/php/fpm.conf"]);
    world.wait_for_server(&mut php, || world.is_listening_at(SOCKET));
    php
}

#[track_caller]
fn start_nginx(world: &World) -> Process {
    let identity = &world.certificates().good;
    let server = shipped("config/examples/roundcube/nginx.conf")
        .replace("/etc/ssl/certs/webmail.example.org.pem", &identity.certificate.to_string_lossy())
        .replace("/etc/ssl/private/webmail.example.org.key", &identity.key.to_string_lossy())
        .replace("webmail.example.org", "mail.example.org");
    let settings = format!(
        "user www-data;\npid /run/nginx.pid;\nerror_log stderr;\ndaemon off;\nevents {{ }}\n\
         http {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{server}}}\n"
    );
    world.write("/etc/nginx/nginx.conf", settings, 0o644);
    let mut nginx = world.spawn("nginx", &[]);
    world.wait_for_server(&mut nginx, || world.is_listening(PORT));
    nginx
}
