//! Every way through a stack: what libpam would do for all answers that the modules can give.
//!
//! This follows `_pam_dispatch_aux` of Linux-PAM 1.5 step by step; a test of the whole system
//! compares the two. Ways that have come to the same point with the same outcome are followed
//! once, so that the number of ways stays small.

use std::collections::HashSet;

use super::control::{Action, Code};
use super::modules::{Role, answers, role};
use super::stack::{Phase, Rule, Stack, Step};

/// What monk has said on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Monk {
    /// It was not asked.
    NotAsked,
    /// Yes.
    Granted,
    /// This no, or no answer, or nothing to say.
    Answered(Code),
}

/// How one way ends.
#[derive(Clone, Debug)]
pub struct Ending {
    /// Whether the user is in.
    pub granted: bool,
    /// What monk has said.
    pub monk: Monk,
    /// A module that checks a password has said yes.
    pub password: bool,
    /// A module that is neither that nor a helper has said yes.
    pub other: bool,
    /// The rules that have been called, and what they said.
    pub way: Vec<(usize, Code)>,
    /// The rule that wanted a password of an earlier one, after monk had granted, and got none.
    pub starved: Option<usize>,
}

/// What libpam thinks of the login so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Impression {
    mood: Mood,
    /// Whether the answer would be `PAM_SUCCESS`.
    success: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mood {
    Undefined,
    Positive,
    Negative,
}

const BEGINNING: Impression = Impression { mood: Mood::Undefined, success: false };

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    position: usize,
    previous_level: usize,
    impression: Impression,
    /// The impression when each substack was entered.
    entered: Vec<Impression>,
    monk: Monk,
    password: bool,
    other: bool,
    /// A password has been typed that later modules may use.
    typed: bool,
    starved: Option<usize>,
}

/// A uid that no `minimum_uid=` leaves out, as most users have one and all who are not this machine's.
pub const EVERYBODY: u32 = u32::MAX;

/// Follows all ways of users with this uid. `installed` says whether a module is there; `condition`
/// what the conditions say, by their position in the stack.
pub fn walk(
    stack: &Stack,
    phase: Phase,
    uid: u32,
    installed: &dyn Fn(&str) -> bool,
    condition: &dyn Fn(usize) -> bool,
) -> Vec<Ending> {
    if !stack.broken.is_empty() {
        return Vec::new();
    }
    let start = State {
        position: 0,
        previous_level: 0,
        impression: BEGINNING,
        entered: vec![BEGINNING],
        monk: Monk::NotAsked,
        password: false,
        other: false,
        typed: false,
        starved: None,
    };
    let (mut seen, mut endings) = (HashSet::new(), Vec::new());
    let mut open = vec![(start, Vec::new())];
    while let Some((mut state, way)) = open.pop() {
        let Some(rule) = stack.rules.get(state.position) else {
            endings.push(Ending {
                granted: state.impression.mood == Mood::Positive && state.impression.success,
                monk: state.monk,
                password: state.password,
                other: state.other,
                way,
                starved: state.starved,
            });
            continue;
        };
        if state.previous_level < rule.level {
            state.entered.resize(rule.level + 1, BEGINNING);
            state.entered[rule.level] = state.impression;
        }
        let codes = match &rule.step {
            Step::Substack => {
                state.previous_level = rule.level;
                state.position += 1;
                open.push((state, way));
                continue;
            }
            Step::Fail => vec![Code::PERM_DENIED],
            Step::Module { path, .. } if !installed(path) => vec![Code::MODULE_UNKNOWN],
            Step::Module { .. } if role(rule) == Role::Condition => {
                vec![if condition(state.position) { Code::SUCCESS } else { Code::AUTH_ERR }]
            }
            Step::Module { .. } => answers(rule, phase, uid, state.typed),
        };
        for code in codes {
            let mut next = state.clone();
            next.hear(rule, code);
            next.proceed(&stack.rules, rule.control.action(code), code);
            if seen.insert(next.clone()) {
                let mut way = way.clone();
                way.push((state.position, code));
                open.push((next, way));
            }
        }
    }
    endings
}

impl State {
    /// What the answer of a module tells us, whatever libpam makes of it.
    fn hear(&mut self, rule: &Rule, code: Code) {
        let granted = code == Code::SUCCESS;
        let uses_first = rule.arguments().iter().any(|argument| argument == "use_first_pass");
        match role(rule) {
            Role::Monk => {
                self.monk = match (granted, self.monk) {
                    (true, _) | (_, Monk::Granted) => Monk::Granted,
                    (false, _) => Monk::Answered(code),
                };
                self.typed |= rule.arguments().iter().any(|argument| argument == "forward_pass");
            }
            Role::Password => {
                if uses_first && !self.typed && self.monk == Monk::Granted {
                    self.starved.get_or_insert(self.position);
                }
                self.password |= granted;
                self.typed |= !uses_first;
            }
            Role::Other => self.other |= granted,
            Role::Helper | Role::Condition => {}
        }
    }

    /// What libpam does next.
    fn proceed(&mut self, rules: &[Rule], action: Action, code: Code) {
        let level = rules[self.position].level;
        self.previous_level = level;
        let Impression { mood, success } = &mut self.impression;
        let mut ends = false;
        match action {
            Action::Ignore => {}
            Action::Reset => self.impression = self.entered[level],
            Action::Ok | Action::Done => {
                if *mood == Mood::Undefined || *mood == Mood::Positive && *success {
                    (*mood, *success) = (Mood::Positive, code == Code::SUCCESS);
                }
                ends = *mood == Mood::Positive && action == Action::Done;
            }
            Action::Bad | Action::Die => {
                if *mood != Mood::Negative {
                    (*mood, *success) = (Mood::Negative, code == Code::SUCCESS);
                }
                ends = action == Action::Die;
            }
            Action::Jump(count) => {
                let left = self.jump(rules, level, count);
                if left > 0 {
                    self.impression = Impression { mood: Mood::Negative, success: false };
                }
            }
        }
        let inside =
            |position: usize| rules.get(position + 1).is_some_and(|next| next.level >= level);
        while ends && inside(self.position) {
            self.position += 1;
        }
        self.position += 1;
    }

    /// Leaves out `count` rules of this level, a substack counting as one; how many were missing.
    fn jump(&mut self, rules: &[Rule], level: usize, mut count: usize) -> usize {
        let level_of = |position: usize| rules.get(position).map(|rule| rule.level);
        while count > 0 && level_of(self.position + 1).is_some_and(|next| next >= level) {
            self.position += 1;
            while level_of(self.position + 1).is_some_and(|next| next > level) {
                self.position += 1;
            }
            count -= 1;
        }
        count
    }
}
