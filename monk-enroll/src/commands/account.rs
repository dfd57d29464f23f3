//! `user disable`, `enable` and `expire`: the state of an account of the embedded directory.

use monk_wire::manage;

use super::user::changed;
use crate::cli::{UserExpireArgs, UserNameArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;
use crate::when::{LastDay, Moment};

/// Refuses every login, or ends that.
pub fn enable(session: &mut Session, args: &UserNameArgs, enabled: bool) -> Result<Exit, Error> {
    let change = manage::UserCommand::Enable { enabled };
    let (state, words) = match enabled {
        true => ("enabled", "may log in again"),
        false => (
            "disabled",
            "is disabled: every login is refused from now on, and sessions that are open stay open",
        ),
    };
    changed(session, &args.name, change, state, words)
}

/// Sets when an account ends, or ends a password.
pub fn expire(session: &mut Session, args: &UserExpireArgs) -> Result<Exit, Error> {
    let UserExpireArgs { name, at, password } = args;
    let end = at.and_then(LastDay::end);
    if *password {
        if end.is_some() {
            let why = "a password ends now, or not: with --password, --at can only be never";
            return Err(Error::new(Exit::Usage, why));
        }
        let change = manage::UserCommand::MustChange { must: at.is_none() };
        let (state, words) = match at {
            None => ("must-change", "has to choose a new password first"),
            Some(_) => ("enabled", "need not change the password"),
        };
        return changed(session, name, change, state, words);
    }
    let change = manage::UserCommand::Expire { at: end.map(|end| end.0) };
    let words = match end {
        Some(end) if end <= Moment::now() => {
            "has ended: every login is refused from now on, and sessions that are open stay open"
                .to_owned()
        }
        Some(end) => format!("ends on {end} UTC: every login is refused from then on"),
        None => "has no end".to_owned(),
    };
    changed(session, name, change, "end-set", &words)
}

#[cfg(test)]
mod tests {
    use monk_wire::Secret;
    use monk_wire::manage::{Command, Outcome};

    use super::*;
    use crate::scripted::{Scene, done};

    #[test]
    fn an_account_ends_after_a_day_and_a_password_can_be_one_to_change() {
        let at = Some(1_798_761_600);
        for (line, change, words) in [
            (
                "user expire alice --at 2026-12-31",
                manage::UserCommand::Expire { at },
                "alice ends on 2027-01-01 00:00 UTC: every login is refused from then on.\n",
            ),
            (
                "user expire alice --at 2020-01-01",
                manage::UserCommand::Expire { at: Some(1_577_923_200) },
                "alice has ended: every login is refused from now on, and sessions that are open stay open.\n",
            ),
            (
                "user expire alice --at never",
                manage::UserCommand::Expire { at: None },
                "alice has no end.\n",
            ),
            (
                "user expire alice --password",
                manage::UserCommand::MustChange { must: true },
                "alice has to choose a new password first.\n",
            ),
            (
                "user expire alice --password --at never",
                manage::UserCommand::MustChange { must: false },
                "alice need not change the password.\n",
            ),
        ] {
            let seen = Scene::new([done(Outcome::Done)]).run(line);
            assert_eq!((seen.commands(), seen.out.as_str()), (vec![Command::User(change)], words));
        }
        let both = Scene::new([]).run("user expire alice --password --at 2026-12-31");
        assert_eq!((both.exit, both.commands().len()), (Exit::Usage, 0));
        let seen = Scene::new([done(Outcome::Done)])
            .piped("newest")
            .run("user passwd alice --password-stdin --must-change");
        let change =
            manage::UserCommand::Password { password: Secret::new(b"newest"), must_change: true };
        assert_eq!(seen.commands(), [Command::User(change)]);
    }
}
