//! The program `monkd`.

use std::process::ExitCode;

use clap::Parser;
use monkd::engine::Engine;
use monkd::options::Options;
use monkd::outage::Outage;
use monkd::settings::{self, Settings};
use monkd::{allocator, audit, backup, keys, one_shot, privileges, service};

#[global_allocator]
static ALLOCATOR: allocator::Wiping = allocator::Wiping;

fn main() -> ExitCode {
    let options = Options::parse();
    allocator::give_large_blocks_back();
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
    // Neither the settings nor the keys of this host need to be there.
    if let Some(folder) = &options.task.restore {
        return backup::restore(&options.config, folder).map(|done| say(&done));
    }
    if let Some(folder) = &options.task.backup {
        return backup::save(&options.config, folder).map(|done| say(&done));
    }
    let settings = Settings::load(&options.config)?;
    if options.task.one_shot {
        one_shot::run(settings)
    } else if options.task.setup {
        setup(&settings)
    } else if options.task.check {
        check(options, &settings)
    } else {
        service::run(&options.config, settings)
    }
}

/// Whether an engine could start with the settings, seen with the eyes of its own user: that is who reads
/// them at SIGHUP, and wherever a service manager starts it.
fn check(options: &Options, settings: &Settings) -> Result<(), Outage> {
    let user = &settings.engine.user;
    privileges::become_user(user)?;
    let settings = Settings::load(&options.config).map_err(|outage| {
        Outage::Setup(format!(
            "the user {user} cannot read the settings ({outage}); mend with: chgrp {user} and \
             chmod g+r, and g+x for its folder"
        ))
    })?;
    Engine::check(&settings)
        .map_err(|outage| settings::load::with_line(&options.config, outage))?;
    say("the settings are in order");
    Ok(())
}

fn setup(settings: &Settings) -> Result<(), Outage> {
    privileges::become_user(&settings.engine.user)?;
    match keys::create_first(&settings.keys.folder)? {
        Some(id) => say(&format!("made key {id} in {}", settings.keys.folder.display())),
        None => say(&format!("{} holds a key already", settings.keys.folder.display())),
    }
    for section in settings.chosen().sections() {
        section.create()?;
        if let Some(path) = section.file() {
            say(&format!("the store is {}", path.display()));
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the program's own messages, not a host program's")]
fn say(message: &str) {
    eprintln!("{message}");
}
