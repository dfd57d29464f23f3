//! Ctrl-C and a closed terminal while devices are enrolled: not an end in the middle, but a wish to
//! have it all taken back.

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Signals that end a program at a terminal, or at a shutdown.
const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// While this lives, such a signal is kept, and can be asked for.
pub struct Interruption {
    before: SigSet,
    signals: SignalFd,
}

impl Interruption {
    /// From now on; `None` where the system does not let us, and signals end the program as ever.
    pub fn keep() -> Option<Self> {
        let set: SigSet = SIGNALS.into_iter().collect();
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let signals = SignalFd::with_flags(&set, flags).ok()?;
        let before = SigSet::thread_get_mask().ok()?;
        set.thread_block().ok()?;
        Some(Self { before, signals })
    }

    /// Whether one came since the last time.
    pub fn came(&self) -> bool {
        matches!(self.signals.read_signal(), Ok(Some(_)))
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        // What comes now is too late: the end is about to be told.
        while self.came() {}
        let _ = self.before.thread_set_mask();
    }
}
