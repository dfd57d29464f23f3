//! `letters`: one page for each user, with the code of an invitation or with a device, for a printer.

mod devices;

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use monk_wire::manage::{Command, Invitation, Outcome, UserCommand};

use crate::cli::{LetterLanguage, LettersArgs};
use crate::commands::invite::{DAY, InvitedUser, LeftOut, Round, Whom, people};
use crate::error::Error;
use crate::exit::Exit;
use crate::guide::letters::{END, Handed, Kind, Letter, beginning, letter};
use crate::guide::{Language, Values};
use crate::input::{self, Links};
use crate::json::document;
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;
use crate::when::Moment;

/// Only the caller may read letters: each opens an enrolment.
const PRIVATE: u32 = 0o600;

/// What has become of the letters.
#[derive(Default)]
struct Written {
    users: Vec<String>,
    left_out: Vec<LeftOut>,
    kept: u32,
    left: usize,
    stopped: Option<String>,
    exit: Exit,
}

/// Writes the letters. Each is in the file before the next code is made, so a run that breaks off loses one letter at
/// most.
pub fn write(session: &mut Session, args: &LettersArgs) -> Result<Exit, Error> {
    let Outcome::Settings(settings) = session.manage("", Command::Settings)? else {
        return Err(unexpected());
    };
    let values = Values::of(&settings, args.organisation.clone()).map_err(|_| unexpected())?;
    let language = match args.language {
        LetterLanguage::En => Language::English,
        LetterLanguage::De => Language::German,
    };
    let own = args.template.as_ref().map(|file| input::read(file, Links::Followed)).transpose()?;
    let kind = if args.device { Kind::Device } else { Kind::Code };
    let text = own.as_ref().map_or(kind.text(language), |own| own.as_str());
    if !kind.fits(text) {
        let (what, places) = (kind.thing(), kind.places().join(" or "));
        let error = Error::new(Exit::Invalid, format!("the template has no place for the {what}"));
        return Err(error.remedy(format!("Write {places} where it belongs.")));
    }
    let people = people(session, &Whom::of_letters(args))?;
    let mut file = open(session, &args.out)?;
    let failed =
        |error: io::Error| Error::new(Exit::Unwritten, format!("{}: {error}", args.out.display()));
    file.write_all(beginning(language, &values).as_bytes()).map_err(failed)?;
    let seconds = u64::from(args.days) * DAY;
    let mut write = |session: &mut Session, user: &str, holds: Handed<'_>, expires: Moment| {
        let name = full_name(session, user);
        let name = name.as_deref().unwrap_or(user);
        let until = format!("{expires:#}");
        let letter = letter(text, language, &values, &Letter { name, user, holds, until: &until });
        file.write_all(letter.as_bytes()).map_err(failed)
    };
    let written = match kind {
        Kind::Device => {
            devices::hand_out(session, people, (seconds, args.confirm_by_login), &mut write)?
        }
        Kind::Code => {
            let invitation = Invitation { seconds, ..Invitation::default() };
            let round =
                Round::run(session, people, invitation, usize::MAX, &mut |session, one| {
                    let InvitedUser { user, code, link, expires, .. } = one;
                    let code = code.as_deref().ok_or_else(unexpected)?;
                    write(session, user, Handed::Code { code, link: link.as_deref() }, *expires)
                })?;
            Written::of(round)
        }
    };
    file.write_all(END.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    report(session, &args.out, kind, &written)
}

impl Written {
    fn of(round: Round) -> Self {
        let Round { invited, left_out, kept, left, stopped, exit } = round;
        let users = invited.into_iter().map(|one| one.user).collect();
        Self { users, left_out, kept, left, stopped, exit }
    }
}

impl Kind {
    /// What is in it, for one user.
    fn thing(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Device => "device",
        }
    }

    /// What users keep who get no letter.
    fn kept(self) -> &'static str {
        match self {
            Self::Code => "invitation",
            Self::Device => "letter",
        }
    }
}

fn report(session: &mut Session, out: &Path, kind: Kind, written: &Written) -> Result<Exit, Error> {
    let Written { users, left_out, kept, left, stopped, exit } = written;
    if session.json {
        let file = out.display().to_string();
        session.out.json(&document! { file, users, left_out, kept, left, stopped })?;
        return Ok(*exit);
    }
    let errors = &mut session.errors;
    if let Some(why) = stopped {
        writeln!(errors, "monk-enroll: stopped: {}", Plain(why))?;
    }
    let (letters, left_out) = (users.len(), left_out.len());
    writeln!(
        errors,
        "Letters: {letters}. Left out: {left_out}. Keep their {}: {kept}.",
        kind.kept()
    )?;
    if letters > 0 && out.to_str() != Some(input::STDIN) {
        let file = out.display().to_string();
        writeln!(
            errors,
            "{} holds {}s: print it from a browser, and remove it.",
            Plain(&file),
            kind.thing()
        )?;
    }
    Ok(*exit)
}

/// Where the letters go: a file that nobody has had before, or standard output where that is no screen.
fn open(session: &Session, path: &Path) -> Result<Box<dyn Write>, Error> {
    if path.to_str() == Some(input::STDIN) {
        if io::stdout().is_terminal() || session.json {
            let error = Error::new(Exit::Usage, "letters hold secrets, and are not for a screen");
            return Err(error.remedy("Name a file in --out, or pass standard output on."));
        }
        return Ok(Box::new(io::stdout()));
    }
    let file: io::Result<File> =
        OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path);
    let file = file.map_err(|error| {
        let exit = match error.kind() {
            io::ErrorKind::AlreadyExists => Exit::Exists,
            _ => Exit::Unwritten,
        };
        Error::new(exit, format!("{}: {error}", path.display()))
            .or_remedy("Letters are written into a new file only.")
    })?;
    Ok(Box::new(file))
}

