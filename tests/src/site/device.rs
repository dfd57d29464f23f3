//! An authenticator app.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use totp_rs::Totp;

/// Seconds that must be left of a step while a device is confirmed with the code before.
const STEP_LEFT: u64 = 3;

/// A device that shows codes.
pub struct Device {
    totp: Totp,
    last_step: Mutex<u64>,
}

impl Device {
    /// Scans the QR code.
    #[track_caller]
    pub fn from_uri(uri: &str) -> Self {
        let totp = Totp::from_url(uri).expect("an otpauth:// URI");
        Self { totp, last_step: Mutex::new(0) }
    }

    /// A code to confirm the device with: the one before the current one, so that the current and
    /// the next are still unused.
    pub fn confirmation(&self) -> String {
        let period = self.totp.step();
        while period - now() % period < STEP_LEFT {
            thread::sleep(Duration::from_millis(200));
        }
        let step = now() / period - 1;
        *self.last_step.lock().expect("no test panics here") = step;
        self.at_step(step)
    }

    /// A code that was never used: the current one, the next one, and after that as soon as there
    /// is another, which takes up to 30 s.
    pub fn code(&self) -> String {
        let mut last = self.last_step.lock().expect("no test panics here");
        let period = self.totp.step();
        let step = (*last + 1).max(now() / period);
        while now() / period + 1 < step {
            thread::sleep(Duration::from_millis(200));
        }
        *last = step;
        self.at_step(step)
    }

    /// A code that was never used, where there is one at this moment: the current or the next one.
    pub fn code_if_any(&self) -> Option<String> {
        let mut last = self.last_step.lock().expect("no test panics here");
        let current = now() / self.totp.step();
        let step = (*last + 1).max(current);
        (step <= current + 1).then(|| {
            *last = step;
            self.at_step(step)
        })
    }

    /// The code that was shown some steps ago.
    pub fn old_code(&self, steps: u64) -> String {
        self.at_step(now() / self.totp.step() - steps)
    }

    /// What the device shows where its clock is so many seconds ahead of this machine's, or behind.
    pub fn code_of_clock(&self, ahead: i64) -> String {
        self.at_step(now().saturating_add_signed(ahead) / self.totp.step())
    }

    /// A code of the right shape that is none of the device's for minutes around.
    pub fn wrong_code(&self) -> String {
        let step = now() / self.totp.step();
        let near: Vec<String> = (step - 10..step + 10).map(|step| self.at_step(step)).collect();
        let width = usize::from(self.totp.digits());
        (0..).map(|n| format!("{n:0width$}")).find(|code| !near.contains(code)).expect("a code")
    }

    fn at_step(&self, step: u64) -> String {
        self.totp.generate(step * self.totp.step()).to_string()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}
