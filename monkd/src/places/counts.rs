//! How many conversations there are, for metrics.

use super::{Kind, Place};

impl Place {
    /// How many conversations there are with programs of root's, with services and with people.
    #[must_use]
    pub fn counts(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for held in self.places.table().held.values() {
            let of = match held.kind {
                Kind::Root => 0,
                Kind::Service(_) => 1,
                Kind::People => 2,
            };
            counts[of] += 1;
        }
        counts
    }
}
