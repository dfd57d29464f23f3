//! What a login costs at the least: a program that asks a directory with OpenLDAP's own library what
//! has to be asked for a login, from several processes at once, and decides nothing.
//!
//! It reads what pam_load reads, and writes what pam_load writes:
//!
//! ```text
//! {"user":"alice","answers":["secret"]}
//! (end of the input)
//!     {"seconds":0.31,"rate":806.4,"nanos":[812345, …],"ends":{"PAM_SUCCESS":250},"mapped":[]}
//! ```
//!
//! The end is that which PAM would have: `PAM_SUCCESS`, or `PAM_AUTH_ERR` where the directory says
//! no.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "the program's own messages")]

#[path = "../pam_load/callers.rs"]
#[allow(dead_code, reason = "the other program uses more of it")]
mod callers;
mod libldap;
#[path = "../../libpam.rs"]
#[allow(dead_code, reason = "only its codes are wanted here")]
mod libpam;
#[path = "../pam_load/login.rs"]
#[allow(dead_code, reason = "the other program uses more of it")]
mod login;
mod steps;

use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::process::ExitCode;
use std::time::Instant;

use monk_tests::program;

use crate::callers::Caller;
use crate::libldap::Library;
use crate::libpam::Code;
use crate::login::{Login, nanos};
use crate::steps::{Connections, Directory, Steps};

const USAGE: &str = "usage: ldap_floor --uri URI --ca FILE --base DN --account DN --password WORD
                  --steps search|enrolled|bind|modify|fresh [--callers N] [--warm-up N] < LOGINS";

/// `PAM_AUTH_ERR`.
const REFUSED: Code = Code(7);

/// What is the same for all logins, and how they are carried out.
struct Options {
    directory: Directory,
    authority: String,
    steps: Steps,
    callers: usize,
    /// Logins of each caller that come before the common beginning and are not measured.
    warm_up: usize,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut given = BTreeMap::new();
        while let Some(name) = arguments.next() {
            given.insert(name, arguments.next()?);
        }
        let mut take = |name: &str| given.remove(name);
        let directory = Directory {
            uri: CString::new(take("--uri")?).ok()?,
            base: CString::new(take("--base")?).ok()?,
            account: CString::new(take("--account")?).ok()?,
            password: take("--password")?,
        };
        let steps = Steps::named(&take("--steps")?)?;
        let authority = take("--ca")?;
        let callers = take("--callers").map_or(Some(1), |number| number.parse().ok())?;
        let warm_up = take("--warm-up").map_or(Some(0), |number| number.parse().ok())?;
        let is_valid = callers > 0 && given.is_empty();
        is_valid.then_some(Self { directory, authority, steps, callers, warm_up })
    }
}

fn main() -> ExitCode {
    program::run("ldap_floor", USAGE, Options::parse(std::env::args().skip(1)), run)
}

fn run(options: &Options) -> io::Result<()> {
    let logins = login::read(io::stdin().lock())?;
    let shares = login::deal(logins, options.callers);
    let told = callers::run(shares, |logins, caller| {
        let done = carry_out(options, logins, caller);
        done.inspect_err(|error| eprintln!("ldap_floor: {error}"))
    })?;
    println!("{told}");
    Ok(())
}

/// All logins of one caller, which has its own library and connections.
fn carry_out(options: &Options, logins: &[Login], caller: &mut Caller) -> io::Result<()> {
    let library = Library::open(&options.authority)?;
    let directory = &options.directory;
    let open = match options.steps {
        Steps::FreshConnection => None,
        _ => Some(Connections::open(&library, directory)?),
    };
    let log_in = |login: &Login| {
        let password = login.answers.first().map_or("", String::as_str);
        let begin = Instant::now();
        let known = match &open {
            Some(open) => open.log_in(options.steps, directory, &login.user, password)?,
            None => steps::log_in_afresh(&library, directory, &login.user, password)?,
        };
        let took = nanos(begin.elapsed());
        Ok::<_, io::Error>((took, if known { Code::SUCCESS } else { REFUSED }))
    };
    let (first, rest) = logins.split_at(options.warm_up.min(logins.len()));
    for login in first {
        caller.warmed_up(log_in(login)?.1);
    }
    caller.wait_for_the_others()?;
    for login in rest {
        caller.ended(log_in(login)?);
    }
    Ok(())
}
