//! Devices that are handed out on paper.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// How a device is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLetter {
    /// The name of the device.
    pub label: String,
    /// Seconds after which it ends, unless it was confirmed.
    pub seconds: u64,
    /// Whether the first good login confirms it. Otherwise root does.
    pub by_login: bool,
    /// Whether a user gets another one who has one that is still good.
    pub again: bool,
}

/// A device that was made for a letter, shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterDevice {
    /// Its id.
    pub credential: String,
    /// The seed in base 32.
    pub secret: Secret,
    /// The `otpauth://` address for the QR code.
    pub uri: Secret,
    /// When it ends unless it was confirmed, in seconds since 1970.
    pub expires: u64,
}
