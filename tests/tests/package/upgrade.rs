//! A new version comes while people are logged in.

use std::fs;
use std::path::Path;
use std::time::Duration;

use monk_tests::World;
use monk_tests::clients::{ImapSession, Ssh};
use monk_tests::fresh::{Debian, package};

use crate::guarded::{Guarded, install, property};

monk_tests::on_each_debian!(an_upgrade_leaves_everybody_logged_in);

/// How long Dovecot may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

fn an_upgrade_leaves_everybody_logged_in(debian: Debian) {
    let package = package();
    let guarded = Guarded::with(debian, &package.older);
    let machine = &guarded.machine;
    let for_mail = guarded.site().app_password("alice", "Mail", &[]);
    let mut shell = Ssh::at_debians(machine, "alice")
        .option("PreferredAuthentications=keyboard-interactive")
        .answer("assword", &guarded.password_and_code())
        .open();
    let address = machine.address(143);
    let mail = || ImapSession::open(address, "alice", &for_mail, ANSWER_LIMIT);
    let mut mail = machine.inside(mail).expect("the mail program is in");
    let workers = programs_with_the_module(machine, "auth");
    assert!(!workers.is_empty(), "a worker of Dovecot has loaded the module");
    let (before, engine) = (version(machine), property(machine, "monk", "MainPID"));

    let said = install(machine, &package.current).stdout;
    assert!(!said.contains("OFF"), "it stays on: {said}");
    assert_ne!(version(machine), before);
    assert_ne!(property(machine, "monk", "MainPID"), engine, "the new engine runs");
    assert!(shell.answers() && mail.answers(ANSWER_LIMIT), "they stay logged in");
    assert_eq!(programs_with_the_module(machine, "auth"), workers);
    for worker in &workers {
        let maps = fs::read_to_string(format!("/proc/{worker}/maps")).expect("it runs");
        assert!(maps.contains("pam_monk.so (deleted)"), "it has the old module: {maps}");
    }
    let typed = guarded.password_and_code();
    assert!(guarded.imap(&typed), "the old module asks the new engine");
    assert!(!guarded.imap(&typed), "and hears its refusal");
    assert_eq!(programs_with_the_module(machine, "auth"), workers, "no other worker was asked");
    assert!(guarded.ssh(&for_everything(&guarded), ""), "and so does the new module");
    assert!(shell.answers() && mail.answers(ANSWER_LIMIT));
}

#[track_caller]
fn for_everything(guarded: &Guarded) -> String {
    guarded.site().app_password("alice", "Everywhere", &["--scope", "*"])
}

#[track_caller]
fn version(machine: &World) -> String {
    let query = ["--show", "--showformat", "${Version}", "monk"];
    machine.command("dpkg-query").args(query).run().expect_success().stdout
}

/// The processes of a machine that have the module in memory, of programs whose name begins so.
fn programs_with_the_module(machine: &World, name: &str) -> Vec<String> {
    let space = |process: &Path| fs::read_link(process.join("ns/pid")).ok();
    let own = space(&Path::new("/proc").join(machine.first_process().to_string()));
    let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let mut found: Vec<String> = processes
        .map(|process| process.path())
        .filter(|process| own.is_some() && space(process) == own)
        .filter(|process| read(&process.join("comm")).starts_with(name))
        .filter(|process| read(&process.join("maps")).contains("pam_monk.so"))
        .filter_map(|process| Some(process.file_name()?.to_string_lossy().into_owned()))
        .collect();
    found.sort();
    found
}

/// A file of a process, which may end at any moment.
fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}
