//! What is to be imported: the entries of all files, each with its user and name.

use std::path::Path;

use monk_wire::manage::{DeviceItem, DeviceResult};

use crate::cli::ImportArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::import::pskc_key::PresharedKey;
use crate::import::{Entry, Format, Parsed, google_authenticator, otpauth, pam_oath, pskc};
use crate::input::{self, Links, STDIN};

/// The name of a device whose file says none.
const LABEL: &str = "Authenticator";

/// Longest name that is taken over, in characters: the engine's own limit, and room for a number.
const LONGEST_LABEL: usize = 58;

/// One file that is named on the command line.
struct Source {
    /// As it was given.
    file: String,
    user: Option<String>,
    text: zeroize::Zeroizing<String>,
    format: Format,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// A place, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// What.
    pub message: String,
}

/// One device to be imported.
pub struct Device {
    /// Where it stands.
    pub place: Place,
    /// What the engine gets.
    pub item: DeviceItem,
    /// What should be known about it.
    pub warnings: Vec<String>,
    /// What becomes of it, once the engine has said so.
    pub result: Option<DeviceResult>,
}

/// Everything that the files hold.
#[derive(Default)]
pub struct List {
    /// The files, as they were given.
    pub files: Vec<String>,
    /// What can be imported.
    pub devices: Vec<Device>,
    /// What is wrong: nothing is imported while there is anything.
    pub problems: Vec<Remark>,
    /// What is left out as the options say.
    pub left_out: Vec<Remark>,
}

impl List {
    /// Reads the files.
    pub fn read(args: &ImportArgs) -> Result<Self, Error> {
        let key_from_stdin = args.key_file.as_deref().is_some_and(|file| file == Path::new(STDIN));
        let piped = args.files.iter().filter(|file| named(file).1 == STDIN).count();
        if piped + usize::from(key_from_stdin) > 1 {
            return Err(Error::new(Exit::Usage, "standard input can be read once only"));
        }
        if args.user.is_some() && args.files.iter().any(|file| named(file).0.is_some()) {
            return Err(Error::new(Exit::Usage, "either USER=FILE or --user, not both"));
        }
        let mut list = Self::default();
        for file in &args.files {
            let source = Source::read(file, args)?;
            let parsed = source.parse(args)?;
            list.take(&source, parsed, args);
        }
        list.tell_same_names_apart();
        list.find_same_secrets();
        if list.devices.is_empty() && list.problems.is_empty() && list.left_out.is_empty() {
            return Err(Error::new(Exit::Invalid, "there is nothing to import"));
        }
        Ok(list)
    }

    fn take(&mut self, source: &Source, parsed: Parsed, args: &ImportArgs) {
        let place = |line| Place { file: source.file.clone(), line };
        let remark =
            |one: crate::import::Problem| Remark { place: place(one.line), message: one.message };
        self.files.push(source.file.clone());
        self.problems.extend(parsed.problems.into_iter().map(remark));
        self.left_out.extend(parsed.left_out.into_iter().map(remark));
        for entry in parsed.entries {
            let Entry { line, user, label, seed, parameters, scratch_codes, warnings } = entry;
            let user = args.user.clone().or_else(|| source.user.clone()).or(user);
            let Some(user) = user else {
                let message = match source.format {
                    Format::GoogleAuthenticator => {
                        "such a file does not say its user: give USER=FILE, or --user"
                    }
                    _ => "it does not say its user: give --user",
                };
                self.problems.push(Remark { place: place(line), message: message.to_owned() });
                continue;
            };
            let label = args.name.clone().or(label).unwrap_or_else(|| LABEL.to_owned());
            let label = label.chars().filter(|c| !c.is_control()).take(LONGEST_LABEL).collect();
            let item = DeviceItem { user, label, seed, parameters, scratch_codes };
            self.devices.push(Device { place: place(line), item, warnings, result: None });
        }
    }

    /// Numbers the devices of one user that have the same name.
    fn tell_same_names_apart(&mut self) {
        let mut seen = std::collections::HashMap::new();
        for Device { item, .. } in &mut self.devices {
            let count = seen.entry((item.user.clone(), item.label.clone())).or_insert(0_u32);
            *count += 1;
            if *count > 1 {
                item.label = format!("{} {count}", item.label);
            }
        }
    }

    /// The same secret twice for one user is an error; for two, worth a warning.
    fn find_same_secrets(&mut self) {
        let mut order: Vec<usize> = (0..self.devices.len()).collect();
        let seed = |list: &Self, index: usize| list.devices[index].item.seed.clone();
        order.sort_by(|&one, &other| {
            let key = |index: usize| {
                let item = &self.devices[index].item;
                (item.seed.expose(), &item.user, index)
            };
            key(one).cmp(&key(other))
        });
        for pair in order.windows(2) {
            let &[one, other] = pair else { continue };
            if seed(self, one) != seed(self, other) {
                continue;
            }
            let Place { file, line } = self.devices[one].place.clone();
            let same = format!("the same secret as {file}:{line}");
            if self.devices[one].item.user == self.devices[other].item.user {
                let place = self.devices[other].place.clone();
                let message = format!("{same}, for the same user: remove one of them");
                self.problems.push(Remark { place, message });
            } else {
                let user = &self.devices[one].item.user;
                let message = format!("{same} of {user}: a secret that two users share");
                self.devices[other].warnings.push(message);
            }
        }
    }
}

/// User and file of `USER=FILE` or `FILE`.
fn named(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once('=') {
        // A path with a slash before the sign is a path.
        Some((user, file)) if !user.is_empty() && !user.contains('/') => (Some(user), file),
        _ => (None, argument),
    }
}

impl Source {
    fn read(argument: &str, args: &ImportArgs) -> Result<Self, Error> {
        let (user, file) = named(argument);
        let links = if user.is_some() { Links::Refused } else { Links::Followed };
        let text = input::read(Path::new(file), links)?;
        let format = args.format.or_else(|| Format::of(&text)).ok_or_else(|| {
            Error::new(Exit::Invalid, format!("{file}: what kind of file this is cannot be told"))
                .remedy("Say so with --format.")
        })?;
        Ok(Self { file: file.to_owned(), user: user.map(str::to_owned), text, format })
    }

    fn parse(&self, args: &ImportArgs) -> Result<Parsed, Error> {
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
            Format::Pskc => pskc::parse(&self.text, key, leniency),
        })
    }
}
