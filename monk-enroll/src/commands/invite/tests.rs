use monk_terms::account_state::AccountState;
use monk_terms::delivery::Delivery;
use monk_wire::manage::{
    Command, Failure, InvitationMail, InvitationMailed, InvitationState, Invited, MailFailure,
    Outcome, Part, Repeat, UserRow,
};
use monk_wire::{Request, Secret};

use super::*;
use crate::commands::list::tests::row;
use crate::scripted::{Scene, Seen, Step, done, failed, part};

fn invited(link: Option<&str>, mail: Option<InvitationMail>) -> Step {
    done(Outcome::Invited(Invited {
        code: Secret::new(b"k3tn-p7wq-2mzx"),
        link: link.map(|link| Secret::new(link.as_bytes())),
        expires: 1_795_284_000,
        removed: 0,
        mail,
    }))
}

const LINK: &str = "https://login.example.org/invitation#user=alice&code=k3tn-p7wq-2mzx";

#[test]
fn an_invitation_shows_code_link_and_end() {
    let seen = Scene::new([invited(Some(LINK), None)]).run("invite alice --days 3");
    let invitation = Invitation { seconds: 3 * DAY, ..Invitation::default() };
    assert_eq!(seen.commands(), [Command::Invite(invitation)]);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    let first = format!("alice: k3tn-p7wq-2mzx, good until 2026-11-21 18:00 UTC\n    {LINK}\n");
    assert!(seen.out.starts_with(&first), "{}", seen.out);
}

#[test]
fn what_was_sent_is_not_shown_and_what_was_not_is() {
    let sent = InvitationMail::Sent { address: "alice@example.org".into() };
    let seen = Scene::new([invited(Some(LINK), Some(sent))]).run("invite alice --mail");
    assert_eq!(seen.out, "alice: sent to alice@example.org, good until 2026-11-21 18:00 UTC\n");
    let not = InvitationMail::NotSent(MailFailure::Timeout);
    let seen = Scene::new([invited(None, Some(not))]).run("invite alice --mail");
    assert_eq!(seen.exit, Exit::Unavailable);
    assert!(seen.out.contains("k3tn-p7wq-2mzx") && seen.errors.contains("not sent"));
}

#[test]
fn one_who_has_a_second_factor_keeps_nobody_else_from_an_invitation() {
    let has = || failed(Failure::HasSecondFactor { user: "bob".into() });
    let seen = Scene::new([has(), invited(None, None)]).run("invite bob alice");
    assert_eq!(seen.exit, Exit::Exists);
    assert!(seen.errors.starts_with("monk-enroll: bob: "), "{}", seen.errors);
    assert!(seen.out.starts_with("alice: k3tn"), "{}", seen.out);
    let json = Scene::new([invited(Some(LINK), None), has()]).run("--json invite alice bob");
    json.assert_documented("invite");
}

#[test]
fn a_group_is_those_of_it_without_a_second_factor() {
    let rows = || part(Part::Users(vec![row("alice", AccountState::Enabled, false)]));
    let listed = done(Outcome::Listed { rows: 1, users: 2 });
    let seen = Scene::new([rows(), listed, invited(None, None)]).run("invite --group staff");
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    assert!(seen.out.starts_with("alice: k3tn"), "{}", seen.out);
}

#[test]
fn a_reset_is_asked_for() {
    let seen = Scene::new([]).answers(["n"]).run("invite --reset alice");
    assert_eq!(seen.exit, Exit::Cancelled);
}

fn state(became: Delivery) -> InvitationState {
    let to = "a…@example.org".to_owned();
    let mail = Some(InvitationMailed { to, at: 1, became });
    InvitationState { first: 1, expires: u64::MAX, reminders: 0, mail }
}

fn with(name: &str, became: Delivery) -> UserRow {
    UserRow { invitation: Some(state(became)), ..row(name, AccountState::Enabled, false) }
}

fn sent() -> Step {
    invited(None, Some(InvitationMail::Sent { address: "a@example.org".into() }))
}

fn not_sent(failure: MailFailure) -> Step {
    invited(None, Some(InvitationMail::NotSent(failure)))
}

