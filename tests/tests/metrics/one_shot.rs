//! Where no engine is resident: what engines add up that run for one login each, and the file for node_exporter.

use monk_tests::site::{Backend, Running};

use crate::*;

const COUNTS: &str = "/var/lib/monk/metrics.json";
const TEXTFILE: &str = "/root/monk.prom";

#[test]
fn engines_for_one_login_each_add_up_what_they_count_and_the_file_shows_it() {
    let (site, phone) = site(Backend::Embedded, Running::OneShot);
    let write =
        || site.world.command(PROGRAM).args(["--textfile", TEXTFILE, "--counts", COUNTS]).run();
    logins(&site, &phone);
    // The last engine writes when its login is over.
    let page = monk_tests::until(std::time::Duration::from_secs(20), || {
        write()
            .success()
            .then(|| site.world.read(TEXTFILE))
            .filter(|page| page.contains("unknown-user"))
    });
    let page = page.unwrap_or_else(|| panic!("{}", write()));
    shows_the_logins(&page);
    promtool(&site, &["check", "metrics"], &page);
    // There is no engine whose state could be told.
    assert_eq!(value(&page, "monk_up"), None, "{page}");
    let mode = site.world.command("stat").args(["--format=%a", TEXTFILE]).run().stdout;
    assert_eq!(mode.trim(), "644");
    let mode = site.world.command("stat").args(["--format=%a", COUNTS]).run().stdout;
    assert_eq!(mode.trim(), "600");
}

#[test]
fn a_resident_engine_has_a_file_too_and_one_that_is_off_has_none() {
    let (site, phone) = site(Backend::Embedded, Running::Resident);
    logins(&site, &phone);
    let write = || site.world.command(PROGRAM).args(["--textfile", TEXTFILE]).run();
    write().expect_success();
    let page = site.world.read(TEXTFILE);
    shows_the_logins(&page);
    assert_eq!(value(&page, "monk_up"), Some(1.0));
    assert!(!site.world.exists(COUNTS), "a resident engine keeps nothing");
    site.write_settings("");
    site.reload_engine();
    let output = write();
    assert!(!output.success() && output.stderr.contains("enabled = true"), "{output}");
    assert_eq!(site.world.read(TEXTFILE), page, "the file from before stays");
}

#[test]
fn engines_for_one_login_count_nothing_where_metrics_are_off() {
    let off = SETTINGS.replace("enabled = true", "enabled = false");
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, &off);
    site.pam_service("imap", "");
    let phone = site.user_with_device("alice", "secret");
    let granted = login(&site, "imap", "alice", format!("secret;{}", phone.code()));
    assert_eq!(granted, PamAnswer::Success);
    // Each engine has ended by then, and would have written.
    let ended = || {
        (site.world.command("pgrep").args(["-x", "monkd"]).run().stdout.is_empty()).then_some(())
    };
    monk_tests::until(std::time::Duration::from_secs(20), ended).expect("the engines end");
    assert!(!site.world.exists(COUNTS));
}
