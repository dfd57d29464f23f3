//! What a chain of passdbs means: who is let in, for every answer that each of them could give.
//!
//! Dovecot asks one passdb after the other (passdbs of `protocol` blocks first). What an answer means is set in
//! each of them: `result_success`, `result_failure` and `result_internalfail` decide whether the next one
//! is asked, and what is remembered; `skip` leaves a passdb out according to what was said before. The
//! model is compared with the real Dovecot on hundreds of chains (`dovecot_tests`).

/// What an answer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Return,
    ReturnOk,
    ReturnFail,
    Continue,
    ContinueOk,
    ContinueFail,
}

impl Rule {
    /// The words of the settings.
    pub const ALL: [(&str, Self); 6] = [
        ("return", Self::Return),
        ("return-ok", Self::ReturnOk),
        ("return-fail", Self::ReturnFail),
        ("continue", Self::Continue),
        ("continue-ok", Self::ContinueOk),
        ("continue-fail", Self::ContinueFail),
    ];

    /// Whether the answer counts as a yes, whatever it was.
    fn says_yes(self) -> bool {
        matches!(self, Self::ReturnOk | Self::ContinueOk)
    }

    fn goes_on(self) -> bool {
        matches!(self, Self::Continue | Self::ContinueOk | Self::ContinueFail)
    }
}

/// When a passdb is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    Never,
    Authenticated,
    Unauthenticated,
}

/// Whom a passdb asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A PAM service that asks monk.
    Monk,
    /// Passwords of its own, or a PAM service without monk.
    Others,
    /// Nobody who could say yes: PAM, for a mechanism that needs a stored password.
    Nobody,
}

/// One passdb of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub asks: Asks,
    /// Users who are found in it are refused.
    pub deny: bool,
    pub skip: Skip,
    /// It is asked for some users, addresses or mechanisms only.
    pub sometimes: bool,
    pub success: Rule,
    pub failure: Rule,
    pub internal: Rule,
}

impl Link {
    /// With Dovecot's defaults.
    pub fn new(asks: Asks) -> Self {
        Self {
            asks,
            deny: false,
            skip: Skip::Never,
            sometimes: false,
            success: Rule::ReturnOk,
            failure: Rule::Continue,
            internal: Rule::Continue,
        }
    }

    /// The answers that it could give.
    pub fn answers(&self) -> &'static [Answer] {
        match (self.deny, self.asks) {
            (true, _) => &[Answer::Failure, Answer::Internal, Answer::Found],
            (false, Asks::Nobody) => &[Answer::Failure, Answer::Internal],
            (false, _) => &[Answer::Success, Answer::Failure, Answer::Internal],
        }
    }

    fn rule(&self, answer: Answer) -> Rule {
        match answer {
            Answer::Success => self.success,
            Answer::Failure => self.failure,
            Answer::Internal => self.internal,
            Answer::Found => Rule::Return,
        }
    }
}

/// What a passdb has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Success,
    /// A wrong password, or an unknown user.
    Failure,
    /// It could not be asked.
    Internal,
    /// `deny = yes`, and the user is in it.
    Found,
}

/// What Dovecot remembers of a login, and what is remembered here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// A rule has said yes, and none no since: without that no login succeeds.
    yes: bool,
    /// The password was right somewhere: later passdbs with passwords of their own do not look at it.
    pub verified: bool,
    /// monk has agreed.
    pub monk: bool,
    /// Something else has agreed.
    pub other: bool,
}

impl State {
    /// All of them.
    const COUNT: usize = 16;

    fn number(self) -> usize {
        let bits = [self.yes, self.verified, self.monk, self.other];
        bits.iter().fold(0, |number, bit| number * 2 + usize::from(*bit))
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(|number| {
            let bit = |place: usize| number >> place & 1 == 1;
            Self { yes: bit(3), verified: bit(2), monk: bit(1), other: bit(0) }
        })
    }

    /// The user of a master passdb, as which somebody goes on to the passdbs of others.
    pub fn of_master() -> Self {
        Self { verified: true, other: true, ..Self::default() }
    }

    /// Whether the login succeeds if this is its end.
    pub fn lets_in(self) -> bool {
        self.yes
    }

    fn skips(self, skip: Skip) -> bool {
        match skip {
            Skip::Never => false,
            Skip::Authenticated => self.verified,
            Skip::Unauthenticated => !self.verified,
        }
    }

