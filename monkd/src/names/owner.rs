//! Whose a uid is, for the engine itself: it asks the directory, and not its own answers of a while ago.

use monk_wire::VERSION;
use monk_wire::frame::{HEADER, encode};
use monk_wire::names::{MAX_QUERY, Query};

use super::answers::Answers;
use crate::clock::since_boot;
use crate::deadline::Deadline;
use crate::directory::names::Key;
use crate::outage::Outage;

impl Answers {
    /// Who owns this uid in the directory, asked afresh.
    ///
    /// # Errors
    /// [`Outage`] when the directory does not say it clearly.
    pub async fn owner_of(&self, uid: u32) -> Result<Option<String>, Outage> {
        if self.source.rules()?.rule_out(&Query::UserByUid(uid)) {
            return Ok(None);
        }
        let deadline = Deadline::after(self.pace.search);
        let owner = deadline.bound("the directory", self.source.user(Key::Number(uid), deadline));
        Ok(owner.await?.map(|(_, served)| served.name))
    }

    /// Whether somebody was said to have this uid, a while ago: that may stand in the map, where the host's user
    /// database finds it.
    #[must_use]
    pub fn was_said(&self, uid: u32) -> bool {
        let Ok(frame) = encode(&Query::UserByUid(uid), VERSION, MAX_QUERY) else { return false };
        let state = self.state();
        state.cache.get(&frame[HEADER..], since_boot()).is_some_and(|kept| kept.is_positive)
    }
}
