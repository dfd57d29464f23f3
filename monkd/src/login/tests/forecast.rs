//! A policy that is only reported: what the forecast says is what enforcement does, and the report changes nothing.

mod generated;
mod replayed;

use super::*;
use monk_terms::forecast::Forecast;

/// What is to come from a day that no test lives to see.
const REPORT: &str =
    "[service.imap]\nmfa = \"required\"\nenforce = \"report\"\nenforce_from = 2999-01-01\n";

/// How alice's login ends, and how it would have ended.
async fn told(bench: &Bench, typed: &str) -> (Ending, Option<Forecast>) {
    let mut nobody = Answers::default();
    let login = login("alice", Some(typed));
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut nobody).await;
    (verdict.ending, verdict.forecast)
}

#[tokio::test]
async fn a_policy_that_is_only_reported_lets_in_whom_it_will_refuse_and_says_so() {
    let bench = Bench::new(REPORT);
    bench.alice.credentials.lock().unwrap().clear();
    bench.alice.uses.lock().unwrap().clear();
    let (ending, forecast) = told(&bench, "secret").await;
    assert_eq!(ending, Ending::Granted(Grant::Password));
    assert_eq!(forecast, Some(Forecast::Refused(Refusal::NotEnrolled)));
    assert_eq!(bench.counts(), (1, 0), "the password was checked once");
}

#[tokio::test]
async fn a_service_that_reports_nothing_has_no_forecast() {
    let bench = Bench::new("");
    let typed = format!("secret;{}", bench.code());
    assert_eq!(told(&bench, &typed).await, (Ending::Granted(Grant::Totp), None));
}

#[tokio::test]
async fn a_code_is_spent_once_and_the_forecast_knows_that_it_was_right() {
    let bench = Bench::new(REPORT);
    let typed = format!("secret;{}", bench.code());
    let granted = Some(Forecast::Granted);
    assert_eq!(told(&bench, &typed).await, (Ending::Granted(Grant::Totp), granted));
    assert_eq!(bench.counts(), (1, 1));
    let replayed = Refusal::ReplayedCode;
    let said = (refused(replayed), Some(Forecast::Refused(replayed)));
    assert_eq!(told(&bench, &typed).await, said);
}

#[tokio::test]
async fn a_program_that_shows_no_screen_misses_the_code_and_a_person_would_be_asked_for_it() {
    let today = "today = { mfa = \"off\" }\n";
    for (service, wanted) in
        [("imap", Forecast::Refused(Refusal::CodeMissing)), ("sshd", Forecast::AsksForCode)]
    {
        let settings = format!("{}{today}", REPORT.replace("imap", service));
        let bench = Bench::new(&settings);
        let login = Login { service: service.into(), ..login("alice", Some("secret")) };
        let mut nobody = Answers::default();
        let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut nobody).await;
        assert_eq!(verdict.ending, Ending::Granted(Grant::Password), "{service}");
        assert_eq!((verdict.forecast, nobody.prompts.len()), (Some(wanted), 0), "{service}");
    }
}

#[tokio::test]
async fn groups_that_only_the_coming_policy_names_are_looked_up_for_the_forecast() {
    for (group, wanted) in
        [(None, Forecast::Refused(Refusal::NotInGroup)), (Some("staff"), Forecast::Granted)]
    {
        let settings = format!("{REPORT}groups = [\"staff\"]\ntoday = {{ groups = [\"*\"] }}\n");
        let bench = Bench::with(&settings, Alice { group, ..Alice::default() });
        let typed = format!("secret;{}", bench.code());
        assert_eq!(told(&bench, &typed).await, (Ending::Granted(Grant::Totp), Some(wanted)));
    }
}

#[tokio::test]
async fn a_forecast_that_needs_what_the_login_does_not_tell_is_unknown() {
    let today = "today = { password = \"app-passwords-only\" }\n";
    let bench = Bench::new(&format!("{REPORT}{today}"));
    let (ending, forecast) = told(&bench, "secret").await;
    assert_eq!(ending, refused(Refusal::AppPasswordNeeded));
    assert_eq!(forecast, Some(Forecast::Unknown), "the password was not sent to anybody");
    assert_eq!(bench.counts(), (0, 0));
}

#[test]
fn a_refusal_is_answered_at_its_moment_whatever_a_forecast_would_take() {
    let delay = Duration::from_millis(300);
    let refusal = refused(Refusal::WrongCode);
    let in_time = Instant::now() + Duration::from_millis(200);
    assert!(forecast_time(&refusal, delay, in_time) <= Duration::from_millis(150));
    assert_eq!(forecast_time(&refusal, delay, Instant::now()), Duration::ZERO);
    let granted = Ending::Granted(Grant::Totp);
    assert_eq!(forecast_time(&granted, delay, Instant::now()), crate::login::forecast::LONGEST);
}