    /// What follows an answer, and whether the next passdb is asked.
    fn after(mut self, link: &Link, answer: Answer) -> (Self, bool) {
        if answer == Answer::Found || (link.deny && answer == Answer::Internal) {
            // Refused at once, whatever was said before.
            return (Self { yes: false, ..self }, false);
        }
        let rule = link.rule(answer);
        let agrees = answer == Answer::Success;
        match rule {
            Rule::ReturnOk | Rule::ContinueOk => self.yes = true,
            Rule::ReturnFail | Rule::ContinueFail => self.yes = false,
            Rule::Return | Rule::Continue => {}
        }
        self.verified |= rule == Rule::ContinueOk || (rule == Rule::Continue && agrees);
        self.monk |= agrees && link.asks == Asks::Monk;
        self.other |= agrees && link.asks == Asks::Others;
        (self, rule.goes_on())
    }
}

/// The end of a login in which the passdb at each place answers so; it may depend on what went before.
#[cfg(test)]
pub fn end(links: &[Link], answer: impl Fn(usize, State) -> Answer) -> State {
    let mut state = State::default();
    for (index, link) in links.iter().enumerate() {
        if state.skips(link.skip) {
            continue;
        }
        let (after, goes_on) = state.after(link, answer(index, state));
        state = after;
        if !goes_on {
            break;
        }
    }
    state
}

/// What a chain means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Passdbs whose yes opens without monk's.
    pub alone: Vec<usize>,
    /// Passdbs whose settings take a no, or no answer, for a yes, so that any password opens.
    pub anything: Vec<usize>,
    /// Some way lets in without monk's yes.
    pub past_monk: bool,
    /// Somebody to whom monk has said yes is let in.
    pub monk_opens: bool,
}

/// For each passdb, and the end behind them all: what is true of each state before it.
type Places = Vec<[bool; State::COUNT]>;

/// Follows every way through a chain. The work is proportional to its length.
pub fn judge(links: &[Link], start: State) -> Verdict {
    let past_monk = leading(links, |state| state.lets_in() && !state.monk);
    let by_nobody = leading(links, |state| state.lets_in() && !state.monk && !state.other);
    let mut verdict = Verdict { past_monk: past_monk[0][start.number()], ..Verdict::default() };
    let mut reached: Places = vec![[false; State::COUNT]; links.len() + 1];
    reached[0][start.number()] = true;
    for (index, link) in links.iter().enumerate() {
        let (mut alone, mut anything) = (false, false);
        for state in State::all() {
            if !reached[index][state.number()] {
                continue;
            }
            for (answer, place, after) in ways(link, index, links.len(), state) {
                reached[place][after.number()] = true;
                match answer {
                    Some(Answer::Success) => alone |= past_monk[place][after.number()],
                    Some(answer) if link.rule(answer).says_yes() => {
                        anything |= by_nobody[place][after.number()];
                    }
                    _ => {}
                }
            }
        }
        verdict.alone.extend(alone.then_some(index));
        verdict.anything.extend(anything.then_some(index));
    }
    let mut ends = State::all().filter(|state| reached[links.len()][state.number()]);
    verdict.monk_opens = ends.any(|state| state.monk && state.lets_in());
    verdict
}

/// From which states some way leads to such an end.
fn leading(links: &[Link], wanted: impl Fn(State) -> bool) -> Places {
    let mut leads: Places = vec![[false; State::COUNT]; links.len() + 1];
    for state in State::all() {
        leads[links.len()][state.number()] = wanted(state);
    }
    for (index, link) in links.iter().enumerate().rev() {
        for state in State::all() {
            let mut ways = ways(link, index, links.len(), state).into_iter();
            leads[index][state.number()] =
                ways.any(|(_, place, after)| leads[place][after.number()]);
        }
    }
    leads
}

/// What a passdb can do with a login: its answer unless it is left out, where the login goes, and how.
fn ways(
    link: &Link,
    index: usize,
    end: usize,
    state: State,
) -> Vec<(Option<Answer>, usize, State)> {
    crate::steps::count(1);
    let is_skipped = state.skips(link.skip);
    let mut ways = Vec::new();
    if is_skipped || link.sometimes {
        ways.push((None, index + 1, state));
    }
    if !is_skipped {
        ways.extend(link.answers().iter().map(|answer| {
            let (after, goes_on) = state.after(link, *answer);
            (Some(*answer), if goes_on { index + 1 } else { end }, after)
        }));
    }
    ways
}
