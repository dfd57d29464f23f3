//! Generated logins under one policy, replayed from what their lines say against another one, and then carried out
//! under that.

use std::collections::BTreeMap;

use monk_terms::how::{How, Second};
use monk_wire::manage::{
    Command, Failure, Outcome, PastEnd, PastEvent, PastLogin, Prospect, Replay, Replayed,
};

use super::generated::{Attempt, LOGINS, Numbers, OnScreen, Stage, any_pair};
use super::*;
use crate::manage;

/// How many answers may be unknown, in a hundred of those logins whose password was looked at. They are those in which
/// the other policy has a password checked that the first one left to another module, or needs a code that nobody
/// looked at. The pairs of policies are drawn, so most are further apart than a policy and its next version: of 10,864
/// logins, 30 in a hundred were unknown.
const MOST_UNKNOWN: usize = 35;

/// A login as its line tells of it, if a replay asks about it.
fn past(attempt: Attempt, verdict: &Verdict) -> Option<PastLogin> {
    if !verdict.depends_on_policy() {
        return None;
    }
    let (word, reason) = verdict.ending.words();
    let granted = || Grant::of_word(&reason).map(PastEnd::Granted);
    let refused = || Refusal::of_word(&reason).map(PastEnd::Refused);
    let end = if word == "granted" { granted() } else { refused() };
    Some(PastLogin {
        event: PastEvent::Login,
        user: attempt.user.into(),
        service: attempt.service.into(),
        address: Some(Stage::address(attempt)),
        end: end.expect("a word of the audit"),
        credential: verdict.credential.as_ref().map(|id| id.as_str().to_owned()),
        how: verdict.how.and_then(|how| How::of_word(&how.to_string())),
    })
}

