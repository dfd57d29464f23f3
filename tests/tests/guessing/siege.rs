//! An attack of some days, moment by moment: attackers who try as early as they can, and the owner.
//!
//! Attackers know the rule of the throttle, and pay nothing for an attempt that is not looked at. So they
//! try at each moment at which a wait could be over, and learn from the answers which waits there are: a
//! wait that was long enough once is tried again, and the next shorter one before it.

use std::cmp::Reverse;

use monk_tests::figures;

use crate::door::{Door, Manner, Turn};
use crate::ledger::{Ledger, hours, was_looked_at};
use crate::owner::{Habit, Noticed, codes_every_hour, habits};
use crate::scene::Scene;

/// Seconds after the last look at which it is worth to try: every wait that there could be.
const WAITS: [u64; 21] =
    [0, 1, 2, 4, 8, 16, 30, 32, 60, 64, 120, 128, 240, 256, 480, 512, 600, 900, 1024, 1800, 3600];

/// Seconds before the attack, in which alice has logged in in each of her ways.
const LEAD: u64 = 200;

/// Seconds after the longest of them.
const LONG: u64 = 3600;

/// A door, and what its attacker has learnt.
struct Besieged {
    door: Door,
    attacker: u64,
    turns: u64,
    looks: u64,
    last_look: u64,
    /// Index of the wait that is tried next.
    wait: usize,
    next: u64,
}

/// An attack, with what the owner does meanwhile.
pub struct Siege<'a> {
    scene: &'a Scene,
    doors: Vec<Besieged>,
    habits: Vec<Habit>,
    ledger: Ledger,
    noticed: Noticed,
    begin: u64,
    end: u64,
    /// Whether alice's own network is the attacker's, too, so that she cannot be told apart there.
    shares_home: bool,
}

impl<'a> Siege<'a> {
    /// An attack by these ways at once, from now on.
    pub fn of(scene: &'a Scene, doors: Vec<Door>) -> Self {
        let begin = scene.now();
        let mut ledger = Ledger::default();
        doors.iter().for_each(|door| ledger.expect(door.place, door.guess));
        // Alice has logged in before anybody attacks.
        let doors = doors.into_iter().zip(0..).map(|(door, attacker)| Besieged {
            door,
            attacker,
            turns: 0,
            looks: 0,
            last_look: begin + LEAD,
            wait: 0,
            next: begin + LEAD,
        });
        Self {
            scene,
            doors: doors.collect(),
            habits: habits(begin, hours()),
            ledger,
            noticed: Noticed::default(),
            begin: begin + LEAD,
            end: begin + LEAD + hours() * 3600,
            shares_home: false,
        }
    }

    /// The attacker is in alice's own network, where nobody can tell the two apart.
    pub fn in_her_own_network(self) -> Self {
        Self { shares_home: true, ..self }
    }

    /// Alice types a code every hour in the attacker's own network.
    pub fn with_codes_every_hour(mut self) -> Self {
        self.habits.push(codes_every_hour(self.begin - LEAD));
        self
    }

    /// Goes through it, writes down its row, and judges it.
    #[track_caller]
    pub fn run(mut self, name: &str) {
        // Whoever is never slowed down needs no days to show it.
        let enough = figures::times(90, 1000);
        while self.ledger.worst() < enough && self.step() {}
        let spent = self.scene.now() - self.begin;
        let (home, journey, undisturbed) = self.noticed.judge();
        let (mut seen, mut goal, met) = self.ledger.judge((self.end - self.begin).min(86_400));
        if self.ledger.worst() >= enough {
            seen = format!("{seen}, in {}, and it would go on", span(spent));
        }
        let hours = hours().min(24);
        goal = format!("{goal} in {hours} h{}", if self.shares_home { "" } else { "; 0 refused" });
        figures::row("guessing", &[name, &seen, &home, &journey, &goal]);
        assert!(met, "{name}: {seen}; {goal}");
        assert!(undisturbed || self.shares_home, "{name}: {home}");
        assert!(self.ledger.has_reached_everything(), "{name}: {seen}");
    }

    /// The next thing that happens. False at the end.
    #[track_caller]
    fn step(&mut self) -> bool {
        // Attackers are faster where both could be the first.
        let attacks = self.doors.iter().enumerate().map(|(at, door)| (door.next, 0, at));
        let logins = self.habits.iter().enumerate().map(|(at, habit)| (habit.next, 1, at));
        let Some(Reverse((when, who, at))) = attacks.chain(logins).map(Reverse).max() else {
            return false;
        };
        if when >= self.end {
            return false;
        }
        self.scene.jump_to(when);
        if who == 0 {
            self.doors[at].guess(self.scene, &mut self.ledger);
        } else {
            self.habits[at].go(self.scene, &mut self.noticed);
        }
        true
    }
}

impl Besieged {
    #[track_caller]
    fn guess(&mut self, scene: &Scene, ledger: &mut Ledger) {
        let now = scene.now();
        let turn = Turn { number: self.turns, attacker: self.attacker, scene };
        for before in self.door.before {
            scene.log_in(&before(&turn));
        }
        let seen = self.door.manner.carry_out(self.door.attempt, &turn);
        self.turns += seen.len() as u64;
        let looks: Vec<_> = seen.iter().filter(|(_, line)| was_looked_at(line)).collect();
        for (attempt, _) in &looks {
            ledger.enter(self.door.place, self.door.guess, &attempt.all_typed(), now);
        }
        self.plan(now, looks.len() as u64);
    }

    /// When it is worth to try again.
    fn plan(&mut self, now: u64, looks: u64) {
        if looks == 0 {
            let later = |&wait: &usize| self.last_look + WAITS[wait] > now;
            let next = (self.wait + 1..WAITS.len()).find(later);
            self.wait = next.unwrap_or(WAITS.len() - 1);
            self.next = next.map_or(now + LONG, |wait| self.last_look + WAITS[wait]);
            return;
        }
        self.looks += looks;
        self.last_look = now;
        // Many at once are much work to find a wait that is a little shorter.
        let shorter = usize::from(self.door.manner == Manner::OneByOne);
        self.wait = self.wait.saturating_sub(shorter);
        self.next = now + WAITS[self.wait].max(self.door.pace);
        if let Some((_, rest)) =
            self.door.rest.filter(|(after, _)| self.looks.is_multiple_of(*after))
        {
            self.next = now + rest;
            self.wait = 0;
        }
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
