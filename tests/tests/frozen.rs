//! An engine that su has started in a control group of its caller's, who may freeze what is in it.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::Duration;

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Process, Signal, until};

/// Where control groups of version 2 are, beside those of version 1 and alone.
const PLACES: [&str; 2] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/// Where the world sees them, and can write them as far as they are its users' own.
const WRITABLE: &str = "/run/cgroup";

/// Tells the shell that it is in the group now.
const GO: &str = "/run/go";

/// What nobody ever types.
const NEVER: &str = "/run/never";

const BOB: u32 = 5001;

const LIMIT: Duration = Duration::from_secs(20);

/// A control group that belongs to bob, as systemd delegates them.
struct Delegated(PathBuf);

impl Delegated {
    fn new(name: &str) -> Self {
        let mut place = PLACES.into_iter().map(Path::new);
        let place = place.rfind(|place| place.join("cgroup.procs").exists());
        let place = place.expect("control groups of version 2 are mounted");
        let folder = place.join(format!("monk-test-{name}-{}", std::process::id()));
        fs::create_dir(&folder).expect("root can make a group");
        let group = Self(folder);
        for file in
            ["", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "cgroup.freeze"]
        {
            chown(group.0.join(file), Some(BOB), None).expect("root can give it away");
        }
        group
    }

    fn name(&self) -> String {
        self.0.file_name().expect("it has a name").to_string_lossy().into_owned()
    }

    fn members(&self) -> Vec<u32> {
        let members = fs::read_to_string(self.0.join("cgroup.procs")).expect("its members");
        members.lines().filter_map(|line| line.parse().ok()).collect()
    }

    fn says(&self, file: &str, line: &str) -> bool {
        let text = fs::read_to_string(self.0.join(file)).unwrap_or_default();
        text.lines().any(|one| one == line)
    }
}

impl Drop for Delegated {
    fn drop(&mut self) {
        let _ = fs::write(self.0.join("cgroup.freeze"), "0");
        let _ = fs::write(self.0.join("cgroup.kill"), "1");
        until(LIMIT, || fs::remove_dir(&self.0).ok());
    }
}

/// A site without a resident engine, with alice and bob and rules for su.
fn site() -> Site {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.install_recipe("su");
    site.pam_service("imap", "");
    site.world.add_system_user("alice");
    site.world.command("useradd").args(["--uid", "5001", "bob"]).run().expect_success();
    site
}

/// bob runs su for alice in the group, and types nothing.
fn su_in(site: &Site, group: &Delegated) -> Process {
    let script = format!(
        "mkfifo -m 0666 {NEVER}; while [ ! -e {GO} ]; do sleep 0.05; done
        exec setpriv --reuid {BOB} --clear-groups su alice -c true <>{NEVER}"
    );
    let su = site.world.spawn("sh", &["-c", &script]);
    fs::write(group.0.join("cgroup.procs"), su.pid().to_string()).expect("root can move it");
    site.world.write(GO, "", 0o644);
    su
}

#[test]
fn a_caller_who_freezes_his_control_group_does_not_freeze_the_engine() {
    let site = site();
    let phone = site.user_with_device("alice", "secret");
    let group = Delegated::new("left");
    site.world.lend(group.0.parent().expect("the top"), WRITABLE);
    let mut su = su_in(&site, &group);
    until(LIMIT, || su.log().contains("Password: ").then_some(()))
        .expect("su asks for the password");
    let engines = site.one_shots();
    assert_eq!(engines.len(), 1);
    let members = group.members();
    assert!(members.contains(&su.pid()) && !members.contains(&engines[0]), "{members:?}");

    let freeze = format!("{WRITABLE}/{}/cgroup.freeze", group.name());
    site.world.inside_as(BOB, || fs::write(&freeze, "1")).expect("it is bob's");
    until(LIMIT, || group.says("cgroup.events", "frozen 1").then_some(())).expect("it is frozen");
    // Others log in, and the engine is alive: it sees that its caller ends.
    let login = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(login), "totp");
    let ((), line) = site.audited(|| su.kill(Signal::SIGKILL));
    assert_eq!(line.verdict, "abandoned", "{}", line.text);
    until(LIMIT, || site.one_shots().is_empty().then_some(())).expect("the engine has ended");
}

/// As in a container whose control groups cannot be written: no engine is better than one that somebody
/// else can stop while it holds a lock.
#[test]
fn an_engine_that_cannot_leave_the_control_group_of_somebody_else_does_not_begin() {
    let site = site();
    site.add_user("alice", "secret");
    let group = Delegated::new("kept");
    let mut su = su_in(&site, &group);
    let status = su.wait(LIMIT).expect("su ends at once");
    assert_eq!(status.code(), Some(1), "{}", su.log());
    let line = site.world.wait_for_log(|line| line.text.contains("control group"));
    assert!(
        line.text.contains("uid 5001") && line.text.contains("have monkd run as a service"),
        "{line}"
    );
    // Those who are in nobody's group log in as ever.
    let phone = site.device("alice", "Phone");
    let login = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(login), "totp");
}
