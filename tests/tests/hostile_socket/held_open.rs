//! Those who begin logins and never go on: `su alice </fifo`, by the thousand.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use monk_tests::clients::Ssh;
use monk_tests::{Footprint, Process, SshdOptions, figures, until};
use monk_wire::frame::{self, MAX_REQUEST};
use monk_wire::{Login, Request, VERSION};

use crate::{Attacked, BOB, connections};

/// More than there are places for root's programs.
const MANY: usize = 2300;

/// Conversations of one person that may wait at once.
const ONE_PERSONS: usize = 32;

/// Descriptors that have nothing to do with them: of the store, and of logins that have just ended.
const FEW: usize = 24;

/// How long a small machine may take to start that many programs.
const START_LIMIT: Duration = Duration::from_secs(240);

/// Connections that are opened before the first of them speaks.
const AT_ONCE: usize = 16;

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

/// Begins as many logins as su does for its caller, with the same words, each of which is asked for a
/// password.
#[track_caller]
fn begun(attacked: &Attacked, count: usize, said: &Login) -> Vec<UnixStream> {
    let login = Request::Login(said.clone());
    let login = frame::encode(&login, VERSION, MAX_REQUEST).expect("a short request");
    let mut begun = Vec::with_capacity(count);
    while begun.len() < count {
        // A program speaks as soon as it has connected. Of those that have said nothing for a second, the engine ends
        // some where places run short.
        let mut some = connections(&attacked.site, 0, AT_ONCE.min(count - begun.len()));
        for connection in &mut some {
            connection.write_all(&login).expect("the engine listens");
            connection.set_read_timeout(Some(START_LIMIT)).expect("a socket of ours");
            assert_ne!(connection.read(&mut [0; 64]).expect("a question"), 0, "it is asked");
        }
        begun.append(&mut some);
    }
    begun
}

fn su_login() -> Login {
    Login {
        user: "alice".into(),
        service: "su".into(),
        address: None,
        terminal: Some("pts/1".into()),
        person: Some(BOB),
        typed: None,
        can_ask: true,
        publickey: false,
        forward: false,
        budget_ms: 10_000,
    }
}

/// Strangers at sshd, whose programs say where they come from.
#[test]
fn thousands_of_strangers_who_wait_keep_nobody_else_out() {
    let attacked = Attacked::new();
    let from = |address: &str| Login { address: Some(address.into()), person: None, ..su_login() };
    let of_one = begun(&attacked, 200, &from("198.51.100.9"));
    let of_many: Vec<_> =
        (0..250).flat_map(|n| begun(&attacked, 10, &from(&format!("2001:db8:{n:x}::1")))).collect();
    let open = |all: &[UnixStream]| all.iter().filter(|one| crate::is_open(one)).count();
    until(START_LIMIT, || (open(&of_one) + open(&of_many) <= 2048).then_some(()))
        .expect("it settles");
    assert!(open(&of_one) <= 128 && open(&of_many) > 1500);
    let meanwhile = attacked.logins();
    // Who comes from elsewhere is asked, and stays.
    let guest = begun(&attacked, 1, &from("192.0.2.55"));
    let meanwhile_too = attacked.logins();
    assert_eq!(open(&guest), 1);
    attacked.is_still_small();
    drop(meanwhile_too);
    attacked.tell("2,700 logins of strangers that wait", "2,048 of them wait", &meanwhile);
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
    for user in ["alice", "carol", "dave"] {
        site.world.add_system_user(user);
    }
    site.world.command("useradd").args(["--uid", "5001", "bob"]).run().expect_success();
    let phones = ["carol", "dave"].map(|user| site.user_with_device(user, "secret"));
    let sshd = site.sshd(SshdOptions::default());
    let imap = site.imap();
    let calm = Footprint::of(site.engine_pid());

    let begin = Instant::now();
    // The same words as those of su, which takes long to start; and so many real ones that they alone
    // are more than wait.
    let real = figures::times(3 * ONE_PERSONS, MANY);
    let _spoken = begun(&attacked, MANY, &su_login());
    let _held = su_that_waits(&attacked, real);
    until(START_LIMIT, || (running(&attacked, "su") >= real).then_some(())).expect("all run");
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
    assert!(running(&attacked, "su") >= ONE_PERSONS, "they wait still");
    attacked.is_still_small();
    let attack = format!("{MANY} times `su alice </fifo` of one user");
    let seen = format!("{ONE_PERSONS} of them wait, begun within {} s", began.as_secs());
    attacked.tell(&attack, &seen, &meanwhile);
}
