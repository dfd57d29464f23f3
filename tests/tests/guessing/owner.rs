//! Alice, who goes on with her life during an attack, and what she notices of it.

use crate::attempt::Attempt;
use crate::scene::{ALICE, HOME, Scene};

/// Seconds after which alice tries again where she was refused: four steps of her device. What she does
/// here begins in four different steps, so that no code is wanted twice.
const RETRY: u64 = 120;

/// Seconds for which she keeps trying on a journey.
const PATIENCE: u64 = 3600;

const HOUR: u64 = 3600;

/// Something that alice does from time to time.
pub struct Habit {
    /// Whether it is done where she was before.
    is_at_home: bool,
    login: fn(&Scene) -> Attempt,
    /// Seconds between two times; none where it is done once.
    every: Option<u64>,
    /// When it is done next.
    pub next: u64,
    /// Since when she has been refused.
    refused_since: Option<u64>,
}

/// What alice has noticed.
#[derive(Default)]
pub struct Noticed {
    tries: u32,
    refused: u32,
    longest: u64,
    /// How long she waited on her journey; none where she gave up.
    journey: Option<Option<u64>>,
}

/// What alice does at home: her mail program, a shell by way of sshd, and sudo.
pub fn habits(begin: u64, hours: u64) -> Vec<Habit> {
    let home = |login, every, offset| Habit {
        is_at_home: true,
        login,
        every: Some(every),
        next: begin + offset,
        refused_since: None,
    };
    let journey = Habit {
        is_at_home: false,
        every: None,
        ..home(|scene| Attempt::new("sshd", "203.0.113.99", scene.password_and_code()), 0, 0)
    };
    vec![
        home(|scene| Attempt::new("imap", HOME, scene.mail.clone()), HOUR / 2, 100),
        home(|scene| Attempt::new("sshd", HOME, scene.password_and_code()), 4 * HOUR, 0),
        home(|scene| Attempt::for_person(ALICE, "sudo", scene.password_and_code()), 2 * HOUR, 40),
        Habit { next: begin + hours * HOUR / 2 + 70, ..journey },
    ]
}

/// What she does where somebody else guesses at her own network: she types a code every hour.
pub fn codes_every_hour(begin: u64) -> Habit {
    Habit {
        is_at_home: true,
        login: |scene| Attempt::new("sshd", HOME, scene.password_and_code()),
        every: Some(HOUR),
        next: begin + HOUR / 2 + 100,
        refused_since: None,
    }
}

impl Habit {
    /// Logs in at the time that has come, and plans the next.
    #[track_caller]
    pub fn go(&mut self, scene: &Scene, noticed: &mut Noticed) {
        let now = scene.now();
        let (_, line) = scene.log_in(&(self.login)(scene));
        let is_in = line.verdict == "granted";
        assert!(is_in || line.reason == "throttled", "alice at {now}: {}", line.text);
        let since = *self.refused_since.get_or_insert(now);
        let waited = now - since;
        if self.is_at_home {
            noticed.tries += 1;
            noticed.refused += u32::from(!is_in);
            noticed.longest = noticed.longest.max(waited);
        } else {
            noticed.journey = Some(is_in.then_some(waited));
        }
        self.next = match (is_in, self.every) {
            (false, None) if waited >= PATIENCE => u64::MAX,
            (false, _) => now + RETRY,
            (true, None) => u64::MAX,
            (true, Some(every)) => now + every,
        };
        if is_in {
            self.refused_since = None;
        }
    }
}

impl Noticed {
    /// What she has noticed at home and on her journey, and whether nothing at home.
    pub fn judge(&self) -> (String, String, bool) {
        let home = match self.refused {
            0 => format!("0 of {} logins refused", self.tries),
            refused => {
                format!("{refused} of {} logins refused, for up to {} s", self.tries, self.longest)
            }
        };
        let journey = match self.journey {
            None => "–".to_owned(),
            Some(Some(waited)) => format!("in after {waited} s"),
            Some(None) => format!("not in within {PATIENCE} s"),
        };
        (home, journey, self.refused == 0)
    }
}
