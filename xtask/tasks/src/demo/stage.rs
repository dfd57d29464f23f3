//! The private machine, with monk, a mail server, an sshd and perhaps a directory server in it.

use std::path::Path;

use monk_tests::site::{AuditLine, Backend, Running, SETTINGS, Site};
use monk_tests::{Dovecot, Screen, Sshd, SshdOptions, Typist, World, until};

use super::teller::Teller;

/// The name of the private machine for mail and ssh; its certificate is good for it.
pub const HOST: &str = "mail.example.org";

/// How long a line of the log may be on its way.
const LOG_LIMIT: std::time::Duration = std::time::Duration::from_secs(3);

/// The private machine and its servers, which end with it.
pub struct Stage {
    pub site: Site,
    pub has_ldap: bool,
    _imap: Dovecot,
    _sshd: Sshd,
}

impl Stage {
    /// Sets everything up and tells what there is.
    #[track_caller]
    pub fn set(has_ldap: bool, teller: &mut Teller) -> Self {
        teller.said(
            "Everything below happens in a private machine: its own mounts, network and\n\
             processes, gone when the demo ends. Nothing on this machine is changed.\n ",
        );
        let backend = if has_ldap { Backend::Ldap } else { Backend::Embedded };
        let site = Site::new(backend, Running::Resident);
        if has_ldap {
            let about = format!("{} with monk's schema", site.slapd().ldaps_uri());
            teller.ready(&version(&site.world, "OpenLDAP", "slapd", "-VV"), &about);
        }
        let settings = site.world.read(SETTINGS);
        let settings = settings.trim();
        let settings = if settings.is_empty() { "(empty: all defaults)" } else { settings };
        teller.ready("monkd, the engine, with these settings", &format!("{SETTINGS}:\n{settings}"));

        let imap = site.imap();
        teller.ready(
            &version(&site.world, "Dovecot", "dovecot", "--version"),
            &format!("imaps://{HOST}, passdb {{ driver = pam }}\n{}", rules(&site, "imap")),
        );
        site.world.add_system_user("alice");
        let sshd = site.sshd(SshdOptions::default());
        teller.ready(
            &version(&site.world, "sshd", "ssh", "-V"),
            &format!("UsePAM yes, KbdInteractiveAuthentication yes\n{}", rules(&site, "sshd")),
        );
        trust_host_key(&site.world);
        teller.gap();
        Self { site, has_ldap, _imap: imap, _sshd: sshd }
    }

    /// A command that a person types at the terminal.
    pub fn typist<'a>(&self, line: &str, teller: &Teller) -> Typist<'a> {
        let typist = Typist::new(&self.site.world, line);
        if teller.has_colours() { typist } else { typist.env("NO_COLOR", "1") }
    }

    /// Does one login, and waits for its lines in the audit.
    pub fn audited(&self, login: impl FnOnce() -> Screen) -> (Screen, Vec<AuditLine>) {
        let before = self.site.logins().len();
        let screen = login();
        let lines = until(LOG_LIMIT, || {
            let lines = self.site.logins().split_off(before);
            (!lines.is_empty()).then_some(lines)
        });
        (screen, lines.unwrap_or_default())
    }

    /// The certificate of the authority that clients trust.
    pub fn authority(&self) -> &Path {
        &self.site.world.certificates().authority
    }
}

/// The PAM rules of a service.
fn rules(site: &Site, service: &str) -> String {
    let file = format!("/etc/pam.d/{service}");
    format!("{file}:\n{}", site.world.read(&file))
}

/// The name of a server, with the first thing that looks like its version.
fn version(world: &World, name: &str, program: &str, argument: &str) -> String {
    let output = world.command(program).arg(argument).run();
    let said = format!("{}{}", output.stdout, output.stderr);
    let words = || said.split(|c: char| c.is_whitespace() || c == ',');
    let number =
        words().find(|word| word.contains('.') && word.contains(|c: char| c.is_ascii_digit()));
    format!("{name} {}", number.unwrap_or_default()).trim_end().to_owned()
}

/// Makes the host key known to root's ssh, as after a first login.
#[track_caller]
fn trust_host_key(world: &World) {
    let key = world.read("/etc/ssh/world_host_key.pub");
    world.make_folder("/root/.ssh", 0o700);
    world.write("/root/.ssh/known_hosts", format!("{HOST} {key}"), 0o600);
}
