//! `user-guide`: pages for users, with the organisation's own names in them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use monk_wire::manage::{Command, Outcome};

use crate::cli::UserGuideArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::guide::{self, Language, Values};
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;

/// Writes a page for each language.
pub fn write(session: &mut Session, args: &UserGuideArgs) -> Result<Exit, Error> {
    let Outcome::Settings(settings) = session.manage("", Command::Settings)? else {
        return Err(unexpected());
    };
    let values = Values::of(&settings, args.organisation.clone()).map_err(|_| unexpected())?;
    let folder = &args.out;
    let failed =
        |error: io::Error| Error::new(Exit::Unwritten, format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut files = Vec::new();
    for language in Language::ALL {
        let path = folder.join(format!("guide.{}.html", language.tag()));
        put(&path, &guide::page(language, &values)).map_err(failed)?;
        files.push(path.display().to_string());
    }
    if session.json {
        session.out.json(&document! { files })?;
        return Ok(Exit::Done);
    }
    for file in &files {
        writeln!(session.out, "{}", Plain(file))?;
    }
    writeln!(
        session.out,
        "Each is one file, for a web page, a mail or a printer. Read them before you hand them out."
    )?;
    Ok(Exit::Done)
}

/// Puts a file in its place, in the place of an older one. A link that somebody has put there is replaced, and not
/// followed.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&partial)?;
    let done = file.write_all(text.as_bytes()).and_then(|()| fs::rename(&partial, path));
    if done.is_err() {
        // The error is told; what is left is a part of no file.
        let _ = fs::remove_file(&partial);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Scene, done};

    fn settings() -> crate::scripted::Step {
        done(Outcome::Settings("[enrolment]\nissuer = \"Example\"\n".into()))
    }

    #[test]
    fn the_pages_are_written_again_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("guide");
        let line = format!("user-guide --out {}", out.display());
        let seen = Scene::new([settings()]).run(&line);
        assert!(seen.out.contains("guide.de.html"), "{} {}", seen.out, seen.errors);
        let german = out.join("guide.de.html");
        assert!(fs::read_to_string(&german).unwrap().contains("Anmelden bei Example"));
        fs::remove_file(&german).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "kept").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &german).unwrap();
        let seen = Scene::new([settings()]).run(&format!("{line} --organisation Muster --json"));
        let said: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
        assert_eq!(said, serde_json::json!({ "files": [out.join("guide.en.html"), &german] }));
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "kept");
        assert!(fs::read_to_string(&german).unwrap().contains("Anmelden bei Muster"));
        assert_eq!(fs::read_dir(&out).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let seen = Scene::new([settings()]).run("user-guide --out /proc/guide");
        assert_eq!(seen.exit, Exit::Unwritten);
        assert!(seen.errors.contains("/proc/guide"), "{}", seen.errors);
    }
}
