//! An authenticator app.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use totp_rs::Totp;

use super::Site;

/// Seconds that must be left of a step while a device is confirmed with the code before.
const STEP_LEFT: u64 = 3;

/// How often somebody who waits for another code looks at the device.
const PAUSE: Duration = Duration::from_millis(200);

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
        let step = loop {
            let now = now();
            let step = now / period - 1;
            if period - now % period >= STEP_LEFT && self.is_single(step) {
                break step;
            }
            thread::sleep(PAUSE);
        };
        *self.last_step.lock().expect("no test panics here") = step;
        self.at_step(step)
    }

    /// A code that was never used: the current one, the next one, and after that as soon as there
    /// is another, which takes up to 30 s.
    pub fn code(&self) -> String {
        let mut last = self.last_step.lock().expect("no test panics here");
        let period = self.totp.step();
        let step = self.single_from((*last + 1).max(now() / period));
        while now() / period + 1 < step {
            thread::sleep(PAUSE);
        }
        *last = step;
        self.at_step(step)
    }

    /// A code that was never used, where there is one at this moment: the current or the next one.
    pub fn code_if_any(&self) -> Option<String> {
        let mut last = self.last_step.lock().expect("no test panics here");
        let current = now() / self.totp.step();
        let step = self.single_from((*last + 1).max(current));
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

    /// What the device shows at a moment, in seconds since 1970.
    pub fn code_at(&self, moment: u64) -> String {
        self.at_step(moment / self.totp.step())
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

    /// Whether no step that is valid at the same time has the same code. One in a million has, and is
    /// refused where the other one was used: tests use many devices, and would meet it.
    fn is_single(&self, step: u64) -> bool {
        let code = self.at_step(step);
        (1..=2)
            .all(|apart| self.at_step(step - apart) != code && self.at_step(step + apart) != code)
    }

    fn single_from(&self, step: u64) -> u64 {
        (step..).find(|&step| self.is_single(step)).expect("steps do not end")
    }
}

impl Site {
    /// A code of one of the user's devices that was never used: where none has one at this moment, of a
    /// new one, so that nobody waits for it.
    #[track_caller]
    pub fn fresh_code(&self, user: &str, devices: &mut Vec<Device>) -> String {
        devices.iter().find_map(Device::code_if_any).unwrap_or_else(|| {
            let device = self.device(user, &format!("Phone {}", devices.len()));
            let code = device.code();
            devices.push(device);
            code
        })
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}

#[cfg(test)]
mod tests {
    use super::Device;

    #[test]
    fn codes_that_several_steps_have_in_common_are_left_out() {
        // Found by trying: 59898571 and the next step have one code, 60159871 and the next but one.
        let seed = "3GXNPJFFVLBUBMPG54OP2YS3HCER4B4U";
        let device =
            Device::from_uri(&format!("otpauth://totp/monk:alice?secret={seed}&issuer=monk"));
        for step in [59_898_571, 59_898_572, 60_159_871, 60_159_873] {
            assert!(!device.is_single(step), "{step}");
        }
        assert_eq!(device.single_from(59_898_571), 59_898_573);
        assert_eq!(device.single_from(60_159_871), 60_159_872);
    }
}
