//! What the user brings along who calls su or sudo: both run with root's rights, and with the
//! environment, the limits and the real user id of whoever has started them.

use std::fs;
use std::path::Path;

use monk_tests::site::{Backend, Device, Running, Site};
use monk_tests::{Part, Screen, Typist, in_both_ways};

in_both_ways!(variables_of_the_caller_change_nothing);

/// Variables by which programs are led elsewhere. Those of monk do not exist, and shall not.
const VARIABLES: [(&str, &str); 14] = [
    ("SSH_AUTH_INFO_0", "publickey ssh-ed25519 AAAA"),
    ("LD_PRELOAD", "/home/caller/evil.so"),
    ("LD_LIBRARY_PATH", "/home/caller"),
    ("LD_AUDIT", "/home/caller/evil.so"),
    ("MONK_CONFIG", "/home/caller/monk.toml"),
    ("MONK_SOCKET", "/home/caller/monkd.sock"),
    ("MONK_ENGINE", "/home/caller/monkd"),
    ("PATH", "/home/caller:/usr/bin:/bin"),
    ("HOME", "/home/caller"),
    ("XDG_CONFIG_HOME", "/home/caller"),
    ("XDG_RUNTIME_DIR", "/home/caller"),
    ("TMPDIR", "/home/caller/no-such-folder"),
    ("SQLITE_TMPDIR", "/home/caller/no-such-folder"),
    ("TZ", "Pacific/Auckland"),
];

/// A site with alice, a user `caller` who is somebody else, and rules for su and sudo.
#[track_caller]
fn given_alice(running: Running) -> (Site, Device) {
    let site = Site::new(Backend::Embedded, running);
    for recipe in ["su", "sudo-i"] {
        site.install_recipe(recipe);
    }
    site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
    site.world.write("/etc/sudoers", "Defaults passwd_tries=1\nALL ALL=(ALL) ALL\n", 0o440);
    for user in ["alice", "caller"] {
        site.world.add_system_user(user);
    }
    let phone = site.user_with_device("alice", "secret");
    (site, phone)
}

/// Whether `id -un` has run in the end, and said this name.
fn is_in(screen: &Screen, name: &str) -> bool {
    matches!(screen.parts.last(), Some(Part::Shown(text)) if text.trim() == name)
}

fn variables_of_the_caller_change_nothing(running: Running) {
    let (site, phone) = given_alice(running);
    // Where a key counts, as it would in a login through sshd.
    let policy = "password = \"skip-after-publickey\"\n";
    site.write_settings(&format!("[service.su]\n{policy}[service.sudo]\n{policy}"));
    site.reload_if_resident();
    // Settings by which everybody would be asked for nothing but a password.
    site.world.write("/home/caller/monk.toml", "[policy]\nmfa = \"off\"\n", 0o644);
    let set = VARIABLES.map(|(name, value)| format!("{name}='{value}'")).join(" ");
    for (caller, program, name) in
        [("caller", "su alice -c 'id -un'", "alice"), ("alice", "sudo -k id -un", "root")]
    {
        let line = format!("runuser -u {caller} -- env {set} {program}");
        let run = |password: &str, code: &str| {
            let asked = Typist::new(&site.world, &line).answer("assword", password);
            let (screen, line) = site.audited(|| asked.answer("Code", code).run());
            assert_eq!(screen.unasked, Vec::<String>::new(), "{screen:?}");
            (is_in(&screen, name), line.reason)
        };
        let code = phone.code();
        // Another one for each: a password that was just refused is not tried again.
        assert_eq!(
            run(&format!("not {name}'s"), &code),
            (false, "wrong-password".to_owned()),
            "{program}"
        );
        assert_eq!(run("secret", &code), (true, "totp".to_owned()), "{program}");
        assert_eq!(run("secret", &code), (false, "replayed-code".to_owned()), "{program}");
    }
}

/// What the kernel says of a process, by the names of `/proc/PID/status` and `/proc/PID/limits`.
fn described(engine: u32, file: &str, name: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{engine}/{file}")).expect("the engine runs");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel tells");
    line.split_whitespace().map(str::to_owned).collect()
}

/// Asserts that nothing of an engine is the caller's.
#[track_caller]
fn is_nobody_elses(engine: u32, ids: &str) {
    let environment = fs::read(format!("/proc/{engine}/environ")).expect("the engine runs");
    assert_eq!(environment, b"", "the engine's environment");
    for name in ["Uid:", "Gid:"] {
        assert_eq!(described(engine, "status", name), vec![ids; 4], "{name}");
    }
    assert_eq!(described(engine, "status", "Umask:"), ["0077"]);
    assert_eq!(described(engine, "limits", "Max file size")[0], "unlimited");
    for name in ["Max cpu time", "Max data size", "Max address space"] {
        let limit = described(engine, "limits", name);
        assert_eq!(limit[0], limit[1], "{name}");
    }
    let folder = fs::read_link(format!("/proc/{engine}/cwd")).expect("the engine runs");
    assert_eq!(folder, Path::new("/"));
    let stat = fs::read_to_string(format!("/proc/{engine}/stat")).expect("the engine runs");
    let after_name = stat.rsplit(')').next().expect("the name is in brackets");
    // Fields 7, 19 and 41 of proc_pid_stat(5), of which the first two are before.
    let field = |number: usize| after_name.split_whitespace().nth(number - 3);
    assert_eq!(field(7), Some("0"), "Ctrl-C at the caller's terminal must not reach the engine");
    assert_eq!((field(19), field(41)), (Some("0"), Some("0")), "niceness and scheduling policy");
    let oom = fs::read_to_string(format!("/proc/{engine}/oom_score_adj")).expect("the engine runs");
    assert_eq!(oom.trim(), "0");
    let cores = described(std::process::id(), "status", "Cpus_allowed_list:");
    assert_eq!(described(engine, "status", "Cpus_allowed_list:"), cores);
}

