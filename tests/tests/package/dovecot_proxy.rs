//! A Dovecot that passes its users on, after the recipe of docs/programs.md: as the back end, and as the proxy.

use monk_tests::clients::{Curl, Login};
use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::{Dovecot, DovecotOptions, World};

use crate::guarded::Guarded;
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(a_proxy_asks_monk_and_its_back_end_asks_who_connects);

/// What the tests here carry out.
pub const BLOCKS: Blocks = &[
    ("docs/programs.md", MAIL_2_3),
    ("docs/programs.md", MAIL_2_4),
    ("docs/programs.md", ACCOUNTS),
    ("docs/programs.md", PROXY_2_3),
    ("docs/programs.md", PROXY_2_4),
    ("docs/programs.md", AS_PROXY),
    ("docs/programs.md", AS_BACK_END),
];

const MAIL_2_3: &str = "examples/dovecot-2.3/*.conf.ext";
const MAIL_2_4: &str = "examples/dovecot-2.4/*.conf.ext";
const ACCOUNTS: &str = "include userdb-accounts.conf.ext";
const PROXY_2_3: &str = "examples/dovecot-proxy-2.3/*.conf.ext";
const PROXY_2_4: &str = "examples/dovecot-proxy-2.4/*.conf.ext";
const AS_PROXY: &str = "!include auth-monk-proxy.conf.ext";
const AS_BACK_END: &str = "!include auth-backend.conf.ext";

/// Where Debian's Dovecot reads which passdb it has.
const AUTH: &str = "/etc/dovecot/conf.d/10-auth.conf";

/// Where the scenario puts the authority of the back end's certificate.
const AUTHORITY: &str = "/etc/ssl/certs/back-end.pem";

/// The port of the back end in the world beside the machine: both have the same addresses.
const PORT: u16 = 1143;

/// A reader puts the names and addresses of their own machines into a file.
#[track_caller]
fn puts_in(guarded: &Guarded, file: &str, instead: &[(&str, &str)]) {
    let file = format!("/etc/dovecot/conf.d/{file}");
    let text = guarded.machine.read(&file);
    let edited = instead.iter().fold(text, |text, (example, own)| {
        assert!(text.contains(example), "{file} has no {example}");
        text.replace(example, own)
    });
    guarded.machine.write(&file, edited, 0o644);
}

/// Whether Dovecot opens alice's mailbox to somebody from this address.
#[track_caller]
fn opens(guarded: &Guarded, address: &str, typed: &str) -> bool {
    let curl = Curl::new(&guarded.machine, "imaps://mail.example.org/INBOX", "alice", typed);
    match curl.from(address).login() {
        Login::LoggedIn => true,
        Login::Refused(_) => false,
        Login::Failed { status, stderr } => {
            let journal = guarded.machine.command("journalctl").args(["-u", "dovecot"]).run();
            panic!("curl ended with {status:?}: {stderr}\n{journal}")
        }
    }
}

/// What doctor says of Dovecot.
#[track_caller]
fn doctor(guarded: &Guarded) -> String {
    guarded.machine.command("monk-enroll").args(["doctor", "--json"]).run().stdout
}

/// A back end behind the machine, whose proxy comes from 127.0.0.1.
fn back_end(world: &World) -> Dovecot {
    let passdb =
        monk_tests::site::shipped("config/examples/dovecot-proxy-2.3/auth-backend.conf.ext");
    let file = "/etc/dovecot/conf.d/auth-backend.conf.ext";
    world.write(file, passdb.replace("192.0.2.20", "127.0.0.1"), 0o644);
    let options = DovecotOptions {
        passdb_file: Some(file.to_owned()),
        imap_port: PORT,
        imaps_port: 1993,
        ..DovecotOptions::default()
    };
    Dovecot::start(world, options)
}

fn a_proxy_asks_monk_and_its_back_end_asks_who_connects(debian: Debian) {
    let world = World::new();
    let back_end = back_end(&world);
    let guarded = Guarded::on(Machine::beside(&world, debian), &package().current);
    let reader = Reader::new(&guarded.machine, BLOCKS);
    let as_installed = guarded.machine.read(AUTH);
    let (mail, proxy) = match debian {
        Debian::Bookworm => (MAIL_2_3, PROXY_2_3),
        Debian::Trixie => (MAIL_2_4, PROXY_2_4),
    };

    // The machine as a back end.
    reader.follows(mail);
    reader.follows(ACCOUNTS);
    reader.follows(proxy);
    puts_in(&guarded, "auth-backend.conf.ext", &[("192.0.2.20", "127.0.0.1")]);
    reader.follows(AS_BACK_END);
    assert!(opens(&guarded, "127.0.0.1", "anything"));
    assert!(!opens(&guarded, "127.0.0.9", "anything"));
    assert_eq!(guarded.site().logins(), []);
    assert!(!doctor(&guarded).contains("\"dovecot-"), "{}", doctor(&guarded));
    puts_in(&guarded, "auth-backend.conf.ext", &[("allow_real_nets", "allow_nets")]);
    assert!(doctor(&guarded).contains("\"dovecot-back-end-open\""), "{}", doctor(&guarded));

    // The machine as a proxy.
    guarded.machine.write(AUTH, as_installed, 0o644);
    let authority = world.read(&world.certificates().authority);
    guarded.machine.write(AUTHORITY, authority, 0o644);
    let (example, address) = match debian {
        Debian::Bookworm => ("hostip=192.0.2.30", format!("hostip=127.0.0.1 port={PORT}")),
        Debian::Trixie => ("hostip = 192.0.2.30", format!("hostip = 127.0.0.1\n    port = {PORT}")),
    };
    let own = [
        ("/etc/ssl/certs/backend.example.org-ca.pem", AUTHORITY),
        ("backend.example.org", "mail.example.org"),
        (example, &address),
    ];
    puts_in(&guarded, "auth-monk-proxy.conf.ext", &own);
    reader.follows(AS_PROXY);
    let typed = guarded.password_and_code();
    assert!(opens(&guarded, "127.0.0.1", &typed), "{}", back_end.log());
    assert_eq!(guarded.site().last_login().reason, "totp");
    assert!(!opens(&guarded, "127.0.0.7", &typed), "a spent code");
    assert!(back_end.log().contains("user=<alice>"), "{}", back_end.log());
    assert!(!doctor(&guarded).contains("\"dovecot-"), "{}", doctor(&guarded));
    let pass = match debian {
        Debian::Bookworm => " pass=checked-by-monk",
        Debian::Trixie => "    pass = checked-by-monk\n",
    };
    puts_in(&guarded, "auth-monk-proxy.conf.ext", &[(pass, "")]);
    assert!(doctor(&guarded).contains("\"dovecot-proxy-forwards\""), "{}", doctor(&guarded));
}
