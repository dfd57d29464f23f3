//! Pages for administrators.

use maud::Markup;
use monk_terms::account_state::AccountState;
use monk_terms::verdict::Refusal;
use monk_wire::manage::{InvitationMail, MailFailure};
use monk_wire::portal::invitations::{
    Candidate, LeftOut, MOST_TOLD, Preview, Round, RoundState, Standing,
};
use monk_wire::portal::{NewStart, People, Person, RefusalRow};

use super::super::fixtures::{app_password, overview, phone};
use super::super::invitations::{self, Filled, Who};
use super::super::people as page;
use super::super::people_changes::{self as changes, Mailboxes};
use super::super::proof::Proof;
use super::super::when::When;
use super::super::{Frame, Note};

/// All of them.
pub fn add(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    let person = |state, has_second_factor| Person {
        name: "zebra".to_owned(),
        mail: Some("zebra@example.org".to_owned()),
        state,
        has_second_factor,
        is_invited: !has_second_factor,
    };
    let found = vec![person(AccountState::Enabled, true), person(AccountState::Locked, false)];
    for people in [Some(People { found, is_whole: false }), None] {
        add("people", page::find(frame, "zebra", "zebra", people.as_ref()));
    }
    let refusal = |reason| RefusalRow {
        at: when.seconds() - 60,
        service: "imap".to_owned(),
        address: None,
        reason,
        credential: None,
        detail: None,
    };
    let refusals = [refusal(Refusal::CodeMissing), refusal(Refusal::WrongPasskey)];
    let status = overview(vec![phone(), app_password()]).status;
    add("person", page::person(frame, when, "zebra", &status, &refusals));
    add("person", page::person(frame, when, "zebra", &status, &[]));
    let asked = Proof::PasswordAndCode;
    let (user, own) = (Some("zebra@example.org"), Some("zebra@example.net"));
    for mailboxes in [Mailboxes { user, own }, Mailboxes { user: None, own }, Mailboxes::default()]
    {
        for proof in [asked, Proof::PasskeyOrCode, Proof::Passkey] {
            let reset = changes::reset(frame, "zebra", proof, ("zebra", mailboxes), None);
            add("reset", reset);
        }
    }
    for enables in [true, false] {
        add("turn", changes::turn(frame, "zebra", asked, ("zebra", enables), None));
    }
    let sent = InvitationMail::Sent { address: "zebra@example.org".to_owned() };
    for (mail, is_own) in
        [(sent.clone(), true), (sent, false), (InvitationMail::NotSent(MailFailure::Timeout), true)]
    {
        let start = NewStart { expires: when.seconds() + 86_400, removed: 1, mail };
        let done = changes::reset_done(frame, when, ("zebra", is_own), &start);
        add("reset-done", done);
    }
    inviting(frame, add);
}

fn inviting(frame: &Frame<'_>, add: &mut impl FnMut(&'static str, Markup)) {
    let asked = Proof::PasswordAndCode;
    let note = &Note::bad(frame.texts.invitations.nobody, frame.texts.invitations.nobody_why);
    let standings = [
        Standing::Unknown,
        Standing::Closed(AccountState::Locked),
        Standing::NoAddress,
        Standing::Administrator,
        Standing::Ready,
        Standing::Invited,
        Standing::SetUp,
    ];
    let mail = || Some("zebra@example.org".to_owned());
    let one = |standing| Candidate { name: "zebra".to_owned(), mail: mail(), standing };
    let some: Vec<_> = standings.into_iter().cycle().take(MOST_TOLD).map(one).collect();
    for who in [Who::Names, Who::Group, Who::Missing] {
        let filled = Filled { who, names: "zebra", group: "zebra", days: 7, again: true };
        add("invite", invitations::form(frame, "zebra", &filled, Some(note)));
        for (ready, some) in [(7, some.clone()), (0, Vec::new())] {
            let (invited, is_whole) = (ready, ready == 0);
            let found = Preview { ready, invited, set_up: 1, left_out: 1, some, is_whole };
            let page = invitations::preview(frame, "zebra", (asked, Some(note)), &filled, &found);
            add("invite-preview", page);
        }
    }
    let left_out: Vec<_> = standings
        .map(LeftOut::Standing)
        .into_iter()
        .chain([LeftOut::NotSent])
        .cycle()
        .take(MOST_TOLD)
        .map(|why| ("zebra".to_owned(), why))
        .collect();
    for state in [
        RoundState::Looking,
        RoundState::Sending,
        RoundState::Done,
        RoundState::Stopped,
        RoundState::Broken,
    ] {
        let round = Round {
            state,
            total: (state != RoundState::Looking).then_some(120),
            sent: 74,
            set_up: 11,
            invited: 3,
            left_out: left_out.clone(),
            left_out_more: 2,
            seconds: 100,
        };
        add("invitations", invitations::progress(frame, "zebra", Some(&round)));
    }
    add("invitations", invitations::progress(frame, "zebra", None));
}
