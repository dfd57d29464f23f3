//! `directory`: a server that is to be used.

use std::io::Write;
use std::path::Path;

use monk_wire::manage::{
    Command, Detected, Detection, DirectoryCommand, DirectoryOutcome, Failure, FoundUser, OnHosts,
    Outcome, Product, Tried,
};

use crate::cli::DetectArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;
use crate::terminal::Question;
use crate::words::failures;

/// Asks a server what it is. The settings go to standard output, so that they can be put into a file.
pub fn detect(session: &mut Session, args: &DetectArgs) -> Result<Exit, Error> {
    let account = match &args.bind_dn {
        None => None,
        Some(dn) => {
            let password = session.ask(Question {
                wanted: "the password of the account",
                prompt: &format!("Password of {}: ", Plain(dn)),
                echo: false,
                option: "--password-stdin",
                piped: args.password_stdin,
            })?;
            Some((dn.clone(), password))
        }
    };
    let detection = Detection {
        uri: args.uri.clone(),
        starttls: args.starttls,
        ca_file: absolute(args.ca_file.as_deref())?,
        base: args.base.clone(),
        account,
        user: args.user.clone(),
    };
    let command = Command::Directory(DirectoryCommand::Detect(Box::new(detection)));
    let Outcome::Directory(DirectoryOutcome::Detected(detected)) = session.manage("", command)?
    else {
        return Err(unexpected());
    };
    let exit = match &detected.tried {
        None | Some(Tried::Found(_)) => Exit::Done,
        Some(Tried::Nobody | Tried::Several) => Exit::NotFound,
        Some(Tried::Failed(_)) => Exit::Unavailable,
    };
    match session.json {
        true => json(session, &detected)?,
        false => tell(session, args, &detected)?,
    }
    Ok(exit)
}

/// A file as the engine finds it, which is in another folder.
fn absolute(file: Option<&Path>) -> Result<Option<String>, Error> {
    let Some(file) = file else { return Ok(None) };
    let wrong = |error| Error::new(Exit::Usage, format!("{}: {error}", file.display()));
    Ok(Some(std::path::absolute(file).map_err(wrong)?.display().to_string()))
}

fn json(session: &mut Session, detected: &Detected) -> Result<(), Error> {
    let Detected { vendor, product, bases, settings, tried } = detected;
    let preset = product.map(Product::preset);
    let user = match tried {
        Some(Tried::Found(user)) => Some(user),
        _ => None,
    };
    let user = user.map(|FoundUser { name, id, mail, locator, state, on_hosts }| {
        let uid = on_hosts.map(|known| known.uid);
        let gid = on_hosts.map(|known| known.gid);
        let groups = on_hosts.map(|known| known.groups);
        document! { name, id, mail, dn: locator, state: state.as_str(), uid, gid, groups }
    });
    let problem = tried.as_ref().and_then(problem);
    session.out.json(&document! { vendor, preset, bases, user, problem, settings })?;
    Ok(())
}

/// Why the user was not found.
fn problem(tried: &Tried) -> Option<String> {
    match tried {
        Tried::Found(_) => None,
        Tried::Nobody => Some("nobody there has this name".to_owned()),
        Tried::Several => Some("several entries have this name".to_owned()),
        Tried::Failed(outage) => Some(failures::sentence(&Failure::Outage(outage.clone()))),
    }
}

/// How hosts know a user.
fn known_as(known: &OnHosts) -> String {
    let OnHosts { uid, gid, groups } = known;
    let further = match groups {
        0 => "no further group".to_owned(),
        1 => "1 further group".to_owned(),
        more => format!("{more} further groups"),
    };
    format!("uid {uid}, primary group {gid}, {further}")
}

fn no_uid() -> String {
    "unknown: the user has no uid, so libnss-monk does not serve this user".to_owned()
}

