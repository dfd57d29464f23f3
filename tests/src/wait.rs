//! Waiting for something to become true, without fixed sleeps and never for ever.

use std::thread;
use std::time::{Duration, Instant};

/// Asks `question` again and again until it has an answer or `limit` has passed. It is asked at
/// least once.
///
/// The pauses between two questions grow from 1 ms to 5 ms.
pub fn until<T>(limit: Duration, mut question: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(answer) = question() {
            return Some(answer);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}
