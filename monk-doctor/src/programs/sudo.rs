//! The rules of sudo, as `cvtsudoers` prints them with all files that they include.

use monk_wire::manage::doctor::Kind;
use serde_json::Value;

use super::surroundings::Surroundings;
use crate::finding::Findings;

/// Where the rules begin.
const FILE: &str = "/etc/sudoers";

/// In how many ways sudo does not ask. Other rules may be from a directory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unasked {
    /// Commands with `NOPASSWD`.
    pub(super) commands: usize,
    /// `!authenticate` in `Defaults`.
    pub(super) defaults: usize,
    /// `timestamp_timeout` below 0: asked once, and never again.
    pub(super) never_again: usize,
}

impl Unasked {
    pub(super) fn of(rules: &Value) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let options = |value: &Value| list(&value["Options"]);
        let free = |option: &Value| option["authenticate"] == Value::Bool(false);
        let defaults: Vec<Value> = list(&rules["Defaults"]).iter().flat_map(options).collect();
        let forever = |option: &&Value| {
            let minutes = &option["timestamp_timeout"];
            let minutes: Option<f64> =
                minutes.as_str().map_or_else(|| minutes.as_f64(), |text| text.parse().ok());
            minutes.is_some_and(|minutes| minutes < 0.0)
        };
        let specs = list(&rules["User_Specs"]);
        let commands = specs.iter().flat_map(|spec| list(&spec["Cmnd_Specs"]));
        Self {
            commands: commands.filter(|command| options(command).iter().any(free)).count(),
            defaults: defaults.iter().filter(|option| free(option)).count(),
            never_again: defaults.iter().filter(forever).count(),
        }
    }

    fn words(&self) -> String {
        [
            (self.commands, "rules with NOPASSWD"),
            (self.defaults, "Defaults with !authenticate"),
            (self.never_again, "Defaults with timestamp_timeout below 0"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect::<Vec<_>>()
        .join(", ")
    }
}

/// Looks at sudo.
pub(super) fn examine(around: &Surroundings<'_>, findings: &mut Findings) {
    let (true, Some(program)) = (around.asks_monk("sudo"), around.machine.program("cvtsudoers"))
    else {
        return;
    };
    let printed = around.machine.output(&program, &["-f", "json", FILE]);
    let rules = printed.and_then(|text| {
        serde_json::from_str(&text).map_err(|error| format!("cvtsudoers: {error}"))
    });
    match rules {
        Ok(rules) => {
            let unasked = Unasked::of(&rules);
            if unasked == Unasked::default() {
                findings.ok(Kind::SudoNotAsked, FILE, "every rule asks PAM");
                return;
            }
            let remedy = "Nothing, if that is meant: monk is not asked there.";
            findings.report(Kind::SudoNotAsked, FILE, unasked.words(), remedy);
        }
        Err(why) => {
            let remedy = "Run visudo -c as root and see what it says.";
            findings.report(Kind::SudoNotExamined, FILE, why, remedy);
        }
    }
}
