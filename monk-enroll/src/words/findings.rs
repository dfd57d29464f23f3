//! What the engine has seen for `doctor`: evidence, and what to do.

use monk_doctor::Finding;
use monk_wire::manage::MailFailure;
use monk_wire::manage::doctor::{Evidence, Kind, Observation, Remedy, Severity};

use super::failures;

/// The finding that an observation is.
pub fn finding(observation: Observation) -> Finding {
    let evidence = evidence(&observation);
    let remedy = remedy(&observation);
    let Observation { id, severity, subject, .. } = observation;
    Finding { id, severity, subject, evidence, remedy }
}

fn evidence(observation: &Observation) -> String {
    match &observation.evidence {
        Evidence::Text(text) => text.clone(),
        Evidence::AsKnown if observation.severity == Severity::Ok => {
            in_order(&observation.id).into()
        }
        Evidence::AsKnown => known(&observation.id).0.to_owned(),
        Evidence::Outage(outage) => outage.to_string(),
        Evidence::Mail(failure) => format!("{failure}; codes cannot be sent"),
        Evidence::Command(failure) => {
            format!("a command of the throw-away user failed: {}", failures::sentence(failure))
        }
        Evidence::WithoutFactor { of, services } => {
            let wanted = match services.as_slice() {
                [first, ..] if first.is_empty() => "[policy]".to_owned(),
                names => format!("[service.{}]", names.join("], [service.")),
            };
            format!(
                "of {}, these have no second factor, which {wanted} always requires",
                users(*of)
            )
        }
        Evidence::KeysUnreadable(why) => {
            format!("{why}; the running engine continues with the keys that it has read")
        }
        Evidence::KeysAmbiguous { why, users } => {
            let counts = users
                .iter()
                .map(|(id, count)| format!("{id} is needed by {}", self::users(*count)));
            format!("{why}; {}", counts.collect::<Vec<_>>().join(", "))
        }
        Evidence::KeyGone { file, users } => format!(
            "the running engine holds it, but {file} does not exist: after a restart, nothing made with it can \
             be read ({})",
            self::users(*users)
        ),
        Evidence::KeyNotRead { folder } => {
            format!("{folder} holds it, but the engine has not read it")
        }
        Evidence::KeyHeld { users: count } => format!("held, and needed by {}", users(*count)),
        Evidence::KeyMissing { users, folder } => {
            format!("{users} have records made with it, but {folder} does not hold it")
        }
        Evidence::KeyUnused { folder } => {
            format!("{folder} holds it, but no record needs it any more")
        }
        Evidence::FirstUsersOnly(count) => {
            format!(
                "the directory lists no more than {count} users with records, and says that it has more"
            )
        }
        Evidence::UsersNotCounted => {
            "the directory does not list all users: users without a factor were not counted".into()
        }
        Evidence::Orphans { gone, is_all } => {
            let more = if *is_all { "" } else { " or more" };
            format!("{}{more} have records and are gone from the directory", users(*gone))
        }
    }
}

/// `1 user`, `3 users`.
fn users(count: usize) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{count} users") }
}

fn remedy(observation: &Observation) -> String {
    match &observation.remedy {
        Remedy::None => String::new(),
        Remedy::Text(text) => text.clone(),
        Remedy::AsKnown => known(&observation.id).1.to_owned(),
        Remedy::CorrectMail { section } => correct_mail(&observation.evidence, section),
        Remedy::RestoreKey { file } => format!(
            "Do not restart or reload monkd. Copy {file} back from a backup or another host of the fleet \
             (owner of the folder, mode 0400). Without a copy, everybody has to enrol again."
        ),
        Remedy::CopyKey { file } => {
            format!("Copy {file} from the host where they enrolled, and reload monkd.")
        }
        Remedy::ChoosePrimary { key, in_settings: true, .. } => {
            format!("Write primary = \"{key}\" under [keys] in monk.toml, and reload monkd.")
        }
        Remedy::ChoosePrimary { key, folder, in_settings: false } => {
            format!("echo {key} > {folder}/primary, and reload monkd.")
        }
        Remedy::RaiseSizeLimit => {
            "Let the server list all entries to monk's account: with OpenLDAP, olcLimits with \
             size.prtotal=unlimited; with 389 Directory Server, nsPagedSizeLimit -1 in its entry. \
             See docs/large.md."
                .to_owned()
        }
        Remedy::RetireKey { key } => {
            format!(
                "monk-enroll key retire {key}, on each host, if all of them see the same records."
            )
        }
        Remedy::TryAsUser => {
            "monk-enroll doctor --as USER, which asks for that user's password".to_owned()
        }
        Remedy::TryAsUserWithAddress => {
            "Run doctor once with --as USER, an ordinary user who has an address.".to_owned()
        }
        Remedy::TryNoUser => "Omit --as: only monk can read the embedded store.".to_owned(),
    }
}

