//! sshd: which ways in it offers, whether each of them passes PAM, and whether it runs with its settings.
//!
//! | file | what |
//! |---|---|
//! | `settings` | what `sshd -T` prints, and the ways in that follow from it |
//! | `judge` | what the ways mean |
//! | `remedy` | settings that would mend something, tried with sshd before they are given |
//! | `blocks` | `Match` blocks, each asked about with somebody whom it fits |
//! | `keys_command` | whether sshd can ask monk for the keys of users |
//! | `process` | the sshd that runs, against its files |

mod blocks;
mod judge;
mod keys_command;
mod process;
mod remedy;
mod settings;

use monk_wire::manage::doctor::{Facts, Kind};

use crate::finding::Findings;
use crate::machine::Machine;
use blocks::{Config, FILE};
pub use settings::Settings;

/// The PAM service of an sshd that does not name another one.
const SERVICE: &str = "sshd";

/// What `sshd -T` prints; `None` where sshd is not installed.
pub fn settings(machine: &Machine) -> Option<Result<Settings, String>> {
    let program = machine.program("sshd")?;
    Some(machine.output(&program, &["-T"]).map(|text| Settings::parse(&text)))
}

/// Looks at sshd, if it asks one of the services of monk.
pub fn examine(
    machine: &Machine,
    settings: Option<Result<Settings, String>>,
    asks_monk: &dyn Fn(&str) -> bool,
    facts: &Facts,
    findings: &mut Findings,
) {
    let service = match &settings {
        Some(Ok(settings)) => settings.service().unwrap_or(SERVICE).to_owned(),
        _ => SERVICE.to_owned(),
    };
    if !asks_monk(&service) {
        return;
    }
    match (settings, machine.program("sshd")) {
        (Some(Ok(settings)), Some(program)) => {
            let config = Config::read(machine, FILE);
            let sshd = remedy::Program { machine, program: &program };
            let policy = facts.policy_of(&service);
            let before = findings.0.len();
            let case = judge::Case {
                subject: FILE.to_owned(),
                settings: &settings,
                policy,
                trial: &|edit| sshd.with(edit),
                prefix: "",
            };
            case.examine(findings);
            keys_command::examine(machine, &settings, facts, FILE, findings);
            blocks::examine(&sshd, &config, policy, facts, findings);
            process::examine(machine, &settings, &config, findings);
            if findings.0.len() == before {
                findings.ok(Kind::SshdPamOff, FILE, "every login is asked by monk, on screens");
            }
        }
        (Some(Err(why)), _) => process::broken(&why, findings),
        _ => findings.report(
            Kind::SshdNotExamined,
            FILE,
            "/etc/pam.d/sshd asks monk, and there is no sshd in the usual folders",
            "Nothing, if it was removed.",
        ),
    }
}

#[cfg(test)]
mod tests;
