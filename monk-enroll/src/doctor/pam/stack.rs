//! The rules of one service, with everything that they include, as libpam reads them.

use std::collections::BTreeMap;

use super::control::Control;

/// How deep libpam follows includes (`PAM_SUBSTACK_MAX_LEVEL`).
const MAX_DEPTH: usize = 16;

/// Most rules that are looked at. Real stacks have some ten.
const MAX_RULES: usize = 200;

/// The texts of the files in `/etc/pam.d`, by name.
pub type Files = BTreeMap<String, String>;

/// What the rules are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Who is it?
    Auth,
    /// May that user come in now?
    Account,
}

impl Phase {
    /// The word in the first column.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Account => "account",
        }
    }
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
    /// The control field as it is written.
    pub written: String,
    /// What answers lead to.
    pub control: Control,
    /// What is done.
    pub step: Step,
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
        format!("/etc/pam.d/{}:{}", self.file, self.line)
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

    /// Whether it is monk's.
    pub fn is_monk(&self) -> bool {
        self.module() == Some("pam_monk.so") || self.module() == Some("pam_monk")
    }
}

/// The rules of one service for one phase.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// The rules, with everything included, in their order.
    pub rules: Vec<Rule>,
    /// Files that are included and not there, or in a circle: libpam then refuses everything.
    pub broken: Vec<String>,
    /// The service has no rules for the phase, and these are those of `other`.
    pub of_other: bool,
}

impl Stack {
    /// Reads the rules of a service. A service without rules for the phase has those of `other`.
    pub fn load(files: &Files, service: &str, phase: Phase) -> Self {
        let mut stack = Self::default();
        stack.include(files, service, phase, 0, 0, "/etc/pam.d");
        let empty = stack.rules.is_empty() && stack.broken.is_empty();
        if empty && service != "other" && files.contains_key("other") {
            stack.include(files, "other", phase, 0, 0, "/etc/pam.d");
            stack.of_other = true;
        }
        stack
    }

    fn include(
        &mut self,
        files: &Files,
        name: &str,
        phase: Phase,
        level: usize,
        depth: usize,
        from: &str,
    ) {
        // An absolute path is possible, and followed where it leads to a file we know.
        let name = name.strip_prefix("/etc/pam.d/").unwrap_or(name);
        let Some(text) = files.get(name).filter(|_| depth < MAX_DEPTH) else {
            self.broken.push(format!("{from}: includes {name}, which is not there or in a circle"));
            return;
        };
        for (line, words) in logical_lines(text) {
            if self.rules.len() >= MAX_RULES {
                self.broken.push(format!("/etc/pam.d/{name}: more than {MAX_RULES} rules"));
                return;
            }
            let place = format!("/etc/pam.d/{name}:{line}");
            let word = |index: usize| words.get(index).map_or("", String::as_str);
            if word(0).eq_ignore_ascii_case("@include") {
                self.include(files, word(1), phase, level, depth + 1, &place);
                continue;
            }
            let kind = word(0).trim_start_matches('-').to_ascii_lowercase();
            let known = ["auth", "account", "password", "session"].contains(&kind.as_str());
            // What has no known type fails as an auth rule, or as one of what is being included.
            if known && kind != phase.word() || !known && phase != Phase::Auth {
                continue;
            }
            let written = word(1).to_owned();
            let mut rule = Rule {
                file: name.to_owned(),
                line,
                level,
                control: Control::parse(&written).unwrap_or_else(Control::bad),
                written,
                step: Step::Fail,
            };
            match rule.written.to_ascii_lowercase().as_str() {
                "include" => {
                    self.include(files, word(2), phase, level, depth + 1, &place);
                    continue;
                }
                "substack" => {
                    rule.step = Step::Substack;
                    self.rules.push(rule);
                    self.include(files, word(2), phase, level + 1, depth + 1, &place);
                    continue;
                }
                _ if known && !word(2).is_empty() => {
                    let arguments = words.get(3..).unwrap_or_default().to_vec();
                    rule.step = Step::Module { path: word(2).to_owned(), arguments };
                }
                _ => {}
            }
            self.rules.push(rule);
        }
    }

    /// The first rule of monk.
    pub fn monk(&self) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.is_monk())
    }

    /// Whether monk is among the rules.
    pub fn has_monk(&self) -> bool {
        self.monk().is_some()
    }
}

