//! How passwords are changed.

use serde::{Deserialize, Serialize};

/// How a directory takes a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordChange {
    /// By the Password Modify operation (RFC 3062), with the user's own bind.
    Rfc3062,
    /// By the attribute `unicodePwd` of Active Directory (MS-ADTS §3.1.1.3.1.5), over TLS only.
    UnicodePwd,
    /// Not through monk.
    None,
}