/// `ids` of the engine: root's, or those of its own user where there is one.
#[track_caller]
fn limits_of_the_caller_do_not_reach_the_engine(site: &Site, phone: &Device, ids: &str) {
    // No file may grow, few seconds of work, everybody may write everything.
    let limits = "ulimit -S -f 0; ulimit -S -t 20; ulimit -S -d 500000; umask 0; cd /home/caller";
    // On one core, while nothing else runs, and the first to end when memory runs short.
    let turns = "echo 900 >/proc/self/oom_score_adj; exec nice -n 19 chrt -i 0 taskset 1";
    let line = format!("runuser -u caller -- sh -c \"{limits}; {turns} su alice -c 'id -un'\"");
    for (code, reason) in [(phone.wrong_code(), "wrong-code"), (phone.code(), "totp")] {
        let asked = Typist::new(&site.world, &line).answer("Password: ", "secret");
        let asked = asked.answer_with("Code", |_| {
            let engines = site.one_shots();
            assert_eq!(engines.len(), 1, "one engine asks for the code");
            is_nobody_elses(engines[0], ids);
            code
        });
        let (screen, line) = site.audited(|| asked.run());
        assert_eq!(line.reason, reason, "{screen:?}");
        assert_eq!(is_in(&screen, "alice"), reason == "totp", "{screen:?}");
    }
}

/// As in a container whose root may not lift limits.
#[test]
fn a_limit_at_which_the_engine_would_end_in_the_middle_is_a_clear_refusal() {
    let (site, phone) = given_alice(Running::OneShot);
    let line = "setpriv --bounding-set -sys_resource runuser -u caller -- \
                sh -c \"ulimit -f 100; exec su alice -c 'id -un'\"";
    let code = phone.code();
    let run = || {
        let asked = Typist::new(&site.world, line).answer("Password: ", "secret");
        is_in(&asked.answer("Code", &code).run(), "alice")
    };
    assert!(!run());
    let why = site.world.wait_for_log(|line| line.tag == "monkd" && line.text.contains("ulimit"));
    assert!(why.text.contains("51200 bytes only"), "{why}");
    assert_eq!(site.logins(), []);
    // A resident engine has limits of its own.
    site.start_engine();
    assert!(run());
}

/// As under Dovecot, which allows the process that asks 256 MiB (`default_vsz_limit`), in a container whose root may not
/// lift limits. The C library sets 64 MiB apart for each thread as long as there is room: too little may be left.
#[test]
fn an_engine_for_one_login_is_content_with_100_mib_of_address_space() {
    const KIB: u32 = 100 * 1024;
    let (site, phone) = given_alice(Running::OneShot);
    let most = std::cell::Cell::new(0);
    let asked = Typist::new(&site.world, "runuser -u caller -- su alice -c 'id -un'")
        .answer("Password: ", "secret");
    let asked = asked.answer_with("Code", |_| {
        // The hash of the password is computed.
        let peak = described(site.one_shots()[0], "status", "VmPeak:");
        most.set(peak[0].parse().expect("a number of KiB"));
        phone.code()
    });
    let screen = asked.run();
    assert!(is_in(&screen, "alice"), "{screen:?}");
    assert!((1..KIB).contains(&most.get()), "{} KiB", most.get());

    site.pam_service("imap", "");
    let code = &site.backup_codes("alice")[0];
    let app_password = site.app_password("alice", "Phone", &[]);
    assert_eq!(login_within(&site, KIB, &format!("secret;{code}")), "backup-code");
    assert_eq!(login_within(&site, KIB, &app_password), "app-password");
}

#[test]
fn where_there_is_no_memory_for_a_hash_the_login_is_unavailable_and_the_log_says_why() {
    let (site, _) = given_alice(Running::OneShot);
    site.pam_service("imap", "");
    let code = &site.backup_codes("alice")[0];
    let typed = format!("secret;{code}");
    let reason = login_within(&site, 50_000, &typed);
    assert!(reason.contains("memory"), "{reason}");
    let line = site.last_login();
    assert_eq!(line.verdict, "unavailable", "{}", line.text);
    assert_eq!(login_within(&site, 100_000, &typed), "backup-code", "nothing was spent");
}

/// Logs alice in at a program that may have `kib` KiB of address space; why, or why not.
#[track_caller]
fn login_within(site: &Site, kib: u32, typed: &str) -> String {
    let line = format!(
        "ulimit -v {kib}; exec setpriv --bounding-set -sys_resource --inh-caps -sys_resource \
         pamtester -I rhost=192.0.2.7 imap alice authenticate"
    );
    let login = || site.world.command("bash").args(["-c", &line]).stdin(format!("{typed}\n")).run();
    site.audited(login).1.reason
}

#[test]
fn limits_of_the_caller_do_not_reach_an_engine_of_root() {
    let (site, phone) = given_alice(Running::OneShot);
    limits_of_the_caller_do_not_reach_the_engine(&site, &phone, "0");
}

#[test]
fn limits_of_the_caller_do_not_reach_an_engine_of_its_own_user() {
    let (site, phone) = given_alice(Running::OneShot);
    site.hand_to_package();
    let uid = site.world.command("id").args(["-u", "monk"]).run().expect_success().stdout;
    limits_of_the_caller_do_not_reach_the_engine(&site, &phone, uid.trim());
}
