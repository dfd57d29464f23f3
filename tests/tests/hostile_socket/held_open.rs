//! Those who begin logins and never go on: `su alice </fifo`, by the thousand.

use std::time::{Duration, Instant};

use monk_tests::clients::Ssh;
use monk_tests::{Footprint, Process, SshdOptions, until};

use crate::Attacked;

/// More than there are places for root's programs.
const MANY: usize = 2300;

/// Conversations of one person that may wait at once.
const ONE_PERSONS: usize = 32;

/// Descriptors that have nothing to do with them: of the store, and of logins that have just ended.
const FEW: usize = 24;

/// How long a small machine may take to start that many programs.
const START_LIMIT: Duration = Duration::from_secs(240);

/// Starts su for alice again and again, each of which waits for what is never typed.
#[track_caller]
fn su_that_waits(attacked: &Attacked, count: usize) -> Process {
    let script = format!(
        "ulimit -n 64; mkfifo /tmp/never; exec 9<>/tmp/never
        for i in $(seq {count}); do su alice -c true <&9 >/dev/null 2>&1 & done; echo all; wait"
    );
    attacked.site.world.command("sh").args(["-c", &script]).as_user("bob").spawn()
}

/// How many programs of this name run in the world.
fn running(attacked: &Attacked, name: &str) -> usize {
    let listed = attacked.site.world.command("pgrep").args(["-c", "-x", name]).run();
    listed.stdout.trim().parse().unwrap_or_default()
}

#[test]
fn thousands_of_su_that_wait_for_somebody_to_type_keep_nobody_else_out() {
    let attacked = Attacked::new();
    let site = &attacked.site;
    for recipe in ["su", "sudo-i"] {
        site.install_recipe(recipe);
    }
    site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
    site.world.write("/etc/sudoers", "Defaults timestamp_timeout=0\nALL ALL=(ALL) ALL\n", 0o440);
    for user in ["alice", "bob", "carol", "dave"] {
        site.world.add_system_user(user);
    }
    let phones = ["carol", "dave"].map(|user| site.user_with_device(user, "secret"));
    let sshd = site.sshd(SshdOptions::default());
    let imap = site.imap();
    let calm = Footprint::of(site.engine_pid());

    let begin = Instant::now();
    let _held = su_that_waits(&attacked, MANY);
    until(START_LIMIT, || (running(&attacked, "su") >= MANY).then_some(())).expect("all run");
    let began = begin.elapsed();
    let descriptors = || Footprint::of(site.engine_pid()).descriptors;
    let few = calm.descriptors + ONE_PERSONS + FEW;
    until(START_LIMIT, || (descriptors() <= few).then_some(()))
        .unwrap_or_else(|| panic!("{} descriptors", descriptors()));
    site.world.wait_for_log(|line| line.text.contains("reason=place-needed"));

    // Root's programs, with and without an address.
    let meanwhile = attacked.logins();
    assert_eq!(site.opens(&imap, "alice", &attacked.typed), "app-password");
    let ssh = Ssh::new(&site.world, &sshd, "carol").answer("Password: ", "secret");
    let login = ssh.answer("Code", &phones[0].code()).run("id -un");
    assert_eq!(login.stdout, "carol\n", "{login:?}\n{}", sshd.log());
    // Others' su and sudo, which wait for their people as usual.
    let typed = format!("secret\n{}\n", phones[1].code());
    let sudo = site.world.command("sudo").args(["-S", "id", "-un"]).as_user("dave");
    assert_eq!(sudo.stdin(typed).run().expect_success().stdout, "root\n");
    assert!(running(&attacked, "su") >= MANY - 1, "they wait still");
    attacked.is_still_small();
    let attack = format!("{MANY} times `su alice </fifo` of one user");
    let seen = format!("{ONE_PERSONS} of them wait, begun within {} s", began.as_secs());
    attacked.tell(&attack, &seen, &meanwhile);
}
