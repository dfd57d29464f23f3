//! A process of its own for each login, as sshd has it.

use std::io;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::libpam::Code;
use crate::login::{Login, Manner, nanos};

/// The first argument of a process that carries out one login: the others are what is the same for
/// all of them, the user and the answers. Nothing of this is secret.
const ONE: &str = "--one";

/// Carries out a login in a new process. Returns the time in nanoseconds from before the process is
/// made to after it was waited for.
///
/// # Errors
/// When there is no such process, or it does not end by itself.
pub fn log_in(manner: &Manner, login: &Login) -> io::Result<(u64, Code)> {
    let mut command = Command::new("/proc/self/exe");
    let account = if manner.account { "account" } else { "" };
    command.args([ONE, &manner.service, manner.address.as_deref().unwrap_or_default(), account]);
    command.arg(&login.user).args(&login.answers).stdin(Stdio::null());
    let begin = Instant::now();
    let status = command.status()?;
    let took = nanos(begin.elapsed());
    let code = status.code().ok_or_else(|| io::Error::other(format!("a login: {status}")))?;
    Ok((took, Code(code)))
}

/// Is that process, where the arguments say so.
pub fn serve(arguments: &[String]) -> Option<ExitCode> {
    let [one, service, address, account, user, answers @ ..] = arguments else { return None };
    if one != ONE {
        return None;
    }
    let manner = Manner {
        service: service.clone(),
        address: (!address.is_empty()).then(|| address.clone()),
        account: !account.is_empty(),
    };
    let login = Login { user: user.clone(), answers: answers.to_vec() };
    let code = manner.log_in(&login, || ()).map_or(u8::MAX, |(_, code)| code.as_byte());
    Some(ExitCode::from(code))
}
