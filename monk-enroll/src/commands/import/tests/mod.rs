mod exports;
mod ownership;

use monk_wire::Secret;
use monk_wire::manage::{
    Clash, Command, DeviceItem, DeviceResult, DeviceStep, DeviceVerdict, Failure, Import, Imported,
    Outage, OutageKind, Outcome, PosixWish, RowFault, RowPassword, RowVerdict, ScratchCodes, Unfit,
    UserEntry, UserStep,
};

use crate::exit::Exit;
use crate::scripted::{Scene, Seen, Step, done, failed};

/// Files in a folder of their own; paths in messages are those.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// What was seen, with the names of the files alone.
    fn short(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

const OATH: &str = "\
HOTP/T30 alice - 3132333435363738393031323334353637383930
HOTP/T30 bob - 0102030405060708090a
";

fn result(user: &str, verdict: DeviceVerdict) -> DeviceResult {
    DeviceResult { user: user.into(), verdict, scratch_codes: ScratchCodes::None }
}

fn said(results: Vec<DeviceResult>) -> Step {
    done(Outcome::Imported(Imported::Devices(results)))
}

fn both(verdict: &DeviceVerdict) -> Step {
    said(vec![result("alice", verdict.clone()), result("bob", verdict.clone())])
}

/// The directory has gone away.
fn silent() -> Step {
    failed(Failure::Outage(Outage { kind: OutageKind::Unreachable, detail: "gone".into() }))
}

/// The devices that were sent with each step.
fn sent(seen: &Seen) -> Vec<(DeviceStep, Vec<DeviceItem>)> {
    let step = |command| match command {
        Command::Import(Import::Devices { step, items, .. }) => (step, items),
        other => panic!("{other:?}"),
    };
    seen.commands().into_iter().map(step).collect()
}

fn steps(seen: &Seen) -> Vec<DeviceStep> {
    sent(seen).into_iter().map(|(step, _)| step).collect()
}

#[test]
fn everything_is_checked_and_then_enrolled() {
    let files = Files::new(&[("users.oath", OATH)]);
    let script = [both(&DeviceVerdict::Enrolled), both(&DeviceVerdict::Enrolled)];
    let seen = Scene::new(script).run_words(&["import", &files.path("users.oath")]);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    let sent = sent(&seen);
    assert_eq!(steps(&seen), [DeviceStep::Check, DeviceStep::Enrol]);
    assert_eq!(sent[0].1, sent[1].1);
    assert_eq!(sent[0].1[1].seed, Secret::new(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    let expected = "\
LINE  USER   DEVICE      WHAT
1     alice  OATH token  added
2     bob    OATH token  added

users.oath:2: warning: its secret has 80 bits only; RFC 4226 wants 128
2 devices of 2 users imported, 1 warning.

Their authenticator apps go on working, from the next code that they show:
PASSWORD;CODE, or the code on the second screen.
Now delete what was imported: anybody who reads it has these second factors.
";
    assert_eq!(files.short(&seen.out), expected);
}

#[test]
fn a_dry_run_asks_the_engine_and_enrols_nothing() {
    let files = Files::new(&[("users.oath", OATH)]);
    let seen = Scene::new([both(&DeviceVerdict::Enrolled)]).run_words(&[
        "import",
        "--dry-run",
        &files.path("users.oath"),
    ]);
    assert_eq!(steps(&seen), [DeviceStep::Check]);
    assert!(seen.out.contains("alice  OATH token  would be added"), "{}", seen.out);
    assert!(seen.out.ends_with("nothing was changed.\n"), "{}", seen.out);
}

#[test]
fn every_bad_line_is_told_those_of_the_file_and_those_of_the_engine() {
    let text = format!("{OATH}HOTP carol - 00\nnonsense\n");
    let files = Files::new(&[("users.oath", &text)]);
    let no_user = DeviceVerdict::UnknownUser;
    let check = said(vec![result("alice", DeviceVerdict::Enrolled), result("bob", no_user)]);
    let seen = Scene::new([check]).run_words(&["import", &files.path("users.oath")]);
    assert_eq!((seen.exit, seen.out.as_str()), (Exit::Invalid, ""));
    let errors = files.short(&seen.errors);
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 4, "{errors}");
    assert!(lines[0].starts_with("users.oath:2: bob: the directory has no such user: give --user"));
    assert!(lines[1].starts_with("users.oath:3: carol (OATH token): counts codes"), "{errors}");
    assert!(lines[2].starts_with("users.oath:4: "), "{errors}");
    assert_eq!(lines[3], "monk-enroll: 3 lines are wrong; nothing was imported");
}

#[test]
fn an_import_that_breaks_off_is_taken_back() {
    let files = Files::new(&[("users.oath", OATH)]);
    let script = [
        both(&DeviceVerdict::Enrolled),
        silent(),
        both(&DeviceVerdict::Withdrawn),
        // Something may have been on its way.
        both(&DeviceVerdict::Withdrawn),
    ];
    let seen = Scene::new(script).run_words(&["import", &files.path("users.oath")]);
    assert_eq!(seen.exit, Exit::Unavailable);
    use DeviceStep::{Check, Enrol, Withdraw};
    assert_eq!(steps(&seen), [Check, Enrol, Withdraw, Withdraw]);
    let expected = "unreachable: gone; nothing was imported";
    assert!(seen.errors.contains(expected), "{}", seen.errors);
}

#[test]
fn an_engine_that_dies_is_asked_again_to_take_it_back() {
    let files = Files::new(&[("users.oath", OATH)]);
    let withdrawn = both(&DeviceVerdict::Withdrawn);
    let script = [both(&DeviceVerdict::Enrolled), Step::HangUp, withdrawn.clone(), withdrawn];
    let seen = Scene::new(script).run_words(&["import", &files.path("users.oath")]);
    assert_eq!(seen.exit, Exit::Unavailable);
    assert!(seen.errors.contains("nothing was imported"), "{}", seen.errors);
    let tokens: Vec<_> = seen
        .commands()
        .into_iter()
        .map(|command| match command {
            Command::Import(Import::Devices { token, .. }) => token,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tokens[1], tokens[2], "the same import is taken back");
    assert_ne!(tokens[1], [0; 16]);
}

#[test]
fn a_thousand_devices_go_in_parts_and_a_late_failure_takes_back_the_earlier_ones() {
    let line = |number| format!("HOTP/T30 u{number} - {:040x}\n", number + 1_000_000);
    let text: String = (0..250).map(line).collect();
    let files = Files::new(&[("users.oath", &text)]);
    let part = |range: std::ops::Range<usize>, verdict: DeviceVerdict| {
        said(range.map(|number| result(&format!("u{number}"), verdict.clone())).collect())
    };
    let mut script: Vec<Step> =
        [0..100, 100..200, 200..250].map(|range| part(range, DeviceVerdict::Enrolled)).to_vec();
    script.push(part(0..100, DeviceVerdict::Enrolled));
    script.push(silent());
    script.push(part(100..200, DeviceVerdict::Withdrawn));
    script.push(part(0..100, DeviceVerdict::Withdrawn));
    script.push(part(100..200, DeviceVerdict::Withdrawn));
    let seen = Scene::new(script).run_words(&["import", &files.path("users.oath")]);
    assert!(seen.errors.contains("unreachable: gone; nothing was imported"), "{}", seen.errors);
}

#[test]
fn what_is_there_is_not_sent_again() {
    let files = Files::new(&[("users.oath", OATH)]);
    let mixed =
        vec![result("alice", DeviceVerdict::AlreadyThere), result("bob", DeviceVerdict::Enrolled)];
    let script = [said(mixed), said(vec![result("bob", DeviceVerdict::Enrolled)])];
    let seen = Scene::new(script).run_words(&["import", &files.path("users.oath")]);
    assert_eq!(sent(&seen)[1].1.len(), 1);
    assert!(seen.out.contains("alice  OATH token  already there"), "{}", seen.out);
    let all = both(&DeviceVerdict::AlreadyThere);
    let seen = Scene::new([all]).run_words(&["import", &files.path("users.oath")]);
    assert!(seen.out.contains("Nothing is left to import."), "{}", seen.out);
}

const GOOGLE: &str = "XRWYRHZFUWQF55DG47O7WI4QPI\n\" TOTP_AUTH\n26216815\n17170214\n";

#[test]
fn files_that_do_not_say_their_user_are_given_one() {
    let files = Files::new(&[("one", GOOGLE), ("two", GOOGLE)]);
    let (one, two) = (files.path("one"), files.path("two"));
    let seen = Scene::new([]).run_words(&["import", &one]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("USER=FILE"), "{}", seen.errors);

    let script = [both(&DeviceVerdict::Enrolled)];
    let (one, two) = (format!("alice={one}"), format!("bob={two}"));
    let seen = Scene::new(script).run_words(&["import", "--dry-run", &one, &two]);
    let users: Vec<_> = sent(&seen)[0].1.iter().map(|item| item.user.clone()).collect();
    assert_eq!(users, ["alice", "bob"]);
    assert!(seen.out.contains("secret that two users share"), "{}", seen.out);

    let users = ["alice", "bob", "alice"].map(|user| result(user, DeviceVerdict::Enrolled));
    let seen =
        Scene::new([said(users.to_vec())]).run_words(&["import", "--dry-run", &one, &two, &one]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("for the same user"), "{}", seen.errors);
}

#[test]
fn several_devices_of_a_user_get_names_of_their_own() {
    let text = "otpauth://totp/alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mail\notpauth://totp/alice?secret=MEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mail\n";
    let files = Files::new(&[("uris", text)]);
    let seen = Scene::new([both(&DeviceVerdict::Enrolled)]).run_words(&[
        "import",
        "--dry-run",
        &files.path("uris"),
    ]);
    let labels: Vec<_> = sent(&seen)[0].1.iter().map(|item| item.label.clone()).collect();
    assert_eq!(labels, ["Mail", "Mail 2"]);
    let seen = Scene::new([both(&DeviceVerdict::Enrolled)]).run_words(&[
        "import",
        "--dry-run",
        "--user",
        "carol",
        "--name",
        "Old",
        &files.path("uris"),
    ]);
    let named: Vec<_> =
        sent(&seen)[0].1.iter().map(|item| (item.user.clone(), item.label.clone())).collect();
    assert_eq!(named, [("carol".into(), "Old".into()), ("carol".into(), "Old 2".into())]);
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let files = Files::new(&[("x", "GEZDGNBVGY3TQOJQ\n"), ("none", "# nothing\n")]);
    let seen = Scene::new([]).run_words(&["import", &files.path("x")]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("--format"), "{}", seen.errors);
    let empty = ["import", "--format", "pam-oath", &files.path("none")];
    assert!(Scene::new([]).run_words(&empty).errors.contains("nothing to import"));
    let missing = Scene::new([]).run_words(&["import", &files.path("missing")]);
    assert_eq!(missing.exit, Exit::Usage);
    let both = Scene::new([]).run_words(&["import", "--user", "bob", "alice=x"]);
    assert!(both.errors.contains("not both"), "{}", both.errors);
    let twice = Scene::new([]).run_words(&["import", "-", "--key-file", "-"]);
    assert!(twice.errors.contains("once only"), "{}", twice.errors);
}

#[test]
fn the_documents_are_as_documented() {
    let files = Files::new(&[("google", GOOGLE)]);
    let codes = vec![DeviceResult {
        scratch_codes: ScratchCodes::Enrolled,
        ..result("alice", DeviceVerdict::Enrolled)
    }];
    let file = format!("alice={}", files.path("google"));
    let mut seen =
        Scene::new([said(codes.clone()), said(codes)]).run_words(&["import", "--json", &file]);
    seen.out = files.short(&seen.out);
    seen.assert_documented("import");

    let files = Files::new(&[("users.csv", CSV)]);
    let checked =
        done(Outcome::Imported(Imported::Checked(vec![RowVerdict::New, RowVerdict::Exists])));
    let hashed = done(Outcome::Imported(Imported::Hashed(vec![Some(Secret::new(b"$argon2id$1"))])));
    let committed = done(Outcome::Imported(Imported::Committed));
    let words = ["user", "import", "--skip-existing", "--json", &files.path("users.csv")];
    Scene::new([checked, tried(vec![]), hashed, committed])
        .run_words(&words)
        .assert_documented("user import");
}

const CSV: &str = "name,mail,password\nalice,alice@example.org,secret\nbob,,\n";

fn tried(refused: Vec<(u32, RowFault)>) -> Step {
    done(Outcome::Imported(Imported::Tried(refused)))
}

/// A dry run fails as the run would.
#[test]
fn rows_that_are_in_each_others_way_are_told_before_anything_is_done() {
    let files = Files::new(&[("users.csv", CSV)]);
    let file = files.path("users.csv");
    for words in [&["user", "import", "--dry-run", &file][..], &["user", "import", &file]] {
        let clash = Clash::Uid { uid: 7, user: "alice".into() };
        let script = [
            checked(vec![RowVerdict::New, RowVerdict::New]),
            tried(vec![(1, RowFault::Clash(clash))]),
        ];
        let seen = Scene::new(script).run_words(words);
        assert_eq!((seen.exit, seen.out.as_str()), (Exit::Invalid, ""));
        let errors = files.short(&seen.errors);
        assert!(errors.starts_with("users.csv:3: bob: uid 7 is alice's"), "{errors}");
        let Some(Command::Import(Import::Users { step: UserStep::Try, rows })) =
            seen.commands().pop()
        else {
            panic!("{:?}", seen.requests)
        };
        let is_bare = |row: &UserEntry| row.password == RowPassword::None;
        assert!(rows.len() == 2 && rows.iter().all(is_bare), "passwords stay here");
    }
}

fn checked(verdicts: Vec<RowVerdict>) -> Step {
    done(Outcome::Imported(Imported::Checked(verdicts)))
}

#[test]
fn users_are_checked_hashed_and_added_at_once() {
    let files = Files::new(&[("users.csv", CSV)]);
    let hash = Secret::new(b"$argon2id$1");
    let hashed = done(Outcome::Imported(Imported::Hashed(vec![Some(hash.clone())])));
    let script = [
        checked(vec![RowVerdict::New, RowVerdict::New]),
        tried(vec![]),
        hashed,
        done(Outcome::Imported(Imported::Committed)),
    ];
    let seen = Scene::new(script).run_words(&["user", "import", &files.path("users.csv")]);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    let Some(Command::Import(Import::Users { step: UserStep::Commit, rows })) =
        seen.commands().pop()
    else {
        panic!("{:?}", seen.requests)
    };
    let row = |name: &str, mail: Option<&str>, password| UserEntry {
        name: name.into(),
        mail: mail.map(str::to_owned),
        password,
        disabled: false,
        expires: None,
        posix: PosixWish::default(),
    };
    let expected = [
        row("alice", Some("alice@example.org"), RowPassword::Hash(hash)),
        row("bob", None, RowPassword::None),
    ];
    assert_eq!(rows, expected);
    assert!(
        seen.out.contains("bob                       added, without a password"),
        "{}",
        seen.out
    );
    assert!(!seen.out.contains("secret") && !seen.errors.contains("secret"));
}

#[test]
fn users_who_are_there_are_errors_unless_they_are_to_be_left_out() {
    let files = Files::new(&[("users.csv", CSV)]);
    let file = files.path("users.csv");
    let verdicts = vec![RowVerdict::Exists, RowVerdict::Refused(Unfit::Mail.into())];
    let seen = Scene::new([checked(verdicts)]).run_words(&["user", "import", &file]);
    assert_eq!((seen.exit, seen.out.as_str()), (Exit::Invalid, ""));
    let errors = files.short(&seen.errors);
    assert!(errors.starts_with("users.csv:2: alice: a user has this name"), "{errors}");
    assert!(errors.contains("users.csv:3: bob: the mail address is empty, too long"), "{errors}");
    let verdicts = vec![RowVerdict::Exists, RowVerdict::Exists];
    let words = ["user", "import", "--skip-existing", &file];
    let seen = Scene::new([checked(verdicts)]).run_words(&words);
    assert!(seen.out.contains("0 users added."), "{}", seen.out);
}

#[test]
fn a_name_that_comes_twice_is_told_with_both_lines() {
    let text = "name,mail\nalice,a@x\nbob,ALICE\nALICE,\n";
    let files = Files::new(&[("users.csv", text)]);
    let all = checked(vec![RowVerdict::New, RowVerdict::New, RowVerdict::New]);
    let seen = Scene::new([all]).run_words(&["user", "import", &files.path("users.csv")]);
    let errors = files.short(&seen.errors);
    assert!(errors.contains("users.csv:3: ALICE stands in line 2"), "{errors}");
    assert!(errors.contains("users.csv:4: ALICE stands in line 3"), "{errors}");
}
