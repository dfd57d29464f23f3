//! Keys that are in order while the engine runs, and are not with its next start.

use monk_tests::clients::PamAnswer;

use super::*;

#[track_caller]
fn run(site: &Site, command: &str) {
    site.world.command("sh").args(["-c", command]).run().expect_success();
}

/// Whether an app password opens a login, with an engine that has just started.
#[track_caller]
fn opens_after_a_restart(site: &Site, app_password: &str) -> bool {
    site.kill_engine();
    site.start_engine();
    let login = site.pam("webmail", "alice").types(app_password).authenticate();
    login.answer == PamAnswer::Success
}

#[test]
fn a_key_that_was_deleted_is_found_while_it_can_still_be_brought_back() {
    let site = embedded();
    let password = site.app_password("alice", "Mail", &["--scope", "webmail"]);
    run(&site, "cp -a /etc/monk/keys /root/backup && rm /etc/monk/keys/*.key");
    let visit = Visit::to(&site, &[]);
    let found = visit.of("key-gone").unwrap_or_else(|| panic!("{}", visit.shown()));
    assert_eq!((text(found, "severity"), visit.exit), ("error", Status::Code(1)), "{found:#}");
    assert!(text(found, "remedy").starts_with("Do not restart"), "{found:#}");
    // No other advice would lose it for good.
    let advice: Vec<&str> = visit.findings.iter().map(|one| text(one, "remedy")).collect();
    assert!(!advice.iter().any(|words| words.contains("--setup")), "{advice:#?}");
    run(&site, "cp -a /root/backup/*.key /etc/monk/keys/");
    Visit::to(&site, &[]).is_clean();
    assert!(opens_after_a_restart(&site, &password));
}

#[test]
fn a_second_key_that_was_copied_into_the_folder_is_found_before_the_engine_refuses() {
    let site = embedded();
    let password = site.app_password("alice", "Mail", &["--scope", "webmail"]);
    let other = "[keys]\nfolder = \"/root/other\"\n[embedded]\npath = \"/root/other.db\"\n";
    site.world.write("/root/other.toml", other, 0o644);
    site.world.make_folder("/root/other", 0o700);
    run(
        &site,
        "monkd --setup --config /root/other.toml && cp -a /root/other/*.key /etc/monk/keys/",
    );
    let visit = Visit::to(&site, &[]);
    let found = visit.of("key-ambiguous").unwrap_or_else(|| panic!("{}", visit.shown()));
    assert_eq!((text(found, "severity"), visit.exit), ("error", Status::Code(1)), "{found:#}");
    let remedy = text(found, "remedy");
    let command = remedy.strip_suffix(", and reload monkd.").expect("a command");
    run(&site, command);
    site.reload_engine();
    Visit::to(&site, &[]).is_clean();
    assert!(opens_after_a_restart(&site, &password), "the key of the records makes new ones");
}
