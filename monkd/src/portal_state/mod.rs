//! What the engine keeps of the portal, in memory alone: who is signed in there (`sessions`), and who is about to be
//! (`steps`, `ceremonies`), why people were refused lately, which profiles wait for a phone (`profiles`), and which
//! invitations are being sent (`rounds`). It outlives a reload of the settings.

pub(crate) mod ceremonies;
pub(crate) mod profiles;
pub(crate) mod rounds;
pub(crate) mod sessions;
pub(crate) mod steps;

use monk_core::origin::Origin;

use self::ceremonies::Ceremonies;
use self::profiles::Profiles;
use self::rounds::Rounds;
use self::sessions::Sessions;
use self::steps::Steps;
use crate::recent_refusals::RecentRefusals;
use crate::removed_app_passwords::RemovedAppPasswords;

/// The network of a browser: who begins thousands has as many addresses of IPv6 as wanted, and one network.
pub(crate) fn network_of(address: &str) -> String {
    Origin { address: Some(address), person: None, service: "" }.network()
}

/// Who is signed in, and who is about to be.
#[derive(Default)]
pub struct Portals {
    pub(crate) sessions: Sessions,
    pub(crate) steps: Steps,
    pub(crate) ceremonies: Ceremonies,
    pub(crate) refusals: RecentRefusals,
    pub(crate) profiles: Profiles,
    pub(crate) rounds: Rounds,
    pub(crate) removed: RemovedAppPasswords,
}