/// Tells what was found in comments, and the settings below: all of it can be put into a file.
fn tell(session: &mut Session, args: &DetectArgs, detected: &Detected) -> Result<(), Error> {
    let preset = detected.product.map_or("none: monk does not know this server", Product::preset);
    let mut facts = vec![
        (
            "server",
            detected.vendor.clone().unwrap_or_else(|| "does not say who made it".to_owned()),
        ),
        ("preset", preset.to_owned()),
    ];
    facts.extend(detected.bases.iter().map(|base| ("suffix", base.clone())));
    match &detected.tried {
        Some(Tried::Found(FoundUser { name, id, mail, locator, state, on_hosts })) => {
            facts.extend([
                ("user", name.clone()),
                ("entry", locator.clone()),
                ("stable id", id.clone()),
                ("mail", mail.clone().unwrap_or_else(|| "none".to_owned())),
                ("account", state.to_string()),
                ("on hosts", on_hosts.as_ref().map_or_else(no_uid, known_as)),
            ])
        }
        Some(other) => facts.push(("user", problem(other).unwrap_or_default())),
        None => {}
    }
    let next = match (&args.bind_dn, &detected.tried) {
        (None, _) => {
            "No account was named, so nobody was looked up. Repeat this with --bind-dn and --user."
        }
        (Some(_), None) => "Nobody was looked up. Repeat this with --user.",
        (Some(_), Some(Tried::Found(_))) => {
            "These settings find the user. They belong at the top of /etc/monk/monk.toml, and the account's \
             password into password_file."
        }
        (Some(_), Some(_)) => {
            "These settings do not find the user. Correct base or another key before you use them."
        }
    };
    for (name, value) in &facts {
        writeln!(session.out, "# {name:<9}  {}", Plain(value))?;
    }
    writeln!(session.out, "#\n# {next}\n")?;
    for line in detected.settings.lines() {
        writeln!(session.out, "{}", Plain(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use monk_terms::account_state::AccountState;
    use monk_wire::Secret;
    use monk_wire::manage::{Outage, OutageKind};

    use super::*;
    use crate::scripted::{Scene, Step, done};

    const SETTINGS: &str = "directory = \"ldap\"\n\n[ldap]\npreset = \"389ds\"\n";

    fn detected(tried: Option<Tried>) -> Step {
        done(Outcome::Directory(DirectoryOutcome::Detected(Detected {
            vendor: Some("389 Project, 389-Directory/2.3.1".into()),
            product: Some(Product::Ds389),
            bases: vec!["dc=example,dc=org".into()],
            settings: SETTINGS.into(),
            tried,
        })))
    }

    fn alice() -> Tried {
        Tried::Found(FoundUser {
            name: "alice".into(),
            id: "1-2-3-4".into(),
            mail: None,
            locator: "uid=alice,dc=example,dc=org".into(),
            state: AccountState::Locked,
            on_hosts: Some(OnHosts { uid: 12001, gid: 12500, groups: 1 }),
        })
    }

    #[test]
    fn everything_that_is_printed_is_toml() {
        let line = "directory detect ldaps://ldap.example.org --bind-dn cn=monk --user alice";
        let scene = Scene::new([detected(Some(alice()))]).answers(["secret"]);
        let seen = scene.run(line);
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        assert!(seen.out.contains("# account    locked\n"), "{}", seen.out);
        let known = "# on hosts   uid 12001, primary group 12500, 1 further group\n";
        assert!(seen.out.contains(known), "{}", seen.out);
        let settings: String = seen
            .out
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(settings.trim_start(), SETTINGS);
        let [Command::Directory(DirectoryCommand::Detect(asked))] = &seen.commands()[..] else {
            panic!("another command");
        };
        assert_eq!(asked.account, Some(("cn=monk".into(), Secret::new(b"secret"))));
    }

    #[test]
    fn the_engine_is_told_where_the_file_of_authorities_is_whatever_its_own_folder() {
        let seen = Scene::new([detected(None)]).run("directory detect ldaps://x --ca-file ca.pem");
        let [Command::Directory(DirectoryCommand::Detect(asked))] = &seen.commands()[..] else {
            panic!("another command");
        };
        let here = std::env::current_dir().expect("a folder");
        assert_eq!(asked.ca_file, Some(here.join("ca.pem").display().to_string()));
    }

    #[test]
    fn a_user_who_is_not_found_is_the_exit_code() {
        let outage = Outage { kind: OutageKind::Refused, detail: "no rights".into() };
        for (tried, exit) in [
            (Tried::Nobody, Exit::NotFound),
            (Tried::Several, Exit::NotFound),
            (Tried::Failed(outage), Exit::Unavailable),
        ] {
            let scene = Scene::new([detected(Some(tried))]).answers(["secret"]);
            let seen = scene.run("directory detect ldaps://x --bind-dn cn=monk --user alice");
            assert_eq!(seen.exit, exit, "{}", seen.out);
            assert!(seen.out.contains("do not find the user"), "{}", seen.out);
        }
        let seen = Scene::new([detected(None)]).run("directory detect ldaps://x");
        assert_eq!(seen.exit, Exit::Done);
        assert!(seen.out.contains("--bind-dn and --user"), "{}", seen.out);
    }

    #[test]
    fn programs_get_a_document() {
        let line = "directory detect ldaps://x --bind-dn cn=monk --user alice --json";
        let scene = Scene::new([detected(Some(alice()))]).answers(["secret"]);
        scene.run(line).assert_documented("directory detect");
    }
}
