//! What is to be imported: the entries of all files, each with its user and name.

use std::collections::{BTreeSet, HashMap, HashSet};

use monk_terms::label;
use monk_wire::manage::{DeviceItem, DeviceResult};

use super::source::{self, Source};
use crate::cli::ImportArgs;
use crate::error::Error;
use crate::exit::Exit;
use monk_import::names::{self, Device as Name};
use monk_import::owners::Owners;
use monk_import::{Entry, Format, Parsed, Problem, System, shown};

/// The name of a device whose file says none.
const LABEL: &str = "Authenticator";

/// Longest name that a number is added to.
const LONGEST_NUMBERED: usize = label::LONGEST - 6;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was given.
    pub file: String,
    /// Its number among the files.
    pub number: usize,
    /// The line, counted from 1.
    pub line: usize,
}

/// A place, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// The user whom it concerns, where that is known.
    pub user: Option<String>,
    /// The device.
    pub device: Option<String>,
    /// What.
    pub message: String,
}

/// One device to be imported.
pub struct Device {
    /// Where it stands.
    pub place: Place,
    /// What the engine gets.
    pub item: DeviceItem,
    /// What helps where the directory does not know the user.
    pub remedy: &'static str,
    /// What should be known about it.
    pub warnings: Vec<String>,
    /// What becomes of it, once the engine has said so.
    pub result: Option<DeviceResult>,
}

/// Everything that the files hold.
#[derive(Default)]
pub struct List {
    /// How many files there are.
    pub files: usize,
    /// What can be imported.
    pub devices: Vec<Device>,
    /// What is wrong: nothing is imported while there is anything.
    pub problems: Vec<Remark>,
    /// What is left out: as the options say, or because the old system does not take it either.
    pub left_out: Vec<Remark>,
    /// The old systems whose own check of codes has to be switched off.
    pub systems: BTreeSet<System>,
}

impl List {
    /// Reads the files.
    pub fn read(args: &ImportArgs) -> Result<Self, Error> {
        source::check(args)?;
        let (mut owners, owners_file) = source::owners(args)?;
        let mut list = Self { files: args.files.len(), ..Self::default() };
        let place = |line| Place { file: owners_file.clone(), number: list.files, line };
        list.problems = owners.problems.drain(..).map(|one| remark(place(one.line), one)).collect();
        let mut found = Found::default();
        for (number, argument) in args.files.iter().enumerate() {
            let source = Source::read(argument, args)?;
            let parsed = source.parse(args)?;
            Taking { args, owners: &owners, found: &mut found, source, number }
                .take(parsed, &mut list);
        }
        for (serial, owner) in owners.all() {
            if !found.serials.contains(serial) {
                let message =
                    format!("no token has the serial number {}: correct it", shown(serial));
                if owner.line == 0 {
                    return Err(Error::new(Exit::Invalid, message));
                }
                let place =
                    Place { file: owners_file.clone(), number: list.files, line: owner.line };
                list.problems.push(remark(place, Problem::new(owner.line, message)));
            }
        }
        list.tell_same_names_apart();
        list.find_same_secrets();
        if list.devices.is_empty() && list.problems.is_empty() && list.left_out.is_empty() {
            return Err(Error::new(Exit::Invalid, "there is nothing to import"));
        }
        Ok(list)
    }

    /// Numbers the devices of one user that have the same name.
    fn tell_same_names_apart(&mut self) {
        let mut used = HashSet::new();
        let mut counts: HashMap<(String, String), u32> = HashMap::new();
        for Device { item, .. } in &mut self.devices {
            let name = item.label.clone();
            while !used.insert((item.user.clone(), item.label.clone())) {
                let count = counts.entry((item.user.clone(), name.clone())).or_insert(1);
                *count += 1;
                let short: String = name.chars().take(LONGEST_NUMBERED).collect();
                item.label = format!("{} {count}", short.trim_end());
            }
        }
    }

