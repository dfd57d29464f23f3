//! What the engine keeps of the portal, in memory alone. It outlives a reload of the settings.

use super::sessions::Sessions;
use super::steps::Steps;

/// Who is signed in, and who is about to be.
#[derive(Default)]
pub struct Portals {
    pub(super) sessions: Sessions,
    pub(super) steps: Steps,
}
