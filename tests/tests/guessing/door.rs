//! A way in which somebody guesses.

use std::thread;

use monk_tests::site::AuditLine;

use crate::attempt::{Attempt, Open};
use crate::ledger::{Guess, Place};
use crate::scene::{PASSWORD, Scene};

/// How somebody types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// One attempt after the other.
    OneByOne,
    /// So many at the same moment.
    AtOnce(u64),
    /// So many screens are opened, and all of them stand open before the first one is answered.
    HeldOpen(u64),
}

/// What a guess is made of.
pub struct Turn<'a> {
    /// How many came before.
    pub number: u64,
    /// Which of the attackers this is: each has guesses of its own.
    pub attacker: u64,
    pub scene: &'a Scene,
}

/// A way in which somebody guesses.
pub struct Door {
    pub place: Place,
    pub guess: Guess,
    pub manner: Manner,
    /// Seconds between two guesses that nothing slows down.
    pub pace: u64,
    /// After so many looks, a rest of so many seconds.
    pub rest: Option<(u64, u64)>,
    /// The attempt of this turn.
    pub attempt: fn(&Turn<'_>) -> Attempt,
    /// What the attacker does before each of them, in the hope that it clears failures.
    pub before: &'static [fn(&Turn<'_>) -> Attempt],
}

impl Door {
    /// Somebody who knows the password guesses codes from elsewhere.
    pub fn codes(attempt: fn(&Turn<'_>) -> Attempt) -> Self {
        Self {
            place: Place::Elsewhere(0),
            guess: Guess::Code,
            manner: Manner::OneByOne,
            pace: 1,
            rest: None,
            attempt,
            before: &[],
        }
    }

    /// Somebody guesses passwords from elsewhere.
    pub fn passwords(attempt: fn(&Turn<'_>) -> Attempt) -> Self {
        Self { guess: Guess::Password, ..Self::codes(attempt) }
    }
}

impl Turn<'_> {
    /// A code that is wrong now, and another one in each turn.
    pub fn wrong_code(&self) -> String {
        self.wrong(self.number)
    }

    /// One of eight codes in turn.
    pub fn code_of_cycle(&self) -> String {
        self.wrong(self.number % 8)
    }

    /// The password with a wrong code.
    pub fn guess(&self) -> String {
        format!("{PASSWORD};{}", self.wrong_code())
    }

    /// A wrong password.
    pub fn wrong_password(&self) -> String {
        format!("guess {} of {}", self.number, self.attacker)
    }

    /// Another address in each turn, of both kinds, none of which alice has ever used.
    pub fn address(&self) -> String {
        match self.number % 2 {
            0 => format!("203.0.113.{}", self.number / 2 % 90),
            _ => format!("2001:db8:{:x}::7", self.number / 2 % 65_536),
        }
    }

    /// No guess may be right by accident, now or for as long as it takes to be made.
    fn wrong(&self, number: u64) -> String {
        let now = self.scene.now();
        let near = (0..7).map(|step| self.scene.phone.code_at(now + 30 * step - 90));
        let near: Vec<String> = near.collect();
        let first = 100_003 + self.attacker * 333_331 + number * 7919;
        let codes = (0..).map(|more| format!("{:06}", (first + more) % 1_000_000));
        codes.into_iter().find(|code| !near.contains(code)).expect("a wrong code")
    }
}

impl Manner {
    /// Makes the guesses of one moment; each with its line in the audit.
    #[track_caller]
    pub fn carry_out(
        self,
        attempt: fn(&Turn<'_>) -> Attempt,
        first: &Turn<'_>,
    ) -> Vec<(Attempt, AuditLine)> {
        let of = |more| attempt(&Turn { number: first.number + more, ..*first });
        let count = match self {
            Self::OneByOne => 1,
            Self::AtOnce(count) | Self::HeldOpen(count) => count,
        };
        let (scene, hosts) = (first.scene, &first.scene.hosts);
        let attempts: Vec<Attempt> = (0..count).map(of).collect();
        match self {
            Self::OneByOne => {
                attempts[0].carry_out(&scene.hosts);
            }
            Self::AtOnce(_) => thread::scope(|scope| {
                for attempt in &attempts {
                    scope.spawn(|| attempt.carry_out(hosts));
                }
            }),
            Self::HeldOpen(_) => {
                let open = thread::scope(|scope| {
                    let mut threads = Vec::new();
                    for attempt in &attempts {
                        threads.push(scope.spawn(|| attempt.open(hosts)));
                    }
                    let ends = threads.into_iter().map(|thread| thread.join().expect("an end"));
                    ends.collect::<Vec<_>>()
                });
                for (attempt, open) in attempts.iter().zip(open) {
                    if let Open::Waiting(screen) = open {
                        screen.go_on(&attempt.answers);
                    }
                }
            }
        }
        let lines = scene.audited(attempts.len());
        attempts.into_iter().zip(lines).collect()
    }
}
