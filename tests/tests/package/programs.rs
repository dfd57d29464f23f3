//! The recipes of docs/programs.md for servers, with their very commands: each is put behind monk, and somebody logs in with
//! a code, and not without.

use monk_tests::World;
use monk_tests::fresh::{Debian, Machine, package};

use crate::guarded::{Guarded, PASSWORD};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(each_server_lets_people_in_with_a_code_and_not_without);

/// What the test here carries out.
pub const BLOCKS: Blocks = &[
    (PAGE, DOVECOT_FOR_POSTFIX),
    (PAGE, SASLAUTHD),
    (PAGE, POSTGRESQL),
    (PAGE, ROLE),
    (PAGE, NGINX),
    (PAGE, NGINX_RELOAD),
    (PAGE, VSFTPD),
    (PAGE, VSFTPD_RESTART),
];

const PAGE: &str = "docs/programs.md";
const DOVECOT_FOR_POSTFIX: &str = "examples/postfix/99-postfix.conf";
const SASLAUTHD: &str = "apt-get install sasl2-bin";
const POSTGRESQL: &str = "pam.d/postgresql";
const ROLE: &str = "CREATE ROLE alice LOGIN";
const NGINX: &str = "apt-get install nginx libnginx-mod-http-auth-pam";
const NGINX_RELOAD: &str = "nginx -t && systemctl reload nginx\n";
const VSFTPD: &str = "apt-get install vsftpd";
const VSFTPD_RESTART: &str = "systemctl restart vsftpd";

/// The servers, which apt-get finds installed: machines of tests have no network.
const SERVERS: &[&str] = &[
    "libnginx-mod-http-auth-pam",
    "libsasl2-modules",
    "nginx",
    "postgresql",
    "sasl2-bin",
    "vsftpd",
];

/// Where the page says that the certificate of the mail server is.
const CERTIFICATE: [&str; 2] =
    ["/etc/ssl/certs/mail.example.org.pem", "/etc/ssl/private/mail.example.org.key"];

/// A site of nginx, into which the reader writes the line of the page.
const SITE: &str = "server {
  listen 443 ssl;
  ssl_certificate /etc/ssl/certs/mail.example.org.pem;
  ssl_certificate_key /etc/ssl/private/mail.example.org.key;
  root /var/www/html;
  include snippets/monk.conf;
}
";

fn each_server_lets_people_in_with_a_code_and_not_without(debian: Debian) {
    let guarded = Guarded::on(Machine::with(debian, SERVERS), &package().current);
    let world: &World = &guarded.machine;
    let good = &world.certificates().good;
    for (file, place) in [&good.certificate, &good.key].into_iter().zip(CERTIFICATE) {
        world.command("cp").arg(file).arg(place).run().expect_success();
    }
    let reader = Reader::new(world, BLOCKS);
    crate::dovecot::follow(&guarded, debian, crate::dovecot::VMAIL);
    sends_mail(&reader, &guarded);
    asks_a_database(&reader, &guarded);
    opens_a_page(&reader, &guarded);
    transfers_a_file(&reader, &guarded);
    reader.has_read_all();
}

/// Somebody gets in with a code once, and with the password alone never.
#[track_caller]
fn asks_for_a_code(guarded: &Guarded, service: &str, log_in: impl Fn(&str) -> bool) {
    let site = guarded.site();
    let typed = guarded.password_and_code();
    assert!(log_in(&typed), "{service}: {}", site.last_login().text);
    let line = site.last_login();
    assert_eq!((line.service.as_str(), line.reason.as_str()), (service, "totp"));
    assert!(!log_in(&typed), "{service}: a spent code");
    assert!(!log_in(PASSWORD), "{service}: the password alone");
    assert_eq!(site.last_login().reason, "code-missing");
    site.enroll(&["throttle", "clear", "alice"]);
}

#[track_caller]
fn sends_mail(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    let before = world.read("/etc/postfix/master.cf");
    reader.follows(DOVECOT_FOR_POSTFIX);
    asks_for_a_code(guarded, "smtp", |typed| guarded.submission(typed));
    // The other recipe takes the place of this one.
    world.write("/etc/postfix/master.cf", before, 0o644);
    reader.follows(SASLAUTHD);
    asks_for_a_code(guarded, "smtp", |typed| guarded.submission(typed));
    let address = guarded.site().last_login().address;
    assert_eq!(address, "-", "saslauthd is not told it");
}

#[track_caller]
fn asks_a_database(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    reader.follows(POSTGRESQL);
    reader.follows(ROLE);
    asks_for_a_code(guarded, "postgresql", |typed| {
        let psql = world.command("psql").env("PGPASSWORD", typed);
        let psql = psql.args(["-h", "127.0.0.1", "-U", "alice", "-d", "postgres"]);
        let answer = psql.args(["-Atc", "SELECT current_user"]).run();
        answer.success() && answer.stdout == "alice\n"
    });
}

#[track_caller]
fn opens_a_page(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    reader.follows(NGINX);
    let line = "include snippets/monk.conf;";
    assert!(include_str!("../../../docs/programs.md").contains(line) && SITE.contains(line));
    world.write("/etc/nginx/sites-enabled/page", SITE, 0o644);
    world.write("/var/www/html/page.html", "welcome\n", 0o644);
    reader.follows(NGINX_RELOAD);
    asks_for_a_code(guarded, "nginx", |typed| {
        curl(world, "https://mail.example.org/page.html", typed, "") == "welcome\n"
    });
}

#[track_caller]
fn transfers_a_file(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    reader.follows(VSFTPD);
    let certificate = "sed -i -e 's|^rsa_cert_file=.*|rsa_cert_file=/etc/ssl/certs/mail.example.org.pem|' \
                       -e 's|^rsa_private_key_file=.*|rsa_private_key_file=/etc/ssl/private/mail.example.org.key|' \
                       /etc/vsftpd.conf";
    world.command("sh").args(["-c", certificate]).run().expect_success();
    reader.follows(VSFTPD_RESTART);
    world.write("/home/alice/file", "hers\n", 0o644);
    asks_for_a_code(guarded, "vsftpd", |typed| {
        curl(world, "ftp://mail.example.org/file", typed, "ssl-reqd\n") == "hers\n"
    });
}

/// What curl is given as alice; nothing where it is refused.
#[track_caller]
fn curl(world: &World, url: &str, typed: &str, more: &str) -> String {
    let authority = world.certificates().authority.display();
    let settings = format!(
        "url = \"{url}\"\nuser = \"alice:{typed}\"\ncacert = \"{authority}\"\nsilent\nfail\n{more}"
    );
    world.command("curl").args(["-K", "-"]).stdin(settings).run().stdout
}
