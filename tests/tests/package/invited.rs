//! People are invited, by mail and on paper, and counted, with the commands of docs/invitations.md, docs/user and
//! docs/report.md.

use std::time::Duration;

use monk_tests::portal::Browser;
use monk_tests::site::Device;
use monk_tests::{Status, Typist, page, until};

use crate::guarded::{Guarded, PASSWORD, systemctl};
use crate::pages::{Blocks, Reader};

/// What is carried out here.
pub const BLOCKS: Blocks = &[
    ("docs/invitations.md", INVITE),
    ("docs/invitations.md", WAVES),
    ("docs/invitations.md", BOUNCED),
    ("docs/invitations.md", LETTERS),
    ("docs/invitations.md", DEVICES),
    ("docs/invitations.md", CONFIRM),
    ("docs/user/README.md", GUIDE),
    ("docs/report.md", REPORT),
    ("docs/report.md", LOGS),
    ("docs/report.md", WOULD_BREAK),
    ("docs/report.md", OTHER_SETTINGS),
];

const INVITE: &str = "monk-enroll invite alice\n";
const WAVES: &str = "monk-enroll invite --without-second-factor --mail --wave 200";
const BOUNCED: &str = "monk-enroll invitations bounced /var/mail/monk";
const LETTERS: &str = "monk-enroll letters --without-second-factor --out /root/letters.html";
const DEVICES: &str = "monk-enroll letters --without-second-factor --device";
const CONFIRM: &str = "monk-enroll totp confirm alice --name Letter";
const GUIDE: &str = "monk-enroll user-guide --out /srv/www/guide";
const REPORT: &str = "monk-enroll report\n";
const LOGS: &str = "zcat /var/log/auth.log.*.gz";
const WOULD_BREAK: &str = "monk-enroll report --would-break";

const OTHER_SETTINGS: &str = "monk-enroll report --policy new.toml";

/// Where the settings are.
const SETTINGS: &str = "/etc/monk/monk.toml";

/// How long Postfix may take with a mail, on a busy machine.
const MAIL_LIMIT: Duration = Duration::from_secs(30);

/// The exit status where somebody would be refused.
const SOMEBODY_WOULD_BE_REFUSED: i32 = 1;

/// Users and the portal are there; nobody but alice has enrolled.
pub fn people_are_invited_and_counted(guarded: &Guarded, origin: &str) {
    let reader = Reader::new(&guarded.machine, BLOCKS);
    takes_mail(guarded, &reader);
    invited_by_hand(guarded, &reader, origin);
    invited_by_mail(guarded, &reader);
    invited_on_paper(guarded, &reader, origin);
    counted(guarded, &reader);
    handed_out_on_paper(guarded, &reader);
    reader.has_read_all();
}

/// Has the machine's Postfix keep mails for example.org. It learns only when it delivers one whether there is a mailbox.
#[track_caller]
fn takes_mail(guarded: &Guarded, reader: &Reader) {
    let machine = &guarded.machine;
    reader.puts("docs/email.md", "[mail]\nfrom = \"monk@example.org\"", SETTINGS);
    systemctl(machine, &["reload", "monk"]);
    let postconf = ["-e", "mydestination = example.org, localhost", "local_recipient_maps ="];
    machine.command("postconf").args(postconf).run().expect_success();
    systemctl(machine, &["restart", "postfix"]);
}

/// What is in a mailbox, once these words are.
#[track_caller]
fn mailbox(guarded: &Guarded, name: &str, words: &str) -> String {
    let machine = &guarded.machine;
    let file = format!("/var/mail/{name}");
    let read = || (machine.exists(&file)).then(|| machine.read(&file));
    let text = until(MAIL_LIMIT, || read().filter(|text| text.contains(words)));
    text.unwrap_or_else(|| {
        let journal = machine.command("journalctl").args(["--no-pager", "-t", "postfix/local"]);
        panic!("no {words:?} for {name}: {:?}\n{}", read(), journal.run())
    })
}

/// The word behind some others.
#[track_caller]
fn word_behind<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    rest.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default()
}

fn invited_by_hand(guarded: &Guarded, reader: &Reader, origin: &str) {
    guarded.site().add_user("bob", PASSWORD);
    let said = reader.follows_with(INVITE, &[("alice", "bob")]).stdout;
    let code = word_behind(&said, "bob: ");
    assert!(said.contains(&format!("{origin}/invitation#user=bob&code={code}")), "{said}");
    // He opens the link, and sees the code for his phone.
    let mut browser = Browser::at(&guarded.machine, origin, "/root/bob");
    browser.open("/invitation");
    browser.send("/invitation", &[("username", "bob"), ("password", PASSWORD), ("code", code)]);
    assert_eq!(browser.page().status, 200, "{}", browser.page().text);
    assert!(browser.page().text.contains("bob"), "{}", browser.page().text);
}

