use std::collections::VecDeque;
use std::io;

use zeroize::Zeroizing;

use super::*;
use crate::for_update::Kept;

/// An engine that says what it is told to, and expects nothing else to be asked.
pub(crate) struct Script {
    replies: VecDeque<Result<Reply, WireError>>,
    heard: Vec<Request>,
}

impl Script {
    pub(crate) fn new(replies: Vec<Result<Reply, WireError>>) -> Self {
        Self { replies: replies.into(), heard: Vec::new() }
    }
}

impl Engine for Script {
    fn call(&mut self, request: &Request) -> Result<Reply, WireError> {
        self.heard.push(request.clone());
        self.replies.pop_front().expect("the module asks no more than the script says")
    }
}

/// A host program with scripted answers.
#[derive(Default)]
pub(crate) struct ScriptedHost {
    uid: Option<u32>,
    real_uid: u32,
    remote_user: Option<&'static str>,
    is_local: bool,
    answers: VecDeque<Option<&'static str>>,
    prompts: Vec<(String, bool)>,
    first_pass: Option<&'static str>,
    methods: Option<&'static str>,
    passed_on: Option<Vec<u8>>,
    pub(crate) told: Vec<String>,
    log: Vec<String>,
    kept: Option<Grant>,
    /// What is typed as a new password, twice the same; None where it is not.
    pub(crate) new: VecDeque<Option<&'static str>>,
    pub(crate) errors: Vec<String>,
    pub(crate) old_pass: Option<Vec<u8>>,
    pub(crate) forgotten: usize,
    for_update: Option<Kept>,
}

impl ScriptedHost {
    /// A host whose user database says this of the user.
    pub(crate) fn of_uid(uid: Option<u32>) -> Self {
        Self { uid, ..Self::default() }
    }

    /// A program that somebody with this uid has started, who gives these answers.
    pub(crate) fn of_person(real_uid: u32, answers: &[&'static str]) -> Self {
        let answers = answers.iter().copied().map(Some).collect();
        Self { real_uid, answers, is_local: true, ..Self::default() }
    }
}

impl Host for ScriptedHost {
    fn user(&mut self) -> Option<String> {
        Some("alice".into())
    }

    fn uid_of(&mut self, user: &str) -> Option<u32> {
        match user {
            "alice" => self.uid,
            "bob" => Some(1001),
            "root" => Some(0),
            other => panic!("{other} is nobody here"),
        }
    }

    fn service(&mut self) -> Option<String> {
        Some("imap".into())
    }

    fn remote_host(&mut self) -> Option<String> {
        (!self.is_local).then(|| "192.0.2.7".into())
    }

    fn remote_user(&mut self) -> Option<String> {
        self.remote_user.map(str::to_owned)
    }

    fn terminal(&mut self) -> Option<String> {
        Some("pts/7".into())
    }

    fn real_uid(&mut self) -> u32 {
        self.real_uid
    }

    fn first_pass(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.first_pass.map(|text| Zeroizing::new(text.as_bytes().to_vec()))
    }

    fn set_pass(&mut self, password: &[u8]) -> bool {
        self.passed_on = Some(password.to_vec());
        true
    }

    fn old_pass(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.old_pass.clone().map(Zeroizing::new)
    }

    fn set_old_pass(&mut self, password: &[u8]) {
        self.old_pass = Some(password.to_vec());
    }

    fn new_pass(&mut self) -> Result<Zeroizing<Vec<u8>>, PamResultCode> {
        let typed = self.new.pop_front().expect("the module asks no more than the script says");
        typed.map(|new| Zeroizing::new(new.as_bytes().to_vec())).ok_or(PamResultCode::PAM_TRY_AGAIN)
    }

    fn forget_new_pass(&mut self) {
        self.forgotten += 1;
    }

    fn environment(&mut self, name: &str) -> Option<String> {
        (name == "SSH_AUTH_INFO_0").then_some(self.methods?.to_owned())
    }

    fn ask(&mut self, prompt: &str, echo: bool) -> Answer {
        self.prompts.push((prompt.to_owned(), echo));
        match self.answers.pop_front().expect("the module asks no more than the script says") {
            Some(text) => Answer::Typed(Zeroizing::new(text.as_bytes().to_vec())),
            None => Answer::None,
        }
    }

    fn tell(&mut self, text: &str) {
        self.told.push(text.to_owned());
    }

    fn tell_error(&mut self, text: &str) {
        self.errors.push(text.to_owned());
    }

    fn keep_for_update(&mut self, kept: Option<Kept>) {
        self.for_update = kept;
    }

    fn kept_for_update(&mut self) -> Option<Kept> {
        self.for_update.clone()
    }

