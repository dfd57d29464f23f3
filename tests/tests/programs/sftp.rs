//! sftp through sshd: a client that many have stored a string in.

use monk_tests::clients::Ssh;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Sshd, SshdOptions};

use crate::sshd::{example, is_in};

/// sftp, to whose user one question is put.
struct Sftp(Sshd);

impl Door for Sftp {
    fn about(&self) -> About {
        About { name: "sftp", service: "sshd", needs_account: true, ..About::default() }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        let file = format!("/home/{user}/sent");
        if site.world.exists(&file) {
            site.world.remove(&file);
        }
        site.world.write("/root/file", "sent by sftp\n", 0o644);
        // As clients do that know a password only: the same string to every question.
        let client = Ssh::new(&site.world, &self.0, user).answer("Password: ", first);
        let login = client.answer("Code", first).sftp("put /root/file sent\nls -l\n");
        let is_in = is_in(&login, &self.0);
        assert_eq!(site.world.exists(&file), is_in, "{login:?}");
        is_in
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn sftp_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let config = "Subsystem sftp /usr/lib/openssh/sftp-server".to_owned();
    let options = SshdOptions { config, ..SshdOptions::default() };
    conformance::run(&site, &Sftp(example(&site, "sshd-password-and-code", options)));
}
