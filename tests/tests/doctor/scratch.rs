use super::*;
#[test]
fn scratch() {
    for running in [Running::OneShot, Running::Resident] {
    for command in [
        "echo 'nonsense = 1' >> /etc/monk/monk.toml",
        "chown root /etc/monk/keys",
        "chown root /etc/monk/keys/*",
        "chown bob /etc/monk/keys/*",
        "chown root /var/lib/monk/monk.db",
        "chown bob /var/lib/monk/monk.db",
        "chown root /var/lib/monk/throttle.db",
        "chown bob /var/lib/monk/throttle.db*",
        "chown root /var/lib/monk",
        "chmod 0500 /var/lib/monk",
        "rm /etc/monk/keys/*",
    ] {
        let site = embedded_with(running);
        site.world.add_system_user("bob");
        site.world.command("sh").args(["-c", command]).run().expect_success();
        if running == Running::Resident { site.kill_engine(); let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.start_engine())); }
        let visit = Visit::to(&site, &[]);
        eprintln!("=== {running:?} {command}\n{}", visit.shown());
        eprintln!("{}", site.world.command("ls").args(["-la", "/etc/monk", "/etc/monk/keys", "/var/lib/monk"]).run().stdout);
    }}
}
fn embedded_with(running: Running) -> Site { site(Backend::Embedded, running, "") }
