//! `check`: a login without PAM that says why it would fail. It spends no code.

use std::io::Write;

use monk_wire::manage::{Command, Outcome};

use crate::cli::CheckArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::CheckDocument;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::table::Table;
use crate::talk::unexpected;
use crate::terminal::Question;
use crate::words::logins;

/// Tries a login.
pub fn check(session: &mut Session, args: &CheckArgs) -> Result<Exit, Error> {
    let service = &args.service;
    let user = &session.user(args.user.as_ref())?;
    let address = args.address.map(|address| address.to_string());
    // Only root may try strings: the engine would refuse it to others, who could guess so.
    let typed = if session.root || args.password_stdin {
        let typed = session.ask(Question {
            wanted: "what would be typed",
            prompt: "What would be typed (nothing: look at all else): ",
            echo: false,
            option: "--password-stdin, with an empty line to look at all else",
            piped: args.password_stdin,
        })?;
        Some(typed).filter(|typed| !typed.expose().is_empty())
    } else {
        None
    };
    let command = Command::Check { service: service.clone(), address: address.clone(), typed };
    let Outcome::Report(report) = session.manage(user, command)? else {
        return Err(unexpected());
    };
    let granted = logins::granted(&report.end);
    let exit = if granted == Some(false) { Exit::Refused } else { Exit::Done };
    let out = &mut session.out;
    if session.json {
        out.json(&CheckDocument::of(user, service, address.as_deref(), &report))?;
        return Ok(exit);
    }
    let mut facts = Table::new(["LOOKED AT", "FOUND"]);
    for (name, value) in report.facts.iter().map(logins::fact) {
        facts.row([(&name).into(), (&value).into()]);
    }
    facts.write(out)?;
    let verdict = match granted {
        Some(true) => out.screen.paint(Style::Good, "granted"),
        Some(false) => out.screen.paint(Style::Bad, "refused"),
        None => out.screen.paint(Style::Strong, "none: nothing was typed"),
    };
    writeln!(out, "\nVerdict  {verdict}")?;
    writeln!(out, "Reason   {}", Plain(logins::reason(&report.end)))?;
    writeln!(out, "Meaning  {}", Plain(&logins::explanation(&report.end)))?;
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use monk_terms::verdict::{Grant, Refusal};
    use monk_wire::Secret;
    use monk_wire::manage::{Fact, LoginEnd, Report, WayIn};

    use super::*;
    use crate::scripted::{Scene, Step, done};

    fn report(end: LoginEnd) -> Step {
        let user = Fact::User { name: "alice".into(), locator: "7".into() };
        let mfa = Fact::Policy { setting: "mfa".into(), value: "required".into() };
        done(Outcome::Report(Report { end, facts: vec![user, mfa] }))
    }

    fn nothing_typed() -> LoginEnd {
        LoginEnd::NothingTyped(WayIn::Password)
    }

    #[test]
    fn the_verdict_is_the_exit_code() {
        let replayed = LoginEnd::Refused(Refusal::ReplayedCode);
        for (end, exit, word) in [
            (LoginEnd::Granted(Grant::Totp), Exit::Done, "\nVerdict  granted\nReason   totp\n"),
            (
                replayed,
                Exit::Refused,
                "\nVerdict  refused\nReason   replayed-code\nMeaning  the code has already been used",
            ),
            (nothing_typed(), Exit::Done, "\nVerdict  none: nothing was typed\n"),
        ] {
            let seen = Scene::new([report(end)])
                .answers(["secret;123456"])
                .run("check alice --service imap --address 192.0.2.7");
            assert_eq!(seen.exit, exit);
            assert!(seen.out.contains(word), "{}", seen.out);
            assert!(
                seen.out.starts_with(
                    "LOOKED AT   FOUND\nuser        alice (7)\npolicy mfa  required\n"
                )
            );
            let typed = Some(Secret::new(b"secret;123456"));
            let (service, address) = ("imap".into(), Some("192.0.2.7".into()));
            assert_eq!(seen.commands(), [Command::Check { service, address, typed }]);
        }
    }

    #[test]
    fn nothing_typed_looks_at_all_else() {
        let run = |scene: Scene, line| {
            let seen = scene.run(line);
            assert!(matches!(&seen.commands()[..], [Command::Check { typed: None, .. }]));
        };
        run(Scene::new([report(nothing_typed())]).answers([""]), "check alice --service imap");
        let line = "check alice --service imap --password-stdin";
        run(Scene::new([report(nothing_typed())]).piped(""), line);
    }

    #[test]
    fn without_a_terminal_it_does_not_guess() {
        let seen = Scene::new([]).run("check alice --service imap");
        assert_eq!(seen.exit, Exit::Usage);
        assert!(seen.errors.contains("--password-stdin"), "{}", seen.errors);
    }

    #[test]
    fn programs_get_the_report() {
        let seen = Scene::new([report(LoginEnd::Refused(Refusal::CodeMissing))])
            .piped("secret;123456")
            .run("check alice --service imap --address 192.0.2.7 --password-stdin --json");
        assert_eq!(seen.exit, Exit::Refused);
        seen.assert_documented("check");
    }
}