/// The user's full name, where monk's own directory has one. The code is made already, so a letter without it is
/// better than none.
fn full_name(session: &mut Session, user: &str) -> Option<String> {
    let Ok(Outcome::Users(mut rows)) = session.manage(user, Command::User(UserCommand::Find))
    else {
        return None;
    };
    let name = rows.pop()?.posix?.full_name;
    (!name.trim().is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use monk_terms::account_state::AccountState;
    use monk_wire::Secret;
    use monk_wire::manage::{DeviceLetter, Failure, Invited, LetterDevice, Posix, UserRow};

    use super::*;
    use crate::commands::list::tests::row;
    use crate::scripted::{Scene, Step, done, failed};

    const LINK: &str = "https://login.example.org/invitation#user=alice&code=k3tn-p7wq-2mzx";

    fn settings() -> Step {
        let portal = "[portal]\norigin = \"https://login.example.org\"\n";
        done(Outcome::Settings(format!("[enrolment]\nissuer = \"Example\"\n{portal}")))
    }

    fn script() -> [Step; 3] {
        let posix = Posix {
            uid: 65_536,
            gid: 65_536,
            full_name: "Alice Liddell".into(),
            home: None,
            shell: None,
        };
        let alice = UserRow { posix: Some(posix), ..row("alice", AccountState::Enabled, false) };
        let invited = Invited {
            code: Secret::new(b"k3tn-p7wq-2mzx"),
            link: Some(Secret::new(LINK.as_bytes())),
            expires: 1_795_284_000,
            removed: 0,
            mail: None,
        };
        [settings(), done(Outcome::Invited(invited)), done(Outcome::Users(vec![alice]))]
    }

    #[test]
    fn letters_are_in_a_new_private_file_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letters.html");
        let line = format!("letters alice --language de --out {}", path.display());
        let seen = Scene::new(script()).run(&line);
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        assert!(seen.errors.contains("holds codes") && !seen.errors.contains("k3tn"));
        assert_eq!(seen.out, "");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let page = fs::read_to_string(&path).unwrap();
        for wanted in ["Alice Liddell", "k3tn-p7wq-2mzx", "2026-11-21", "<svg", "Anmeldung", END] {
            assert!(page.contains(wanted), "{wanted}\n{page}");
        }
        let again = Scene::new([settings()]).run(&line);
        assert_eq!((again.exit, again.commands().len()), (Exit::Exists, 1), "no code is made");
        assert_eq!(fs::read_to_string(&path).unwrap(), page);
    }

    #[test]
    fn a_template_of_ones_own_needs_a_place_for_the_code() {
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("letter.html");
        let line = |out: &str| {
            let out = folder.path().join(out);
            format!(
                "--json letters alice --template {} --out {}",
                template.display(),
                out.display()
            )
        };
        fs::write(&template, "<p>{{name}}</p>").unwrap();
        let seen = Scene::new([settings()]).run(&line("none"));
        assert_eq!(seen.exit, Exit::Invalid);
        fs::write(&template, "<p>{{name}}: {{code}}</p>").unwrap();
        let seen = Scene::new(script()).run(&line("own"));
        assert_eq!(seen.exit, Exit::Done, "{}", seen.out);
        let page = fs::read_to_string(folder.path().join("own")).unwrap();
        assert!(page.contains("<p>Alice Liddell: k3tn-p7wq-2mzx</p>"), "{page}");
        let said: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
        assert_eq!(said["users"], serde_json::json!(["alice"]), "{said}");
        assert!(!seen.out.contains("k3tn"), "{said}");
    }

    #[test]
    fn a_letter_with_a_device_has_its_key_and_nothing_of_it_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("devices.html");
        let device = LetterDevice {
            credential: "5f0c1d2e3a4b5968".into(),
            secret: Secret::new(b"JBSWY3DPEHPK3PXP"),
            uri: Secret::new(b"otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXP"),
            expires: 1_795_284_000,
        };
        let has = failed(Failure::HasSecondFactor { user: "bob".into() });
        let [settings, _, found] = script();
        let scene = Scene::new([settings, has, done(Outcome::LetterDevice(device)), found]);
        let line = format!(
            "--json letters bob alice --device --confirm-by-login --days 5 --out {}",
            path.display()
        );
        let seen = scene.run(&line);
        assert_eq!(seen.exit, Exit::Exists, "{}", seen.errors);
        let letter =
            DeviceLetter { label: "Letter".into(), seconds: 5 * DAY, by_login: true, again: true };
        assert_eq!(seen.commands()[2], Command::TotpLetter(letter));
        let page = fs::read_to_string(&path).unwrap();
        for wanted in ["Alice Liddell", "JBSW Y3DP EHPK 3PXP", "2026-11-21", "<svg", END] {
            assert!(page.contains(wanted), "{wanted}\n{page}");
        }
        let said: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
        assert_eq!(said["users"], serde_json::json!(["alice"]), "{said}");
        assert_eq!(said["left_out"][0]["user"], "bob", "{said}");
        assert!(!seen.out.contains("JBSW") && !seen.errors.contains("JBSW"), "{said}");
    }
}
