//! `email`: the address that codes are sent to.

use std::io::Write;

use monk_terms::kind::Kind;
use monk_wire::Secret;
use monk_wire::manage::{
    Command, CredentialStatus, EmailCommand as Ask, EmailOutcome, Failure, Outcome,
};

use crate::cli::{EmailCommand, EmailConfirmArgs, EmailSetArgs, EmailTestArgs, UserArgs};
use crate::commands::credentials::of_kind;
use crate::commands::status::read_status;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{State, document};
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;
use crate::terminal::Question;

/// How many wrong codes may be typed before the address is left for later. The engine takes five
/// for one code.
const TRIES: usize = 3;

/// Carries out one of the group.
pub fn run(session: &mut Session, command: &EmailCommand) -> Result<Exit, Error> {
    match command {
        EmailCommand::Set(args) => set(session, args),
        EmailCommand::Confirm(args) => confirm(session, args),
        EmailCommand::Test(args) => test(session, args),
        EmailCommand::Remove(args) => remove(session, args),
    }
}

/// Has a code sent to the address, and asks for it.
fn set(session: &mut Session, args: &EmailSetArgs) -> Result<Exit, Error> {
    let user = &session.user(args.user.as_ref())?;
    let EmailOutcome::Pending { address, minutes } =
        ask_engine(session, user, Ask::Set { address: args.address.clone() })?
    else {
        return Err(unexpected());
    };
    if session.json {
        let state = State::Pending;
        session.out.json(&document! { user, address: &address, state, minutes })?;
        return Ok(Exit::Done);
    }
    writeln!(
        session.out,
        "A code was sent to {}. It is good for {minutes} minutes.",
        Plain(&address)
    )?;
    confirm_now_or_later(session, user)
}

fn confirm_now_or_later(session: &mut Session, user: &str) -> Result<Exit, Error> {
    let later = format!("monk-enroll email confirm {}", Plain(user));
    if !session.terminal.present() {
        writeln!(session.out, "The address is not active yet. Confirm it with the code: {later}")?;
        return Ok(Exit::Done);
    }
    let mut prompt = "Type the code, or nothing to do so later: ";
    let mut wrong = None;
    for _ in 0..TRIES {
        let code = session.ask(code_question(prompt, false))?;
        if code.expose().trim_ascii().is_empty() {
            writeln!(session.out, "The address is not active yet. To confirm it: {later}")?;
            return Ok(Exit::Done);
        }
        match confirm_with(session, user, code) {
            Ok(address) => return confirmed(session, user, &address),
            Err(error) if error.exit == Exit::WrongCode => wrong = Some(error),
            Err(error) => return Err(error.or_remedy(format!("To confirm it later: {later}"))),
        }
        prompt = "That is not the code. Once more: ";
    }
    let error = wrong.unwrap_or_else(unexpected);
    Err(error.remedy(format!("The address is not active. Later: {later}")))
}

/// Confirms an address that was set before.
fn confirm(session: &mut Session, args: &EmailConfirmArgs) -> Result<Exit, Error> {
    let user = &session.user(args.user.as_ref())?;
    if session.terminal.present() {
        let none = Failure::NonePending { kind: Kind::Email, wanted: None };
        look_before_asking(session, user, |one| one.pending, none)?;
    }
    let code = session.ask(code_question("Code that was sent: ", args.code_stdin))?;
    let address = confirm_with(session, user, code)?;
    confirmed(session, user, &address)
}

fn confirmed(session: &mut Session, user: &str, address: &str) -> Result<Exit, Error> {
    if session.json {
        session.out.json(&document! { user, address, state: State::Active })?;
        return Ok(Exit::Done);
    }
    let active = session.out.screen.paint(Style::Good, "active");
    writeln!(session.out, "{} is {active}: PASSWORD;email has a code sent there,", Plain(address))?;
    writeln!(
        session.out,
        "and {} logs in with PASSWORD;CODE. The code that you just typed is spent.",
        Plain(user)
    )?;
    Ok(Exit::Done)
}

