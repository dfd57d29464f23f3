//! FreeRADIUS, whose module `pam` is in a file of its own where it is switched on.

use super::surroundings::Surroundings;
use crate::finding::Findings;
use crate::machine::Machine;
use crate::steps;

/// That file on Debian, and on others.
const FILES: [&str; 2] = ["/etc/freeradius/3.0/mods-enabled/pam", "/etc/raddb/mods-enabled/pam"];

/// The service that is asked where none is named.
const DEFAULT_SERVICE: &str = "radiusd";

/// The PAM service that the module asks.
pub(super) fn service(text: &str) -> &str {
    let mut named = steps::lines(text).filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "pam_auth").then(|| value.trim().trim_matches(['"', '\'']))
    });
    named.next_back().unwrap_or(DEFAULT_SERVICE)
}

/// The PAM service that the FreeRADIUS of this host asks; none where its module is off.
pub(super) fn asked(machine: &Machine) -> Option<String> {
    let text = FILES.iter().find_map(|path| machine.read(path).ok())?;
    Some(service(&text).to_owned())
}

/// Looks at FreeRADIUS.
pub(super) fn examine(around: &Surroundings<'_>, findings: &mut Findings) {
    if asked(around.machine).is_some_and(|service| around.asks_monk(&service)) {
        around.needs_engine("FreeRADIUS", "a user of its own", findings);
    }
}
