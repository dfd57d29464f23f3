//! `cargo xtask bench boots`: how long a whole host takes to boot whose people are in a directory, where something
//! is missing and where nothing is.

mod hosts;

use clap::Args;
use monk_tests::fresh::Debian;

use self::hosts::{Boot, Hosts};
use super::machine;
use crate::failure::{Outcome, guarded};
use crate::prepare::{self, heading};

/// What is there, and what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    /// A machine on which monk was never installed.
    WithoutMonk,
    /// The engine runs, and the directory answers.
    Working,
    /// The engine is masked.
    Masked,
    /// The engine cannot start, because its settings are wrong.
    Broken,
    /// The directory refuses connections.
    Refused,
    /// The directory takes connections, and says nothing.
    Silent,
    /// The directory is given by its name, which is in no file, and the resolver says nothing.
    NoResolver,
}

/// How many cases there are.
const CASES: usize = 7;

impl Case {
    const ALL: [Self; CASES] = [
        Self::WithoutMonk,
        Self::Working,
        Self::Masked,
        Self::Broken,
        Self::Refused,
        Self::Silent,
        Self::NoResolver,
    ];

    /// What the machine with monk boots with first.
    const FIRST_OF_MONK: Self = Self::Working;

    /// Which case of that machine comes after one.
    fn next_of_monk(self) -> Self {
        let after = Self::ALL.into_iter().skip_while(|case| *case != self).skip(1);
        let mut after = after.filter(|case| *case != Self::WithoutMonk);
        after.next().unwrap_or(Self::FIRST_OF_MONK)
    }

    /// The words of its first cell.
    fn words(self) -> &'static str {
        match self {
            Self::WithoutMonk => "names without monk",
            Self::Working => "**monk**, everything works",
            Self::Masked => "**monk**, the engine is masked",
            Self::Broken => "**monk**, the engine cannot start",
            Self::Refused => "**monk**, the directory refuses connections",
            Self::Silent => "**monk**, the directory hangs",
            Self::NoResolver => "**monk**, the directory by name, the resolver hangs",
        }
    }
}

/// How much longer than without monk a boot may take where something is missing.
const GOAL: f64 = 1.1;

/// Most that a name may hold a program up on a host that has just booted, in milliseconds: as in `bench names`,
/// with the program itself.
const NAME_GOAL: u64 = 250;

/// How long a host boots whose people are in a directory
///
/// Boots whole machines with systemd: one on which monk was never installed, and one whose people are in a slapd beside
/// it. That one boots as it should be, and with the engine, the directory or the resolver away, all in turns.
#[derive(Args)]
pub struct BootsOptions {
    /// Boots of each row; each figure is their median
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Releases of Debian
    #[arg(long, value_delimiter = ',', default_value = "bookworm,trixie", value_parser = ["bookworm", "trixie"])]
    debian: Vec<String>,
}

/// Measures, and prints the tables. True where the goals are met.
///
/// # Errors
/// When a machine cannot be set up or does not boot.
pub fn run(options: &BootsOptions) -> Outcome {
    prepare::ensure(&["mmdebstrap"])?;
    guarded(|| {
        println!("{HEAD}");
        let mut goals = Vec::new();
        for name in &options.debian {
            let debian = if name == "trixie" { Debian::Trixie } else { Debian::Bookworm };
            heading(&format!("Making two machines with {name}"));
            let boots = in_turns(&mut Hosts::new(debian), options.rounds, name);
            println!("{}", table(name, &boots));
            goals.extend(goals_of(name, &boots));
        }
        println!(
            "Medians of {} boots, all rows in turns, in memory: {}.",
            options.rounds,
            machine::description()
        );
        super::conclude(&[], &goals)
    })
}

/// What stands above the tables.
const HEAD: &str = "
### Boots of a whole host

Milliseconds from the start of systemd to the start of sshd and to the end of the boot, as systemd counts them; then of
one `getent` of a name that nobody has, right after the boot. A folder, a service and a line of cron that belong to a
user of the directory are part of each boot; they fail where the user is not known.
";

/// The boots of each case, in the order of [`Case::ALL`].
type Boots = [Vec<Boot>; CASES];

fn in_turns(hosts: &mut Hosts, rounds: u32, name: &str) -> Boots {
    let mut boots = Boots::default();
    for round in 1..=rounds {
        heading(&format!("{name}: round {round} of {rounds}"));
        for (case, boots) in Case::ALL.into_iter().zip(&mut boots) {
            boots.push(hosts.boot(case, case.next_of_monk()));
        }
    }
    boots
}

fn median(boots: &[Boot], of: impl Fn(&Boot) -> u64) -> u64 {
    let mut all: Vec<u64> = boots.iter().map(of).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn table(name: &str, boots: &Boots) -> String {
    let mut text = format!(
        "\n#### {name}\n\n| boot | sshd | everything | the slowest | an unknown name |\n|---|---|---|---|---|\n"
    );
    for (case, boots) in Case::ALL.into_iter().zip(boots) {
        let of = |what: fn(&Boot) -> u64| median(boots, what);
        let slowest = boots.iter().map(|boot| boot.whole).max().unwrap_or_default();
        text.push_str(&format!(
            "| {} | {} | {} | {slowest} | {} |\n",
            case.words(),
            of(|boot| boot.sshd),
            of(|boot| boot.whole),
            of(|boot| boot.name)
        ));
    }
    text
}

fn goals_of(name: &str, boots: &Boots) -> Vec<(bool, String)> {
    let whole = |case: Case| {
        let boots = Case::ALL.into_iter().zip(boots).find(|(of, _)| *of == case);
        boots.map_or(0, |(_, boots)| median(boots, |boot| boot.whole)) as f64
    };
    let without = whole(Case::WithoutMonk);
    let missing = Case::ALL.into_iter().filter(|case| *case != Case::WithoutMonk);
    let most = missing.map(|case| whole(case) / without).fold(0.0, f64::max);
    let longest =
        boots.iter().map(|boots| median(boots, |boot| boot.name)).max().unwrap_or_default();
    vec![
        (
            most <= GOAL,
            format!(
                "{name}: the slowest row takes {most:.2} × a boot without monk; the goal is at most {GOAL}"
            ),
        ),
        (
            longest <= NAME_GOAL,
            format!(
                "{name}: an unknown name after a boot takes {longest} ms; the goal is at most {NAME_GOAL}"
            ),
        ),
    ]
}
