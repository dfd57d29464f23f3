//! The files that are named on the command line.

use std::path::Path;
use std::time::SystemTime;

use crate::cli::ImportArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::input::{self, Links, STDIN};
use crate::words;
use monk_import::owners::Owners;
use monk_import::pskc::PresharedKey;
use monk_import::{Format, Parsed, google_authenticator, ldif, otpauth, pam_oath, pskc};

/// One file that is named on the command line.
pub struct Source {
    /// As it was given.
    pub file: String,
    /// The user of `USER=FILE`.
    pub user: Option<String>,
    /// Its format, as it was said or guessed.
    pub format: Format,
    text: zeroize::Zeroizing<String>,
}

impl Source {
    /// Reads the file of an argument.
    pub fn read(argument: &str, args: &ImportArgs) -> Result<Self, Error> {
        let (user, file) = named(argument);
        let links = if user.is_some() { Links::Refused } else { Links::Followed };
        let text = input::read(Path::new(file), links)?;
        let unknown = |message: String, remedy| {
            Error::new(Exit::Invalid, format!("{file}: {message}")).remedy(remedy)
        };
        let format = match args.format.or_else(|| Format::of(&text)) {
            // Such a file lies in a home, and XML is much to read: its user must not
            // choose how much.
            Some(Format::Pskc) if user.is_some() && args.format.is_none() => {
                return Err(unknown(
                    "this looks like PSKC, and the file of a user is not taken for that by its looks"
                        .into(),
                    "Say --format pskc if you trust the file, or give --user USER FILE.",
                ));
            }
            Some(format) => format,
            None => {
                let message = "what kind of file this is cannot be told".into();
                return Err(unknown(message, "Say so with --format."));
            }
        };
        Ok(Self { file: file.to_owned(), user: user.map(str::to_owned), format, text })
    }

    /// What is in it.
    pub fn parse(&self, args: &ImportArgs) -> Result<Parsed, Error> {
        let leniency = args.leniency();
        let key = match (&args.key_file, self.format) {
            (Some(file), Format::Pskc) => {
                let text = input::read(file, Links::Followed)?;
                let key = PresharedKey::from_hex(&text);
                Some(key.map_err(|message| Error::new(Exit::Invalid, message))?)
            }
            _ => None,
        };
        Ok(match self.format {
            Format::GoogleAuthenticator => google_authenticator::parse(&self.text, leniency),
            Format::PamOath => pam_oath::parse(&self.text, leniency),
            Format::Otpauth => otpauth::parse(&self.text, leniency),
            Format::Pskc => pskc::parse(&self.text, key, leniency, SystemTime::now()),
            Format::Ldif => ldif::parse(&self.text, leniency, SystemTime::now()),
        })
    }
}

/// User and file of `USER=FILE` or `FILE`.
pub fn named(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once('=') {
        // A path with a slash before the sign is a path.
        Some((user, file)) if !user.is_empty() && !user.contains('/') => (Some(user), file),
        _ => (None, argument),
    }
}

/// Checks what options and arguments say together.
pub fn check(args: &ImportArgs) -> Result<(), Error> {
    let usage = |message: &str| Err(Error::new(Exit::Usage, message));
    let is_stdin = |file: &&std::path::PathBuf| file.as_path() == Path::new(STDIN);
    let files = args.files.iter().filter(|file| named(file).1 == STDIN).count();
    let lists = [&args.key_file, &args.owners].into_iter().flatten().filter(is_stdin).count();
    if files + lists > 1 {
        return usage("standard input can be read once only");
    }
    let names_users = args.files.iter().any(|file| named(file).0.is_some());
    if args.user.is_some() && names_users {
        return usage("either USER=FILE or --user, not both");
    }
    if args.all_tokens && args.user.is_none() && !names_users {
        return usage("--all-tokens goes with --user or USER=FILE, which say whose they are");
    }
    let has_owners = has_owners(args);
    if has_owners && (args.user.is_some() || names_users) {
        return usage("either --owner and --owners, or --user and USER=FILE, not both");
    }
    if args.skip_unassigned && !has_owners {
        return usage(
            "--skip-unassigned goes with --owner or --owners, which say who gets a token",
        );
    }
    if let Some(Err(fault)) = args.name.as_deref().map(monk_terms::label::check) {
        return usage(&format!("--name: {}", words::unfit::label(fault)));
    }
    Ok(())
}

/// Whether the options say who gets which token.
pub fn has_owners(args: &ImportArgs) -> bool {
    args.owners.is_some() || !args.owner.is_empty()
}

/// Who gets which token, as the options say, and the file that says it.
pub fn owners(args: &ImportArgs) -> Result<(Owners, String), Error> {
    let mut owners = Owners::default();
    for owner in &args.owner {
        owners.add(owner).map_err(|message| Error::new(Exit::Usage, message))?;
    }
    let Some(file) = &args.owners else { return Ok((owners, String::new())) };
    owners.read(&input::read(file, Links::Followed)?);
    Ok((owners, file.display().to_string()))
}