    /// The same secret twice for one user is an error; for two, worth a warning.
    fn find_same_secrets(&mut self) {
        let mut order: Vec<usize> = (0..self.devices.len()).collect();
        order.sort_by(|&one, &other| {
            let key = |index: usize| {
                let item = &self.devices[index].item;
                (item.seed.expose(), &item.user, index)
            };
            key(one).cmp(&key(other))
        });
        for pair in order.windows(2) {
            let &[one, other] = pair else { continue };
            if self.devices[one].item.seed != self.devices[other].item.seed {
                continue;
            }
            let Place { file, line, .. } = &self.devices[one].place;
            let same = format!("the same secret as {file}:{line}");
            let user = &self.devices[one].item.user;
            if *user == self.devices[other].item.user {
                let message = format!("{same}, for the same user: remove one of them");
                let place = self.devices[other].place.clone();
                self.problems.push(remark(place, Problem::new(0, message)));
            } else {
                let message = format!("{same} of {user}: a secret that two users share");
                self.devices[other].warnings.push(message);
            }
        }
    }
}

/// What the files before had in them.
#[derive(Default)]
struct Found {
    /// Serial numbers of all tokens, also of those that are not imported.
    serials: HashSet<String>,
    /// Those that were given to somebody.
    assigned: HashSet<String>,
    /// Tokens that `--user` gives to one user.
    tokens: usize,
}

/// One file on its way into the list.
struct Taking<'a> {
    args: &'a ImportArgs,
    owners: &'a Owners,
    found: &'a mut Found,
    source: Source,
    number: usize,
}

