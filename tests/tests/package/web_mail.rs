//! Roundcube after the recipe of docs/programs.md, with its very commands, beside the mail server.

/// It needs a PHP and a web mail.
mod heavy {
    use monk_tests::World;
    use monk_tests::fresh::{Debian, Machine, package};

    use super::BLOCKS;
    use super::{POSTFIX, ROUNDCUBE, START};
    use crate::guarded::{Guarded, PASSWORD};
    use crate::pages::Reader;

    #[test]
    fn what_was_typed_once_reads_mail_on_bookworm() {
        what_was_typed_once_reads_mail(Debian::Bookworm);
    }

    #[test]
    fn what_was_typed_once_reads_mail_on_trixie() {
        what_was_typed_once_reads_mail(Debian::Trixie);
    }

    /// The packages, which apt-get finds installed: machines of tests have no network. `php-fpm` comes first: otherwise
    /// apt takes Apache's module of PHP.
    const PACKAGES: &[&str] = &[
        "php-fpm",
        "nginx",
        "dovecot-managesieved",
        "roundcube-core",
        "roundcube-sqlite3",
        "roundcube-plugins",
    ];

    /// The certificate of the mail server and of the web mail, where the pages have them.
    const CERTIFICATES: [&str; 2] =
        ["/etc/ssl/certs/mail.example.org.pem", "/etc/ssl/private/mail.example.org.key"];

    /// What the reader puts into the files: one machine, one name, one certificate.
    const OWN: &str = "
        sed -i 's/192\\.0\\.2\\.20/127.0.0.1/' /etc/dovecot/conf.d/99-roundcube.conf /etc/postfix/main.cf \
            /etc/monk/monk.toml
        sed -i 's/webmail\\.example\\.org/mail.example.org/' /etc/nginx/sites-available/roundcube";

    /// Signs in as a browser does, and opens the list of mails twice. Says whether each of them came.
    const BROWSER: &str = r#"
        url=https://mail.example.org
        curl() { command curl --silent --cacert "$AUTHORITY" --cookie /tmp/jar --cookie-jar /tmp/jar "$@"; }
        rm -f /tmp/jar
        token=$(curl "$url/" | sed -n 's/.*name="_token" value="\([^"]*\)".*/\1/p' | head -1)
        curl --output /dev/null --write-out '%{http_code}\n' --data-urlencode "_token=$token" \
            --data-urlencode "_user=alice" --data-urlencode "_pass@-" \
            --data "_task=login&_action=login" "$url/?_task=login"
        for once in 1 2; do
            curl --location "$url/?_task=mail&_mbox=INBOX" | grep -c 'id="messagelist"' || :
        done"#;

    #[track_caller]
    fn what_was_typed_once_reads_mail(debian: Debian) {
        let guarded = Guarded::on(Machine::with(debian, PACKAGES), &package().current);
        let world: &World = &guarded.machine;
        let good = &world.certificates().good;
        for (file, place) in [&good.certificate, &good.key].into_iter().zip(CERTIFICATES) {
            world.command("cp").arg(file).arg(place).run().expect_success();
        }
        let trust = "cp $0 /usr/local/share/ca-certificates/ours.crt && update-ca-certificates";
        let authority = world.certificates().authority.display().to_string();
        world.command("sh").args(["-ec", trust, &authority]).run().expect_success();
        let reader = Reader::new(world, BLOCKS);
        crate::dovecot::follow(&guarded, debian, crate::dovecot::VMAIL);
        reader.follows(POSTFIX);
        reader.follows(ROUNDCUBE);
        world.command("sh").args(["-ec", OWN]).run().expect_success();
        reader.follows(START);

        let browser = |typed: &str| {
            let shell = world.command("bash").args(["-c", BROWSER]).env("AUTHORITY", &authority);
            shell.stdin(typed).run().stdout
        };
        let typed = guarded.password_and_code();
        let seen = browser(&typed);
        let log =
            world.command("sh").args(["-c", "tail -n 50 /var/log/roundcube/* /var/log/nginx/*"]);
        assert_eq!(seen, "302\n1\n1\n", "{}\n{}", log.run(), guarded.site().last_login().text);
        assert_eq!(guarded.site().last_login().reason, "remembered");
        let seen = browser(PASSWORD);
        assert_eq!(seen, "401\n0\n0\n", "the password alone");
    }
}

use crate::pages::Blocks;

/// What the tests here carry out.
pub const BLOCKS: Blocks = &[(PAGE, POSTFIX), (PAGE, ROUNDCUBE), (PAGE, START)];

const PAGE: &str = "docs/programs.md";
const POSTFIX: &str = "examples/postfix/99-postfix.conf";
const ROUNDCUBE: &str = "apt-get install php-fpm";
const START: &str = "monkd --check";
