//! `doctor`: what is wrong with this setup, and what to do about it.

mod shown;

use std::path::{Path, PathBuf};
use std::time::Duration;

use monk_doctor::{Finding, Findings, Machine};
use monk_wire::DEFAULT_CONFIG;
use monk_wire::manage::doctor::{Checkup, Examination, Kind, Severity};
use monk_wire::manage::{Command, Outcome};

use crate::cli::doctor::DoctorArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;
use crate::talk::unexpected;
use crate::terminal::Question;
use crate::words;
use shown::Shown;

/// How long the engine may take. Its own limit for dead servers is 10 s.
const ENGINE_LIMIT: Duration = Duration::from_secs(12);

/// Looks at everything.
pub fn doctor(session: &mut Session, args: &DoctorArgs) -> Result<Exit, Error> {
    if !rustix::process::geteuid().is_root() {
        return Err(Error::new(Exit::NotPermitted, "doctor looks at files that only root may see")
            .remedy("Try sudo."));
    }
    let as_user = match &args.as_user {
        Some(user) => Some((user.clone(), ask_password(session, user, args)?)),
        None => None,
    };
    let examination = Examination { role: args.role, as_user };
    let mut findings = Findings::default();
    let checkup = ask_engine(session, examination, &mut findings)?;
    let endpoint = session.engine.endpoint();
    let config = endpoint.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_CONFIG));
    let named = endpoint.socket.as_os_str().is_empty();
    let socket: Option<&Path> = (!named).then_some(&endpoint.socket);
    let facts = checkup.as_ref().map(|checkup| &checkup.facts);
    let local = monk_doctor::examine(&Machine::this(), facts, &config, socket, &endpoint.engine);
    findings.0.extend(local.0);
    let set = facts.map(|facts| facts.ignored.as_slice()).unwrap_or_default();
    monk_doctor::judge_ignored(set, &mut findings);
    let ignored = args.ignore.iter().map(|kind| kind.id().to_owned()).chain(set.iter().cloned());
    let ignored = ignored.collect();
    let seen = checkup.into_iter().flat_map(|checkup| checkup.observations);
    findings.0.extend(seen.map(words::findings::finding));
    once(&mut findings);
    Shown { findings: findings.0, ignored }.present(&mut session.out, session.json, args.all)
}

/// What was tried over the network need not be told once more of the rules that permit it.
fn once(findings: &mut Findings) {
    const TRIED: [Kind; 3] = [Kind::LdapAnonymousReads, Kind::LdapUserReads, Kind::LdapUserWrites];
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    let was_tried = |finding: &Finding| TRIED.iter().any(|kind| kind.id() == finding.id);
    if findings.0.iter().any(|finding| is_error(finding) && was_tried(finding)) {
        findings.0.retain(|finding| finding.id != Kind::LdapRulesOpen.id());
    }
}

fn ask_password(
    session: &mut Session,
    user: &str,
    args: &DoctorArgs,
) -> Result<monk_wire::Secret, Error> {
    session.ask(Question {
        wanted: "the password of the user",
        prompt: &format!("Password of {user}: "),
        echo: false,
        option: "--password-stdin",
        piped: args.password_stdin,
    })
}

/// The engine's half. An engine that does not answer is the first finding.
fn ask_engine(
    session: &mut Session,
    examination: Examination,
    findings: &mut Findings,
) -> Result<Option<Checkup>, Error> {
    session.engine.hurry(ENGINE_LIMIT);
    match session.manage("root", Command::Doctor(examination)) {
        Ok(Outcome::Doctor(checkup)) => Ok(Some(*checkup)),
        Ok(_) => Err(unexpected()),
        Err(error) if error.exit == Exit::Unavailable => {
            let endpoint = session.engine.endpoint();
            let (engine, config) = (&endpoint.engine, &endpoint.config);
            let config = config.as_deref().unwrap_or(Path::new(DEFAULT_CONFIG));
            let config = config.display().to_string();
            let check = Machine::this().output(engine, &["--check", "--config", &config]);
            let evidence = match check {
                Ok(_) => error.message,
                Err(why) => format!("{}; {why}", error.message),
            };
            let remedy = error.remedy.unwrap_or_else(|| "See journalctl -t monkd".to_owned());
            findings.report(Kind::EngineSilent, engine.display().to_string(), evidence, remedy);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
