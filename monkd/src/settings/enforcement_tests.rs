use monk_core::policy::PasswordCheck;

use super::*;

/// The beginning of 2027-01-15 and of 2027-02-01.
const JANUARY: u64 = 1_799_971_200;
const FEBRUARY: u64 = 1_801_440_000;

fn settings(text: &str) -> Settings {
    Settings::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

const REPORT: &str = "enforce = \"report\"\nenforce_from = 2027-01-15\n";

#[test]
fn a_section_that_reports_is_enforced_from_the_first_second_of_its_day() {
    let settings = settings(&format!("[policy]\nmfa = \"required\"\n{REPORT}"));
    let before = settings.policies_for("imap", JANUARY - 1);
    assert_eq!(before.today.mfa, Mfa::WhenEnrolled);
    let coming = before.coming.expect("it is to come");
    assert_eq!((coming.policy.mfa, coming.from), (Mfa::Required, JANUARY));
    let Policies { today, coming } = settings.policies_for("imap", JANUARY);
    assert_eq!((today.mfa, coming), (Mfa::Required, None));
}

#[test]
fn a_section_today_says_all_that_differs() {
    let settings = settings(&format!(
        "[service.imap]\npassword = \"app-passwords-only\"\n{REPORT}[service.imap.today]\npassword = \"required\"\n"
    ));
    let Policies { today, coming } = settings.policies_for("IMAP", JANUARY - 1);
    assert_eq!((today.mfa, today.password), (Mfa::Required, PasswordCheck::Required));
    assert_eq!(coming.expect("it is to come").policy.password, PasswordCheck::AppPasswordsOnly);
    assert_eq!(settings.policies_for("pop3", 0).coming, None);
}

#[test]
fn a_service_inherits_what_is_in_force_and_one_that_says_always_what_is_to_come() {
    let settings = settings(&format!(
        "[policy]\n{REPORT}[service.imap]\nprompt = \"never\"\n[service.sudo]\nenforce = \"always\"\n\
         [service.su]\nmfa = \"required\"\n"
    ));
    let mfa = |service| settings.policies_for(service, 0).today.mfa;
    assert_eq!(mfa("imap"), Mfa::WhenEnrolled);
    for service in ["sudo", "su"] {
        let Policies { today, coming } = settings.policies_for(service, 0);
        assert_eq!((today.mfa, coming), (Mfa::Required, None), "{service}");
    }
}

#[test]
fn a_service_has_a_day_of_its_own_and_all_is_in_force_from_the_later_one() {
    let settings = settings(&format!(
        "[policy]\ngroups = [\"staff\"]\n{REPORT}[policy.today]\ngroups = [\"*\"]\n\
         [service.imap]\nmfa = \"required\"\nenforce = \"report\"\nenforce_from = 2027-02-01\n"
    ));
    let at = |now| settings.policies_for("imap", now);
    let of = |policy: &Policy| (policy.mfa, policy.groups.len());
    let before = at(0);
    assert_eq!(of(&before.today), (Mfa::WhenEnrolled, 0));
    let coming = before.coming.expect("it is to come");
    assert_eq!((of(&coming.policy), coming.from), ((Mfa::Required, 1), FEBRUARY));
    assert_eq!(of(&at(JANUARY).today), (Mfa::WhenEnrolled, 1));
    assert_eq!(at(FEBRUARY), Policies { today: coming.policy, coming: None });
}

#[test]
fn what_means_nothing_or_contradicts_itself_is_refused_with_its_section() {
    for (text, start, words) in [
        ("[policy]\nenforce = \"report\"\n", "line 2: [policy]", "needs a day"),
        ("[policy]\nenforce_from = 2027-01-15\n", "line 2: [policy]", "only reports"),
        (
            "[policy]\nenforce = \"report\"\nenforce_from = 2027-01-15T00:00:00Z\n",
            "line 3: [policy]",
            "is a day",
        ),
        ("[service.su.today]\nmfa = \"off\"\n", "[service.su]", "only reports"),
        (
            "[service.imap]\ngroups = [\"staff\"]\nenforce = \"report\"\nenforce_from = 2027-01-15\n",
            "[service.imap]",
            "what differs",
        ),
        (
            "[service.su]\nenforce = \"report\"\nenforce_from = 2027-01-15\n[service.su.today]\n\
             mfa = \"off\"\npassword = \"elsewhere\"\n",
            "line 5: [service.su.today]",
            "checks nothing",
        ),
        (
            "[service.su]\nenforce = \"report\"\nenforce_from = 2027-01-15\nmfa = \"off\"\n\
             password = \"elsewhere\"\n[service.su.today]\nmfa = \"required\"\n",
            "line 4: [service.su]",
            "checks nothing",
        ),
        (
            "[service.su]\nenforce = \"report\"\nenforce_from = 2027-01-15\n[service.su.today]\nenforce = \"always\"\n",
            "line 2: [service.su]",
            "not into today",
        ),
        (
            "[policy]\nenforce = \"report\"\nenforce_from = 2027-01-15\n[policy.today]\ngroups = []\n",
            "line 5: [policy.today]",
            "nobody",
        ),
        (
            "[policy]\nenforce = \"report\"\nenforce_from = 2027-01-15\n[policy.today]\nportal_ticket = \"allowed\"\n",
            "line",
            "in [service.NAME]",
        ),
    ] {
        let message = Settings::parse(text).expect_err(text).to_string();
        assert!(message.contains(start) && message.contains(words), "{text}: {message}");
    }
}

#[test]
fn the_shipped_words_for_its_default_change_nothing() {
    let said = settings("[policy]\nenforce = \"always\"\n");
    assert_eq!(said.policies_for("imap", 0), settings("").policies_for("imap", 0));
}
