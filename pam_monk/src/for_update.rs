//! What the first call of a change of a password keeps for the second.

use monk_wire::Secret;

/// What the first call keeps for the second. Wiped when the transaction ends.
#[derive(Clone)]
pub enum Kept {
    /// The user is other modules' affair.
    OfOthers,
    /// Root sets it, and proves nothing.
    ByAdministrator,
    /// What the user typed.
    Proof {
        /// First: the password, or password and code.
        typed: Option<Secret>,
        /// Last, if there was more than one screen: the code.
        code: Option<Secret>,
        /// The bare password, as the engine took it from there.
        old: Option<Secret>,
    },
}