    fn keep(&mut self, grant: Option<Grant>) {
        self.kept = grant;
    }

    fn kept(&mut self) -> Option<Grant> {
        self.kept.clone()
    }

    fn log(&mut self, _: Level, line: &str) {
        self.log.push(line.to_owned());
    }
}

fn ask(text: &str) -> Result<Reply, WireError> {
    Ok(Reply::Ask { text: text.into(), echo: false })
}

fn granted(forward: Option<&str>) -> Result<Reply, WireError> {
    Ok(Reply::Granted {
        forward: forward.map(|text| Secret::new(text.as_bytes())),
        notice: None,
        new_password: false,
    })
}

fn run(host: &mut ScriptedHost, engine: &mut Script, arguments: &Arguments) -> PamResultCode {
    let login = describe(host, arguments).unwrap();
    converse(host, engine, arguments, login)
}

fn said_login(engine: &Script) -> &Login {
    match &engine.heard[0] {
        Request::Login(login) => login,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_engines_prompts_are_shown_and_its_answer_is_returned() {
    let mut host = ScriptedHost {
        answers: [Some("secret"), Some("123456")].into(),
        ..ScriptedHost::default()
    };
    let mut engine = Script::new(vec![ask("Password: "), ask("Code: "), granted(None)]);
    let code = run(&mut host, &mut engine, &Arguments::default());
    assert_eq!(code, PamResultCode::PAM_SUCCESS);
    assert_eq!(host.prompts, [("Password: ".into(), false), ("Code: ".into(), false)]);
    assert_eq!(engine.heard[2], Request::Answer(Some(Secret::new(b"123456"))));
    let login = said_login(&engine);
    assert_eq!((login.user.as_str(), login.service.as_str()), ("alice", "imap"));
    assert_eq!(login.address.as_deref(), Some("192.0.2.7"));
    assert_eq!(login.terminal.as_deref(), Some("pts/7"));
    assert!(login.typed.is_none() && login.can_ask && !login.publickey && !login.forward);
}

#[test]
fn a_notice_is_shown_after_a_login_and_only_then() {
    let notice = Some("Enrol soon.".to_owned());
    let mut engine =
        Script::new(vec![Ok(Reply::Granted { forward: None, notice, new_password: false })]);
    let mut host = ScriptedHost::default();
    let code = run(&mut host, &mut engine, &Arguments::default());
    assert_eq!((code, host.told), (PamResultCode::PAM_SUCCESS, vec!["Enrol soon.".to_owned()]));
}

#[test]
fn every_outcome_has_its_pam_code_and_only_a_grant_is_success() {
    let broken = || WireError::Broken(io::ErrorKind::UnexpectedEof.into());
    for (reply, code) in [
        (granted(None), PamResultCode::PAM_SUCCESS),
        (Ok(Reply::Denied(Denial::Refused)), PamResultCode::PAM_AUTH_ERR),
        (Ok(Reply::Denied(Denial::UnknownUser)), PamResultCode::PAM_USER_UNKNOWN),
        (Ok(Reply::Unavailable), PamResultCode::PAM_AUTHINFO_UNAVAIL),
        (Ok(Reply::Done(monk_wire::manage::Outcome::Done)), PamResultCode::PAM_AUTHINFO_UNAVAIL),
        (Err(broken()), PamResultCode::PAM_AUTHINFO_UNAVAIL),
        (Err(WireError::Timeout), PamResultCode::PAM_AUTHINFO_UNAVAIL),
        (
            Err(WireError::NoEngine(io::ErrorKind::NotFound.into())),
            PamResultCode::PAM_AUTHINFO_UNAVAIL,
        ),
    ] {
        let mut engine = Script::new(vec![reply]);
        let result = run(&mut ScriptedHost::default(), &mut engine, &Arguments::default());
        assert_eq!(result, code);
    }
}

#[test]
fn the_first_pass_comes_from_the_stack_where_the_arguments_say_so() {
    for (first_pass, there, expected) in [
        (FirstPass::Ask, Some("earlier"), None),
        (FirstPass::Try, Some("earlier"), Some("earlier")),
        (FirstPass::Try, None, None),
        (FirstPass::Use, Some("earlier"), Some("earlier")),
        (FirstPass::Use, None, Some("")),
    ] {
        let mut host = ScriptedHost { first_pass: there, ..ScriptedHost::default() };
        let mut engine = Script::new(vec![Ok(Reply::Denied(Denial::Refused))]);
        let arguments = Arguments { first_pass, ..Arguments::default() };
        run(&mut host, &mut engine, &arguments);
        let typed = said_login(&engine).typed.as_ref().and_then(Secret::expose_str);
        assert_eq!(typed, expected, "{first_pass:?}");
    }
}

#[test]
fn the_bare_password_is_handed_on_only_after_success_and_only_on_request() {
    for (forward_pass, reply, expected) in [
        (true, granted(Some("secret")), Some(b"secret".to_vec())),
        (false, granted(Some("secret")), None),
        (true, granted(None), None),
        (true, Ok(Reply::Denied(Denial::Refused)), None),
    ] {
        let mut host = ScriptedHost::default();
        let arguments = Arguments { forward_pass, ..Arguments::default() };
        run(&mut host, &mut Script::new(vec![reply]), &arguments);
        assert_eq!(host.passed_on, expected);
    }
}

#[test]
fn what_a_user_typed_whom_monk_does_not_know_is_left_for_the_module_that_does() {
    let unknown = || Ok(Reply::Denied(Denial::UnknownUser));
    let refused = || Ok(Reply::Denied(Denial::Refused));
    for (replies, expected) in [
        (vec![ask("Password: "), unknown()], Some(b"secret".to_vec())),
        (vec![ask("Password: "), ask("Code: "), unknown()], Some(b"secret".to_vec())),
        (vec![ask("Password: "), refused()], None),
        (vec![ask("Password: "), Ok(Reply::Unavailable)], None),
        (vec![unknown()], None),
    ] {
        let answers = [Some("secret"), Some("")].into();
        let mut host = ScriptedHost { answers, ..ScriptedHost::default() };
        run(&mut host, &mut Script::new(replies), &Arguments::default());
        assert_eq!(host.passed_on, expected);
    }
}

#[test]
fn a_public_key_counts_only_where_sshd_says_so_in_a_line_of_its_own() {
    for (methods, expected) in [
        (Some("publickey ssh-ed25519 AAAA"), true),
        (Some("password\npublickey ssh-ed25519 AAAA"), true),
        (Some("password"), false),
        (Some("hostbased publickey"), false),
        (Some("publickeys x"), false),
        (Some(""), false),
        (None, false),
    ] {
        let mut host = ScriptedHost { methods, ..ScriptedHost::default() };
        let mut engine = Script::new(vec![granted(None)]);
        run(&mut host, &mut engine, &Arguments::default());
        assert_eq!(said_login(&engine).publickey, expected, "{methods:?}");
    }
}

#[test]
fn an_engine_that_asks_without_end_is_no_success() {
    let mut host = ScriptedHost {
        answers: std::iter::repeat_n(Some("x"), 20).collect(),
        ..ScriptedHost::default()
    };
    let mut engine = Script::new((0..20).map(|_| ask("More: ")).collect());
    let code = run(&mut host, &mut engine, &Arguments::default());
    assert_eq!(code, PamResultCode::PAM_AUTHINFO_UNAVAIL);
}

#[test]
fn a_program_that_cannot_ask_says_so_to_the_engine() {
    let mut host = ScriptedHost { answers: [None].into(), ..ScriptedHost::default() };
    let mut engine = Script::new(vec![ask("Code: "), Ok(Reply::Denied(Denial::Refused))]);
    run(&mut host, &mut engine, &Arguments::default());
    assert_eq!(engine.heard[1], Request::Answer(None));
}

#[test]
fn nothing_secret_reaches_the_log() {
    let mut host = ScriptedHost {
        answers: [Some("hunter2")].into(),
        first_pass: Some("hunter2"),
        ..ScriptedHost::default()
    };
    let arguments = Arguments { debug: true, forward_pass: true, ..Arguments::default() };
    for last in
        [granted(Some("hunter2")), Ok(Reply::Denied(Denial::Refused)), Err(WireError::Timeout)]
    {
        host.answers = [Some("hunter2")].into();
        run(&mut host, &mut Script::new(vec![ask("Code: "), last]), &arguments);
    }
    assert!(!host.log.is_empty());
    assert!(host.log.iter().all(|line| !line.contains("hunter2")), "{:?}", host.log);
}

#[test]
fn the_person_behind_a_setuid_program_is_told_and_strangers_choose_nobody() {
    let of = |is_local, real_uid, remote_user| {
        let mut host = ScriptedHost { is_local, real_uid, remote_user, ..ScriptedHost::default() };
        describe(&mut host, &Arguments::default()).unwrap().person
    };
    assert_eq!(of(true, 1001, None), Some(1001), "su keeps the real uid");
    assert_eq!(of(true, 0, Some("bob")), Some(1001), "sudo names its user");
    for service in [None, Some("root")] {
        assert_eq!(of(true, 0, service), None);
    }
    assert_eq!(of(false, 0, Some("bob")), None, "a name on another machine");
}
