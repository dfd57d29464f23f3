//! `passkey`: passkeys are made in the portal, and listed and removed here as well.

use monk_terms::kind::Kind;

use std::io::Write;

use super::credentials::{self, of_kind};
use super::status::read_status;
use crate::cli::{PasskeyRemoveArgs, PasskeyRenameArgs, UserArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{document, documents};
use crate::output::Plain;
use crate::session::Session;
use crate::when::Moment;

/// Lists passkeys.
pub fn list(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let status = read_status(session, &user)?;
    let now = Moment::now();
    let ours = of_kind(&status, Kind::Passkey);
    let out = &mut session.out;
    if session.json {
        out.json(&document! { user: &status.user, passkeys: documents(ours, now) })?;
        return Ok(Exit::Done);
    }
    if ours.is_empty() {
        writeln!(out, "{} has no passkeys. They are added in the portal.", Plain(&status.user))?;
        return Ok(Exit::Done);
    }
    credentials::write_table(out, &ours, now)
}

/// Gives a passkey another name.
pub fn rename(session: &mut Session, args: &PasskeyRenameArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    credentials::rename(session, &user, Kind::Passkey, &args.passkey, &args.to)
}

/// Removes a passkey.
pub fn remove(session: &mut Session, args: &PasskeyRemoveArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let passkey = args.passkey.as_str();
    let question = format!("Remove the passkey “{}” of {}?", Plain(passkey), Plain(&user));
    credentials::remove(session, &user, Kind::Passkey, Some(passkey), &question)
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::{Command, CredentialStatus, Outcome};

    use super::*;
    use crate::commands::status::tests::{credential, status};
    use crate::scripted::{Scene, Step, done};

    fn laptop() -> CredentialStatus {
        CredentialStatus {
            id: "5f0c1d2e3a4b5968".into(),
            kind: Kind::Passkey,
            label: "Laptop".into(),
            ..credential()
        }
    }

    fn has(passkeys: Vec<CredentialStatus>) -> Step {
        done(Outcome::Status(status(passkeys)))
    }

    #[test]
    fn passkeys_are_listed_renamed_and_removed() {
        let seen = Scene::new([has(vec![laptop()])]).run("passkey list alice");
        assert!(seen.out.contains("Laptop") && seen.out.contains("never"), "{}", seen.out);
        let scene = Scene::new([has(vec![laptop()])]);
        scene.run("passkey list alice --json").assert_documented("passkey list");
        let seen = Scene::new([has(vec![])]).run("passkey list alice");
        assert!(seen.out.contains("added in the portal"), "{}", seen.out);
        let seen =
            Scene::new([done(Outcome::Done)]).run("passkey rename alice Laptop --to Old --json");
        seen.assert_documented("passkey rename");
        let gone = Outcome::Removed {
            credential: "5f0c1d2e3a4b5968".into(),
            label: "Laptop".into(),
            last: false,
        };
        let seen = Scene::new([done(gone)]).run("passkey remove alice Laptop --yes --json");
        let removed = Command::Remove { kind: Kind::Passkey, credential: Some("Laptop".into()) };
        assert_eq!(seen.commands(), [removed]);
        seen.assert_documented("passkey remove");
    }
}