fn confirm_with(session: &mut Session, user: &str, code: Secret) -> Result<String, Error> {
    match ask_engine(session, user, Ask::Confirm { code })? {
        EmailOutcome::Confirmed { address } => Ok(address),
        _ => Err(unexpected()),
    }
}

fn code_question(prompt: &str, piped: bool) -> Question<'_> {
    // A code is good once: people may see what they type.
    Question { wanted: "a code", prompt, echo: true, option: "--code-stdin", piped }
}

/// Has a test mail sent.
fn test(session: &mut Session, args: &EmailTestArgs) -> Result<Exit, Error> {
    let user = &session.user(args.user.as_ref())?;
    let EmailOutcome::Sent { address, answer } =
        ask_engine(session, user, Ask::Test { service: args.service.clone() })?
    else {
        return Err(unexpected());
    };
    if session.json {
        let (address, answer) = (address.as_str(), answer.as_str());
        session.out.json(&document! { user, address, answer })?;
        return Ok(Exit::Done);
    }
    writeln!(session.out, "A test mail to {} was taken by the mail server:", Plain(&address))?;
    writeln!(session.out, "    {}", Plain(&answer))?;
    Ok(Exit::Done)
}

/// Removes the address.
fn remove(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = &session.user(args.user.as_ref())?;
    if session.will_ask() {
        let none = Failure::NoSuchCredential { kind: Kind::Email, wanted: None };
        look_before_asking(session, user, |_| true, none)?;
    }
    session.agree(&format!("Remove the mail address of {}?", Plain(user)))?;
    let EmailOutcome::Removed { addresses, last } = ask_engine(session, user, Ask::Remove)? else {
        return Err(unexpected());
    };
    let out = &mut session.out;
    if session.json {
        out.json(&document! { user, removed: &addresses, last_factor: last })?;
        return Ok(Exit::Done);
    }
    for address in &addresses {
        writeln!(out, "{} is removed.", Plain(address))?;
    }
    if last {
        let mark = out.screen.paint(Style::Warning, "!");
        let said = "It was the last second factor: services that ask for one refuse now.";
        writeln!(out, "{mark} {said}")?;
    }
    Ok(Exit::Done)
}

/// Refuses what would be refused after the question as well, before a person is asked.
fn look_before_asking(
    session: &mut Session,
    user: &str,
    is_meant: impl Fn(&CredentialStatus) -> bool,
    none: Failure,
) -> Result<(), Error> {
    let status = read_status(session, user)?;
    match of_kind(&status, Kind::Email).into_iter().any(is_meant) {
        true => Ok(()),
        false => Err(none.into()),
    }
}

