//! Many users are invited by mail: in waves, with reminders, and whatever breaks on the way.

mod answers;
mod letters;
mod thorough;
mod waves;

use std::collections::HashMap;
use std::time::Duration;

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{MailServer, MailServerOptions};
use serde_json::Value;

/// How long a command about thousands may take on a slow machine.
const LEISURE: Duration = Duration::from_secs(45 * 60);

/// The file of the users.
const USERS: &str = "/root/users.csv";

/// A site with a resident engine, whose mails go to a server of its own.
fn site(backend: Backend, more: &str) -> (Site, MailServer) {
    let site = Site::new(backend, Running::Resident);
    let server = MailServer::start(&site.world, &MailServerOptions::default());
    write_settings(&site, &server, more);
    (site, server)
}

/// The addresses of the directory count, so that a code of an invitation opens a login that requires one.
fn write_settings(site: &Site, server: &MailServer, more: &str) {
    site.write_settings(&format!(
        "[engine]\nrefusal_ms = 0\n[mail]\nfrom = \"monk@example.org\"\n\
         directory_address = true\nport = {}\n{more}",
        server.port()
    ));
    site.reload_if_resident();
}

/// Adds users with these names.
fn add(site: &Site, names: impl IntoIterator<Item = String>) {
    let mut file = "name,mail,password\n".to_owned();
    for name in names {
        file += &format!("{name},{name}@example.org,secret\n");
    }
    site.world.write(USERS, file, 0o600);
    enroll_at_leisure(site, &["user", "import", USERS]);
}

/// Runs `monk-enroll --json` for as long as it takes with thousands of users.
#[track_caller]
fn enroll_at_leisure(site: &Site, arguments: &[&str]) -> Value {
    let command = site.world.command("monk-enroll").arg("--json").args(arguments);
    let output = command.timeout(LEISURE).run().expect_success();
    serde_json::from_str(&output.stdout).expect("JSON")
}

/// How many mails each address has got.
fn mails_by_address(server: &MailServer) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for mail in server.mails() {
        *counts.entry(mail.recipients[0].clone()).or_default() += 1;
    }
    counts
}

/// The code in the last mail to somebody.
#[track_caller]
fn code_to(server: &MailServer, name: &str) -> String {
    let to = format!("{name}@example.org");
    let mails = server.mails().into_iter().rev();
    let mail = mails.into_iter().find(|mail| mail.recipients[0] == to).expect("a mail");
    let code = mail.plain.lines().find_map(|line| line.strip_prefix("    "));
    code.expect("a code").trim().to_owned()
}
