//! Every way through a stack: what libpam would do for all answers that the modules can give.
//!
//! This follows `_pam_dispatch_aux` of Linux-PAM 1.5 step by step; a test of the whole system
//! compares the two. Ways that have come to the same point with the same outcome are followed
//! once, so that the number of ways stays small. Whatever the files say, no more steps are taken than
//! [`Budget`] has.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};

use super::control::{Action, Code};
use super::modules::{Role, answers, role, wants_first_password};
use super::phase::Phase;
use super::stack::{Rule, Stack, Step};

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
}

/// All ways through a stack.
#[derive(Debug, Default)]
pub struct Walk {
    /// How they end.
    pub endings: Vec<Ending>,
    /// The rules that wanted a password of an earlier one, after monk had granted, and got none.
    pub starved: BTreeSet<usize>,
    /// There are more ways than could be followed.
    pub cut: bool,
}

/// Most steps through one stack with one answer of each condition. Debian's take some hundred.
const STEPS_OF_A_WALK: usize = 50_000;

/// Most steps through all stacks together: a second, on a slow machine.
const STEPS_OF_ALL: usize = 3_000_000;

/// How many steps may still be taken.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(STEPS_OF_ALL))
    }
}

impl Budget {
    /// How many steps have been taken.
    #[cfg(test)]
    pub fn taken(&self) -> usize {
        STEPS_OF_ALL - self.0.get()
    }

    /// Takes one step, if there is one left.
    fn take(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
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
}

/// A uid that no `minimum_uid=` leaves out, as most users have one and all who are not this machine's.
pub const EVERYBODY: u32 = u32::MAX;

/// One step of a way, and the one before.
struct Trace {
    before: Option<usize>,
    position: usize,
    code: Code,
}

/// What a walk is through, and with what answers.
pub struct Course<'a> {
    /// The rules.
    pub stack: &'a Stack,
    /// What they are for.
    pub phase: Phase,
    /// The uid of the users.
    pub uid: u32,
    /// Whether a module is there.
    pub installed: &'a dyn Fn(&str) -> bool,
}

impl Course<'_> {
    /// Follows all ways. `condition` tells what the conditions say, by their position in the stack.
    pub fn walk(&self, condition: &dyn Fn(usize) -> bool, budget: &Budget) -> Walk {
        let mut walk = Walk::default();
        if self.stack.aborts {
            return walk;
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
        };
        let (mut seen, mut traces): (HashSet<State>, Vec<Trace>) = Default::default();
        let mut open = vec![(start, None)];
        while let Some((mut state, trace)) = open.pop() {
            if traces.len() > STEPS_OF_A_WALK || !budget.take() {
                walk.cut = true;
                return walk;
            }
            let Some(rule) = self.stack.rules.get(state.position) else {
                walk.endings.push(state.ending(way(&traces, trace)));
                continue;
            };
            if state.previous_level < rule.level {
                state.entered.resize(rule.level + 1, BEGINNING);
                state.entered[rule.level] = state.impression;
            }
            if rule.step == Step::Substack {
                state.previous_level = rule.level;
                state.position += 1;
                open.push((state, trace));
                continue;
            }
            for code in self.codes(rule, &state, condition) {
                let mut next = state.clone();
                if next.hear(rule, code) {
                    walk.starved.insert(state.position);
                }
                next.proceed(&self.stack.rules, rule.control.action(code), code);
                if seen.insert(next.clone()) {
                    traces.push(Trace { before: trace, position: state.position, code });
                    open.push((next, Some(traces.len() - 1)));
                }
            }
        }
        walk
    }

    /// What a rule can answer.
    fn codes(&self, rule: &Rule, state: &State, condition: &dyn Fn(usize) -> bool) -> Vec<Code> {
        match &rule.step {
            Step::Module { path, .. } if !(self.installed)(path) => vec![Code::MODULE_UNKNOWN],
            Step::Module { .. } if role(rule) == Role::Condition => {
                vec![if condition(state.position) { Code::SUCCESS } else { Code::AUTH_ERR }]
            }
            Step::Module { .. } => answers(rule, self.phase, self.uid, state.typed),
            Step::Fail | Step::Substack => vec![Code::PERM_DENIED],
        }
    }
}

/// The way that ends with this step.
fn way(traces: &[Trace], last: Option<usize>) -> Vec<(usize, Code)> {
    let steps = std::iter::successors(last.map(|index| &traces[index]), |trace| {
        trace.before.map(|index| &traces[index])
    });
    let mut way: Vec<_> = steps.map(|trace| (trace.position, trace.code)).collect();
    way.reverse();
    way
}

impl State {
    fn ending(self, way: Vec<(usize, Code)>) -> Ending {
        let Impression { mood, success } = self.impression;
        Ending {
            granted: mood == Mood::Positive && success,
            monk: self.monk,
            password: self.password,
            other: self.other,
            way,
        }
    }

    /// What the answer of a module tells us, whatever libpam makes of it. Whether the module wanted a
    /// password that monk has not handed on.
    fn hear(&mut self, rule: &Rule, code: Code) -> bool {
        let granted = code == Code::SUCCESS;
        let uses_first = wants_first_password(rule);
        let starved = uses_first && !self.typed && self.monk == Monk::Granted;
        match role(rule) {
            Role::Monk => {
                self.monk = match (granted, self.monk) {
                    (true, _) | (_, Monk::Granted) => Monk::Granted,
                    (false, _) => Monk::Answered(code),
                };
                self.typed |= rule.has("forward_pass");
            }
            Role::Password => {
                self.password |= granted;
                self.typed |= !uses_first;
            }
            Role::Other => self.other |= granted,
            Role::Helper | Role::Condition => {}
        }
        starved
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
        // What was thought when a substack was entered that has been left matters no more.
        let next = rules.get(self.position).map_or(0, |rule| rule.level);
        self.entered.truncate(next.min(level) + 1);
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
