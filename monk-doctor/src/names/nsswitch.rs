//! `/etc/nsswitch.conf`, as glibc reads it: nsswitch.conf(5).

use std::collections::BTreeMap;

use crate::steps;

/// What becomes of a lookup where a service gives some kinds of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The answers: one status, or all but one.
    pub status: String,
    /// Whether all others are meant.
    pub is_negated: bool,
    /// `return`, `continue` or `merge`.
    pub action: String,
}

/// A service of a line, with the actions behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name: the library is `libnss_NAME.so.2`.
    pub name: String,
    /// What becomes of its answers.
    pub actions: Vec<Action>,
}

impl Service {
    /// Whether a lookup ends here that was answered with this.
    pub fn returns(&self, status: &str) -> bool {
        let concerns = |one: &&Action| (one.status == status) != one.is_negated;
        let last = self.actions.iter().rfind(concerns);
        last.is_some_and(|action| action.action == "return")
    }
}

/// The services of each database that the file names.
pub type Databases = BTreeMap<String, Vec<Service>>;

/// Reads the file. A line that names a database again takes the place of the one before.
pub fn databases(text: &str) -> Databases {
    let mut found = Databases::new();
    for line in steps::lines(text) {
        let line = line.split('#').next().unwrap_or_default();
        let Some((name, services)) = line.split_once(':') else { continue };
        found.insert(name.trim().to_owned(), read(services));
    }
    found
}

fn read(text: &str) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    // `files[NOTFOUND=return]` needs no blank.
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (actions, after) = inner.split_once(']').unwrap_or((inner, ""));
            if let Some(service) = services.last_mut() {
                service.actions.extend(actions.split_whitespace().filter_map(action));
            }
            rest = after.trim_start();
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '[').unwrap_or(rest.len());
            services.push(Service { name: rest[..end].to_owned(), actions: Vec::new() });
            rest = rest[end..].trim_start();
        }
    }
    services
}

/// `!UNAVAIL=return`. Neither half knows capitals.
fn action(word: &str) -> Option<Action> {
    let (status, action) = word.split_once('=')?;
    let plain = status.strip_prefix('!');
    Some(Action {
        status: plain.unwrap_or(status).to_ascii_lowercase(),
        is_negated: plain.is_some(),
        action: action.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(services: &[Service]) -> Vec<&str> {
        services.iter().map(|service| service.name.as_str()).collect()
    }

    #[test]
    fn services_are_read_in_their_order() {
        for (line, expected) in [
            ("passwd: files systemd monk", &["files", "systemd", "monk"][..]),
            ("passwd:files\tmonk # and no other", &["files", "monk"]),
            ("  passwd :   files   ", &["files"]),
            ("passwd: files [NOTFOUND=return] monk\r", &["files", "monk"]),
            ("passwd: files[!UNAVAIL=return]monk", &["files", "monk"]),
            ("passwd: [NOTFOUND=return] files", &["files"]),
            ("passwd: files [NOTFOUND=return", &["files"]),
            ("passwd:", &[]),
            ("passwd: files\npasswd: monk", &["monk"]),
        ] {
            assert_eq!(names(&databases(line)["passwd"]), expected, "{line}");
        }
        assert!(databases("# passwd: files\npasswd files\n").is_empty());
    }

    #[test]
    fn an_action_concerns_one_status_or_all_others() {
        for (line, status, returns) in [
            ("passwd: files [NOTFOUND=return] monk", "notfound", true),
            ("passwd: files [notfound=RETURN] monk", "notfound", true),
            ("passwd: files [NOTFOUND=return] monk", "unavail", false),
            ("passwd: files [!UNAVAIL=return] monk", "notfound", true),
            ("passwd: files [!UNAVAIL=return] monk", "unavail", false),
            ("passwd: files [NOTFOUND=return NOTFOUND=continue] monk", "notfound", false),
            ("passwd: files [NOTFOUND=merge] monk", "notfound", false),
            ("passwd: files [NOTFOUND] monk", "notfound", false),
        ] {
            assert_eq!(databases(line)["passwd"][0].returns(status), returns, "{line} {status}");
        }
    }

    #[test]
    fn the_work_is_bounded_by_the_text() {
        let cost = |times: usize| {
            let text = "passwd: files [NOTFOUND=return] monk\n".repeat(times);
            steps::of(|| drop(databases(&text)))
        };
        assert!(cost(1_000) <= 11 * cost(100));
    }
}
