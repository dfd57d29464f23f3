//! Somebody who can write entries, but has no key, changes what stands there.

use monk_core::factors::backup_codes::SpentCodes;

use super::*;
use crate::audit;

impl Alice {
    /// What is stored, with a register of all of it: so tests put records there as they like.
    pub(super) fn set(&self) -> CredentialSet {
        let keys = self.keys.get().expect("a bench gives alice its keys");
        let author = Author { user: "u1", keys };
        let credentials = self.credentials.lock().unwrap().clone();
        let all = Change { add_credentials: credentials, ..Change::default() };
        let all = CredentialSet::default().planned(all, 1, author, &mut SystemRandom);
        let Change { add_credentials: credentials, add_uses: mut uses, .. } = all.unwrap();
        uses.extend(self.uses.lock().unwrap().iter().cloned());
        CredentialSet::parse(
            author,
            credentials.iter().map(String::as_bytes),
            uses.iter().map(String::as_bytes),
        )
    }
}

impl Bench {
    /// Who writes alice's records.
    pub(super) fn author(&self) -> Author<'_> {
        Author { user: "u1", keys: &self.engine.keys }
    }

    /// Enrols something, which need not make sense.
    pub(super) fn enrol(&self, credential: &Credential) {
        let record = credential.to_record(self.author());
        self.alice.credentials.lock().unwrap().push(record);
    }
}

/// What became of a login, and the line that the audit has of it.
async fn audited(bench: &Bench, typed: &str) -> (Ending, String) {
    let login = Login { service: "sshd".into(), ..login("alice", Some(typed)) };
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut Answers::default()).await;
    let line = audit::Line {
        event: "login",
        user: "alice",
        service: "sshd",
        by: None,
        address: None,
        terminal: None,
        ending: &verdict.ending,
        credential: verdict.credential.as_ref().map(CredentialId::as_str),
        password: verdict.advice,
        how: None,
        would: None,
        took: Duration::ZERO,
    };
    let line = line.to_string();
    (verdict.ending, line)
}

#[tokio::test]
async fn an_app_password_opens_no_more_than_it_was_made_for_and_for_no_longer() {
    let ended = clock::now() - 5;
    for (expires, from, to) in [
        (None, "[\"imap\"]".to_owned(), "[\"*\"]"),
        (Some(ended), format!(",\"expires\":{ended}"), ""),
        (None, "\"Mail\"".to_owned(), "\"Other\""),
    ] {
        let bench = Bench::new("");
        let (credential, password) = bench.new_app_password(&["imap"], expires);
        let typed = password.shown();
        let record = credential.to_record(bench.author());
        let rewritten = record.replace(&from, to);
        assert_ne!(rewritten, record);
        bench.alice.credentials.lock().unwrap().push(rewritten);
        for service in ["imap", "sshd"] {
            let login = Login { service: service.into(), ..login("alice", Some(&typed)) };
            let (ending, ..) = bench.login_as(ROOT, &login, &[]).await;
            assert!(matches!(ending, Ending::Refused(_)), "{service}: {ending:?}");
        }
        // The device beside it goes on.
        let code = bench.code();
        let ending = bench.login("alice", &format!("secret;{code}")).await;
        assert_eq!(ending, Ending::Granted(Grant::Totp));
    }
}

#[tokio::test]
async fn a_waiting_device_is_not_made_active_by_an_editor() {
    let bench = Bench::new("[policy]\nmfa = \"when-enrolled\"\n");
    let new = NewDevice { user: "u1", label: "New", parameters: Parameters::default(), now: 5 };
    let (waiting, seed) = enrol::device(&new, &bench.engine.keys, &mut SystemRandom);
    let record = waiting.to_record(bench.author()).replace(",\"pending\":true", "");
    *bench.alice.credentials.lock().unwrap() = vec![record];
    let used = Use::new(waiting.id, 5, Step::at(1)).to_record(bench.author());
    *bench.alice.uses.lock().unwrap() = vec![used];
    let code = seed.code_at(Parameters::default(), clock::now());
    let ending = bench.login("alice", &format!("secret;{code}")).await;
    assert_eq!(ending, refused(Refusal::UnusableFactor));
    assert_eq!(bench.login("alice", "secret").await, refused(Refusal::CodeMissing));
}

#[tokio::test]
async fn a_step_that_was_set_back_makes_no_code_good_again() {
    let bench = Bench::new("");
    let typed = format!("secret;{}", bench.code());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::Totp));
    let used = bench.alice.uses.lock().unwrap()[0].clone();
    let (before, after) = used.split_once("\"step\":").unwrap();
    let rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
    *bench.alice.uses.lock().unwrap() = vec![format!("{before}\"step\":0{rest}")];
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::UnusableFactor));
    *bench.alice.uses.lock().unwrap() = vec![used];
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
}

#[tokio::test]
async fn records_of_another_user_are_nobodys() {
    let bench = Bench::new("[policy]\nmfa = \"when-enrolled\"\n");
    let of_bob = Author { user: "u2", ..bench.author() };
    let (credential, password) = bench.new_app_password(&["imap"], None);
    let typed = password.shown();
    *bench.alice.credentials.lock().unwrap() = vec![credential.to_record(of_bob)];
    bench.alice.uses.lock().unwrap().clear();
    assert!(matches!(bench.login("alice", &typed).await, Ending::Refused(_)));
    // And they do not look as if there were none.
    assert_eq!(bench.login("alice", "secret").await, refused(Refusal::CodeMissing));
}

/// Neither by hand nor by somebody with the key: what is no id never reaches the audit.
#[tokio::test]
async fn the_id_of_a_credential_forges_no_line() {
    let bench = Bench::new("");
    let (credential, password) = bench.new_app_password(&["imap"], None);
    let typed = password.shown();
    let record = credential.to_record(bench.author());
    let evil = record.replace(credential.id.as_str(), "x\\nlogin user=root verdict=granted");
    assert_ne!(evil, record);
    bench.alice.credentials.lock().unwrap().push(evil);
    let (ending, line) = audited(&bench, &typed).await;
    assert!(matches!(ending, Ending::Refused(_)), "{ending:?}");
    assert!(!line.contains('\n') && !line.contains("user=root"), "{line}");
}

#[tokio::test]
async fn a_spent_backup_code_is_not_made_good_again() {
    let bench = Bench::new("");
    let (set, codes) = enrol::backup_codes("u1", 5, &bench.engine.keys, &mut SystemRandom);
    bench.enrol(&set);
    let used = Use::new(set.id.clone(), 5, SpentCodes::default());
    bench.alice.uses.lock().unwrap().push(used.to_record(bench.author()));
    let typed = format!("secret;{}", codes[0].as_str());
    assert_eq!(bench.login("alice", &typed).await, Ending::Granted(Grant::BackupCode));
    for (from, to) in [("\"codes\":[0]", "\"codes\":[]"), ("\"codes\":[0]", "\"codes\":[5]")] {
        let uses = bench.alice.uses.lock().unwrap().clone();
        let edited: Vec<_> = uses.iter().map(|used| used.replace(from, to)).collect();
        assert_ne!(edited, uses);
        *bench.alice.uses.lock().unwrap() = edited;
        assert_eq!(bench.login("alice", &typed).await, refused(Refusal::UnusableFactor));
        *bench.alice.uses.lock().unwrap() = uses;
    }
    assert_eq!(bench.login("alice", &typed).await, refused(Refusal::ReplayedCode));
}