impl Taking<'_> {
    fn take(mut self, parsed: Parsed, list: &mut List) {
        let all_for_one = self.all_for_one(&parsed);
        let named = parsed.problems.iter().chain(&parsed.left_out).map(|one| &one.serial);
        let named = named.chain(parsed.entries.iter().map(|one| &one.who.serial));
        self.found.serials.extend(named.flatten().cloned());
        let remarks = |from: Vec<Problem>| -> Vec<Remark> {
            from.into_iter().map(|one| remark(self.place(one.line), one)).collect()
        };
        list.systems.extend(parsed.systems);
        list.problems.extend(remarks(parsed.problems));
        list.left_out.extend(remarks(parsed.left_out));
        if let Some(problem) = all_for_one {
            list.problems.push(remark(self.place(problem.line), problem));
            return;
        }
        for entry in parsed.entries {
            let place = self.place(entry.line);
            match self.device(entry) {
                Ok(device) => list.devices.push(device),
                Err((problem, true)) => list.left_out.push(remark(place, problem)),
                Err((problem, false)) => list.problems.push(remark(place, problem)),
            }
        }
    }

    fn place(&self, line: usize) -> Place {
        Place { file: self.source.file.clone(), number: self.number, line }
    }

    /// The user whom the command line names for the whole file.
    fn user(&self) -> Option<&String> {
        self.args.user.as_ref().or(self.source.user.as_ref())
    }

    /// A file with the tokens of many, and one user for all of them: nobody means that by chance.
    fn all_for_one(&mut self, parsed: &Parsed) -> Option<Problem> {
        let mut count = parsed.entries.len();
        if self.source.format == Format::Pskc && self.args.user.is_some() {
            // A delivery may as well be a file for each token.
            self.found.tokens += count;
            count = self.found.tokens;
        }
        let user = self.user().filter(|_| !self.args.all_tokens && count > 1)?;
        let last = parsed.entries.last()?;
        let of = |entry: &Entry| entry.who.user.clone();
        let others: HashSet<_> = parsed.entries.iter().map(of).collect();
        let are_several = match self.source.format {
            Format::Pskc | Format::PamOath | Format::Ldif => {
                others.iter().any(|other| other.as_ref() != Some(user))
            }
            Format::Otpauth | Format::GoogleAuthenticator => others.len() > 1,
        };
        are_several.then(|| {
            let user = shown(user);
            let whose = match self.source.format {
                Format::Pskc => "say who gets which with --owners",
                _ => "import those of each user on their own",
            };
            Problem::new(
                last.line,
                format!("these are {count} devices, and all would be {user}'s: {whose}, or add --all-tokens if that is meant"),
            )
        })
    }

    /// The device of an entry, or why it is none, and whether that is as the options say.
    fn device(&mut self, entry: Entry) -> Result<Device, (Problem, bool)> {
        let problem = |message: &str| (Problem::of(entry.line, &entry.who, message), false);
        let (user, remedy) = self.user_of(&entry)?;
        let label = match (&self.args.name, &entry.who.device) {
            (Some(name), _) | (None, Name::Called(name)) => name.clone(),
            (None, Name::Unsaid) => LABEL.to_owned(),
            (None, Name::Hidden) => {
                return Err(problem(
                    "what stands in the place of the device's name looks like a secret, and is not shown: correct the line, or give --name",
                ));
            }
        };
        let place = self.place(entry.line);
        let Entry { seed, parameters, scratch_codes, warnings, .. } = entry;
        let item = DeviceItem { user, label, seed, parameters, scratch_codes };
        Ok(Device { place, item, remedy, warnings, result: None })
    }

    /// Whose a device is, and what helps where the directory does not know that name.
    fn user_of(&mut self, entry: &Entry) -> Result<(String, &'static str), (Problem, bool)> {
        let problem = |message: String| Problem::of(entry.line, &entry.who, message);
        if let Some(user) = self.user() {
            return Ok((user.clone(), "correct the name, or add the user first"));
        }
        if source::has_owners(self.args) {
            return self.owner_of(entry);
        }
        match &entry.who.user {
            Some(user) if self.args.strip_host => Ok((
                names::without_host(user).to_owned(),
                "give --user if the name is another there",
            )),
            Some(user) if user.contains('@') => Ok((
                user.clone(),
                "give --user, or --strip-host if the user is what stands before the @",
            )),
            Some(user) => Ok((user.clone(), "give --user if the name is another there")),
            None => Err((
                problem(match (self.source.format, &entry.who.serial) {
                    (Format::GoogleAuthenticator, _) => {
                        "such a file does not say its user: give USER=FILE, or --user".to_owned()
                    }
                    (Format::Pskc | Format::Ldif, Some(serial)) => {
                        let serial = shown(serial);
                        format!(
                            "it does not say its user: give --owner {serial}=USER, a list with --owners, or --user"
                        )
                    }
                    (Format::Ldif, None) => {
                        "no user in the file points to it: export the users, too, or give --user"
                            .to_owned()
                    }
                    _ => "it does not say its user, or not as a login name: give --user".to_owned(),
                }),
                false,
            )),
        }
    }

    /// Who gets a token as the list says.
    fn owner_of(&mut self, entry: &Entry) -> Result<(String, &'static str), (Problem, bool)> {
        let problem = |message: String| Problem::of(entry.line, &entry.who, message);
        let Some(serial) = &entry.who.serial else {
            return Err((
                problem("it has no serial number: import it on its own, with --user".into()),
                false,
            ));
        };
        let Some(owner) = self.owners.of(serial) else {
            let serial = shown(serial);
            return Err(match self.args.skip_unassigned {
                true => (problem(format!("nobody gets {serial}: left out")), true),
                false => (
                    problem(format!(
                        "nobody gets {serial}: add it to the list, or leave such tokens out with --skip-unassigned"
                    )),
                    false,
                ),
            });
        };
        if !self.found.assigned.insert(serial.clone()) {
            let serial = shown(serial);
            return Err((
                problem(format!(
                    "{serial} comes twice, so that nobody knows which is meant: import them on their own, with --user"
                )),
                false,
            ));
        }
        Ok((owner.user.clone(), "correct the name in the list, or add the user first"))
    }
}

fn remark(place: Place, problem: Problem) -> Remark {
    let Problem { user, device, message, .. } = problem;
    Remark { place, user, device, message }
}
