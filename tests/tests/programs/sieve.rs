//! Dovecot's ManageSieve, with sieve-connect over STARTTLS.

use monk_tests::Dovecot;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};

struct Sieve(Dovecot);

impl Door for Sieve {
    fn about(&self) -> About {
        About {
            name: "Dovecot ManageSieve",
            service: "sieve",
            address: Some("127.0.0.1"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        let authority = &site.world.certificates().authority;
        let command = site.world.command("sieve-connect").args([
            "--nosrv",
            "--server",
            "mail.example.org",
            "--user",
            user,
            "--passwordfd",
            "0",
            "--list",
            "--tlscafile",
        ]);
        let output = command.arg(authority).stdin(format!("{first}\n")).run();
        // It ends with the same status whatever went wrong.
        let refused = output.stderr.contains("Authentication refused by server");
        assert!(output.success() || refused, "{output}");
        output.success()
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn dovecot_managesieve_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Sieve(site.mail_server("sieve", false));
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}
