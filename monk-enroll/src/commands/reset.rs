//! `reset`: a user who has lost everything starts again.

use std::io::Write;

use monk_terms::kind::Kind;
use monk_wire::manage::{Command, Outcome};

use crate::cli::ResetArgs;
use crate::commands::status::read_status;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;
use crate::when::Moment;

/// Removes everything, and shows the enrolment code.
pub fn reset(session: &mut Session, args: &ResetArgs) -> Result<Exit, Error> {
    let user = &args.user;
    if !session.yes {
        let status = read_status(session, user)?;
        session.agree(&question(&status))?;
    }
    let command = Command::Reset { seconds: args.valid.0 };
    let Outcome::Reset { code, expires, removed } = session.manage(user, command)? else {
        return Err(unexpected());
    };
    let code = code.expose_str().ok_or_else(unexpected)?;
    let expires = Moment(expires);
    let out = &mut session.out;
    if session.json {
        out.json(&document! { user, code, expires, removed })?;
        return Ok(Exit::Done);
    }
    let user = Plain(user);
    writeln!(out, "Everything that {user} had enrolled is gone ({removed}).\n")?;
    writeln!(out, "    {}\n", out.screen.paint(Style::Strong, Plain(code)))?;
    writeln!(
        out,
        "Hand this enrolment code to {user}, and to nobody else. Until {expires} UTC it"
    )?;
    writeln!(out, "opens one login (PASSWORD;CODE), and stands once for the second factor in")?;
    writeln!(out, "    monk-enroll totp add")?;
    writeln!(out, "Until something new is enrolled, the password alone opens nothing.")?;
    Ok(Exit::Done)
}

fn question(status: &monk_wire::manage::Status) -> String {
    let count = |kind| status.credentials.iter().filter(|one| one.kind == kind).count();
    let codes: u32 =
        status.credentials.iter().filter_map(|one| one.codes_left).map(|(left, _)| left).sum();
    let had = format!(
        "{} devices, {} app passwords, {codes} backup codes",
        count(Kind::Totp),
        count(Kind::AppPassword)
    );
    format!("{} loses everything: {had}. Go on?", Plain(&status.user))
}

#[cfg(test)]
mod tests {
    use monk_wire::Secret;

    use super::*;
    use crate::commands::status::tests::{credential, status};
    use crate::scripted::{Scene, Step, done};

    fn made() -> Step {
        let code = Secret::new(b"k3tn-p7wq-2mzx");
        done(Outcome::Reset { code, expires: 1_795_284_000, removed: 2 })
    }

    #[test]
    fn it_is_asked_for_and_shows_the_code_once() {
        let has = done(Outcome::Status(status(vec![credential(), credential()])));
        let seen = Scene::new([has.clone(), made()]).answers(["y"]).run("reset alice --valid 3d");
        assert_eq!(seen.exit, Exit::Done);
        assert_eq!(
            seen.questions,
            ["alice loses everything: 2 devices, 0 app passwords, 0 backup codes. Go on? [y/N] "]
        );
        assert_eq!(seen.commands()[1], Command::Reset { seconds: 3 * 86_400 });
        assert!(seen.out.contains("\n    k3tn-p7wq-2mzx\n"), "{}", seen.out);
        let seen = Scene::new([has]).answers(["n"]).run("reset alice");
        assert_eq!(seen.exit, Exit::Cancelled);
        Scene::new([made()]).run("reset alice --yes --json").assert_documented("reset");
    }
}
