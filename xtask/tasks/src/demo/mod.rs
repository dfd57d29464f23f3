//! `cargo xtask demo`: monk in a private machine, with a real mail server and a real sshd, and
//! logins for everyone to see.
//!
//! | module | what it does |
//! |---|---|
//! | [`rootless`] | all of it in a small Debian of its own, for readers who are not root |
//! | [`servers`] | which packages it needs, and that it says so before it installs them |
//! | [`stage`] | the private machine with all its servers |
//! | [`enrolment`] | what an administrator types, until alice has three second factors |
//! | [`logins`] | logins that work, and logins that are refused |
//! | [`by_hand`] | a shell in the private machine, for the reader's own logins |
//! | [`teller`] | how a step is told, and whether it ended as it should |
//! | [`web`] | the portal instead, for the reader's own browser |

mod by_hand;
mod enrolment;
mod logins;
mod rootless;
mod servers;
mod stage;
mod teller;
mod web;

use std::time::Instant;

use clap::Args;

use crate::failure::{Failure, Outcome, guarded};

use enrolment::Enrolled;
use stage::Stage;
use teller::Teller;

/// The password of alice. Everything secret in the demo is shown.
const PASSWORD: &str = "sesame";

/// Show logins through real Dovecot and sshd, in a private machine
///
/// Makes a private machine (namespaces: its own files, network, processes) with monk, Dovecot and
/// sshd in it. Then alice enrols and logs in, in each way that should work and in some that should not. Servers that this
/// machine lacks are listed, and installed after a pause. Nothing else on this machine is changed.
#[derive(Args)]
pub struct DemoOptions {
    /// Keep users and credentials in a real slapd instead of monk's own store
    #[arg(long)]
    ldap: bool,

    /// In the end, open a shell in the private machine, to log in by hand
    #[arg(long)]
    shell: bool,

    /// Install the packages that are missing without a pause
    #[arg(long)]
    yes: bool,

    /// Show the portal instead, on http://localhost:8080 for your own browser, without root
    #[arg(long, conflicts_with_all = ["ldap", "shell"])]
    web: bool,

    /// With --web: only see whether its first page answers
    #[arg(long, requires = "web")]
    check: bool,
}

/// Shows it. True where every step ended as it should.
pub fn run(options: &DemoOptions) -> Outcome {
    if options.web {
        return web::run(options.check);
    }
    let line = if options.ldap { "demo --ldap" } else { "demo" };
    if options.shell && !by_hand::is_possible() {
        return Err(Failure("--shell needs a terminal as standard input and output".to_owned()));
    }
    if rootless::is_needed() {
        let given = [(options.ldap, "--ldap"), (options.shell, "--shell"), (options.yes, "--yes")];
        let given: Vec<&str> = given.iter().filter(|one| one.0).map(|one| one.1).collect();
        return rootless::run(&given, options.yes);
    }
    servers::make_ready(options.ldap, options.yes)?;
    println!();
    guarded(|| show(options, line)).flatten()
}

fn show(options: &DemoOptions, line: &str) -> Outcome {
    let begin = Instant::now();
    let mut teller = Teller::new();
    teller.act("A private machine");
    let stage = Stage::set(options.ldap, &mut teller);

    teller.act("Alice enrols");
    let Some(Enrolled { phone, app_password, backup_codes }) = enrolment::show(&stage, &mut teller)
    else {
        teller.summary(begin.elapsed());
        return Ok(false);
    };
    let things = logins::Things { phone: &phone, app_password: &app_password, backup_codes };
    teller.act("Logins that work");
    let used = logins::show_those_that_work(&stage, &mut teller, &things);
    teller.act("Logins that are refused");
    logins::show_those_that_are_refused(&stage, &mut teller, &things, &used);
    enrolment::show_status(&stage, &mut teller);

    let all_well = teller.summary(begin.elapsed());
    by_hand::offer(&stage, &phone, options.shell, line)?;
    Ok(all_well)
}
