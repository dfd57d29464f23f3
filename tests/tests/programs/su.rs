//! su: somebody else's password and code, in a program that anybody may start.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Command, Status, in_both_ways};

in_both_ways!(root_may_be_anybody, a_login_shell_of_su_is_asked_by_the_same_rules);

/// The user who calls su.
const CALLER: &str = "caller";

struct Su;

impl Su {
    #[track_caller]
    fn new(site: &Site) -> Self {
        for service in ["su", "su-l"] {
            site.install_recipe(service);
        }
        site.world.add_system_user(CALLER);
        Self
    }

    /// Whether su has run `id -un` as `user`.
    #[track_caller]
    fn run(su: Command, user: &str, typed: &str) -> bool {
        let output = su.stdin(typed).run();
        if output.success() {
            // su shows what modules have to say on its standard output, before everything else.
            assert_eq!(output.stdout.lines().last(), Some(user), "{output}");
            return true;
        }
        let refused = output.status == Status::Code(1) && output.stdout.is_empty();
        assert!(refused && output.stderr.contains("su: "), "{output}");
        false
    }
}

impl Door for Su {
    fn about(&self) -> About {
        About {
            name: "su",
            service: "su",
            shows_screens: true,
            needs_account: true,
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, second: Option<&str>) -> bool {
        let typed = format!("{first}\n{}\n", second.unwrap_or(first));
        let su = site.world.command("su").args([user, "-c", "id -un"]).as_user(CALLER);
        Self::run(su, user, &typed)
    }
}

#[test]
fn su_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Su::new(&site);
    conformance::run(&site, &door);
}

#[test]
fn without_a_resident_engine_su_grants_and_refuses_as_well() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Su::new(&site);
    conformance::starts_its_own(&site, &door);
}

fn root_may_be_anybody(running: Running) {
    let site = Site::new(Backend::Embedded, running);
    let _su = Su::new(&site);
    site.world.add_system_user("service");
    site.world.set_password("root", "secret");
    let as_root = |user: &str| site.world.command("su").args([user, "-c", "id -un"]);
    // monk does not know them, and is not asked.
    assert!(Su::run(as_root("service"), "service", ""));
    assert!(Su::run(as_root(CALLER), CALLER, ""));
    assert!(!Su::run(as_root("service").as_user(CALLER), "service", "secret\n123456\n"));
    assert!(!Su::run(as_root("root").as_user(CALLER), "root", "secret\n123456\n"));
}

/// `su -` asks another service.
fn a_login_shell_of_su_is_asked_by_the_same_rules(running: Running) {
    let site = Site::new(Backend::Embedded, running);
    let _su = Su::new(&site);
    site.write_settings("[service.su]\nseparator = \"optional\"\n");
    site.reload_if_resident();
    site.world.add_system_user("alice");
    let phone = site.user_with_device("alice", "secret");
    let su = || site.world.command("su").args(["-", "alice", "-c", "id -un"]).as_user(CALLER);
    let typed = format!("secret{}\n\n", phone.code());
    let (is_in, line) = site.audited(|| Su::run(su(), "alice", &typed));
    assert_eq!((is_in, line.service.as_str()), (true, "su"), "{}", line.text);
    assert!(!Su::run(su(), "alice", &typed));
}