fn ask_engine(session: &mut Session, user: &str, command: Ask) -> Result<EmailOutcome, Error> {
    match session.manage(user, Command::Email(command))? {
        Outcome::Email(outcome) => Ok(outcome),
        _ => Err(unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::{EmailedCodeFault, Failure};

    use super::*;
    use crate::commands::status;
    use crate::scripted::{Scene, Step, done, failed};

    const ADDRESS: &str = "alice@example.org";

    fn pending() -> Step {
        let address = ADDRESS.into();
        done(Outcome::Email(EmailOutcome::Pending { address, minutes: 30 }))
    }

    fn active() -> Step {
        done(Outcome::Email(EmailOutcome::Confirmed { address: ADDRESS.into() }))
    }

    fn wrong() -> Step {
        failed(Failure::WrongEmailedCode(EmailedCodeFault::Wrong))
    }

    fn confirmation(code: &str) -> Command {
        Command::Email(Ask::Confirm { code: Secret::new(code.as_bytes()) })
    }

    #[test]
    fn an_address_is_set_and_then_confirmed() {
        let scene = Scene::new([pending(), wrong(), active()]).answers(["111111", "123 456"]);
        let seen = scene.run("email set alice --address alice@example.org");
        assert_eq!((seen.exit, seen.errors.as_str()), (Exit::Done, ""));
        let set = Command::Email(Ask::Set { address: Some(ADDRESS.into()) });
        assert_eq!(seen.commands(), [set, confirmation("111111"), confirmation("123 456")]);
        assert!(seen.out.starts_with("A code was sent to alice@example.org. It is good for 30"));
        assert!(seen.out.contains("alice@example.org is active"), "{}", seen.out);
    }

    #[test]
    fn without_an_address_the_directorys_is_taken_and_without_a_terminal_it_waits() {
        let seen = Scene::new([pending()]).run("email set alice");
        assert_eq!(seen.commands(), [Command::Email(Ask::Set { address: None })]);
        assert!(seen.out.ends_with("monk-enroll email confirm alice\n"), "{}", seen.out);
        Scene::new([pending()]).run("email set alice --json").assert_documented("email set");
        let seen = Scene::new([active()]).piped("123456").run("email confirm alice --code-stdin");
        assert_eq!(seen.commands(), [confirmation("123456")]);
        let scene = Scene::new([active()]).piped("123456");
        scene.run("email confirm alice --code-stdin --json").assert_documented("email confirm");
        let seen = Scene::new([]).run("email confirm alice");
        assert_eq!(seen.exit, Exit::Usage);
    }

    #[test]
    fn wrong_codes_or_none_leave_it_for_later() {
        let scene = Scene::new([pending(), wrong(), wrong(), wrong()]);
        let seen = scene.answers(["1", "2", "3"]).run("email set alice");
        assert_eq!(seen.exit, Exit::WrongCode);
        assert!(seen.errors.contains("monk-enroll email confirm alice"), "{}", seen.errors);
        let seen = Scene::new([pending()]).answers([" "]).run("email set alice");
        assert_eq!(seen.exit, Exit::Done);
        assert!(seen.out.contains("not active yet"), "{}", seen.out);
    }

    fn has(pending: bool) -> Step {
        let (kind, label) = (Kind::Email, ADDRESS.into());
        let address = CredentialStatus { kind, label, pending, ..status::tests::credential() };
        done(Outcome::Status(status::tests::status(vec![address])))
    }

    #[test]
    fn what_would_be_refused_anyway_is_refused_before_the_question() {
        for (step, line) in [
            (done(Outcome::Status(status::tests::status(vec![]))), "email remove alice"),
            (has(false), "email confirm alice"),
        ] {
            let seen = Scene::new([step]).answers([]).run(line);
            assert_eq!((seen.exit, seen.questions.len()), (Exit::NotFound, 0), "{line}");
        }
        let seen = Scene::new([has(true), active()]).answers(["123456"]).run("email confirm alice");
        assert!(seen.out.contains("is spent"), "{}", seen.out);
    }

    #[test]
    fn a_test_tells_what_the_server_said() {
        let sent = || {
            let (address, answer) = (ADDRESS.into(), "250 2.0.0 Ok: queued as 4F1C2".into());
            done(Outcome::Email(EmailOutcome::Sent { address, answer }))
        };
        let seen = Scene::new([sent()]).run("email test alice --service sshd");
        let asked = Command::Email(Ask::Test { service: Some("sshd".into()) });
        assert_eq!(seen.commands(), [asked]);
        assert!(seen.out.ends_with("\n    250 2.0.0 Ok: queued as 4F1C2\n"), "{}", seen.out);
        Scene::new([sent()]).run("email test alice --json").assert_documented("email test");
    }

    #[test]
    fn removing_says_what_after_a_question() {
        let removed = |last| {
            let addresses = vec![ADDRESS.into()];
            done(Outcome::Email(EmailOutcome::Removed { addresses, last }))
        };
        let seen = Scene::new([has(false), removed(true)]).answers(["y"]).run("email remove alice");
        let said = "alice@example.org is removed.\n! It was the last second factor";
        assert!(seen.out.starts_with(said), "{}", seen.out);
        let seen = Scene::new([has(false)]).answers([""]).run("email remove alice");
        assert_eq!(seen.exit, Exit::Cancelled);
        let seen = Scene::new([removed(false)]).run("email remove alice --yes --json");
        seen.assert_documented("email remove");
        let none = failed(Failure::NoSuchCredential { kind: Kind::Email, wanted: None });
        assert_eq!(Scene::new([none]).run("email remove alice --yes").exit, Exit::NotFound);
    }
}
