//! A machine is lost, and another one takes its place, as docs/backup.md says.

use monk_tests::World;
use monk_tests::fresh::Debian;

use crate::guarded::{Guarded, systemctl};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(a_machine_takes_the_place_of_another_with_the_commands_of_the_page);

/// What the test here carries out, before and after the loss.
pub const BLOCKS: Blocks = &[("docs/backup.md", BACK_UP)];
pub const BLOCKS_AFTERWARDS: Blocks = &[("docs/backup.md", RESTORE)];

const BACK_UP: &str = "monk-enroll backup /var/backups/monk-$(date +%F)\n";
const RESTORE: &str = "monk-enroll restore";

/// The folder that the page names in its commands.
const FOLDER: &str = "/var/backups/monk-2026-11-28";

/// Types a line at root's shell.
#[track_caller]
fn types(world: &World, line: &str) -> String {
    let output = world.command("sh").args(["-c", line]).run();
    output.expect_success().stdout
}

fn a_machine_takes_the_place_of_another_with_the_commands_of_the_page(debian: Debian) {
    let lost = Guarded::new(debian);
    let app_password = lost.site().app_password("alice", "Mail", &[]);
    let paper = lost.site().backup_codes("alice");
    let reader = Reader::new(&lost.machine, BLOCKS);
    reader.follows_with(BACK_UP, &[("/var/backups/monk-$(date +%F)", FOLDER)]);
    reader.has_read_all();
    // Somebody watches alice.
    let typed = lost.password_and_code();
    let on_paper = format!("{};{}", crate::guarded::PASSWORD, paper[0]);
    assert!(lost.imap(&typed) && lost.imap(&on_paper));
    let kept = types(&lost.machine, &format!("tar -C {FOLDER} -cz . | base64"));

    let machine = lost.in_its_place(debian);
    let world = &machine.machine;
    let unpack = format!("mkdir -m 700 {FOLDER} && base64 -d | tar -C {FOLDER} -xz");
    world.command("sh").args(["-c", &unpack]).stdin(kept).run().expect_success();
    let reader = Reader::new(world, BLOCKS_AFTERWARDS);
    // A warning about ssh keys is what a fresh installation has as well.
    let done = reader.tries_with(RESTORE, &[("monk-enroll restore", "monk-enroll --yes restore")]);
    assert!(!done.stdout.contains("  error "), "{done}");
    reader.has_read_all();
    assert_eq!(systemctl(world, &["is-active", "monk"]).trim(), "active");
    for used in [&typed, &on_paper] {
        assert!(!machine.imap(used), "{used}");
        assert_eq!(machine.site().last_login().reason, "replayed-code");
    }
    assert!(machine.imap(&app_password));
    let keys = machine.site().enroll(&["key", "list"]);
    let keys = keys["keys"].as_array().expect("a list of keys");
    let new = keys.iter().find(|key| key["primary"] == false).expect("the key of the installation");
    let id = new["id"].as_str().expect("an id");
    machine.site().enroll(&["key", "retire", id]);
}
