//! Where the numbers come from.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use monk_client::{Conversation, WireError};
use monk_wire::metrics::Counts;
use monk_wire::{Reply, Request};

use crate::families;

/// How long the engine may take. Prometheus gives a scrape ten seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// Longest file of counts that is read. The largest that engines write has 40 KiB.
const LONGEST: u64 = 256 * 1024;

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The metrics. Where no engine answers they say so, and that is all.
    Page(String),
    /// Metrics are off.
    Off,
    /// The engine does not tell this user.
    NotPermitted,
}

impl Told {
    /// What somebody reads who gets no page.
    pub fn why_not(&self) -> &'static str {
        match self {
            Self::Page(_) => "",
            Self::Off => {
                "metrics are off: set enabled = true in the section [metrics] of monk.toml, and reload monkd"
            }
            Self::NotPermitted => {
                "the engine tells only root, and the account that user in the section [metrics] of monk.toml names"
            }
        }
    }
}

/// Asks the engine. Blocks.
pub fn ask(socket: &Path) -> Told {
    let reply =
        Conversation::open(socket, PATIENCE).and_then(|mut engine| engine.call(&Request::Metrics));
    of(reply)
}

fn of(reply: Result<Reply, WireError>) -> Told {
    match reply {
        Ok(Reply::Metrics(Some(snapshot))) => Told::Page(families::page(&snapshot)),
        Ok(Reply::Metrics(None)) => Told::Off,
        Ok(Reply::Denied(_)) => Told::NotPermitted,
        _ => Told::Page(families::no_engine()),
    }
}

/// Reads what engines that run for one login each have added up.
///
/// # Errors
/// A sentence that names the file.
pub fn read(path: &Path) -> Result<Told, String> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{}: nothing was counted yet; {}", path.display(), Told::Off.why_not())
        }
        _ => format!("{}: {error}", path.display()),
    })?;
    file.take(LONGEST)
        .read_to_end(&mut text)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let counts: Counts =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Told::Page(families::counts(&counts)))
}

#[cfg(test)]
mod tests {
    use monk_wire::Denial;
    use monk_wire::metrics::Snapshot;

    use super::*;

    #[test]
    fn each_reply_is_a_page_or_says_what_is_to_be_done() {
        let told = of(Ok(Reply::Metrics(Some(Box::new(Snapshot::default())))));
        assert!(matches!(told, Told::Page(page) if page.contains("\nmonk_up 1\n")));
        for reply in [Ok(Reply::Unavailable), Err(WireError::Timeout)] {
            assert!(matches!(of(reply), Told::Page(page) if page.contains("\nmonk_up 0\n")));
        }
        assert_eq!(of(Ok(Reply::Metrics(None))), Told::Off);
        assert_eq!(of(Ok(Reply::Denied(Denial::Refused))), Told::NotPermitted);
        assert!(Told::Off.why_not().contains("enabled = true"));
        assert!(Told::NotPermitted.why_not().contains("root"));
    }

    #[test]
    fn a_file_of_counts_that_is_not_there_says_why_it_may_not_be() {
        let why = read(Path::new("/nonexistent/metrics.json")).unwrap_err();
        assert!(why.contains("nothing was counted yet") && why.contains("enabled = true"), "{why}");
    }
}
