//! Dovecot's IMAP, with mbsync, which keeps whole mailboxes in step.

use monk_tests::Dovecot;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};

struct Mbsync(Dovecot);

impl Door for Mbsync {
    fn about(&self) -> About {
        About {
            name: "Dovecot IMAP (mbsync)",
            service: "imap",
            address: Some("127.0.0.1"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        let world = &site.world;
        let settings = format!(
            "\
IMAPAccount monk
Host mail.example.org
User {user}
PassCmd \"cat /root/typed\"
SSLType IMAPS
SystemCertificates no
CertificateFile {}

IMAPStore far
Account monk

MaildirStore near
Inbox /root/mail/{user}

Channel mail
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
",
            world.certificates().authority.display()
        );
        world.make_folder("/root/mail", 0o700);
        world.write("/root/.mbsyncrc", settings, 0o600);
        world.write("/root/typed", format!("{first}\n"), 0o600);
        let output = world.command("mbsync").arg("mail").run();
        // It ends with the same status whatever went wrong.
        let refused = output.stderr.contains("AUTHENTICATIONFAILED");
        assert!(output.success() || refused, "{output}");
        output.success()
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn dovecot_imap_with_mbsync_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Mbsync(site.mail_server("imap", false));
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}
