//! The rules of one service, with everything that they include, as libpam reads them.

use std::collections::{BTreeMap, BTreeSet};

use super::control::Control;
use super::fault::{Fault, of_words};
use super::phase::Phase;
use super::text::{Line, Text};

/// How deep libpam follows includes (`PAM_SUBSTACK_MAX_LEVEL`; until 1.5 that deep into substacks
/// only, and without an end into other includes).
const MAX_DEPTH: usize = 16;

/// Most rules that are looked at. Real stacks have some ten.
const MAX_RULES: usize = 200;

/// Most lines that are looked at for one stack, those of other phases included, each as often as its file
/// is included. Real ones have some fifty.
const MAX_LINES: usize = 5_000;

/// The texts of the files in `/etc/pam.d`, by name.
pub type Files = BTreeMap<String, String>;

/// The same files, taken apart once for all services.
#[derive(Debug, Default)]
pub struct Library(BTreeMap<String, Text>);

impl Library {
    /// Takes all files apart.
    pub fn of(files: &Files) -> Self {
        Self(files.iter().map(|(name, text)| (name.clone(), Text::read(text))).collect())
    }

    /// A file, by its name or its path.
    fn get(&self, name: &str) -> Option<(&str, &Text)> {
        let name = name.strip_prefix("/etc/pam.d/").unwrap_or(name);
        self.0.get_key_value(name).map(|(name, text)| (name.as_str(), text))
    }
}

/// The names of the files that a file includes.
pub fn includes(text: &str) -> Vec<String> {
    let name = |line: &Line| {
        let word = |index: usize| line.words.get(index).map_or("", |word| word.text.as_str());
        let index = match [word(0), word(1)].map(str::to_ascii_lowercase) {
            [first, _] if first == "@include" => 1,
            [_, second] if second == "include" || second == "substack" => 2,
            _ => return None,
        };
        Some(word(index).to_owned())
    };
    Text::read(text).lines.iter().filter_map(name).collect()
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The file that it stands in.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// How many substacks it is inside of.
    pub level: usize,
    /// What answers lead to.
    pub control: Control,
    /// What is done.
    pub step: Step,
    /// What libpam does not understand of it, or understands otherwise than it was meant.
    pub faults: Vec<Fault>,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Calls a module.
    Module {
        /// Name or path.
        path: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
    /// Begins a substack: the rules one level deeper that follow.
    Substack,
    /// Fails, because libpam does not understand the rule.
    Fail,
}

impl Rule {
    /// Where it stands, for people.
    pub fn place(&self) -> String {
        place(&self.file, self.line)
    }

    /// The file name of the module.
    pub fn module(&self) -> Option<&str> {
        match &self.step {
            Step::Module { path, .. } => Some(path.rsplit('/').next().unwrap_or(path)),
            _ => None,
        }
    }

    /// The module's arguments.
    pub fn arguments(&self) -> &[String] {
        match &self.step {
            Step::Module { arguments, .. } => arguments,
            _ => &[],
        }
    }

    /// Whether the module has been given this very argument.
    pub fn has(&self, argument: &str) -> bool {
        self.arguments().iter().any(|one| one == argument)
    }

    /// Whether it is monk's.
    pub fn is_monk(&self) -> bool {
        self.module() == Some("pam_monk.so") || self.module() == Some("pam_monk")
    }

    /// Whether it is monk's, or would be if it were written without mistakes.
    fn means_monk(&self) -> bool {
        self.module().is_some_and(|name| name.contains("pam_monk"))
            || self.faults.iter().any(|fault| fault.names("pam_monk"))
    }
}

/// The path of a file of `/etc/pam.d`, which an include may also have named by another path.
pub fn path(file: &str) -> String {
    if file.starts_with('/') { file.to_owned() } else { format!("/etc/pam.d/{file}") }
}

fn place(file: &str, line: usize) -> String {
    format!("{}:{line}", path(file))
}

/// Why the rules of a service could not be followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// Here is included what is not there.
    Missing(String, String),
    /// Here a file is included that is just being read: until 1.5 libpam crashes its program.
    Circle(String, String),
    /// Here includes are deeper than libpam follows them.
    TooDeep(String, String),
    /// The file ends in the middle of this line.
    Unfinished(String),
    /// Here the name of a module is none.
    Nameless(String, String),
    /// Here it becomes more than doctor looks at.
    TooLarge(String),
}

/// The rules of one service for one phase.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// The rules, with everything included, in their order.
    pub rules: Vec<Rule>,
    /// Why there may be more.
    pub broken: BTreeSet<Broken>,
    /// libpam logs nobody in with these files, or crashes, or it was not found out.
    pub aborts: bool,
    /// The service has no rules for the phase, and these are those of `other`.
    pub of_other: bool,
    /// How many lines were looked at.
    pub lines: usize,
}

/// libpam stops reading here.
struct Aborted;

/// What is read, and on the way of which includes.
struct Reading<'a> {
    library: &'a Library,
    phase: Phase,
    /// The files that are being read, each included by the one before.
    open: Vec<&'a str>,
    /// It goes on for ever, or for too long.
    halted: bool,
}

impl Stack {
    /// Reads the rules of a service. A service without a file, or without rules for the phase, has those
    /// of `other`.
    pub fn load(library: &Library, service: &str, phase: Phase) -> Self {
        let mut stack = Self::default();
        if library.get(service).is_some() {
            stack.read(library, service, phase);
        }
        let empty = stack.rules.is_empty() && stack.broken.is_empty();
        if empty && service != "other" && library.get("other").is_some() {
            stack.read(library, "other", phase);
            stack.of_other = true;
        }
        stack
    }

