//! `totp`: devices that show codes.

use std::io::Write;
use std::path::Path;

use monk_terms::kind::Kind;
use monk_wire::Secret;
use monk_wire::manage::{Command, Outcome, TotpParameters};
use zeroize::Zeroizing;

use crate::cli::{
    TotpAddArgs, TotpConfirmArgs, TotpRemoveArgs, TotpRenameArgs, TotpShowArgs, UserArgs,
};
use crate::commands::credentials::{self, of_kind};
use crate::commands::sheet::Sheet;
use crate::commands::status::read_status;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{State, document, documents};
use crate::output::{Plain, Style};
use crate::png;
use crate::session::Session;
use crate::talk::unexpected;
use crate::terminal::Question;
use crate::when::Moment;

/// How many wrong codes may be typed before the device is left for later.
const TRIES: usize = 3;

/// Makes a device, shows it, and has it confirmed.
pub fn add(session: &mut Session, args: &TotpAddArgs) -> Result<Exit, Error> {
    let parameters = TotpParameters {
        algorithm: args.algorithm,
        digits: if args.digits == "8" { 8 } else { 6 },
        period: args.period,
    };
    let user = session.user(args.user.as_ref())?;
    let command = Command::TotpAdd { label: args.name.clone(), parameters };
    let device = Pending::of(session.manage(&user, command)?)?;
    device.show(session, &user, args.png.as_deref())?;
    if session.json { Ok(Exit::Done) } else { device.confirm_now_or_later(session, &user) }
}

/// Shows one again that nobody has confirmed yet.
pub fn show_qr(session: &mut Session, args: &TotpShowArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let command = Command::TotpShow { credential: args.device.clone() };
    let device = Pending::of(session.manage(&user, command)?)?;
    device.show(session, &user, args.png.as_deref())?;
    if !session.json {
        writeln!(session.out, "\nIt is not active yet. To confirm it: {}", device.later(&user))?;
    }
    Ok(Exit::Done)
}

/// A device that waits to be confirmed.
struct Pending {
    id: String,
    name: String,
    parameters: TotpParameters,
    secret: Secret,
    uri: Secret,
}

impl Pending {
    fn of(outcome: Outcome) -> Result<Self, Error> {
        match outcome {
            Outcome::TotpPending { credential, secret, uri, label, parameters } => {
                Ok(Self { id: credential, name: label, parameters, secret, uri })
            }
            _ => Err(unexpected()),
        }
    }

    fn show(&self, session: &mut Session, user: &str, png: Option<&Path>) -> Result<(), Error> {
        let (Some(secret), Some(uri)) = (self.secret.expose_str(), self.uri.expose_str()) else {
            return Err(unexpected());
        };
        let (id, name, parameters) = (self.id.as_str(), self.name.as_str(), self.parameters);
        if let Some(file) = png {
            png::write(uri, file)?;
        }
        if session.json {
            let state = State::Pending;
            session.out.json(&document! { user, id, name, state, secret, uri })?;
            return Ok(());
        }
        Sheet { user, name, parameters, secret, uri }.write(&mut session.out)?;
        if let Some(file) = png {
            let file = file.display().to_string();
            let file = Plain(&file);
            writeln!(session.out, "The QR code is in {file}, too: delete it after use.")?;
        }
        Ok(())
    }

    /// The command that confirms it.
    fn later(&self, user: &str) -> String {
        format!("monk-enroll totp confirm {} --name {}", Plain(user), Plain(&self.id))
    }

    fn confirm_now_or_later(&self, session: &mut Session, user: &str) -> Result<Exit, Error> {
        let later = self.later(user);
        if !session.terminal.present() {
            writeln!(session.out, "\nIt is not active yet. Confirm it with a code: {later}")?;
            return Ok(Exit::Done);
        }
        let mut prompt = "Type the code that it shows now, or nothing to do so later: ";
        let mut wrong = None;
        for _ in 0..TRIES {
            let code = session.ask(code_question(prompt, false))?;
            if code.expose().trim_ascii().is_empty() {
                writeln!(session.out, "It is not active yet. To confirm it: {later}")?;
                return Ok(Exit::Done);
            }
            match confirm_with(session, user, &self.id, &code) {
                Ok(from) => return confirmed(session, user, &self.name, from),
                Err(error) if error.exit == Exit::WrongCode => {
                    // The engine knows why: that the clock is off, and by how much.
                    writeln!(session.errors, "{}", Plain(&error.message))?;
                    wrong = Some(error);
                }
                Err(error) => {
                    return Err(error.or_remedy(format!("To confirm it later: {later}")));
                }
            }
            prompt = "The next code: ";
        }
        let error = wrong.unwrap_or_else(unexpected);
        Err(error.remedy(format!("It is not active. To confirm it later: {later}")))
    }
}

