//! `passkey`: passkeys are made in the portal, and listed and removed here as well.

use std::io::Write;

use monk_terms::kind::Kind;
use monk_wire::manage::{Command, Outcome};

use super::credentials::{self, of_kind};
use super::status::read_status;
use crate::cli::{PasskeyRemoveArgs, PasskeyRenameArgs, UserArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{document, documents};
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;
use crate::when::Moment;
use crate::words::name_of;

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

/// Ends what the portal gave for one login.
pub fn withdraw(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let status = read_status(session, &user)?;
    let given = status.credentials.iter().filter(|one| one.kind.opens_once());
    let given: Vec<_> = given.map(|one| (one.kind, one.id.clone())).collect();
    for (kind, id) in &given {
        let command = Command::Remove { kind: *kind, credential: Some(id.clone()) };
        let Outcome::Removed { .. } = session.manage(&user, command)? else {
            return Err(unexpected());
        };
    }
    let out = &mut session.out;
    if session.json {
        let withdrawn: Vec<_> = given.iter().map(|(kind, _)| kind.as_str()).collect();
        out.json(&document! { user: &status.user, withdrawn })?;
    } else if given.is_empty() {
        writeln!(out, "{} has no ticket and no one-time code.", Plain(&status.user))?;
    } else {
        let names: Vec<_> = given.iter().map(|(kind, _)| name_of(*kind)).collect();
        writeln!(out, "Withdrawn: {}. It opens nothing now.", names.join(", "))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use monk_wire::manage::CredentialStatus;

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

    #[test]
    fn what_the_portal_gave_for_one_login_is_withdrawn_and_nothing_else() {
        let ticket = CredentialStatus { kind: Kind::PortalTicket, ..laptop() };
        let code = CredentialStatus { kind: Kind::PortalCode, ..laptop() };
        let gone = || {
            done(Outcome::Removed {
                credential: "5f0c1d2e3a4b5968".into(),
                label: "Ticket".into(),
                last: false,
            })
        };
        let scene = Scene::new([has(vec![code, laptop(), ticket]), gone(), gone()]);
        let seen = scene.run("passkey withdraw alice --json");
        let remove = |kind| Command::Remove { kind, credential: Some(laptop().id) };
        let commands = [Command::Status, remove(Kind::PortalCode), remove(Kind::PortalTicket)];
        assert_eq!(seen.commands(), commands);
        seen.assert_documented("passkey withdraw");
        let seen = Scene::new([has(vec![laptop()])]).run("passkey withdraw alice");
        assert!(seen.out.contains("no ticket"), "{}", seen.out);
    }
}
