//! The shipped examples take no password without TLS.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Postgresql, Vsftpd, World};

/// Longest wait for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Says one line to the server at `port` after its greeting; the lines of its answer.
#[track_caller]
fn answer(world: &World, port: u16, line: &str) -> Vec<String> {
    let address = world.address(port);
    let talk = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        // Of an answer in several lines, the last has a blank behind its number.
        let mut whole = || -> std::io::Result<Vec<String>> {
            let mut all = Vec::new();
            while let Some(line) = lines.next().transpose()? {
                let is_last = line.as_bytes().get(3) == Some(&b' ');
                all.push(line);
                if is_last {
                    break;
                }
            }
            Ok(all)
        };
        whole()?;
        write!(stream, "{line}\r\n")?;
        whole()
    };
    let lines: std::io::Result<Vec<String>> = world.inside(talk);
    lines.unwrap_or_else(|error| panic!("port {port}: {error}"))
}

#[test]
fn postfix_offers_no_login_before_tls() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let _dovecot = site.mail_server("imap", true);
    let postfix = site.submission_server("postfix");
    let all = answer(&site.world, 587, "EHLO client.example.org");
    assert!(all.iter().any(|line| line.contains("STARTTLS")), "{all:?}\n{}", postfix.log());
    assert!(!all.iter().any(|line| line.contains("AUTH")), "{all:?}");
}

#[test]
fn vsftpd_wants_tls_before_it_hears_a_name() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.install_example("vsftpd/vsftpd.conf", "/etc/vsftpd.conf");
    let _vsftpd = Vsftpd::start(&site.world, "/etc/vsftpd.conf");
    let all = answer(&site.world, 21, "USER alice");
    assert!(all.iter().all(|line| line.starts_with("530 ")) && !all.is_empty(), "{all:?}");
}

#[test]
fn postgresql_has_no_line_for_clients_without_tls() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.install_recipe("postgresql");
    site.install_example("postgresql/pg_hba.conf", "/root/pg_hba.conf");
    let server = Postgresql::start(&site.world, &site.world.read("/root/pg_hba.conf"));
    server.add_roles(&["alice".to_owned()]);
    let connection = "host=127.0.0.1 dbname=postgres user=alice sslmode=disable";
    let psql = site.world.command("psql").args(["-w", "-d", connection, "-c", "SELECT 1"]).run();
    assert!(psql.stderr.contains("no pg_hba.conf entry"), "{psql}");
    assert!(site.logins().is_empty());
}
