//! What joins the lines of the log that belong together: an id for each conversation with the engine, and the process at
//! its other end.
//!
//! All that is written while a conversation is served has its id: the login, the mail with a code, a warning. The number
//! of the process is what the host program and `pam_monk` write behind the program's name in their own lines. It is
//! kept for the task and not handed from function to function, because lines are written everywhere.

use std::future::Future;

use data_encoding::HEXLOWER;
use monk_core::random::Random;

use crate::clock::SystemRandom;

/// Bytes of an id: enough for a thousand million lines of one host without two that are the same.
const ID_BYTES: usize = 8;

/// Why lines are written now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// An id that no other conversation has.
    pub id: String,
    /// The process at the other end, where the kernel names it.
    pub process: Option<i32>,
}

tokio::task_local! {
    static NOW: Occasion;
}

impl Occasion {
    /// A new conversation with a process.
    #[must_use]
    pub fn new(process: Option<i32>) -> Self {
        let id = HEXLOWER.encode(&SystemRandom.bytes::<ID_BYTES>());
        Self { id, process: process.filter(|process| *process > 0) }
    }

    /// What goes on under an id that there is already, or else under that of here and now.
    #[must_use]
    pub fn again(id: Option<String>) -> Self {
        let now = Self::current().unwrap_or_else(|| Self::new(None));
        match id {
            Some(id) => Self { id, ..now },
            None => now,
        }
    }

    /// That of the lines that are written here and now, if there is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        NOW.try_with(Clone::clone).ok()
    }

    /// Does something on this occasion.
    pub async fn of<F: Future>(self, work: F) -> F::Output {
        NOW.scope(self, work).await
    }
}

/// Work that goes on in a task of its own, on the occasion of here and now.
pub fn kept<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let current = Occasion::current();
    async move {
        match current {
            Some(occasion) => occasion.of(work).await,
            None => work.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_goes_on_by_itself_keeps_the_occasion_and_others_have_none() {
        assert_eq!(Occasion::current(), None);
        let occasion = Occasion::new(Some(7));
        assert_eq!((occasion.id.len(), occasion.process), (2 * ID_BYTES, Some(7)));
        let seen = occasion.clone().of(async {
            let lost = tokio::spawn(async { Occasion::current() }).await;
            let kept = tokio::spawn(kept(async { Occasion::current() })).await;
            (Occasion::current(), lost.unwrap(), kept.unwrap())
        });
        assert_eq!(seen.await, (Some(occasion.clone()), None, Some(occasion)));
        assert_ne!(Occasion::new(None).id, Occasion::new(Some(0)).id);
        assert_eq!(Occasion::new(Some(0)).process, None);
    }
}