/// What the engine says of it under other settings. Nothing that it has is changed by that.
async fn prospect(stage: &Stage, settings: &str, past: PastLogin) -> Prospect {
    let bench = &stage.bench;
    let state = || (bench.counts(), bench.alice.uses.lock().unwrap().clone());
    let before = (state(), bench.slowed().await.len());
    let asked = Replay { settings: settings.to_owned(), logins: vec![past] };
    let command = Command::Replay(Box::new(asked));
    let outcome = manage::carry_out(&bench.engine, ROOT, String::new(), command, soon()).await;
    assert_eq!((state(), bench.slowed().await.len()), before);
    match outcome {
        Ok(Outcome::Replayed(Replayed { prospects, .. })) => prospects[0],
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_logins_end_under_another_policy_as_the_replay_of_their_lines_said() {
    end_as_replayed(30).await;
}

mod thorough {
    /// Ten minutes: `cargo nextest run -p monkd --lib --ignore-default-filter --success-output final replay_of_10_000`.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_replay_of_10_000_lines_says_how_their_logins_end() {
        assert!(super::end_as_replayed(950).await >= 10_000);
    }
}

/// Compares logins under so many pairs of policies. How many were replayed.
async fn end_as_replayed(pairs: usize) -> usize {
    let mut numbers = Numbers(20_261_129);
    let mut told = Told::default();
    let mut number = 0;
    for _ in 0..pairs {
        let service = numbers.one(&["imap", "sshd"]);
        let (settings, remembers_later) = any_pair(&mut numbers, service);
        let group = numbers.one(&[None, Some("staff"), Some("board")]);
        let [today, _, other] = &settings;
        let (today, enforced) = (Stage::set(today, group), Stage::set(other, group));
        for _ in 0..LOGINS {
            number += 1;
            let attempt = Attempt::any(&mut numbers, number, service);
            for stage in [&today, &enforced] {
                stage.prepare(attempt).await;
            }
            for round in 0..2 {
                let (verdict, _) = today.verdict(attempt).await;
                // Others are refused for what was typed: nobody asks about them.
                let Some(past) = past(attempt, &verdict) else { break };
                let prospect = prospect(&today, other, past).await;
                // Users who have no device press Enter at a screen that they did not see before, as it tells them. One
                // that follows a refusal tells nothing.
                let seen = [Second::Screen, Second::Enter, Second::Again];
                let has_screen = verdict.how.is_some_and(|how| seen.contains(&how.second));
                let answer = match attempt.answer {
                    _ if prospect.then == Forecast::AsksForCode => OnScreen::RightCode,
                    _ if !has_screen && !attempt.is_enrolled => OnScreen::Nothing,
                    answer => answer,
                };
                let (real, shown) = enforced.verdict(Attempt { answer, ..attempt }).await;
                let how = verdict.how;
                let what = format!("{attempt:?}, round {round}, {how:?}\n{}", settings[1]);
                told.compare(prospect, &verdict.ending, (&real.ending, shown), &what);
                // What was let in once comes again in the same words: a code is used then, or remembered.
                let is_let_in = matches!(real.ending, Ending::Granted(_));
                let goes_on = attempt.is_repeated && verdict.ending == real.ending && is_let_in;
                if !goes_on || remembers_later {
                    break;
                }
            }
        }
    }
    told.check();
    #[expect(clippy::print_stdout, reason = "the figures of the documentation")]
    {
        println!("{number} logins, {} replayed, {:?}", told.replayed, told.words);
        println!("not told: {} of {} whose password was looked at", told.unknown, told.looked_at);
        println!("and {} of those who were let in", told.unsure);
    }
    told.replayed
}

/// What replays have said.
#[derive(Default)]
struct Told {
    words: BTreeMap<&'static str, usize>,
    replayed: usize,
    /// Those whose password was looked at.
    looked_at: usize,
    /// Unknown of these.
    unknown: usize,
    /// Unknown of a login that was let in.
    unsure: usize,
}

impl Told {
    /// Compares an answer with what became of the login, under the first policy and under the other one.
    fn compare(
        &mut self,
        prospect: Prospect,
        was: &Ending,
        (real, shown): (&Ending, bool),
        what: &str,
    ) {
        let Prospect { now, then } = prospect;
        let is_let_in = matches!(real, Ending::Granted(_));
        let agrees = match then {
            Forecast::Granted => is_let_in,
            Forecast::AsksForCode => shown && is_let_in,
            Forecast::Refused(refusal) => *real == refused(refusal),
            Forecast::Unknown => true,
        };
        assert!(agrees, "replayed {then:?}, and it is {real:?}, was {was:?}: {what}");
        let is_the_same = match (now, was) {
            (Forecast::Granted, Ending::Granted(_)) => true,
            (Forecast::Refused(now), Ending::Refused(was)) => now == *was,
            (now, _) => now == Forecast::Unknown,
        };
        assert!(is_the_same, "replayed {now:?}, and it was {was:?}: {what}");
        let is_unknown = then == Forecast::Unknown;
        let is_unlooked_at = *was == refused(Refusal::AppPasswordNeeded);
        *self.words.entry(then.as_str()).or_default() += 1;
        self.replayed += 1;
        self.looked_at += usize::from(!is_unlooked_at);
        self.unknown += usize::from(is_unknown && !is_unlooked_at);
        self.unsure += usize::from(is_unknown && matches!(was, Ending::Granted(_)));
    }

    /// Whether they have said enough.
    fn check(&self) {
        let Self { words, looked_at, unknown, .. } = self;
        assert!(unknown * 100 < looked_at * MOST_UNKNOWN, "{unknown} of {looked_at}: {words:?}");
        for word in ["granted", "asks-for-code", "code-missing", "not-enrolled", "not-in-group"] {
            assert!(words.contains_key(word), "{word}: {words:?}");
        }
    }
}

/// A login of alice's at sshd, as a line tells of it.
fn line(end: PastEnd, how: &str) -> PastLogin {
    PastLogin {
        event: PastEvent::Login,
        user: "alice".into(),
        service: "sshd".into(),
        address: Some("192.0.2.7".into()),
        end,
        credential: Some("54a1961a2235a49c".into()),
        how: How::of_word(how),
    }
}

#[tokio::test]
async fn what_the_generated_logins_have_not_is_replayed_as_well() {
    let stage = Stage::set("", Some("staff"));
    let granted = |grant, how| line(PastEnd::Granted(grant), how);
    let missing = line(PastEnd::Refused(Refusal::CodeMissing), "string+again");
    let missing = PastLogin { credential: None, ..missing };
    let key =
        PastLogin { event: PastEvent::Account, ..granted(Grant::CheckedElsewhere, "nothing") };
    let old = PastLogin { how: None, ..granted(Grant::Totp, "string") };
    let gone = granted(Grant::AppPassword, "string");
    let nobody = PastLogin { user: "bob".into(), ..granted(Grant::Totp, "string+code") };
    let portal = "[portal]\norigin = \"https://monk.example.org\"\n";
    let no = Forecast::Refused;
    for (past, policy, then) in [
        (granted(Grant::PortalTicket, "string"), "portal_ticket = \"allowed\"", Forecast::Granted),
        (granted(Grant::PortalTicket, "string"), "", no(Refusal::TicketNotAllowed)),
        (
            granted(Grant::Approval, "asked+enter"),
            "portal_approval = \"never\"",
            Forecast::AsksForCode,
        ),
        (granted(Grant::Totp, "asked+screen"), "prompt = \"never\"", no(Refusal::CodeMissing)),
        (granted(Grant::Totp, "nothing+key+elsewhere+screen"), "", Forecast::Unknown),
        (granted(Grant::Remembered, "string+code"), "", no(Refusal::ReplayedCode)),
        (granted(Grant::Remembered, "string+code"), "remember_minutes = 5", Forecast::Unknown),
        (granted(Grant::Password, "string+unprivileged"), "mfa = \"off\"", Forecast::Granted),
        (
            granted(Grant::Password, "string+unprivileged"),
            "trusted_networks = [\"192.0.2.0/24\"]",
            Forecast::AsksForCode,
        ),
        (missing.clone(), "mfa = \"off\"", Forecast::Granted),
        (missing, "", no(Refusal::CodeMissing)),
        (key.clone(), "groups = [\"board\"]", no(Refusal::NotInGroup)),
        (key, "groups = [\"staff\"]", Forecast::Granted),
        (old, "", Forecast::Unknown),
        (gone, "", Forecast::Unknown),
        (nobody, "", no(Refusal::UnknownUser)),
    ] {
        let settings = format!("{portal}[service.sshd]\n{policy}\n");
        assert_eq!(prospect(&stage, &settings, past.clone()).await.then, then, "{policy} {past:?}");
    }
}

#[tokio::test]
async fn settings_that_are_wrong_are_refused_with_their_line_and_what_is_left_out_is_named() {
    let bench = Bench::new("");
    let replayed = async |settings: &str| {
        let asked = Replay { settings: settings.to_owned(), logins: Vec::new() };
        let command = Command::Replay(Box::new(asked));
        manage::carry_out(&bench.engine, ROOT, String::new(), command, soon()).await
    };
    let wrong = replayed("[policy]\n\nmfaa = \"off\"\n").await;
    let why = "line 3: unknown key `mfaa`: did you mean `mfa`?".to_owned();
    assert_eq!(wrong, Err(Failure::SettingsWrong { why }));
    let told = replayed("[policy]\nmfa = \"off\"\n[throttle]\nfree = 9\n").await;
    let Ok(Outcome::Replayed(Replayed { left_out, .. })) = told else { panic!("{told:?}") };
    assert!(left_out.contains(&"throttle".to_owned()), "{left_out:?}");
    assert!(!left_out.iter().any(|one| one == "policy"), "{left_out:?}");
}
