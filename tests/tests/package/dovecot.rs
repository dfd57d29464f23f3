//! Dovecot 2.3 and 2.4 after the recipe of docs/programs.md: its very commands, on machines with nothing but packages.

use monk_tests::clients::{Curl, Login};
use monk_tests::fresh::Debian;

use crate::guarded::{Guarded, PASSWORD};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(
    mailboxes_of_people_without_an_account_belong_to_vmail,
    mailboxes_of_accounts_stay_theirs,
);

/// What the tests here carry out.
pub const BLOCKS: Blocks = &[
    ("docs/programs.md", FILES_OF_2_3),
    ("docs/programs.md", FILES_OF_2_4),
    ("docs/programs.md", VMAIL),
    ("docs/programs.md", ACCOUNTS),
];

const FILES_OF_2_3: &str = "examples/dovecot-2.3/*.conf.ext";
const FILES_OF_2_4: &str = "examples/dovecot-2.4/*.conf.ext";
/// Mailboxes of users who have no account on the machine.
pub const VMAIL: &str = "adduser --system --uid 5000 --group --home /var/vmail vmail";
const ACCOUNTS: &str = "include userdb-accounts.conf.ext";

#[track_caller]
fn set_up(debian: Debian, mailboxes: &str) -> Guarded {
    let guarded = Guarded::new(debian);
    follow(&guarded, debian, mailboxes);
    guarded
}

/// Carries out the recipe: the files of this release, and one of the two ways to own mailboxes.
#[track_caller]
pub fn follow(guarded: &Guarded, debian: Debian, mailboxes: &str) {
    let reader = Reader::new(&guarded.machine, BLOCKS);
    reader.follows(match debian {
        Debian::Bookworm => FILES_OF_2_3,
        Debian::Trixie => FILES_OF_2_4,
    });
    reader.follows(mailboxes);
}

/// Opens a mailbox with what is typed; whether Dovecot lets it be opened.
#[track_caller]
fn opens(guarded: &Guarded, user: &str, typed: &str) -> bool {
    let curl = Curl::new(&guarded.machine, "imaps://mail.example.org/INBOX", user, typed);
    match curl.login() {
        Login::LoggedIn => true,
        Login::Refused(_) => false,
        Login::Failed { status, stderr } => {
            let journal = guarded.machine.command("journalctl").args(["-u", "dovecot"]).run();
            panic!("curl ended with {status:?}: {stderr}\n{journal}")
        }
    }
}

/// Whose a folder is.
#[track_caller]
fn owner(guarded: &Guarded, folder: &str) -> String {
    let stat = guarded.machine.command("stat").args(["--format", "%U", folder]).run();
    stat.expect_success().stdout.trim().to_owned()
}

/// Alice gets in under her name and her address, with a new code each time, and each is asked of monk as alice.
#[track_caller]
fn alice_has_one_mailbox_under_all_her_names(guarded: &Guarded) {
    let site = guarded.site();
    for name in ["alice", "Alice", "alice@example.org"] {
        let typed = guarded.password_and_code();
        assert!(opens(guarded, name, &typed), "{name}: {}", site.last_login().text);
        let line = site.last_login();
        let asked = (line.user.as_str(), line.service.as_str(), line.reason.as_str());
        assert_eq!(asked, ("alice", "imap", "totp"), "{name}");
        assert!(!opens(guarded, name, &typed), "{name}: a spent code");
    }
    assert!(!opens(guarded, "alice", PASSWORD));
    assert!(!opens(guarded, "mallory", "anything"));
    let passdbs = guarded.machine.command("doveconf").args(["-n"]).run().expect_success().stdout;
    assert_eq!(passdbs.matches("passdb ").count(), 1, "{passdbs}");
    let doctor = doctor(guarded);
    assert!(!doctor.contains("\"dovecot-"), "{doctor}");
}

/// What doctor says of the machine.
#[track_caller]
fn doctor(guarded: &Guarded) -> String {
    guarded.machine.command("monk-enroll").args(["doctor", "--json"]).run().stdout
}

fn mailboxes_of_people_without_an_account_belong_to_vmail(debian: Debian) {
    let guarded = set_up(debian, VMAIL);
    alice_has_one_mailbox_under_all_her_names(&guarded);
    assert_eq!(owner(&guarded, "/var/vmail/alice/Maildir"), "vmail");
    guarded.site().add_user("bob", "secret");
    let phone = guarded.site().device("bob", "Phone");
    assert!(opens(&guarded, "bob", &format!("secret;{}", phone.code())), "without an account");
    assert_eq!(owner(&guarded, "/var/vmail/bob/Maildir"), "vmail");
}

fn mailboxes_of_accounts_stay_theirs(debian: Debian) {
    let guarded = set_up(debian, ACCOUNTS);
    alice_has_one_mailbox_under_all_her_names(&guarded);
    assert_eq!(owner(&guarded, "/home/alice/mail"), "alice");
    // The mistake that the recipe warns of.
    let second = match debian {
        Debian::Bookworm => "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n",
        Debian::Trixie => "passdb passwd-file {\n  passwd_file_path = /etc/dovecot/users\n}\n",
    };
    guarded.machine.write("/etc/dovecot/conf.d/99-second.conf", second, 0o644);
    guarded.machine.write("/etc/dovecot/users", "", 0o644);
    let doctor = doctor(&guarded);
    assert!(doctor.contains("\"dovecot-password-alone\""), "a second passdb: {doctor}");
}
