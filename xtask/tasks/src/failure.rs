//! Why a task could not be done.

use std::any::Any;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

/// Why a task could not be done, and what the reader can do about it.
#[derive(Debug)]
pub struct Failure(pub String);

impl Failure {
    /// What was attempted, and why it failed.
    pub fn new(what: impl Display, why: impl Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

/// What comes of a task: whether all was as it should be.
pub type Outcome = Result<bool, Failure>;

/// Does `work` with the test harness, whose failures are panics, and turns those into words.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    let place = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&place);
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let location = panic.location().map(ToString::to_string);
        *noted.lock().unwrap_or_else(PoisonError::into_inner) = location.unwrap_or_default();
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(usual);
    result.map_err(|panic| {
        let place = place.lock().unwrap_or_else(PoisonError::into_inner);
        Failure(format!("this did not work ({place}):\n{}", message(panic.as_ref())))
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
