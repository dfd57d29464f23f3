//! Counting the steps of a reader, so that tests can show that its cost grows no faster than its input.
//! Outside tests nothing is counted.

/// The lines of a text, counted as they are read.
pub fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().inspect(|line| count(line.len() + 1))
}

/// So many steps are being taken.
#[cfg(not(test))]
pub const fn count(_: usize) {}

#[cfg(test)]
pub use counting::{count, of};

#[cfg(test)]
mod counting {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    /// So many steps are being taken.
    pub fn count(steps: usize) {
        STEPS.set(STEPS.get() + steps);
    }

    /// How many steps some work takes.
    pub fn of(work: impl FnOnce()) -> usize {
        STEPS.set(0);
        work();
        STEPS.get()
    }
}