/// Evidence and remedy of findings that are always the same.
fn known(id: &str) -> (&'static str, &'static str) {
    match Kind::with_id(id) {
        Some(Kind::UserRecordAltered) => (
            "a record was altered, removed, put back or copied from another user",
            "See in the log of the directory who wrote it; then have the users enrol again.",
        ),
        Some(Kind::UserRecordUnreadable) => (
            "records that this version cannot read: damaged, or written by another version of monk",
            "Install the newest monk on all hosts; see monk-enroll status USER.",
        ),
        Some(Kind::UserRecordsHidden) => (
            "the entry has monk's object class, but shows no credentials",
            "Let monk's account read them. If they were removed by hand, remove the class too.",
        ),
        Some(Kind::UserUseMissing) => (
            "the record of what was used is missing, so the credential is refused",
            "Find out who removed it (without it, old codes would work again); have the users enrol again.",
        ),
        Some(Kind::UserSecretWeak) => (
            "the secret of a device has less than 80 bits",
            "Enrol the device again: monk-enroll totp add USER",
        ),
        Some(Kind::UserSecretShort) => (
            "the secret of a device has less than 128 bits (RFC 4226 §4)",
            "Enrol the device again at the next opportunity.",
        ),
        Some(Kind::UserAppPasswordExpired) => (
            "an app password has expired",
            "Nothing to do; monk-enroll app-password revoke USER NAME removes it.",
        ),
        Some(Kind::UserPasskeyLost) => (
            "a passkey was made for another host than that of the portal's origin, and signs in no longer",
            "Give origin in [portal] its former host; or have these users add new passkeys.",
        ),
        Some(Kind::UserWithoutFactor) => (
            "users have no second factor, but the policy requires one",
            "Have them enrol (monk-enroll totp add USER), or write mfa = \"when-enrolled\".",
        ),
        Some(Kind::UserListCut) => {
            ("not all users could be checked", "Remove the cause, and run doctor again.")
        }
        Some(Kind::UserRecordsOrphaned) => (
            "records of users who are gone",
            "See monk-enroll credentials orphans; monk-enroll credentials sweep removes them.",
        ),
        Some(Kind::KeyAmbiguous) => (
            "the keys cannot be read",
            "Fix this before you restart monkd, and do not make a new key.",
        ),
        Some(Kind::KeyNotRead) => {
            ("the engine has not read it", "Reload monkd: systemctl reload monk")
        }
        Some(Kind::SelfTestFailed) => (
            "a login of a throw-away user did not end as expected",
            "Reinstall monkd. If that does not help, report this with the version and the machine.",
        ),
        Some(kind) => (kind.meaning(), ""),
        None => ("", ""),
    }
}

/// What was found in order.
fn in_order(id: &str) -> &'static str {
    match Kind::with_id(id) {
        Some(Kind::MailServer) => "the mail server takes monk's mail",
        Some(Kind::SelfTestFailed) => {
            "a throw-away user enrolled and logged in; a wrong password, a wrong code and a spent code were \
             refused"
        }
        Some(Kind::KeyGone) => "the engine holds all keys of the folder",
        Some(Kind::UserWithoutFactor) => "everybody who needs one has one",
        Some(Kind::UserRecordsOrphaned) => "all records belong to users who are there",
        _ => "none",
    }
}

