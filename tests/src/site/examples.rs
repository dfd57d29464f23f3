//! The shipped configuration of host programs, installed as it is.

use super::{Site, programs};
use crate::clients::{Curl, Login};
use crate::{Dovecot, DovecotOptions, Postfix};

/// Where the passdb of the shipped example is installed.
const AUTH_MONK: &str = "/etc/dovecot/conf.d/auth-monk.conf.ext";

impl Site {
    /// Installs a shipped file of `config/pam.d` as it is.
    #[track_caller]
    pub fn install_recipe(&self, name: &str) {
        let rules = programs::shipped(&format!("config/pam.d/{name}"));
        self.world.write(format!("/etc/pam.d/{name}"), rules, 0o644);
    }

    /// Switches monk on for all services of the machine, by Debian's pam-auth-update and the profile of
    /// the package.
    #[track_caller]
    pub fn switch_on_profile(&self) {
        let profile = programs::shipped("packaging/debian/pam-configs/monk");
        self.world.write("/usr/share/pam-configs/monk", profile, 0o644);
        let command = self.world.command("pam-auth-update").args(["--package", "--enable", "monk"]);
        command.env("DEBIAN_FRONTEND", "noninteractive").run().expect_success();
    }

    /// Installs a shipped file of `config/examples` as it is.
    #[track_caller]
    pub fn install_example(&self, example: &str, path: &str) {
        self.world.write(path, programs::shipped(&format!("config/examples/{example}")), 0o644);
    }

    /// Starts a Dovecot as the shipped example has it, which speaks some of `imap`, `pop3` and
    /// `sieve`, and answers a Postfix if one was asked for.
    #[track_caller]
    pub fn mail_server(&self, protocols: &str, for_postfix: bool) -> Dovecot {
        self.mail_server_with(protocols, for_postfix, "")
    }

    /// The same with more lines of `dovecot.conf`.
    #[track_caller]
    pub fn mail_server_with(&self, protocols: &str, for_postfix: bool, more: &str) -> Dovecot {
        for service in ["imap", "pop3", "sieve", "smtp"] {
            self.install_recipe(service);
        }
        self.install_example("dovecot-2.3/auth-monk.conf.ext", AUTH_MONK);
        let mut config = more.to_owned();
        if for_postfix {
            let file = "/etc/dovecot/conf.d/99-postfix.conf";
            self.install_example("postfix/99-postfix.conf", file);
            config += &format!("!include {file}\n");
        }
        let options = DovecotOptions {
            protocols: protocols.to_owned(),
            passdb_file: Some(AUTH_MONK.to_owned()),
            config,
            ..DovecotOptions::default()
        };
        Dovecot::start(&self.world, options)
    }

    /// Starts a Postfix for submission with the shipped lines of `master.cf` of this folder.
    #[track_caller]
    pub fn submission_server(&self, example: &str) -> Postfix {
        let services = programs::shipped(&format!("config/examples/{example}/master.cf"));
        Postfix::start(&self.world, &services)
    }

    /// Whether curl logs in at `url`; anything but a login or a clear refusal is a failure of the
    /// test.
    #[track_caller]
    pub fn curl_login(&self, url: &str, user: &str, typed: &str) -> bool {
        match Curl::new(&self.world, url, user, typed).login() {
            Login::LoggedIn => true,
            Login::Refused(_) => false,
            Login::Failed { status, stderr } => panic!("curl ended with {status:?}:\n{stderr}"),
        }
    }
}
