//! Who asks, as the kernel says.

/// The program at the other end of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Effective user id of the program.
    pub uid: u32,
}

impl Caller {
    /// Whether the program runs as root.
    #[must_use]
    pub fn is_root(self) -> bool {
        self.uid == 0
    }
}