/// A script that begins with a list of these users.
fn of_list(rows: Vec<UserRow>, more: impl IntoIterator<Item = Step>) -> Scene {
    let count = rows.len() as u64;
    let listed = done(Outcome::Listed { rows: count, users: count });
    Scene::new([part(Part::Users(rows)), listed].into_iter().chain(more))
}

fn names(seen: &Seen) -> Vec<&str> {
    seen.requests
        .iter()
        .filter_map(|request| match request {
            Request::Manage(manage) if !manage.user.is_empty() => Some(&*manage.user),
            _ => None,
        })
        .collect()
}

#[test]
fn a_wave_ends_after_so_many_and_leaves_out_who_has_an_invitation() {
    let rows = vec![
        with("a", Delivery::Sent),
        with("b", Delivery::Later),
        row("c", AccountState::Enabled, false),
        row("d", AccountState::Enabled, false),
    ];
    let kept = done(Outcome::InvitationKept(Some(state(Delivery::Sent))));
    let seen =
        of_list(rows, [sent(), kept, sent()]).run("invite --without-second-factor --mail --wave 2");
    assert_eq!((seen.exit, names(&seen)), (Exit::Done, vec!["b", "c", "d"]), "{}", seen.errors);
    let Command::Invite(first) = seen.commands()[1].clone() else { panic!("an invitation") };
    assert_eq!(first.repeat, Repeat::Missing);
    let summary = "Invited: 2. Left out: 0. Keep their invitation: 1.\n";
    assert!(seen.out.ends_with(summary), "{}", seen.out);
    let rows = ["c", "d"].map(|name| row(name, AccountState::Enabled, false)).to_vec();
    let seen = of_list(rows, [sent()]).run("invite --group staff --mail --wave 1");
    assert!(seen.out.contains("Still to come: 1. Run the same command again."), "{}", seen.out);
}

#[test]
fn who_is_to_wait_is_tried_again_and_a_refused_address_is_left_out() {
    let rows = ["a", "b", "c"].map(|name| row(name, AccountState::Enabled, false)).to_vec();
    let later = not_sent(MailFailure::Deferred("451".into()));
    let refused = not_sent(MailFailure::Recipient("550 nobody".into()));
    let seen = of_list(rows, [later, refused, sent(), sent()])
        .run("--json invite --without-second-factor --mail");
    assert_eq!(names(&seen), ["a", "b", "c", "a"]);
    let said: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!(said["left_out"][0]["user"], "b");
    assert_eq!((&said["left"], &said["stopped"]), (&0.into(), &serde_json::Value::Null));
    assert_eq!(said["invited"][1]["user"], "a");
}

#[test]
fn a_round_ends_where_the_mail_server_takes_nothing_or_nobody_can_be_invited() {
    let names_of = |count: usize| {
        let row = |n: usize| row(&format!("u{n}"), AccountState::Enabled, false);
        (0..count).map(row).collect::<Vec<_>>()
    };
    let down = || not_sent(MailFailure::Unreachable("refused".into()));
    let seen = of_list(names_of(9), [down(), down(), down()])
        .run("--json invite --without-second-factor --mail");
    assert_eq!(seen.exit, Exit::Unavailable);
    let said: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!(said["left"], 9, "{said}");
    assert!(!seen.out.contains("k3tn"), "a code that is replaced is not shown");
    let closed = || failed(Failure::MailboxNeedsCode { service: "imap".into() });
    let seen = of_list(names_of(9), [closed(), closed(), closed()])
        .run("invite --without-second-factor --mail");
    assert_eq!((seen.exit, names(&seen).len()), (Exit::Invalid, 3), "{}", seen.errors);
}

#[test]
fn a_reminder_is_for_those_who_were_invited() {
    let rows = vec![with("a", Delivery::Sent), row("b", AccountState::Enabled, false)];
    let seen = of_list(rows, [sent()]).run("invite --remind --older-than-days 3 --mail");
    assert_eq!(names(&seen), ["a"]);
    let Command::Invite(reminder) = seen.commands()[1].clone() else { panic!("an invitation") };
    assert_eq!(reminder.repeat, Repeat::Remind { after: 3 * DAY });
    assert!(seen.out.contains("Reminded: 1."), "{}", seen.out);
}
