//! Asking the person at the terminal, and reading secrets from programs.
//!
//! Questions are asked on a terminal only: where standard input is none, nobody is there to
//! answer, and a question would hang.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;

use monk_wire::Secret;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use rustix::termios::{tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::exit::Exit;
use crate::output::Plain;

/// The longest answer that is read. The engine takes no more than 512 bytes as a login.
const LONGEST: usize = 4096;
/// What Ctrl-C types while it raises no signal.
const INTERRUPT: u8 = 0x03;

/// Who answers.
pub trait Terminal {
    /// Whether somebody is there to ask.
    fn present(&self) -> bool;

    /// Asks, and returns the line that was typed. An end of input is an empty line.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn ask(&mut self, prompt: &str, echo: bool) -> io::Result<Secret>;

    /// All of standard input, for the options `--…-stdin`.
    ///
    /// # Errors
    /// When it cannot be read, or is longer than any password.
    fn piped(&mut self) -> io::Result<Secret>;
}

/// The terminal that this process was started from.
pub struct Console;

impl Terminal for Console {
    fn present(&self) -> bool {
        io::stdin().is_terminal() && open_tty().is_ok()
    }

    fn ask(&mut self, prompt: &str, echo: bool) -> io::Result<Secret> {
        // Not standard input and output: those may be redirected, and a prompt is no result.
        let mut tty = open_tty()?;
        let quiet = if echo { None } else { Some(Quiet::new(tty.try_clone()?)?) };
        write!(tty, "{}", Plain(prompt))?;
        let (line, interrupted) = read_line(&mut tty)?;
        if quiet.is_some() {
            drop(quiet);
            tty.write_all(b"\n")?;
        }
        if interrupted {
            // Only now, with the terminal as it was before.
            kill_process(getpid(), Signal::INT)?;
        }
        Ok(Secret::new(&line))
    }

    fn piped(&mut self) -> io::Result<Secret> {
        // Around std's own buffer, which is never wiped.
        read_all(File::from(io::stdin().as_fd().try_clone_to_owned()?))
    }
}

fn open_tty() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Quiet {
    tty: File,
    before: Termios,
}

impl Quiet {
    /// Ctrl-C would end the process before the echo is back, and Ctrl-Z leave the shell without
    /// one. So signals are off, and Ctrl-C ends the line instead.
    fn new(tty: File) -> io::Result<Self> {
        let before = tcgetattr(&tty)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG);
        quiet.local_modes.insert(LocalModes::ICANON);
        quiet.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Drain, &self.before);
    }
}

/// A line without its end, and whether it was broken off by Ctrl-C.
fn read_line(from: &mut impl Read) -> io::Result<(Zeroizing<Vec<u8>>, bool)> {
    let mut bytes = Zeroizing::new(vec![0; LONGEST]);
    let mut length = 0;
    while length < LONGEST {
        match from.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        match bytes[length - 1] {
            b'\n' => {
                length -= 1;
                break;
            }
            INTERRUPT => {
                bytes.truncate(0);
                return Ok((bytes, true));
            }
            _ => {}
        }
    }
    bytes.truncate(length);
    Ok((bytes, false))
}

/// Everything up to the end, without one line end there.
fn read_all(mut from: impl Read) -> io::Result<Secret> {
    let mut bytes = Zeroizing::new(vec![0; LONGEST]);
    let mut length = 0;
    loop {
        match from.read(&mut bytes[length..]) {
            Ok(0) if length == LONGEST => return Err(io::ErrorKind::FileTooLarge.into()),
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let line = &bytes[..length];
    let line =
        line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    Ok(Secret::new(line))
}

/// Something that is needed: from the person at the terminal or, where there is none, from
/// standard input if the option says so.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is wanted, for the error: "a password".
    pub wanted: &'a str,
    /// The prompt.
    pub prompt: &'a str,
    /// Whether the answer may be seen.
    pub echo: bool,
    /// The option that has it read from standard input.
    pub option: &'a str,
    /// Whether that option was given.
    pub piped: bool,
}

impl Question<'_> {
    /// Asks.
    ///
    /// # Errors
    /// When nobody is there to ask, or input cannot be read.
    pub fn ask(self, terminal: &mut dyn Terminal) -> Result<Secret, Error> {
        let answer = if terminal.present() {
            terminal.ask(self.prompt, self.echo)
        } else if self.piped {
            terminal.piped()
        } else {
            return Err(Error::nobody_to_ask(self.wanted, self.option));
        };
        let answer = answer.map_err(|error| unreadable(self.wanted, &error))?;
        if answer.expose().iter().any(|byte| matches!(byte, b'\n' | 0)) {
            let message = format!("{} is one line, and without NUL bytes", self.wanted);
            return Err(Error::new(Exit::Invalid, message));
        }
        Ok(answer)
    }
}

/// Asks for a plain yes; anything else is a no.
///
/// # Errors
/// [`Exit::Cancelled`] for a no, [`Exit::Usage`] when nobody is there to ask.
pub fn agree(terminal: &mut dyn Terminal, question: &str) -> Result<(), Error> {
    if !terminal.present() {
        return Err(Error::new(Exit::Usage, format!("this is to be agreed to first: {question}"))
            .remedy("There is no terminal to ask on. Use --yes to agree."));
    }
    let answer = terminal
        .ask(&format!("{question} [y/N] "), true)
        .map_err(|error| unreadable("an answer", &error))?;
    match answer.expose_str().map(str::trim) {
        Some("y" | "Y" | "yes" | "Yes" | "YES") => Ok(()),
        _ => Err(Error::new(Exit::Cancelled, "nothing was changed")),
    }
}

/// An answer that cannot be read.
pub fn unreadable(wanted: &str, error: &io::Error) -> Error {
    Error::new(Exit::Usage, format!("{wanted} could not be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_taken_off_and_nothing_else() {
        for (piped, read) in
            [("secret\n", "secret"), ("secret\r\n", "secret"), (" s \n\n", " s \n"), ("", "")]
        {
            assert_eq!(read_all(piped.as_bytes()).unwrap().expose_str(), Some(read));
        }
        assert!(read_all(&vec![b'x'; LONGEST][..]).is_err());
    }

    #[test]
    fn a_line_ends_at_its_end_at_ctrl_c_and_at_the_end_of_input() {
        let mut typed = &b"secret\n"[..];
        assert_eq!(read_line(&mut typed).unwrap(), (Zeroizing::new(b"secret".to_vec()), false));
        let mut broken_off = &b"sec\x03"[..];
        assert_eq!(read_line(&mut broken_off).unwrap(), (Zeroizing::new(Vec::new()), true));
        let mut end = &b""[..];
        assert_eq!(read_line(&mut end).unwrap(), (Zeroizing::new(Vec::new()), false));
    }
}
