//! What the ways through a stack mean.

use monk_wire::manage::doctor::{Findings, Kind, ServicePolicy, Severity};

use super::control::Code;
use super::modules::{Role, asks_network, is_other_factor, role};
use super::shared::Shared;
use super::stack::{Phase, Rule, Stack};
use super::walk::{Budget, Course, EVERYBODY, Ending, Monk, Walk};
use super::{handing_on, shut};

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

    fn endings(&self) -> impl Iterator<Item = &Ending> {
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

    pub fn somebody_gets_in(&self) -> bool {
        self.endings().any(|ending| ending.granted)
    }

    /// How somebody gets in, for people.
    pub fn first_way_in(&self) -> Option<String> {
        self.find(|_| true).map(|(way, _)| self.told(way))
    }

    /// The rules that were called and their answers, for people.
    fn told(&self, ending: &Ending) -> String {
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
    fn opener(&self, ending: &Ending) -> String {
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

/// Judges the auth rules of a service that uses monk.
pub fn auth(case: &Case<'_>, stack: &Stack, findings: &mut Findings, shared: &mut Shared) {
    let ways = Ways::through(stack, Phase::Auth, EVERYBODY, case);
    let before = findings.0.len() + shared.count();
    if ways.cut() {
        shut::too_large(case, &ways, findings);
        return;
    }
    if !ways.somebody_gets_in() {
        shut::examine(case, stack, Phase::Auth, findings);
        return;
    }
    not_asked(case, &ways, findings, shared);
    not_heeded(case, &ways, shared);
    code_alone(case, &ways, findings);
    handing_on::examine(case, &ways, findings, shared);
    factors_beside(case, &ways, shared);
    if findings.0.len() + shared.count() == before {
        let all = ways.endings().count();
        let what = format!("service {}: monk decides on all {all} ways", case.service);
        findings.ok(Kind::PamPasswordAlone, ways.monk(), what);
    }
}

/// Ways in on which monk is not asked.
fn not_asked(case: &Case<'_>, ways: &Ways<'_>, findings: &mut Findings, shared: &mut Shared) {
    let service = case.service;
    let unasked = |ending: &Ending| ending.monk == Monk::NotAsked;
    let remedy = |opener: &str| {
        format!(
            "Put `auth required pam_monk.so` in front of {opener}, and make what follows `required` \
             or leave it out."
        )
    };
    let alone = |ending: &Ending| unasked(ending) && (ending.password || !ending.other);
    if let Some((way, true)) = ways.find(alone) {
        let opener = ways.opener(way);
        let what = if way.password { "a password alone" } else { "nothing at all" };
        let evidence =
            format!("service {service} opens with {what}: {}; monk is not asked", ways.told(way));
        let remedy = remedy(&opener);
        findings.report(Kind::PamPasswordAlone, opener, evidence, remedy);
    } else if let Some((way, true)) = ways.find(unasked) {
        let opener = ways.opener(way);
        let evidence = format!("service {service}: {}; monk is not asked", ways.told(way));
        let remedy = format!("If that is not meant: {}", remedy(&opener));
        findings.report(Kind::PamOtherFactor, opener, evidence, remedy);
    } else if let Some((way, _)) = ways.find(unasked) {
        let evidence = format!("{}; monk is not asked", ways.told(way));
        let remedy = "Nothing, if these users are to come in without a second factor.";
        let kind = Kind::PamNotAsked;
        shared.report(service, (kind, kind.severity()), ways.opener(way), evidence, remedy);
    }
}

/// Ways in although monk has not agreed.
fn not_heeded(case: &Case<'_>, ways: &Ways<'_>, shared: &mut Shared) {
    let service = case.service;
    let required = "Write `auth required pam_monk.so`, or `requisite`.";
    let refused = |ending: &Ending| ending.monk == Monk::Answered(Code::AUTH_ERR);
    let unknown = |ending: &Ending| ending.monk == Monk::Answered(Code::USER_UNKNOWN);
    if let Some((way, always)) = ways.find(refused) {
        let severity = if always { Severity::Error } else { Severity::Warning };
        let evidence = format!("opens although monk refuses: {}", ways.told(way));
        let kind = Kind::PamRefusalIgnored;
        shared.report(service, (kind, severity), ways.monk(), evidence, required);
        return;
    }
    let outage = |ending: &Ending| ending.monk == Monk::Answered(Code::AUTHINFO_UNAVAIL);
    if let Some((way, _)) = ways.find(outage) {
        let evidence = format!("opens while monk cannot answer: {}", ways.told(way));
        let remedy = "Take authinfo_unavail=ignore (or default=ignore) out of monk's rule: whoever \
                      can stop the directory could log in with a password alone.";
        let kind = Kind::PamOutageIgnored;
        shared.report(service, (kind, kind.severity()), ways.monk(), evidence, remedy);
    }
    if let Some((way, _)) = ways.find(|ending| unknown(ending) && !ending.password) {
        let evidence = format!("opens for users whom monk does not know: {}", ways.told(way));
        let kind = Kind::PamRefusalIgnored;
        shared.report(service, (kind, kind.severity()), ways.monk(), evidence, required);
    } else if let Some((way, _)) = ways.find(unknown) {
        unknown_users(service, ways, way, shared);
    }
}

/// The administrator has left users whom monk does not know to other modules.
fn unknown_users(service: &str, ways: &Ways<'_>, way: &Ending, shared: &mut Shared) {
    let told = ways.told_here(way);
    let what = "who is not in monk's directory logs in with the password alone, whoever it is";
    let opens = |&&(position, code): &&(usize, Code)| {
        code == Code::SUCCESS && asks_network(&ways.stack.rules[position])
    };
    let (severity, evidence, remedy) = match way.way.iter().find(opens) {
        Some(&(position, _)) => (
            Severity::Warning,
            format!(
                "{what}; and {} may know a user by a second name, such as alice@example.org, whom \
                 monk does not know by it: {told}",
                ways.stack.rules[position].module().unwrap_or_default()
            ),
            "Take user_unknown=ignore out of monk's rule, unless no user has a second name there.",
        ),
        None => (
            Severity::Note,
            format!("{what}: {told}"),
            "Nothing, if accounts of the machine are to have no second factor. Whoever is taken out of \
             monk's directory has to be locked on the machine, too: passwd --lock USER",
        ),
    };
    shared.report(service, (Kind::PamUnknownUserIgnored, severity), ways.monk(), evidence, remedy);
}

/// With `password = "elsewhere"`: ways in on which nobody has checked a password.
fn code_alone(case: &Case<'_>, ways: &Ways<'_>, findings: &mut Findings) {
    let unproved =
        |ending: &Ending| ending.monk == Monk::Granted && !ending.password && !ending.other;
    if !case.policy.elsewhere || case.key_first {
        return;
    }
    if let Some((way, _)) = ways.find(unproved) {
        let evidence = format!(
            "[service.{0}] leaves the password to another module, but a code alone opens {0}: {1}",
            case.service,
            ways.told(way)
        );
        let remedy = "Put `auth requisite pam_unix.so` in front of pam_monk.so, or write \
                      password = \"required\".";
        findings.report(Kind::PamCodeAlone, ways.monk(), evidence, remedy);
    }
}

/// Another second factor that is asked as well.
fn factors_beside(case: &Case<'_>, ways: &Ways<'_>, shared: &mut Shared) {
    // Where it opens without monk, that has been told.
    if ways.find(|ending| ending.monk == Monk::NotAsked && ending.other).is_some() {
        return;
    }
    let asked = |ending: &&Ending| ending.granted && ending.monk == Monk::Granted;
    let called = ways.endings().filter(asked).flat_map(|ending| &ending.way);
    let other = |&&(position, _): &&(usize, Code)| is_other_factor(&ways.stack.rules[position]);
    let Some(&(position, _)) = called.into_iter().find(other) else { return };
    let rule = &ways.stack.rules[position];
    let name = rule.module().unwrap_or_default();
    let kind = Kind::PamFactorBeside;
    shared.report(
        case.service,
        (kind, kind.severity()),
        rule.place(),
        format!("{name} asks for a code or key of its own beside monk's"),
        format!(
            "If monk has taken its place, take the line of {name} out once everybody has a device in \
             monk (monk-enroll import)."
        ),
    );
}

/// Judges the account rules of a service whose auth rules use monk.
pub fn account(case: &Case<'_>, stack: &Stack, auth: &Stack, findings: &mut Findings) {
    let (service, is_sshd) = (case.service, case.service == "sshd");
    let ways = Ways::through(stack, Phase::Account, EVERYBODY, case);
    if ways.cut() {
        shut::too_large(case, &ways, findings);
        return;
    }
    if !stack.rules.is_empty() && !ways.somebody_gets_in() {
        shut::examine(case, stack, Phase::Account, findings);
        return;
    }
    if stack.means_monk() && !stack.has_monk() {
        return;
    }
    if !stack.has_monk() {
        // Where another module knows the users, it says who may come in.
        if case.is_told && !case.policy.elsewhere || is_sshd {
            let severity = if is_sshd { Severity::Warning } else { Severity::Note };
            let line = auth.monk();
            let why = if is_sshd {
                "a login with a public key passes no auth rule, so that nobody asks monk whether \
                 the user may come in"
            } else {
                "users who were switched off after they logged in are not noticed"
            };
            findings.report_as(
                Kind::PamAccountMissing,
                severity,
                line.map_or_else(String::new, Rule::place),
                format!("service {service} has no account rule of monk: {why}"),
                format!("Add to /etc/pam.d/{service}: account required pam_monk.so"),
            );
        }
        return;
    }
    // Of users whom monk does not know, the auth rules have told.
    let left_to_others = [Code::IGNORE, Code::USER_UNKNOWN];
    let refused = |ending: &Ending| matches!(ending.monk, Monk::Answered(code) if !left_to_others.contains(&code));
    match ways.find(refused) {
        Some((way, true)) => findings.report(
            Kind::PamAccountIgnored,
            ways.monk(),
            format!("service {service} lets in whom monk refuses: {}", ways.told(way)),
            "Write `account required pam_monk.so` as the first account rule.",
        ),
        _ => findings.ok(
            Kind::PamAccountIgnored,
            ways.monk(),
            format!("service {service}: monk is heeded"),
        ),
    }
}

/// Judges the session rules of a service that uses monk: programs log nobody in where they refuse.
pub fn session(case: &Case<'_>, stack: &Stack, findings: &mut Findings) {
    let ways = Ways::through(stack, Phase::Session, EVERYBODY, case);
    if ways.cut() {
        shut::too_large(case, &ways, findings);
    } else if !stack.rules.is_empty() && !ways.somebody_gets_in() {
        shut::examine(case, stack, Phase::Session, findings);
    }
}
