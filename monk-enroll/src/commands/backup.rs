//! `backup` and `restore`: the engine's program does both, without an engine that serves logins.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::engine_program;
use crate::cli::{BackupArgs, Options, RestoreArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;

/// Writes a backup.
pub fn save(session: &mut Session, args: &BackupArgs, options: &Options) -> Result<Exit, Error> {
    let folder = absolute(&args.folder)?;
    let said = run(options, "--backup", &folder)?;
    if session.json {
        session.out.json(&document! { folder: folder.display().to_string(), message: said })?;
        return Ok(Exit::Done);
    }
    let out = &mut session.out;
    writeln!(out, "{}", Plain(&said))?;
    writeln!(
        out,
        "The folder is not encrypted. Keep it where you would keep the host keys, or put it into"
    )?;
    writeln!(
        out,
        "an encrypted file: tar -C FOLDER -c . | age -r KEY > monk.tar.age (or gpg --encrypt)."
    )?;
    Ok(Exit::Done)
}

/// Puts one back.
pub fn restore(
    session: &mut Session,
    args: &RestoreArgs,
    options: &Options,
) -> Result<Exit, Error> {
    let folder = absolute(&args.folder)?;
    session.agree(&format!(
        "Replace the settings and the store of this host by those in {}?",
        Plain(&folder.display().to_string())
    ))?;
    let said = run(options, "--restore", &folder)?;
    if session.json {
        session.out.json(&document! { folder: folder.display().to_string(), message: said })?;
        return Ok(Exit::Done);
    }
    let out = &mut session.out;
    writeln!(out, "{}", Plain(&said))?;
    writeln!(
        out,
        "What was enrolled since is gone. What was revoked since opens again: revoke it once more."
    )?;
    writeln!(
        out,
        "Next: systemctl start monk, and monk-enroll doctor. If the records are in LDAP, run"
    )?;
    writeln!(
        out,
        "monk-enroll credentials restored when the directory has been put back as well."
    )?;
    Ok(Exit::Done)
}

fn run(options: &Options, option: &str, folder: &Path) -> Result<String, Error> {
    engine_program::run(options, [OsStr::new(option), folder.as_os_str()], Exit::Unavailable)
}

fn absolute(folder: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(folder)
        .map_err(|error| Error::new(Exit::Usage, format!("{}: {error}", folder.display())))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scripted::Scene;

    /// A program in the engine's place. It has the last word about `/full`.
    const PROGRAM: &str = "#!/bin/sh
echo \"$*\" > \"$0.given\"
case \"$1 $2\" in
*/full) echo \"monkd: no room\" >&2; exit 1 ;;
--backup*) echo \"monkd: $2: the settings, 1 host keys, the store /var/lib/monk/monk.db\" >&2 ;;
--restore*) echo \"monkd: restored the settings, the keys and the store\" >&2 ;;
esac
";

    /// Its path, and what it was given last.
    fn program(folder: &Path) -> (String, impl Fn() -> String) {
        let program = folder.join("monkd");
        fs::write(&program, PROGRAM).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let given = folder.join("monkd.given");
        (program.display().to_string(), move || fs::read_to_string(&given).unwrap())
    }

    #[test]
    fn the_engines_program_is_given_the_whole_path_and_its_words_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, given) = program(folder.path());
        let seen = Scene::new([]).run(&format!("backup /b/../c --engine {engine}"));
        assert!(seen.out.starts_with("/b/../c: the settings"), "{} {}", seen.out, seen.errors);
        assert!(seen.out.contains("not encrypted"), "{}", seen.out);
        assert_eq!(given(), "--backup /b/../c\n");
        let seen = Scene::new([]).run(&format!("backup /full --engine {engine}"));
        assert_eq!((seen.exit, seen.out.as_str()), (Exit::Unavailable, ""));
        assert!(seen.errors.contains("no room"), "{}", seen.errors);
        Scene::new([])
            .run(&format!("backup /var/backups/monk --json --engine {engine}"))
            .assert_documented("backup");
    }

    #[test]
    fn nothing_is_put_back_without_a_yes() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, given) = program(folder.path());
        let line = format!("restore /var/backups/monk --engine {engine}");
        assert_eq!(Scene::new([]).run(&line).exit, Exit::Usage);
        assert_eq!(Scene::new([]).answers(["n"]).run(&line).exit, Exit::Cancelled);
        assert!(!folder.path().join("monkd.given").exists(), "it was not started");
        let seen = Scene::new([]).answers(["y"]).run(&line);
        assert!(seen.out.starts_with("restored the settings"), "{} {}", seen.out, seen.errors);
        assert_eq!(given(), "--restore /var/backups/monk\n");
        Scene::new([]).run(&format!("{line} --yes --json")).assert_documented("restore");
    }
}
