//! The recipes of docs/programs.md and docs/ssh-keys.md for ways to a shell, with their very commands: somebody logs in with
//! a code, and not without.

use monk_tests::clients::Ssh;
use monk_tests::fresh::Debian;
use monk_tests::{Screen, Status, Typist, World};

use crate::guarded::{Guarded, PASSWORD, sshd_reloads, systemctl};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(each_way_to_a_shell_lets_people_in_with_a_code_and_not_without);

/// What the test here carries out.
pub const BLOCKS: Blocks = &[
    (PAGE, SSHD),
    (PAGE, PASSWORD_AND_CODE),
    (PAGE, KEY_AND_CODE),
    (KEYS, KEYS_FILES),
    (KEYS, KEYS_TRIED),
    (PAGE, SUDO_OF_DIRECTORY),
    (PAGE, SUDO_OF_MACHINE),
    (PAGE, SU),
    (PAGE, LOGIN),
];

const PAGE: &str = "docs/programs.md";
const KEYS: &str = "docs/ssh-keys.md";
const SSHD: &str = "cp /usr/share/monk/pam.d/sshd /etc/pam.d/";
const PASSWORD_AND_CODE: &str = "examples/sshd-password-and-code/monk.conf";
const KEY_AND_CODE: &str = "examples/sshd-key-and-code/monk.conf";
const KEYS_FILES: &str = "examples/sshd-directory-key-and-code/monk.conf";
const KEYS_TRIED: &str = "monk-ssh-keys alice";
const SUDO_OF_DIRECTORY: &str = "examples/sudo-directory-password/sudo";
const SUDO_OF_MACHINE: &str = "pam.d/sudo /usr/share/monk/pam.d/sudo-i";
const SU: &str = "pam.d/su-l";
const LOGIN: &str = "pam.d/login";

/// Alice's password on the machine, which only one of the recipes asks for.
const OF_THE_MACHINE: &str = "battery-staple";

/// Where alice's key is, and a key of hers that the directory has.
const KEY: &str = "/root/key";

const SETTINGS: &str = "/etc/monk/monk.toml";

fn each_way_to_a_shell_lets_people_in_with_a_code_and_not_without(debian: Debian) {
    let guarded = Guarded::new(debian);
    let world: &World = &guarded.machine;
    world.add_system_user("bob");
    world.command("adduser").args(["alice", "sudo"]).run().expect_success();
    let reader = Reader::new(world, BLOCKS);
    ssh(&reader, &guarded);
    sudo(&reader, &guarded);
    reader.follows(SU);
    let line = "runuser -u bob -- su alice -c 'id -un'";
    asks_for_a_code(&guarded, "su", "alice", |code| types(world, line, PASSWORD, code));
    reader.follows(LOGIN);
    asks_for_a_code(&guarded, "login", "alice", |code| match debian {
        Debian::Bookworm => {
            let login = Typist::new(world, "login alice").answer("Password: ", PASSWORD);
            login.answer("Code", code).answer("$", "id -un; exit").run()
        }
        // Its login hangs up the terminal before it asks, and opens it again: the test's own is gone then.
        Debian::Trixie => {
            let line = "pamtester login alice authenticate acct_mgmt && echo alice";
            types(world, line, PASSWORD, code)
        }
    });
    reader.has_read_all();
}

/// Types a line, a password, and a code.
#[track_caller]
fn types(world: &World, line: &str, password: &str, code: &str) -> Screen {
    Typist::new(world, line).answer("assword", password).answer("ode", code).run()
}

/// The screen shows who alice has become after a code, and not after the same code again.
#[track_caller]
fn asks_for_a_code(guarded: &Guarded, service: &str, name: &str, log_in: impl Fn(&str) -> Screen) {
    let site = guarded.site();
    let is_in = |screen: &Screen| screen.text().contains(&format!("{name}\n"));
    let code = guarded.code();
    let screen = log_in(&code);
    assert!(is_in(&screen), "{service}: {screen:?} {}", site.last_login().text);
    let line = site.last_login();
    assert_eq!((line.service.as_str(), line.reason.as_str()), (service, "totp"));
    let screen = log_in(&code);
    assert!(!is_in(&screen), "{service}: a spent code, {screen:?}");
    assert_eq!(site.last_login().reason, "replayed-code");
    site.enroll(&["throttle", "clear", "alice"]);
}

#[track_caller]
fn ssh(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    reader.follows(SSHD);
    sshd_reloads(world, || reader.follows(PASSWORD_AND_CODE));
    let code = guarded.code();
    assert!(guarded.ssh(PASSWORD, &code), "a password and a code");
    assert!(!guarded.ssh(PASSWORD, &code), "a spent code");

    let before = world.read(SETTINGS);
    make_key(world);
    world.make_folder("/home/alice/.ssh", 0o755);
    world.write("/home/alice/.ssh/authorized_keys", world.read("/root/key.pub"), 0o644);
    sshd_reloads(world, || reader.follows(KEY_AND_CODE));
    key_and_code(guarded);

    // Another host, whose keys are in the directory.
    world.remove("/home/alice/.ssh/authorized_keys");
    world.command("tee").arg(SETTINGS).stdin(before).run().expect_success();
    assert!(!with_key(guarded, &guarded.code()));
    let line = world.read("/root/key.pub");
    guarded.site().enroll(&["user", "ssh-key", "add", "alice", line.trim()]);
    reader.follows(KEYS_FILES);
    reader.puts(KEYS, "skip-after-publickey", SETTINGS);
    let tried = sshd_reloads(world, || reader.follows(KEYS_TRIED));
    assert!(tried.stdout.contains(line.split(' ').nth(1).expect("a key")), "{tried}");
    key_and_code(guarded);
}

#[track_caller]
fn make_key(world: &World) {
    let keygen = world.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", KEY]);
    keygen.run().expect_success();
}

/// Alice's key opens with a code, and not without one.
#[track_caller]
fn key_and_code(guarded: &Guarded) {
    let code = guarded.code();
    assert!(with_key(guarded, &code), "a key and a code: {}", guarded.site().last_login().text);
    assert!(!with_key(guarded, &code), "a key and a spent code");
}

/// Whether alice gets in with her key and a code.
#[track_caller]
fn with_key(guarded: &Guarded, code: &str) -> bool {
    let login = Ssh::at_debians(&guarded.machine, "alice").key(KEY);
    login.answer("ode", code).run("true").logged_in()
}

#[track_caller]
fn sudo(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    world.write("/etc/sudoers.d/once", "Defaults passwd_tries=1\n", 0o440);
    let line = "runuser -u alice -- sudo -k id -un";
    reader.follows(SUDO_OF_DIRECTORY);
    asks_for_a_code(guarded, "sudo", "root", |code| types(world, line, PASSWORD, code));
    reader.follows(SUDO_OF_MACHINE);
    world.set_password("alice", OF_THE_MACHINE);
    reader.puts(PAGE, "password = \"elsewhere\"", SETTINGS);
    systemctl(world, &["reload", "monk"]);
    asks_for_a_code(guarded, "sudo", "root", |code| types(world, line, OF_THE_MACHINE, code));
    let wrong = types(world, line, PASSWORD, &guarded.code());
    assert_ne!(wrong.status, Status::Code(0), "the directory's password: {wrong:?}");
}
