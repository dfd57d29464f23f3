use std::collections::VecDeque;

use monk_terms::not_taken::NotTaken;

use super::*;
use crate::authenticate::tests::ScriptedHost;

/// An engine with one script for all conversations, and what it has heard.
struct Talk {
    replies: VecDeque<Reply>,
    heard: Vec<Request>,
    /// Whether it is gone after the script, and does not fail the test.
    breaks_off: bool,
}

impl Talk {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: replies.into_iter().collect(), heard: Vec::new(), breaks_off: false }
    }

    fn rehearse(&mut self, host: &mut ScriptedHost, arguments: &Arguments) -> PamResultCode {
        let by_administrator = host.real_uid() == 0;
        let change = describe(host, arguments, by_administrator).unwrap();
        let talk = std::cell::RefCell::new(self);
        rehearse(host, &mut || Ok(Line(&talk)), arguments, change)
    }

    fn carry_out(&mut self, host: &mut ScriptedHost, arguments: &Arguments) -> PamResultCode {
        let kept = host.kept_for_update().expect("the first call has kept something");
        let change = describe(host, arguments, false).unwrap();
        let talk = std::cell::RefCell::new(self);
        carry_out(host, &mut || Ok(Line(&talk)), arguments, &change, &kept)
    }
}

/// One conversation.
struct Line<'a, 'b>(&'a std::cell::RefCell<&'b mut Talk>);

impl Engine for Line<'_, '_> {
    fn call(&mut self, request: &Request) -> Result<Reply, WireError> {
        let mut talk = self.0.borrow_mut();
        talk.heard.push(request.clone());
        match talk.replies.pop_front() {
            Some(reply) => Ok(reply),
            None if talk.breaks_off => Err(WireError::Timeout),
            None => panic!("the module asks no more than the script says"),
        }
    }
}

fn asks(text: &str) -> Reply {
    Reply::Ask { text: text.into(), echo: false }
}

fn granted(forward: Option<&str>) -> Reply {
    let forward = forward.map(|text| Secret::new(text.as_bytes()));
    Reply::Granted { forward, notice: None, new_password: false }
}

fn not_taken(why: NotTaken) -> Reply {
    Reply::NotChanged(NotChanged::NotTaken { why, said: "no".into() })
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text.as_bytes()))
}

/// alice, who has answered the questions of the first call.
fn rehearsed() -> ScriptedHost {
    let mut host = ScriptedHost::of_person(1001, &["secret", "123456"]);
    let mut talk = Talk::new([asks("Current password: "), asks("Code: "), granted(Some("secret"))]);
    assert_eq!(talk.rehearse(&mut host, &Arguments::default()), PamResultCode::PAM_SUCCESS);
    host
}

