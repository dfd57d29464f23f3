//! Processes that begin together.
//!
//! They are forked before anything is measured, while this process has one thread:
//!
//! ```text
//!  this process     fork ── fork ── … ── all have said "ready" ── closes the gate ── collects
//!  each caller            says "ready" ── reads the gate to its end ── logins ── tells
//! ```

use std::collections::BTreeMap;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::libpam::Code;
use crate::login::nanos;

/// How one login went.
#[derive(Clone, Copy)]
struct Login {
    /// How long it took in nanoseconds.
    took: u64,
    /// When it was over, in nanoseconds on the common clock.
    over: u64,
    /// Its end.
    code: Code,
}

/// One caller, as it sees itself.
pub struct Caller {
    /// The clock that all have inherited.
    clock: Instant,
    ready: Option<PipeWriter>,
    gate: PipeReader,
    logins: Vec<Login>,
}

impl Caller {
    /// Says that this caller is ready, and waits until all are.
    ///
    /// # Errors
    /// When the pipe of the gate cannot be read.
    pub fn wait_for_the_others(&mut self) -> io::Result<()> {
        drop(self.ready.take());
        // Nothing is ever written: the end comes when this process's parent closes its side.
        io::copy(&mut self.gate, &mut io::sink()).map(|_| ())
    }

    /// Notes the end of a login, and its time.
    pub fn ended(&mut self, (took, code): (u64, Code)) {
        let over = nanos(self.clock.elapsed());
        self.logins.push(Login { took, over, code });
    }

    /// Writes down everything, once nothing is measured any more.
    fn tell(self, mut out: PipeWriter) -> io::Result<()> {
        let logins = self.logins.iter().map(|login| (login.took, login.over, login.code.0));
        let told = json!(logins.collect::<Vec<_>>());
        out.write_all(told.to_string().as_bytes())
    }
}

/// Has each share carried out by a process. Returns what is told of all of them together.
///
/// # Errors
/// When there are no processes or pipes, or a caller ends without having told anything.
pub fn run<T>(
    shares: Vec<Vec<T>>,
    work: impl Fn(&[T], &mut Caller) -> io::Result<()>,
) -> io::Result<Value> {
    let clock = Instant::now();
    let (mut all_ready, ready) = io::pipe()?;
    let (gate, gate_keeper) = io::pipe()?;
    let mut callers = Vec::new();
    for share in shares {
        let (from_caller, to_parent) = io::pipe()?;
        // SAFETY: this process has one thread, so that the child may go on as it likes.
        match unsafe { libc::fork() } {
            -1 => return Err(io::Error::last_os_error()),
            0 => {
                drop(gate_keeper);
                drop(all_ready);
                let logins = Vec::with_capacity(share.len());
                let mut caller = Caller { clock, ready: Some(ready), gate, logins };
                let done = work(&share, &mut caller).and_then(|()| caller.tell(to_parent));
                // SAFETY: ends the child without the parent's exit handlers and buffers.
                unsafe { libc::_exit(done.is_err().into()) }
            }
            _ => callers.push(from_caller),
        }
    }
    drop(ready);
    // Nothing is written to this pipe either: it ends when the last caller has closed its side.
    io::copy(&mut all_ready, &mut io::sink())?;
    let begin = nanos(clock.elapsed());
    drop(gate_keeper);
    let mut shares = Vec::new();
    for mut caller in callers {
        let mut text = String::new();
        caller.read_to_string(&mut text)?;
        shares.push(parse(&text).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a caller has ended without a word")
        })?);
    }
    Ok(together(begin, &shares))
}

/// What one caller has told.
fn parse(text: &str) -> Option<Vec<Login>> {
    let told: Value = serde_json::from_str(text).ok()?;
    let logins = told.as_array()?.iter().map(|login| {
        let code = Code(i32::try_from(login[2].as_i64()?).ok()?);
        Some(Login { took: login[0].as_u64()?, over: login[1].as_u64()?, code })
    });
    logins.collect()
}

/// What is told of all callers, who have begun at the same time.
fn together(begin: u64, shares: &[Vec<Login>]) -> Value {
    let mut ends = BTreeMap::<_, u64>::new();
    for login in shares.iter().flatten() {
        *ends.entry(login.code.name()).or_default() += 1;
    }
    let measured = || shares.iter().flatten();
    let last = measured().map(|login| login.over).max().unwrap_or(begin);
    let lasts = shares.iter().filter_map(|share| share.last().map(|login| login.over));
    let all_at_it = lasts.min().unwrap_or(begin);
    let let_in =
        measured().filter(|one| one.over <= all_at_it && one.code == Code::SUCCESS).count();
    let seconds = |until: u64| Duration::from_nanos(until - begin).as_secs_f64();
    json!({
        "seconds": seconds(last),
        "rate": let_in as f64 / seconds(all_at_it).max(f64::MIN_POSITIVE),
        "nanos": measured().map(|login| login.took).collect::<Vec<_>>(),
        "ends": ends,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(logins: &[(u64, u64, i32)]) -> Vec<Login> {
        let login =
            |(took, over, code): &(_, _, _)| Login { took: *took, over: *over, code: Code(*code) };
        logins.iter().map(login).collect()
    }

    #[test]
    fn the_rate_is_that_of_the_time_in_which_all_are_at_it() {
        let second = 1_000_000_000;
        let quick = share(&[(5, 11 * second, 0), (6, 12 * second, 0)]);
        let slow = share(&[(7, 12 * second, 0), (8, 20 * second, 0)]);
        let told = together(10 * second, &[quick, slow]);
        assert_eq!(told["rate"], 1.5);
        assert_eq!(told["seconds"], 10.0);
        assert_eq!(told["nanos"], json!([5, 6, 7, 8]));
        assert_eq!(told["ends"]["PAM_SUCCESS"], 4);
    }
}
