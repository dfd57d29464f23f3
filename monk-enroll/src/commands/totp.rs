//! `totp`: devices that show codes.

use std::io::Write;

use monk_wire::Secret;
use monk_wire::manage::{Command, Outcome, TotpParameters};
use zeroize::Zeroizing;

use crate::cli::{TotpAddArgs, TotpConfirmArgs};
use crate::commands::sheet::Sheet;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{State, TotpAdded, TotpConfirmed};
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;
use crate::terminal::Question;

/// How many wrong codes may be typed before the device is left for later.
const TRIES: usize = 3;

/// Makes a device, shows it, and has it confirmed.
pub fn add(session: &mut Session, args: &TotpAddArgs) -> Result<Exit, Error> {
    let parameters = TotpParameters {
        algorithm: args.algorithm.into(),
        digits: if args.digits == "8" { 8 } else { 6 },
        period: args.period,
    };
    let command = Command::TotpAdd { label: args.name.clone(), parameters };
    let Outcome::TotpPending { credential, secret, uri } = session.manage(&args.user, command)?
    else {
        return Err(unexpected());
    };
    let (Some(secret), Some(uri)) = (secret.expose_str(), uri.expose_str()) else {
        return Err(unexpected());
    };
    let TotpAddArgs { user, name, .. } = args;
    if session.json {
        let (id, state) = (credential.as_str(), State::Pending);
        session.out.json(&TotpAdded { user, id, name, state, secret, uri })?;
        return Ok(Exit::Done);
    }
    Sheet { user, name, parameters, secret, uri }.write(&mut session.out)?;
    confirm_now_or_later(session, user, name, &credential)
}

fn confirm_now_or_later(
    session: &mut Session,
    user: &str,
    name: &str,
    credential: &str,
) -> Result<Exit, Error> {
    let later = format!("monk-enroll totp confirm {} {}", Plain(user), Plain(credential));
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
        match confirm_with(session, user, credential, &code) {
            Ok(()) => return confirmed(session, user, name),
            Err(error) if error.exit == Exit::WrongCode => wrong = Some(error),
            Err(error) => return Err(error.or_remedy(format!("To confirm it later: {later}"))),
        }
        prompt = "That is not its code now. The next one: ";
    }
    let error = wrong.unwrap_or_else(unexpected);
    Err(error.remedy(format!("It is not active. Is the clock of the device right? Later: {later}")))
}

/// Confirms a device that was made before.
pub fn confirm(session: &mut Session, args: &TotpConfirmArgs) -> Result<Exit, Error> {
    let (device, name) = match &args.device {
        Some(device) => (device.clone(), device.clone()),
        None => the_one_that_waits(session, &args.user)?,
    };
    let code = session.ask(code_question("Code that it shows now: ", args.code_stdin))?;
    confirm_with(session, &args.user, &device, &code)?;
    if session.json {
        let (user, device, state) = (args.user.as_str(), device.as_str(), State::Active);
        session.out.json(&TotpConfirmed { user, device, state })?;
        return Ok(Exit::Done);
    }
    confirmed(session, &args.user, &name)
}

/// Id and name of the only device that is not confirmed yet.
fn the_one_that_waits(session: &mut Session, user: &str) -> Result<(String, String), Error> {
    let Outcome::Status(status) = session.manage(user, Command::Status)? else {
        return Err(unexpected());
    };
    let waiting: Vec<_> = status.credentials.iter().filter(|one| one.pending).collect();
    match waiting[..] {
        [one] => Ok((one.id.clone(), one.label.clone())),
        [] => Err(Error::new(Exit::NotFound, format!("no device of {user} waits to be confirmed"))
            .remedy(format!("monk-enroll status {user} shows what there is."))),
        _ => {
            let names: Vec<_> =
                waiting.iter().map(|one| format!("{} ({})", one.label, one.id)).collect();
            Err(Error::new(Exit::Usage, format!("several devices of {user} wait to be confirmed"))
                .remedy(format!("Say which: {}", names.join(", "))))
        }
    }
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
) -> Result<(), Error> {
    let command = Command::TotpConfirm { credential: device.to_owned(), code: code_of(typed)? };
    match session.manage(user, command)? {
        Outcome::Done => Ok(()),
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

fn confirmed(session: &mut Session, user: &str, device: &str) -> Result<Exit, Error> {
    let active = session.out.screen.paint(Style::Good, "active");
    let (device, user) = (Plain(device), Plain(user));
    writeln!(session.out, "{device} is {active}: {user} logs in with PASSWORD;CODE from now on.")?;
    Ok(Exit::Done)
}

#[cfg(test)]
#[path = "totp_tests.rs"]
mod tests;
