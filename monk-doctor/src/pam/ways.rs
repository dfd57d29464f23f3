//! All ways through the stack of one service, and finding the one that shows something.

use monk_wire::manage::doctor::ServicePolicy;

use super::control::Code;
use super::modules::{Role, role};
use super::phase::Phase;
use super::stack::{Rule, Stack};
use super::walk::{Budget, Course, Ending, Walk};

/// Most conditions of one stack whose answers are tried in all combinations.
const MAX_CONDITIONS: usize = 6;

/// One service whose stack is judged.
pub struct Case<'a> {
    /// Its name.
    pub service: &'a str,
    /// Its policy.
    pub policy: ServicePolicy,
    /// Whether an engine has told the policy; otherwise nothing is said that depends on it.
    pub is_told: bool,
    /// A public key has been proved before PAM is asked.
    pub key_first: bool,
    /// Whether a module is there.
    pub installed: &'a dyn Fn(&str) -> bool,
    /// How many steps may be taken through stacks.
    pub budget: &'a Budget,
}

/// All ways of users with one uid through a stack, for each combination of what its conditions say.
pub struct Ways<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// One walk for each combination.
    pub cases: Vec<Walk>,
}

impl<'a> Ways<'a> {
    /// Follows them.
    pub fn through(stack: &'a Stack, phase: Phase, uid: u32, case: &Case<'_>) -> Self {
        Self::with(Course { stack, phase, uid, installed: case.installed }, stack, case.budget)
    }

    fn with(course: Course<'_>, stack: &'a Stack, budget: &Budget) -> Self {
        let conditions: Vec<usize> = (0..stack.rules.len())
            .filter(|&position| role(&stack.rules[position]) == Role::Condition)
            .collect();
        let combinations = 1_usize << conditions.len().min(MAX_CONDITIONS);
        let case = |combination: usize| {
            let says = |position| {
                let index = conditions.iter().position(|&one| one == position);
                index.is_some_and(|index| combination >> index.min(MAX_CONDITIONS) & 1 == 1)
            };
            course.walk(&says, budget)
        };
        Self { stack, cases: (0..combinations).map(case).collect() }
    }

    /// Whether there are more of them than could be followed.
    pub fn cut(&self) -> bool {
        self.cases.iter().any(|walk| walk.cut)
    }

    /// How they end.
    pub fn endings(&self) -> impl Iterator<Item = &Ending> {
        self.cases.iter().flat_map(|walk| &walk.endings)
    }

    /// A way in that fits, the shortest one, and whether there is one whatever the conditions say,
    /// as long as they let anybody in at all.
    pub fn find(&self, fits: impl Fn(&Ending) -> bool) -> Option<(&Ending, bool)> {
        let ways_in = |case: &&Walk| case.endings.iter().any(|ending| ending.granted);
        let mut always = true;
        let mut found: Option<&Ending> = None;
        for case in self.cases.iter().filter(ways_in) {
            let shortest = case
                .endings
                .iter()
                .filter(|ending| ending.granted && fits(ending))
                .min_by_key(|ending| (ending.password, ending.way.len()));
            always &= shortest.is_some();
            found = found.or(shortest);
        }
        found.map(|ending| (ending, always))
    }

    /// Whether a way leads in.
    pub fn somebody_gets_in(&self) -> bool {
        self.endings().any(|ending| ending.granted)
    }

    /// How somebody gets in, for people.
    pub fn first_way_in(&self) -> Option<String> {
        self.find(|_| true).map(|(way, _)| self.told(way))
    }

    /// The rules that were called and their answers, for people.
    pub fn told(&self, ending: &Ending) -> String {
        self.told_of(ending, |_| true)
    }

    /// The same of those rules only that stand in one file with monk's: alike for all services that
    /// include it.
    pub fn told_here(&self, ending: &Ending) -> String {
        let here = self.stack.monk().map(|rule| &rule.file);
        self.told_of(ending, |rule| Some(&rule.file) == here)
    }

    fn told_of(&self, ending: &Ending, fits: impl Fn(&Rule) -> bool) -> String {
        let step = |&(position, code): &(usize, Code)| {
            let rule = &self.stack.rules[position];
            let name = rule.module().unwrap_or("?");
            fits(rule).then(|| format!("{name} ({}) says {}", place(rule), code.name()))
        };
        ending.way.iter().filter_map(step).collect::<Vec<_>>().join(", ")
    }

    /// The rule that opens: the last one that was called.
    pub fn opener(&self, ending: &Ending) -> String {
        let last = ending.way.iter().rev().find(|(position, code)| {
            *code == Code::SUCCESS && role(&self.stack.rules[*position]) != Role::Monk
        });
        last.map_or_else(String::new, |&(position, _)| self.stack.rules[position].place())
    }

    /// Where monk's first rule stands.
    pub fn monk(&self) -> String {
        self.stack.monk().map_or_else(String::new, Rule::place)
    }
}

fn place(rule: &Rule) -> String {
    format!("{}:{}", rule.file, rule.line)
}