    fn read(&mut self, library: &Library, service: &str, phase: Phase) {
        let mut reading = Reading { library, phase, open: vec![], halted: false };
        let read = self.include(&mut reading, service, None, 0, "/etc/pam.d");
        self.aborts |= read.is_err() || reading.halted;
    }

    /// Reads a file of which only rules of the phase `only` count, if that is set.
    fn include<'a>(
        &mut self,
        reading: &mut Reading<'a>,
        name: &str,
        only: Option<Phase>,
        level: usize,
        from: &str,
    ) -> Result<(), Aborted> {
        let place = from.to_owned();
        let Some((name, text)) = reading.library.get(name) else {
            self.broken.insert(Broken::Missing(place, name.to_owned()));
            return Err(Aborted);
        };
        let why = if reading.open.contains(&name) {
            Some(Broken::Circle(place.clone(), name.to_owned()))
        } else if text.too_large {
            Some(Broken::TooLarge(path(name)))
        } else {
            None
        };
        if let Some(why) = why {
            self.broken.insert(why);
            reading.halted = true;
            return Err(Aborted);
        }
        if reading.open.len() >= MAX_DEPTH {
            self.broken.insert(Broken::TooDeep(place, name.to_owned()));
            return Err(Aborted);
        }
        reading.open.push(name);
        let read = self.lines(reading, name, text, only, level);
        reading.open.pop();
        read
    }

    fn lines<'a>(
        &mut self,
        reading: &mut Reading<'a>,
        name: &'a str,
        text: &'a Text,
        only: Option<Phase>,
        level: usize,
    ) -> Result<(), Aborted> {
        for line in &text.lines {
            self.lines += 1;
            if self.rules.len() >= MAX_RULES || self.lines > MAX_LINES {
                self.broken.insert(Broken::TooLarge(path(name)));
                reading.halted = true;
                return Err(Aborted);
            }
            self.line(reading, name, line, only, level)?;
        }
        text.unfinished.map_or(Ok(()), |line| {
            self.broken.insert(Broken::Unfinished(place(name, line)));
            Err(Aborted)
        })
    }

    fn line<'a>(
        &mut self,
        reading: &mut Reading<'a>,
        name: &str,
        line: &Line,
        only: Option<Phase>,
        level: usize,
    ) -> Result<(), Aborted> {
        let here = place(name, line.number);
        let word = |index: usize| line.words.get(index).map_or("", |word| word.text.as_str());
        if word(0).eq_ignore_ascii_case("@include") {
            let included = self.include(reading, word(1), only, level, &here);
            // In a file that is itself included for one phase, it only fails there.
            return match (included, only) {
                (Err(aborted), None) => Err(aborted),
                (Err(aborted), Some(_)) if reading.halted => Err(aborted),
                (Err(_), Some(phase)) if phase == reading.phase => {
                    self.rules.push(failing(name, line, level));
                    Ok(())
                }
                _ => Ok(()),
            };
        }
        let known = Phase::of(word(0).strip_prefix('-').unwrap_or(word(0)));
        // What has no known type fails as an auth rule, or as one of what is being included.
        let phase = known.or(only).unwrap_or(Phase::Auth);
        if only.is_some_and(|only| only != phase) {
            return Ok(());
        }
        let keyword = word(1).to_ascii_lowercase();
        let includes = known.is_some() && (keyword == "include" || keyword == "substack");
        if known.is_some() && !includes && is_nameless(word(2)) {
            self.broken.insert(Broken::Nameless(here, word(2).to_owned()));
            return Err(Aborted);
        }
        if phase != reading.phase {
            return Ok(());
        }
        let mut rule = failing(name, line, level);
        if includes {
            let deeper = level + usize::from(keyword == "substack");
            if deeper > level {
                self.rules.push(Rule { step: Step::Substack, ..rule.clone() });
            }
            if self.include(reading, word(2), Some(phase), deeper, &here).is_ok() {
                return Ok(());
            }
            if reading.halted {
                return Err(Aborted);
            }
        } else if known.is_some() && !word(2).is_empty() {
            let arguments = line.words.get(3..).unwrap_or_default().iter();
            let arguments = arguments.map(|word| word.text.clone()).collect();
            rule.step = Step::Module { path: word(2).to_owned(), arguments };
        }
        self.rules.push(rule);
        Ok(())
    }

    /// The first rule of monk.
    pub fn monk(&self) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.is_monk())
    }

    /// Whether monk is among the rules.
    pub fn has_monk(&self) -> bool {
        self.monk().is_some()
    }

    /// Whether there are rules that libpam understands otherwise than they were meant.
    pub fn is_faulty(&self) -> bool {
        self.rules.iter().any(|rule| !rule.faults.is_empty())
    }

    /// Whether monk is among the rules, or was meant to be.
    pub fn means_monk(&self) -> bool {
        self.rules.iter().any(Rule::means_monk)
    }
}

/// A rule as it stands, as long as it is not known to call anything.
fn failing(file: &str, line: &Line, level: usize) -> Rule {
    let text = line.words.get(1).map_or("", |word| word.text.as_str());
    Rule {
        file: file.to_owned(),
        line: line.number,
        level,
        control: Control::parse(text).unwrap_or_else(|_| Control::bad()),
        step: Step::Fail,
        faults: of_words(line),
    }
}

/// Whether libpam finds no name in the path of a module, and gives up: of `/lib/.so`, say.
fn is_nameless(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    !path.is_empty() && (stem.is_empty() || stem == "?")
}

#[cfg(test)]
#[path = "stack_tests.rs"]
mod tests;
