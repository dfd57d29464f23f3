//! What `judge` finds is what trying every answer of every passdb finds.

use super::chain::{Answer, Asks, Link, Rule, Skip, State, end, judge};

/// Chains that are made up.
const CHAINS: usize = 4_000;

/// A generator that gives the same chains in every run (Knuth's MMIX).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    pub fn rule(&mut self) -> Rule {
        Rule::ALL[self.below(Rule::ALL.len())].1
    }

    pub fn skip(&mut self) -> Skip {
        [Skip::Never, Skip::Never, Skip::Authenticated, Skip::Unauthenticated][self.below(4)]
    }

    /// One passdb; half of what could be set is as usual.
    pub fn link(&mut self) -> Link {
        let usual = Link::new([Asks::Monk, Asks::Others][self.below(2)]);
        Link {
            deny: self.below(8) == 0,
            skip: self.skip(),
            success: if self.below(2) == 0 { usual.success } else { self.rule() },
            failure: if self.below(2) == 0 { usual.failure } else { self.rule() },
            internal: if self.below(2) == 0 { usual.internal } else { self.rule() },
            ..usual
        }
    }

    pub fn chain(&mut self) -> Vec<Link> {
        (0..=self.below(4)).map(|_| self.link()).collect()
    }
}

/// All answers of all passdbs of a chain.
fn all_answers(links: &[Link]) -> Vec<Vec<Answer>> {
    links.iter().fold(vec![Vec::new()], |begun, link| {
        let longer = |before: Vec<Answer>| {
            let answers = link.answers().iter();
            answers.map(|answer| [before.clone(), vec![*answer]].concat()).collect::<Vec<_>>()
        };
        begun.into_iter().flat_map(longer).collect()
    })
}

#[test]
fn every_way_through_a_chain_is_followed() {
    let mut dice = Dice(1);
    let (mut open, mut shut) = (0, 0);
    for _ in 0..CHAINS {
        let links = dice.chain();
        let verdict = judge(&links, State::default());
        let (mut past_monk, mut with_monk, mut by_nobody) = (false, false, false);
        for answers in all_answers(&links) {
            let end = end(&links, |index, _| answers[index]);
            past_monk |= end.lets_in() && !end.monk;
            with_monk |= end.lets_in() && end.monk;
            by_nobody |= end.lets_in() && !end.monk && !end.other;
        }
        assert_eq!(verdict.past_monk, past_monk, "{links:#?}");
        assert_eq!(verdict.monk_opens, with_monk, "{links:#?}");
        assert_eq!(!verdict.anything.is_empty(), by_nobody, "{links:#?}");
        assert_eq!(verdict.past_monk, !(verdict.alone.is_empty() && verdict.anything.is_empty()));
        open += usize::from(past_monk);
        shut += usize::from(!with_monk);
    }
    let enough = CHAINS / 10..CHAINS * 9 / 10;
    assert!(enough.contains(&open) && enough.contains(&shut), "{open} open, {shut} shut");
}