/// How the second call ends after these new passwords and replies, and how often the engine was asked.
fn carried_out(
    arguments: &Arguments,
    new: &[Option<&'static str>],
    replies: Vec<Reply>,
) -> (PamResultCode, ScriptedHost, Vec<Request>) {
    let mut host = rehearsed();
    host.new = new.iter().copied().collect();
    let mut talk = Talk::new(replies);
    let code = talk.carry_out(&mut host, arguments);
    (code, host, talk.heard)
}

#[test]
fn what_was_typed_in_the_first_call_is_proved_in_the_second() {
    let (code, host, heard) =
        carried_out(&Arguments::default(), &[Some("another")], vec![granted(None)]);
    assert_eq!(code, PamResultCode::PAM_SUCCESS);
    let [Request::ChangePassword(change)] = &heard[..] else { panic!("{heard:?}") };
    assert!(!change.by_administrator);
    let (typed, old) = (secret("secret"), secret("secret"));
    let new = Secret::new(b"another");
    assert_eq!(change.step, ChangeStep::CarryOut { typed, code: secret("123456"), old, new });
    assert_eq!(host.old_pass.as_deref(), Some(&b"secret"[..]), "for modules that compare");
    assert_eq!(host.forgotten, 0, "the new password stays for modules that follow");
}

#[test]
fn what_the_directory_does_not_take_can_be_followed_by_a_better_one_where_monk_asks() {
    let short = || not_taken(NotTaken::TooShort);
    let tries = |count: usize| ["a", "b", "c"].map(Some)[..count].to_vec();
    let ends = |new: &[_], replies| {
        let (code, host, heard) = carried_out(&Arguments::default(), new, replies);
        (code, heard.len(), host.forgotten, host.errors.len())
    };
    const SUCCESS: PamResultCode = PamResultCode::PAM_SUCCESS;
    const ERROR: PamResultCode = PamResultCode::PAM_AUTHTOK_ERR;
    assert_eq!(ends(&tries(2), vec![short(), granted(None)]), (SUCCESS, 2, 1, 2));
    assert_eq!(ends(&tries(3), vec![short(), short(), short()]), (ERROR, 3, 3, 6));
    let twice = [Some("a"), Some("a")];
    assert_eq!(ends(&twice, vec![short()]), (ERROR, 1, 1, 2), "a program that says the same");
    let young = not_taken(NotTaken::TooYoung);
    assert_eq!(ends(&tries(1), vec![young]), (ERROR, 1, 1, 2), "no other one would do");
    let arguments = Arguments { use_authtok: true, ..Arguments::default() };
    let (code, host, heard) = carried_out(&arguments, &tries(1), vec![short()]);
    assert_eq!((code, heard.len(), host.forgotten), (ERROR, 1, 1), "another module asks");
}

#[test]
fn every_end_has_its_code_and_nothing_but_success_is_success() {
    for (reply, code) in [
        (not_taken(NotTaken::NotAllowed), PamResultCode::PAM_PERM_DENIED),
        (Reply::NotChanged(NotChanged::WrongOld), PamResultCode::PAM_AUTH_ERR),
        (Reply::NotChanged(NotChanged::Unknown), PamResultCode::PAM_AUTHINFO_UNAVAIL),
        (Reply::Denied(Denial::Refused), PamResultCode::PAM_AUTH_ERR),
        (Reply::Unavailable, PamResultCode::PAM_AUTHINFO_UNAVAIL),
        (Reply::Done(monk_wire::manage::Outcome::Done), PamResultCode::PAM_AUTHINFO_UNAVAIL),
    ] {
        let said = format!("{reply:?}");
        let (got, host, _) = carried_out(&Arguments::default(), &[Some("another")], vec![reply]);
        assert_eq!((got, host.forgotten), (code, 1), "{said}");
    }
    // Typed twice, and not the same: libpam says so, and the engine is not asked.
    let (code, _, heard) = carried_out(&Arguments::default(), &[None], vec![]);
    assert_eq!((code, heard.len()), (PamResultCode::PAM_TRY_AGAIN, 0));
}

/// The directory may have taken the new password before the engine was gone.
#[test]
fn an_engine_that_breaks_off_in_the_second_call_may_have_changed_the_password() {
    let mut host = rehearsed();
    host.new = [Some("another")].into();
    let mut talk = Talk { breaks_off: true, ..Talk::new([]) };
    let code = talk.carry_out(&mut host, &Arguments::default());
    assert_eq!((code, host.forgotten), (PamResultCode::PAM_AUTHINFO_UNAVAIL, 1));
    let [said] = &host.errors[..] else { panic!("{:?}", host.errors) };
    assert!(said.contains("may have been changed"), "{said}");
    let mut host = ScriptedHost::of_person(1001, &["secret"]);
    let mut talk = Talk { breaks_off: true, ..Talk::new([]) };
    talk.rehearse(&mut host, &Arguments::default());
    assert_eq!(host.errors, [words::NO_ANSWER], "nothing was to be changed yet");
}

#[test]
fn the_first_call_refuses_what_the_engine_refuses_and_keeps_nothing() {
    for (reply, code) in [
        (Reply::Denied(Denial::Refused), PamResultCode::PAM_AUTH_ERR),
        (Reply::Unavailable, PamResultCode::PAM_AUTHINFO_UNAVAIL),
    ] {
        let mut host = ScriptedHost::of_person(1001, &["wrong"]);
        let mut talk = Talk::new([asks("Current password: "), reply]);
        assert_eq!(talk.rehearse(&mut host, &Arguments::default()), code);
        assert!(host.kept_for_update().is_none() && host.old_pass.is_none());
        // A program that goes on all the same changes nothing.
        let update = change(&mut host, &Arguments::default(), Call::Update, false);
        assert_eq!(update, PamResultCode::PAM_AUTHTOK_ERR);
    }
}

#[test]
fn root_proves_nothing_unless_a_login_leads_through_the_change() {
    let mut host = ScriptedHost::of_person(0, &[]);
    let mut talk = Talk::new([granted(None), granted(None)]);
    assert_eq!(talk.rehearse(&mut host, &Arguments::default()), PamResultCode::PAM_SUCCESS);
    let Request::ChangePassword(asked) = &talk.heard[0] else { panic!("{:?}", talk.heard) };
    assert!(asked.by_administrator);
    assert!(matches!(host.kept_for_update(), Some(Kept::ByAdministrator)));
    // What no login has asked for is no business of monk's.
    let expired = change(&mut host, &Arguments::default(), Call::Prelim, true);
    assert_eq!(expired, PamResultCode::PAM_IGNORE);
}

#[test]
fn users_of_other_modules_are_left_to_them_in_both_calls() {
    for (local_users, first) in [
        (LocalUsers::Ignore, PamResultCode::PAM_IGNORE),
        (LocalUsers::Refuse, PamResultCode::PAM_USER_UNKNOWN),
    ] {
        for (use_authtok, asked) in [(false, 1), (true, 0)] {
            let arguments = Arguments { local_users, use_authtok, ..Arguments::default() };
            let mut host = ScriptedHost::of_person(1001, &[]);
            let mut talk = Talk::new([Reply::Denied(Denial::UnknownUser)]);
            assert_eq!(talk.rehearse(&mut host, &arguments), first);
            // Modules behind monk may be told to take what the first one has asked for.
            host.new = VecDeque::from([Some("another")]);
            let update = change(&mut host, &arguments, Call::Update, false);
            assert_eq!((update, host.new.len()), (PamResultCode::PAM_IGNORE, 1 - asked));
        }
    }
}

#[test]
fn after_the_change_the_login_that_asked_for_it_is_as_good_as_any_other() {
    let mut host = rehearsed();
    let now = crate::authenticate::grant(&mut host, &Arguments::default());
    host.keep(now.map(|now| Grant { new_password: true, ..now }));
    host.new = VecDeque::from([Some("another")]);
    let mut talk = Talk::new([granted(None)]);
    assert_eq!(talk.carry_out(&mut host, &Arguments::default()), PamResultCode::PAM_SUCCESS);
    assert!(host.kept().is_some_and(|kept| !kept.new_password));
    assert!(host.kept_for_update().is_none());
}

#[test]
fn an_earlier_modules_old_password_is_taken_where_the_rule_says_so() {
    for (first_pass, typed) in
        [(FirstPass::Ask, None), (FirstPass::Try, secret("old")), (FirstPass::Use, secret("old"))]
    {
        let mut host = ScriptedHost::of_person(1001, &[]);
        host.old_pass = Some(b"old".to_vec());
        let arguments = Arguments { first_pass, ..Arguments::default() };
        let change = describe(&mut host, &arguments, false).unwrap();
        assert_eq!(change.step, ChangeStep::Rehearse { typed });
    }
}

#[test]
fn an_engine_that_asks_without_end_gives_no_answer() {
    let mut host = ScriptedHost::of_person(1001, &["x"; MAX_SCREENS + 1]);
    let mut talk = Talk::new(vec![asks("Again: "); MAX_SCREENS + 1]);
    let code = talk.rehearse(&mut host, &Arguments::default());
    assert_eq!(code, PamResultCode::PAM_AUTHINFO_UNAVAIL);
}
