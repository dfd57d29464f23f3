//! What an administrator types, until alice has three second factors.

use monk_tests::site::{Device, person};
use monk_tests::{Screen, Status, Typist};

use super::PASSWORD;
use super::stage::Stage;
use super::teller::Teller;

/// The name of the app password.
pub const APP_PASSWORD: &str = "iPhone Mail";

/// What alice has afterwards.
pub struct Enrolled {
    pub phone: Device,
    pub app_password: String,
    pub backup_codes: Vec<String>,
}

/// Shows all of it. Without one of the three there is nothing to log in with: none.
pub fn show(stage: &Stage, teller: &mut Teller) -> Option<Enrolled> {
    if stage.has_ldap {
        add_to_ldap(stage, teller)
    } else {
        add(stage, teller)
    }

    teller.step(
        "A phone that shows codes (TOTP)",
        "Scan the QR code with any authenticator app. The device counts once a code from\n\
         it has come back.",
    );
    let mut phone = None;
    let screen = run(stage, teller, "monk-enroll totp add alice --name Phone", |typist| {
        typist.answer_with("Type the code", |screen| {
            let device = word(screen, |word| word.starts_with("otpauth://"));
            let device = phone.insert(Device::from_uri(device.unwrap_or_default()));
            device.confirmation()
        })
    });
    end(teller, &screen, "the phone is enrolled");

    teller.step("An app password, for a program that cannot ask for codes", "");
    let line = format!("monk-enroll app-password create alice --name \"{APP_PASSWORD}\"");
    let screen = run(stage, teller, &line, |typist| typist);
    let app_password = word(&plain(&screen), |word| has_groups(word, 5)).map(str::to_owned);
    end(teller, &screen, "alice has an app password");

    teller.step("Backup codes, for the day on which the phone is lost", "");
    let screen = run(stage, teller, "monk-enroll backup-codes generate alice", |typist| typist);
    let text = plain(&screen);
    let codes = text.split_whitespace().filter(|word| has_groups(word, 3)).map(str::to_owned);
    let backup_codes: Vec<String> = codes.collect();
    end(teller, &screen, &format!("alice has {} backup codes", backup_codes.len()));

    let enough = !backup_codes.is_empty();
    Some(Enrolled { phone: phone?, app_password: app_password?, backup_codes }).filter(|_| enough)
}

/// Shows what alice has, and when it was used.
pub fn show_status(stage: &Stage, teller: &mut Teller) {
    teller.step("What alice has now, and when it was last used", "");
    let screen = run(stage, teller, "monk-enroll status alice", |typist| typist);
    end(teller, &screen, "the administrator sees what was used, and no secret");
}

/// Shows how the app password is revoked.
pub fn show_revocation(stage: &Stage, teller: &mut Teller) {
    teller.step("The iPhone is lost: its app password is revoked", "");
    let line = format!("monk-enroll app-password revoke alice \"{APP_PASSWORD}\"");
    let screen = run(stage, teller, &line, |typist| typist);
    end(teller, &screen, "revoked");
}

fn add(stage: &Stage, teller: &mut Teller) {
    teller.step(
        "A user of monk's own directory",
        "What a terminal would hide while it is typed is shown here.",
    );
    let line = "monk-enroll user add alice --mail alice@example.org";
    let screen = run(stage, teller, line, |typist| {
        typist.answer("New password", PASSWORD).answer("same again", PASSWORD)
    });
    end(teller, &screen, "alice is in the directory");
}

fn add_to_ldap(stage: &Stage, teller: &mut Teller) {
    teller.step("A user of the LDAP directory", "As any user: monk only reads the entry.");
    stage.site.world.write("/root/alice.ldif", person("alice", PASSWORD), 0o600);
    let line = format!(
        "cat alice.ldif; ldapadd -Q -Y EXTERNAL -H {} -f alice.ldif",
        stage.site.slapd().ldapi_uri()
    );
    let screen = run(stage, teller, &line, |typist| typist);
    end(teller, &screen, "alice is in the directory");
}

/// Runs a command on a terminal and tells what was seen.
fn run<'a>(
    stage: &Stage,
    teller: &Teller,
    line: &str,
    answers: impl FnOnce(Typist<'a>) -> Typist<'a>,
) -> Screen {
    teller.command(line);
    let screen = answers(stage.typist(line, teller)).run();
    teller.screen(&screen);
    screen
}

fn end(teller: &mut Teller, screen: &Screen, what: &str) {
    match screen.status {
        Status::Code(0) => teller.verdict(true, what),
        status => teller.verdict(false, &format!("the command ended with {status:?}")),
    }
}

/// What a program wrote, without colours.
fn plain(screen: &Screen) -> String {
    let text = screen.text();
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    // A rendition ends with its `m`.
    pieces.fold(first, |text, piece| text + piece.split_once('m').map_or("", |(_, rest)| rest))
}

fn word(text: &str, is_wanted: impl Fn(&str) -> bool) -> Option<&str> {
    text.split_whitespace().find(|word| is_wanted(word))
}

/// Whether a word is `count` groups of four letters or digits, with dashes between.
fn has_groups(word: &str, count: usize) -> bool {
    let is_group = |group: &str| {
        group.len() == 4 && group.chars().all(|character| character.is_ascii_alphanumeric())
    };
    word.split('-').count() == count && word.split('-').all(is_group)
}
