//! The program `monkd`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use monkd::directory::embedded::Embedded;
use monkd::outage::Outage;
use monkd::settings::{DirectoryKind, Settings, StoreKind};
use monkd::{audit, keys, memory, one_shot, privileges, service};

/// The engine of monk: checks passwords, codes and app passwords against a directory.
///
/// Without an option it stays, and listens on its socket. SIGHUP reads the settings again.
#[derive(Parser)]
#[command(name = "monkd", version)]
struct Options {
    /// The settings
    #[arg(long, value_name = "FILE", default_value = monk_wire::DEFAULT_CONFIG)]
    config: PathBuf,

    #[command(flatten)]
    task: Task,
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct Task {
    /// Serve the one conversation on standard input and end (for programs)
    #[arg(long)]
    one_shot: bool,

    /// Make the first key and the embedded store, where they are missing, and end
    #[arg(long)]
    setup: bool,

    /// Read the settings, say whether they are in order, and end
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    memory::give_large_blocks_back();
    audit::open();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(outage) => {
            audit::warn(&outage.to_string());
            say(&format!("monkd: {outage}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Outage> {
    privileges::forbid_dumps()?;
    let settings = Settings::load(&options.config)?;
    if options.task.one_shot {
        one_shot::run(settings)
    } else if options.task.setup {
        setup(&settings)
    } else if options.task.check {
        say("the settings are in order");
        Ok(())
    } else {
        service::run(&options.config, settings)
    }
}

fn setup(settings: &Settings) -> Result<(), Outage> {
    privileges::become_user(&settings.engine.user)?;
    match keys::create_first(&settings.keys.folder)? {
        Some(id) => say(&format!("made key {id} in {}", settings.keys.folder.display())),
        None => say(&format!("{} holds a key already", settings.keys.folder.display())),
    }
    if settings.directory == DirectoryKind::Embedded || settings.credentials == StoreKind::Embedded
    {
        Embedded::create(&settings.embedded)?;
        say(&format!("the store is {}", settings.embedded.path.display()));
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the program's own messages, not a host program's")]
fn say(message: &str) {
    eprintln!("{message}");
}
