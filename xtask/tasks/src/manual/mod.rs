//! The manual pages and the completions of shells, from the definitions that the programs read
//! themselves: the command lines, the table of exit codes, the table of the module's arguments,
//! and the shipped settings file, which a test holds against the settings.

mod commands;
mod metrics;
mod names;
mod page;
mod pages;
mod settings;
mod web;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use monk_enroll::cli::Cli;
use monkd::options::Options;

use crate::failure::Failure;

/// Write the manual pages and shell completions
#[derive(Args)]
pub struct ManualOptions {
    /// The folder to write them into
    #[arg(long, value_name = "FOLDER", default_value = "target/manual")]
    out: PathBuf,
}

/// Writes them all.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(options: &ManualOptions) -> Result<bool, Failure> {
    write_into(&options.out)?;
    println!("the manual pages and completions are in {}", options.out.display());
    Ok(true)
}

/// Writes the pages into a folder, and the completions into its folder `completions`.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_into(out: &Path) -> Result<(), Failure> {
    let completions = out.join("completions");
    fs::create_dir_all(&completions).map_err(|error| fail(&completions, &error))?;
    for (name, text) in pages::all() {
        write(&out.join(name), text.as_bytes())?;
    }
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        for (name, mut command) in [("monk-enroll", Cli::command()), ("monkd", Options::command())]
        {
            clap_complete::generate_to(shell, &mut command, name, &completions)
                .map_err(|error| fail(&completions, &error))?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &[u8]) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| fail(path, &error))
}

fn fail(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn groff_has_nothing_to_say_of_any_page() {
        for (name, text) in pages::all() {
            let mut groff = Command::new("groff")
                .args(["-man", "-ww", "-z", "-K", "utf8", "-T", "utf8"])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("groff is installed");
            groff.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let output = groff.wait_with_output().unwrap();
            assert!(output.status.success(), "{name}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
        }
    }

    #[test]
    fn every_command_option_argument_and_key_is_in_its_page() {
        let pages = pages::all();
        let page = |wanted: &str| {
            let (_, text) = pages.iter().find(|(name, _)| *name == wanted).unwrap();
            text.replace("\\-", "-").replace("\\&", "")
        };
        let enroll = page("monk-enroll.1");
        for words in ["totp show-qr", "app-password create", "key rotate", "config check"] {
            assert!(enroll.contains(words), "{words}");
        }
        for option in ["--scope", "--png", "--valid", "--no-color", "Exit codes", "NO_COLOR"] {
            assert!(enroll.to_lowercase().contains(&option.to_lowercase()), "{option}");
        }
        assert!(page("monkd.8").contains("--setup"));
        let keys = page("monk-ssh-keys.8");
        assert!(["--service", "--socket", "monk-keys"].iter().all(|one| keys.contains(one)));
        let module = page("pam_monk.8");
        assert!(monk_pam_arguments::ALL.iter().all(|one| module.contains(one.name)));
        let names = page("libnss_monk.8");
        assert!(names.contains("/run/monk/names.sock") && names.contains("passwd:  files monk"));
        let settings = page("monk.toml.5");
        for key in ["refusal_ms", "mail_user", "write_fail_over", "[policy]", "separator"] {
            assert!(settings.contains(key), "{key}");
        }
    }

    #[test]
    fn completions_know_the_commands() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(run(&ManualOptions { out: folder.path().to_owned() }), Ok(true)));
        for file in ["monk-enroll.bash", "_monk-enroll", "monk-enroll.fish"] {
            let text = fs::read_to_string(folder.path().join("completions").join(file)).unwrap();
            assert!(text.contains("backup-codes") && text.contains("show-qr"), "{file}");
        }
    }
}
