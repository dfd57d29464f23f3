//! What a session shows of the login that has opened it: nothing that was typed.

use monk_tests::clients::Ssh;
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{SshdOptions, in_both_ways};

use crate::sshd::example;

in_both_ways!(nothing_that_was_typed_is_seen_in_a_session);

const PASSWORD: &str = "canary;of;the;password";

/// A variable that the session sets, so that what is looked at is known to be the session.
const MARK: &str = "CANARY_OF_THE_SESSION=1";

/// What the session does: it shows its environment, and stays until everything was looked at.
const SESSION: &str = "env; export CANARY_OF_THE_SESSION=1; touch /tmp/session; \
                       timeout 20 sh -c 'until [ -e /tmp/seen ]; do sleep 0.05; done'";

/// What root does meanwhile: environment and arguments of every process of the machine.
const LOOK: &str = "until [ -e /tmp/session ]; do sleep 0.05; done\n\
                    cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline >/root/seen 2>/dev/null\n\
                    touch /tmp/seen\n";

/// Everything that can be seen during a session that `log_in` opens, which returns what it wrote.
#[track_caller]
fn seen(site: &Site, log_in: impl FnOnce() -> String) -> String {
    let mut look = site.world.spawn("sh", &["-c", LOOK]);
    let written = log_in();
    let status = look.wait(std::time::Duration::from_secs(20));
    assert!(status.is_some(), "there was no session: {written}");
    assert!(written.contains("PATH="), "the session shows its environment: {written}");
    let seen = site.world.read("/root/seen");
    assert!(seen.contains(MARK), "the session was looked at");
    for file in ["/tmp/session", "/tmp/seen", "/root/seen"] {
        site.world.remove(file);
    }
    seen + &written
}

fn nothing_that_was_typed_is_seen_in_a_session(running: Running) {
    let site = Site::new(Backend::Embedded, running);
    let sshd = example(&site, "sshd-password-and-code", SshdOptions::default());
    site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
    site.install_recipe("su");
    site.world.write("/etc/sudoers", "ALL ALL=(ALL) ALL\n", 0o440);
    for user in ["alice", "caller"] {
        site.world.add_system_user(user);
    }
    site.add_user("alice", PASSWORD);
    for program in ["sshd", "sudo", "su"] {
        // A device for each, so that nobody waits for the next code.
        let typed = format!("{PASSWORD};{}", site.device("alice", program).code());
        let input = format!("{typed}\n");
        let command = |program: &str| site.world.command(program).stdin(input.clone());
        let seen = seen(&site, || match program {
            "sudo" => {
                let sudo = command("sudo").args(["-S", "sh", "-c", SESSION]).as_user("alice");
                sudo.run().expect_success().stdout
            }
            "su" => {
                let su = command("su").args(["alice", "-c", SESSION]).as_user("caller");
                su.run().expect_success().stdout
            }
            _ => {
                Ssh::new(&site.world, &sshd, "alice").answer("Password", &typed).run(SESSION).stdout
            }
        });
        let code = &typed[PASSWORD.len()..];
        for secret in [PASSWORD, code] {
            assert!(!seen.contains(secret), "{program}: {secret:?} is seen");
        }
    }
}
