//! Codes by mail: asked for with a password, sent by a real server, typed behind the password.

mod address;
mod login;
mod notices;
mod race;
mod screens;
mod servers;

use std::time::Duration;

use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{MailServer, MailServerOptions, until};

/// How long the line of a mail may be on its way into the audit: the longest timeout set here,
/// and a slow machine.
const LINE_LIMIT: Duration = Duration::from_secs(15);

/// Everything on this host.
pub fn embedded(running: Running) -> Setup {
    Setup { backend: Backend::Embedded, running }
}

/// A site whose mails go to a server of its own, with `more` in the section `[mail]`.
pub fn site_with_mail(setup: Setup, more: &str) -> (Site, MailServer) {
    let site = setup.site_with("[engine]\nrefusal_ms = 0\n");
    let server = MailServer::start(&site.world, &MailServerOptions::default());
    mail_settings(&site, &server, more);
    (site, server)
}

/// Has mails go to `server`, with `more` in the section.
pub fn mail_settings(site: &Site, server: &MailServer, more: &str) {
    write_settings(site, &format!("port = {}\n{more}", server.port()));
}

/// Writes `[mail]` with these lines, and has the engine read it.
pub fn write_settings(site: &Site, mail: &str) {
    // Most users of these tests have confirmed no address.
    let directory = match mail.contains("directory_address") {
        true => "",
        false => "directory_address = true\n",
    };
    site.write_settings(&format!(
        "[engine]\nrefusal_ms = 0\n[mail]\nfrom = \"monk@example.org\"\n{directory}{mail}"
    ));
    site.reload_if_resident();
}

/// The lines of the audit about mails.
pub fn mail_lines(site: &Site) -> Vec<String> {
    let log = site.world.log().into_iter();
    log.filter(|line| line.tag == "monkd" && line.text.starts_with("mail "))
        .map(|line| line.text)
        .collect()
}

/// Waits for the line of that number, the first being 1.
#[track_caller]
pub fn mail_line(site: &Site, number: usize) -> String {
    let line = until(LINE_LIMIT, || mail_lines(site).into_iter().nth(number - 1));
    line.unwrap_or_else(|| panic!("the audit has no mail {number}: {:#?}", site.world.log()))
}

/// Another code than this one.
pub fn wrong(code: &str) -> String {
    let number: u32 = code.parse().expect("six digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Types `PASSWORD;email`.
#[track_caller]
pub fn asks_for_a_code(site: &Site, service: &str, user: &str) {
    let pam = site.pam(service, user).types("secret;email");
    assert_eq!(site.denies(pam), "code-sent");
}

/// Looks into the embedded store, or changes it behind the engine's back.
#[track_caller]
pub fn in_store<T: Send>(
    site: &Site,
    work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send,
) -> T {
    let work = || work(&rusqlite::Connection::open("/var/lib/monk/monk.db")?);
    site.world.inside(work).expect("the store can be used")
}
