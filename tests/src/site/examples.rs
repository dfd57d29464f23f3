//! The shipped configuration of host programs, installed as it is.

use super::{Site, programs};
use crate::clients::{Curl, Login};
use crate::{Dovecot, DovecotOptions, Postfix};

/// Where the passdb of the shipped example is installed.
const AUTH_MONK: &str = "/etc/dovecot/conf.d/auth-monk.conf.ext";

impl Site {
    /// Starts a Dovecot as the shipped example has it, which speaks some of `imap`, `pop3` and
    /// `sieve`, and answers a Postfix if one was asked for.
    #[track_caller]
    pub fn mail_server(&self, protocols: &str, for_postfix: bool) -> Dovecot {
        for service in ["imap", "pop3", "sieve", "smtp"] {
            self.install_recipe(service);
        }
        self.install_example("dovecot-2.3/auth-monk.conf.ext", AUTH_MONK);
        let mut config = String::new();
        if for_postfix {
            let file = "/etc/dovecot/conf.d/99-postfix.conf";
            self.install_example("postfix/99-postfix.conf", file);
            config = format!("!include {file}\n");
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