/// The lines of a file as words: comments gone, continued lines joined. A line's number is that of
/// its beginning.
fn logical_lines(text: &str) -> Vec<(usize, Vec<String>)> {
    let (mut lines, mut pending, mut start) = (Vec::new(), String::new(), 1);
    for (index, line) in text.lines().enumerate() {
        if pending.is_empty() {
            start = index + 1;
        }
        let line = line.split('#').next().unwrap_or_default();
        if let Some(begun) = line.trim_end().strip_suffix('\\') {
            pending.push_str(begun);
            pending.push(' ');
            continue;
        }
        pending.push_str(line);
        let words = words(&pending);
        if !words.is_empty() {
            lines.push((start, words));
        }
        pending.clear();
    }
    lines
}

/// Splits at blanks, but not inside `[…]`. The brackets of a control field stay, those of an
/// argument go, as in libpam.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('[') {
            Some(inner) => {
                let end = closing_bracket(inner);
                let inside = inner[..end].replace("\\]", "]");
                let after = inner.get(end + 1..).unwrap_or_default();
                let control = words.len() == 1;
                (if control { format!("[{inside}]") } else { inside }, after)
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// Where the bracket closes that has been opened before `text`.
fn closing_bracket(text: &str) -> usize {
    let mut escaped = false;
    for (index, char) in text.char_indices() {
        if char == ']' && !escaped {
            return index;
        }
        escaped = char == '\\';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files<const N: usize>(texts: [(&str, &str); N]) -> Files {
        texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
    }

    fn shown(stack: &Stack) -> Vec<String> {
        let rule = |rule: &Rule| {
            let what = rule.module().unwrap_or("-");
            format!("{}:{} {} {} {what}", rule.file, rule.line, rule.level, rule.written)
        };
        stack.rules.iter().map(rule).collect()
    }

    #[test]
    fn includes_are_followed_and_only_rules_of_the_phase_count() {
        let files = files([
            (
                "imap",
                "# mail\n@include common\naccount required pam_permit.so\nauth substack sub\n-auth optional /lib/pam_x.so\n",
            ),
            (
                "common",
                "auth [success=1 default=ignore] pam_unix.so nullok # why\nauth include deep\n",
            ),
            ("deep", "AUTH requisite pam_deny.so\nsession required pam_permit.so\n"),
            ("sub", "auth \\\n required pam_monk.so\n"),
        ]);
        assert_eq!(
            shown(&Stack::load(&files, "imap", Phase::Auth)),
            [
                "common:1 0 [success=1 default=ignore] pam_unix.so",
                "deep:1 0 requisite pam_deny.so",
                "imap:4 0 substack -",
                "sub:1 1 required pam_monk.so",
                "imap:5 0 optional pam_x.so",
            ]
        );
        assert_eq!(
            shown(&Stack::load(&files, "imap", Phase::Account)),
            ["imap:3 0 required pam_permit.so"]
        );
    }

    #[test]
    fn what_is_missing_or_goes_in_circles_is_told() {
        let files = files([
            ("imap", "auth include nowhere\n"),
            ("a", "@include b\n"),
            ("b", "@include a\n"),
        ]);
        let broken = |service| Stack::load(&files, service, Phase::Auth).broken;
        assert!(broken("imap")[0].starts_with("/etc/pam.d/imap:1: includes nowhere"));
        assert_eq!(broken("a").len(), 1);
    }

    #[test]
    fn a_service_without_rules_has_those_of_other() {
        let files = files([
            ("imap", "account required pam_permit.so\n"),
            ("other", "auth required pam_deny.so\n"),
        ]);
        assert_eq!(
            shown(&Stack::load(&files, "imap", Phase::Auth)),
            ["other:1 0 required pam_deny.so"]
        );
    }

    #[test]
    fn arguments_in_brackets_are_one_argument_and_nonsense_fails() {
        let files = files([(
            "imap",
            "auth required pam_x.so [query=select \\] from x] debug\nauht required pam_y.so\nauth required\n",
        )]);
        let stack = Stack::load(&files, "imap", Phase::Auth);
        assert_eq!(stack.rules[0].arguments(), ["query=select ] from x", "debug"]);
        assert_eq!(stack.rules[1].step, Step::Fail);
        assert_eq!(stack.rules[2].step, Step::Fail);
    }
}