/// Confirms a device that was made before.
pub fn confirm(session: &mut Session, args: &TotpConfirmArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let (device, name) = match &args.device {
        Some(device) => {
            if session.terminal.present() {
                look_before_asking(session, &user, device)?;
            }
            (device.clone(), device.clone())
        }
        None => the_one_that_waits(session, &user)?,
    };
    let code = session.ask(code_question("Code that it shows now: ", args.code_stdin))?;
    let usable_from = confirm_with(session, &user, &device, &code)?;
    if session.json {
        let (user, device) = (user.as_str(), device.as_str());
        let state = if usable_from.is_some() { State::Waiting } else { State::Active };
        session.out.json(&document! { user, device, state, usable_from })?;
        return Ok(Exit::Done);
    }
    confirmed(session, &user, &name, usable_from)
}

/// Lists the devices of a user.
pub fn list(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let status = read_status(session, &user)?;
    let now = Moment::now();
    let ours = of_kind(&status, Kind::Totp);
    let out = &mut session.out;
    if session.json {
        out.json(&document! { user: &status.user, devices: documents(ours, now) })?;
        return Ok(Exit::Done);
    }
    if ours.is_empty() {
        writeln!(out, "{} has no devices.", Plain(&status.user))?;
        return Ok(Exit::Done);
    }
    credentials::write_table(out, &ours, now)
}

/// Gives a device another name.
pub fn rename(session: &mut Session, args: &TotpRenameArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    credentials::rename(session, &user, Kind::Totp, &args.device, &args.to)
}

/// Removes a device.
pub fn remove(session: &mut Session, args: &TotpRemoveArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let device = args.device.as_str();
    let question = format!("Remove the device “{}” of {}?", Plain(device), Plain(&user));
    credentials::remove(session, &user, Kind::Totp, Some(device), &question)
}

/// Id and name of the only device that is not confirmed yet.
fn the_one_that_waits(session: &mut Session, user: &str) -> Result<(String, String), Error> {
    let status = read_status(session, user)?;
    let waiting: Vec<_> =
        of_kind(&status, Kind::Totp).into_iter().filter(|one| one.pending).collect();
    match waiting[..] {
        [one] => Ok((one.id.clone(), one.label.clone())),
        [] => Err(Error::new(
            Exit::NotFound,
            format!("no device of {user} is waiting to be confirmed"),
        )
        .remedy(format!("monk-enroll status {user} shows what there is."))),
        _ => {
            let names: Vec<_> =
                waiting.iter().map(|one| format!("{} ({})", one.label, one.id)).collect();
            Err(Error::new(
                Exit::Usage,
                format!("several devices of {user} are waiting to be confirmed"),
            )
            .remedy(format!("Say which: {}", names.join(", "))))
        }
    }
}

/// Refuses a device that does not wait, before a person looks for the phone.
fn look_before_asking(session: &mut Session, user: &str, device: &str) -> Result<(), Error> {
    let status = read_status(session, user)?;
    let named: Vec<_> = of_kind(&status, Kind::Totp)
        .into_iter()
        .filter(|one| one.id == device || one.label == device)
        .collect();
    if named.iter().any(|one| one.pending) {
        return Ok(());
    }
    let message = match named.is_empty() {
        true => format!("no device of {user} is called {device:?}"),
        false => format!("the device {device:?} of {user} is active already"),
    };
    Err(Error::new(Exit::NotFound, message)
        .remedy(format!("monk-enroll status {user} shows what there is.")))
}

fn code_question(prompt: &str, piped: bool) -> Question<'_> {
    // A code is good once, and within a minute: people may see what they type.
    Question { wanted: "a code", prompt, echo: true, option: "--code-stdin", piped }
}

fn confirm_with(
    session: &mut Session,
    user: &str,
    device: &str,
    typed: &Secret,
) -> Result<Option<Moment>, Error> {
    let command = Command::TotpConfirm { credential: device.to_owned(), code: code_of(typed)? };
    match session.manage(user, command)? {
        Outcome::Done => Ok(None),
        Outcome::UsableFrom(from) => Ok(Some(Moment(from))),
        _ => Err(unexpected()),
    }
}

/// The code without the blanks that apps show in it.
fn code_of(typed: &Secret) -> Result<Secret, Error> {
    let no_code = || Error::new(Exit::WrongCode, "a code is 6 or 8 digits");
    let text = typed.expose_str().ok_or_else(no_code)?;
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    digits.extend(text.chars().filter(|char| !char.is_whitespace()));
    if !matches!(digits.len(), 6 | 8) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(no_code());
    }
    Ok(Secret::new(digits.as_bytes()))
}

fn confirmed(
    session: &mut Session,
    user: &str,
    device: &str,
    usable_from: Option<Moment>,
) -> Result<Exit, Error> {
    if let Some(from) = usable_from {
        let device = Plain(device);
        writeln!(
            session.out,
            "{device} is confirmed, and works from {from} UTC. Until then, log in as before."
        )?;
        return Ok(Exit::Done);
    }
    let active = session.out.screen.paint(Style::Good, "active");
    let (device, user) = (Plain(device), Plain(user));
    writeln!(session.out, "{device} is {active}: {user} logs in with PASSWORD;CODE from now on.")?;
    // Otherwise it is typed at once, and refused as one that was used.
    writeln!(
        session.out,
        "The code that you just typed is spent: use the next code for your first login."
    )?;
    Ok(Exit::Done)
}

#[cfg(test)]
#[path = "totp_tests.rs"]
mod tests;
