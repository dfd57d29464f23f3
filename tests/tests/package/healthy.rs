//! doctor on a machine that was set up as docs/install.md says.

use monk_tests::fresh::Debian;
use monk_tests::{Output, Status};

use crate::guarded::{Guarded, systemctl};

monk_tests::on_each_debian!(
    doctor_ends_well_once_it_was_decided_whether_a_key_is_enough,
    ways_into_dovecot_without_monk_are_found_in_the_words_of_each_version,
);

/// What decides that it is, for good.
const ENOUGH: &str = "printf '[doctor]\\nignore = [\"sshd-key-alone\"]\\n' >> /etc/monk/monk.toml";

/// What decides that it is not: the recipe of docs/install.md.
const NOT_ENOUGH: [(&str, &str); 2] = [
    (
        "/etc/ssh/sshd_config.d/monk.conf",
        include_str!("../../../config/examples/sshd-key-and-code/monk.conf"),
    ),
    ("/root/recipe.toml", include_str!("../../../config/examples/sshd-key-and-code/monk.toml")),
];

fn doctor(guarded: &Guarded, arguments: &[&str]) -> Output {
    guarded.machine.command("monk-enroll").arg("doctor").args(arguments).run()
}

fn doctor_ends_well_once_it_was_decided_whether_a_key_is_enough(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    let first = doctor(&guarded, &[]);
    assert_eq!(first.status, Status::Code(11), "{first}");
    assert_eq!(first.stdout.matches("  warning ").count(), 1, "{first}");
    assert!(first.stdout.contains("[sshd-key-alone]"), "{first}");
    assert!(first.stdout.contains("--ignore ID"), "{first}");

    let ignored = doctor(&guarded, &["--ignore", "sshd-key-alone"]);
    assert_eq!(ignored.status, Status::Code(0), "{ignored}");
    assert!(ignored.stdout.contains("1 ignored: sshd-key-alone."), "{ignored}");
    let before = machine.read("/etc/monk/monk.toml");
    machine.command("sh").args(["-c", ENOUGH]).run().expect_success();
    systemctl(machine, &["reload", "monk"]);
    let ignored = doctor(&guarded, &[]);
    assert_eq!(ignored.status, Status::Code(0), "{ignored}");

    machine
        .command("sh")
        .args(["-c", "cat > /etc/monk/monk.toml"])
        .stdin(before)
        .run()
        .expect_success();
    for (path, text) in NOT_ENOUGH {
        machine.write(path, text, 0o644);
    }
    let add = "cat /root/recipe.toml >> /etc/monk/monk.toml";
    machine.command("sh").args(["-c", add]).run().expect_success();
    systemctl(machine, &["reload", "monk", "ssh"]);
    let mended = doctor(&guarded, &[]);
    assert_eq!(mended.status, Status::Code(0), "{mended}");
}

/// Settings that open Dovecot beside Debian's own, for 2.3 and 2.4, and what doctor says of them.
fn open_settings(debian: Debian) -> [(&'static str, &'static str); 2] {
    match debian {
        Debian::Bookworm => [
            (
                "protocol imap {\n passdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n }\n}\n",
                "dovecot-password-alone",
            ),
            ("passdb {\n driver = pam\n result_failure = continue-ok\n}\n", "dovecot-any-password"),
        ],
        Debian::Trixie => [
            (
                "protocol imap {\n passdb passwd-file {\n  passwd_file_path = /etc/dovecot/users\n }\n}\n",
                "dovecot-password-alone",
            ),
            ("passdb pam {\n result_failure = continue-ok\n}\n", "dovecot-any-password"),
        ],
    }
}

fn ways_into_dovecot_without_monk_are_found_in_the_words_of_each_version(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    machine.write("/etc/dovecot/users", "alice:{PLAIN}filepw\n", 0o644);
    let file = "/etc/dovecot/conf.d/99-open.conf";
    for (settings, id) in open_settings(debian) {
        machine.write(file, settings, 0o644);
        systemctl(machine, &["restart", "dovecot"]);
        assert!(guarded.imap("filepw"), "{settings}");
        let found = doctor(&guarded, &[]);
        assert_eq!(found.status, Status::Code(1), "{found}");
        assert!(found.stdout.contains(&format!("[{id}]")), "{found}");
    }
    machine.remove(file);
    systemctl(machine, &["restart", "dovecot"]);
    assert!(!guarded.imap("filepw"));
    let mended = doctor(&guarded, &["--ignore", "sshd-key-alone"]);
    assert_eq!(mended.status, Status::Code(0), "{mended}");
}
