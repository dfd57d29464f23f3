//! People log in who have no line in /etc/passwd.

use monk_tests::fresh::Debian;

use super::{Directory, Host, PASSWORD, on_each_host, says};

on_each_host!(a_key_of_the_directory_and_a_code_open_a_session_with_a_home);

pub fn a_key_of_the_directory_and_a_code_open_a_session_with_a_home(
    directory: Directory,
    debian: Debian,
) {
    let host = Host::new(directory, debian);
    let machine = &host.machine;
    assert!(!machine.exists("/home/alice"));
    let code = host.phone.code();
    let entered =
        host.ssh(&code, "id -un; pwd; echo ~; loginctl --no-pager --no-legend list-users");
    assert!(entered.logged_in(), "{entered:?}");
    let lines: Vec<&str> = entered.stdout.lines().collect();
    assert_eq!(lines[..3], ["alice", "/home/alice", "/home/alice"], "{entered:?}");
    assert!(lines[3..].iter().any(|line| line.contains("12001 alice")), "{entered:?}");
    assert_eq!(says(machine, "stat --format '%U %G' /home/alice"), "alice operators\n");
    assert!(machine.exists("/home/alice/.profile"), "what /etc/skel has is there");

    assert!(!host.ssh(&code, "true").logged_in(), "the same code again");
    assert!(!host.ssh(PASSWORD, "true").logged_in(), "the password is no code");
    let manager = host.alice_runs("systemctl --user is-system-running --wait");
    assert_eq!(manager, "running\n");
}