/// What to correct in the settings of mail.
fn correct_mail(evidence: &Evidence, section: &str) -> String {
    match evidence {
        Evidence::Mail(MailFailure::Tls(_) | MailFailure::Unable(_)) => {
            format!("Correct host, ca_file, starttls or ssl in {section}, and reload monkd.")
        }
        Evidence::Mail(MailFailure::Authentication(_)) => format!(
            "Correct username or the password in password_file of {section}, and reload monkd."
        ),
        Evidence::Mail(MailFailure::Rejected(_) | MailFailure::Malformed(_)) => format!(
            "Write an address that the mail server takes as a sender into from in {section}, and reload \
             monkd."
        ),
        _ => format!(
            "Start the mail server, or correct host and port in {section} and reload monkd."
        ),
    }
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::Failure;

    use super::*;

    fn seen(kind: Kind, evidence: impl Into<Evidence>, remedy: impl Into<Remedy>) -> Finding {
        finding(Observation {
            id: kind.id().to_owned(),
            severity: Severity::Warning,
            subject: "alice".to_owned(),
            evidence: evidence.into(),
            remedy: remedy.into(),
        })
    }

    #[test]
    fn what_is_seen_becomes_a_sentence_with_a_command() {
        let without =
            Evidence::WithoutFactor { of: 3, services: vec!["imap".into(), "sshd".into()] };
        let found = seen(Kind::UserWithoutFactor, without, Remedy::AsKnown);
        assert_eq!(
            found.evidence,
            "of 3 users, these have no second factor, which [service.imap], [service.sshd] always requires"
        );
        assert!(found.remedy.contains("monk-enroll totp add USER"), "{found:?}");
        let unused =
            seen(Kind::KeyUnused, "no record needs it", Remedy::RetireKey { key: "00ff".into() });
        assert!(unused.remedy.starts_with("monk-enroll key retire 00ff,"), "{unused:?}");
    }

    #[test]
    fn a_failed_command_of_the_self_test_is_told_in_words() {
        let failed =
            Evidence::Command(Failure::NoSuchUser { user: "doctor".into(), is_caller: false });
        let found = seen(Kind::SelfTestFailed, failed, Remedy::AsKnown);
        assert_eq!(
            found.evidence,
            "a command of the throw-away user failed: the directory has no user \"doctor\""
        );
    }

    #[test]
    fn the_options_that_try_a_user_are_named_here() {
        for (remedy, words) in [
            (Remedy::TryAsUser, "monk-enroll doctor --as USER, which asks"),
            (
                Remedy::TryAsUserWithAddress,
                "Run doctor once with --as USER, an ordinary user who has",
            ),
            (Remedy::TryNoUser, "Omit --as: "),
        ] {
            let found = seen(Kind::LdapUserNotTried, "not tried", remedy);
            assert!(found.remedy.starts_with(words), "{found:?}");
        }
    }

    #[test]
    fn what_to_correct_for_mail_depends_on_what_the_server_did() {
        for (failure, setting) in [
            (MailFailure::Timeout, "host and port"),
            (MailFailure::Tls("bad".into()), "ca_file"),
            (MailFailure::Authentication("535".into()), "password_file"),
            (MailFailure::Rejected("550".into()), "from in [mail]"),
        ] {
            let remedy = Remedy::CorrectMail { section: "[mail]".into() };
            let found = seen(Kind::MailServer, Evidence::Mail(failure), remedy);
            assert!(found.remedy.contains(setting), "{found:?}");
        }
    }

    #[test]
    fn every_fault_of_a_record_has_words_of_its_own() {
        for kind in Kind::ALL.iter().filter(|kind| kind.id().starts_with("user-")) {
            let (evidence, remedy) = known(kind.id());
            assert!(!evidence.is_empty() && !remedy.is_empty(), "{kind:?}");
        }
    }
}