fn invited_by_mail(guarded: &Guarded, reader: &Reader) {
    let (site, machine) = (guarded.site(), &guarded.machine);
    // The mail for dave comes back: he has no mailbox.
    for name in ["carol", "dave"] {
        site.add_user(name, PASSWORD);
    }
    machine.add_system_user("carol");
    // There are two of them, and so two waves.
    let said = reader.follows_with(WAVES, &[("--wave 200", "--wave 1")]);
    let mail = mailbox(guarded, "carol", "Account: carol\n");
    assert_eq!(mail.matches("Account: carol\n").count(), 1, "{said}\n{mail}");
    mailbox(guarded, "monk", "Final-Recipient: rfc822; dave@example.org");
    let said = reader.follows(BOUNCED);
    assert!(said.stdout.contains("dave"), "{said}");
    let listed = site.enroll(&["invitations", "list"]);
    let rows = listed["invitations"].as_array().expect("a list");
    let dave = rows.iter().find(|row| row["user"] == "dave").expect("dave is in the list");
    assert_eq!(dave["mail"]["state"], "bounced", "{listed}");
}

fn invited_on_paper(guarded: &Guarded, reader: &Reader, origin: &str) {
    let machine = &guarded.machine;
    guarded.site().add_user("erin", PASSWORD);
    reader.follows(LETTERS);
    assert!(machine.read("/root/letters.html").contains("erin"));
    let mode = machine.command("stat").args(["--format", "%a %U", "/root/letters.html"]).run();
    assert_eq!(mode.expect_success().stdout, "600 root\n");
    reader.follows(GUIDE);
    for language in ["en", "de"] {
        assert!(machine.read(format!("/srv/www/guide/guide.{language}.html")).contains(origin));
    }
}

fn counted(guarded: &Guarded, reader: &Reader) {
    let machine = &guarded.machine;
    let rotate = || {
        let logrotate = machine.command("logrotate").args(["--force", "/etc/logrotate.d/rsyslog"]);
        logrotate.run().expect_success();
    };
    // Each file has a login: the last one, the one before, and the one before that, which is compressed.
    for _ in 0..2 {
        assert!(guarded.imap(&guarded.password_and_code()));
        rotate();
    }
    assert!(guarded.imap(&guarded.password_and_code()));
    let told = |said: &str| {
        assert!(said.contains("Users: 5, with a second factor: 1"), "{said}");
        assert!(said.contains("totp"), "{said}");
    };
    told(&reader.follows(REPORT).stdout);
    told(&reader.follows(LOGS).stdout);

    // A day that will not come while this test is in use.
    let policy =
        page::block("docs/policy.md", "[policy]\nmfa = \"required\"\nenforce = \"report\"");
    let (before, day) = policy.text.split_once("enforce_from = ").expect("a day");
    let (_, after) = day.split_once('\n').expect("the end of the line");
    reader.puts_text(&format!("{before}enforce_from = 2099-01-15\n{after}"), SETTINGS);
    systemctl(machine, &["reload", "monk"]);
    let pam = guarded.site().pam("dovecot", "erin").types(PASSWORD);
    assert_eq!(guarded.site().grants(pam), "password");
    let said = reader.tries_with(WOULD_BREAK, &[]);
    assert_eq!(said.status, Status::Code(SOMEBODY_WOULD_BE_REFUSED), "{said}");
    assert!(said.stdout.contains("erin") && said.stdout.contains("not-enrolled"), "{said}");
    let edited = "monk.toml new.toml; sed -i '/^enforce/d' new.toml";
    let said = reader.tries_with(OTHER_SETTINGS, &[("monk.toml new.toml", edited)]);
    assert_eq!(said.status, Status::Code(SOMEBODY_WOULD_BE_REFUSED), "{said}");
    assert!(said.stdout.contains("erin") && said.stdout.contains("not-enrolled"), "{said}");
}

/// Frank signs in with the device of his letter, and grace reads a code of hers out.
fn handed_out_on_paper(guarded: &Guarded, reader: &Reader) {
    let (site, machine) = (guarded.site(), &guarded.machine);
    // The others have an invitation, and keep it.
    for name in ["frank", "grace"] {
        site.add_user(name, PASSWORD);
    }
    reader.follows(DEVICES);
    let letters = machine.read("/root/devices.html");
    let device = |name: &str| {
        let user = format!("<strong>{name}</strong>");
        let letter = letters.split("<section").find(|one| one.contains(&user)).expect("a letter");
        let (_, rest) = letter.split_once("class=\"secret\">").expect("a key");
        let key = rest.split_once('<').expect("its end").0.replace(' ', "");
        Device::from_uri(&format!("otpauth://totp/monk:{name}?secret={key}&issuer=monk"))
    };
    let typed = format!("{PASSWORD};{}", device("frank").code());
    assert_eq!(site.grants(site.pam("dovecot", "frank").types(&typed)), "totp");
    let line = reader.reads(CONFIRM).replace("alice", "grace");
    let done = Typist::new(machine, line.trim()).answer("Code", &device("grace").code()).run();
    assert_eq!(done.status, Status::Code(0), "{}", done.text());
    for name in ["frank", "grace"] {
        assert_eq!(site.enroll(&["status", name])["credentials"][0]["state"], "active", "{name}");
    }
}
