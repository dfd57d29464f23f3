//! The result codes that something follows from (RFC 4511 appendix A, RFC 4528).

use ldap3::LdapResult;

pub(super) const SUCCESS: u32 = 0;
pub(super) const PROTOCOL_ERROR: u32 = 2;
pub(super) const SIZE_LIMIT_EXCEEDED: u32 = 4;
pub(super) const STRONGER_AUTH_REQUIRED: u32 = 8;
pub(super) const REFERRAL: u32 = 10;
pub(super) const ADMIN_LIMIT_EXCEEDED: u32 = 11;
pub(super) const CONFIDENTIALITY_REQUIRED: u32 = 13;
pub(super) const NO_SUCH_ATTRIBUTE: u32 = 16;
pub(super) const UNDEFINED_ATTRIBUTE_TYPE: u32 = 17;
pub(super) const CONSTRAINT_VIOLATION: u32 = 19;
pub(super) const ATTRIBUTE_OR_VALUE_EXISTS: u32 = 20;
pub(super) const INVALID_ATTRIBUTE_SYNTAX: u32 = 21;
pub(super) const NO_SUCH_OBJECT: u32 = 32;
pub(super) const INVALID_DN_SYNTAX: u32 = 34;
pub(super) const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
pub(super) const INVALID_CREDENTIALS: u32 = 49;
pub(super) const INSUFFICIENT_ACCESS_RIGHTS: u32 = 50;
pub(super) const BUSY: u32 = 51;
pub(super) const UNAVAILABLE: u32 = 52;
pub(super) const UNWILLING_TO_PERFORM: u32 = 53;
pub(super) const OBJECT_CLASS_VIOLATION: u32 = 65;
pub(super) const ENTRY_ALREADY_EXISTS: u32 = 68;

/// Longest diagnostic message that is repeated.
const MAX_TEXT: usize = 200;

/// A result in words: its code and the server's own message.
pub(super) fn describe(result: &LdapResult) -> String {
    let text: String = result.text.chars().take(MAX_TEXT).collect();
    if text.is_empty() {
        format!("result code {}", result.rc)
    } else {
        format!("result code {}, {text:?}", result.rc)
    }
}

/// Whether the server says that it does not serve at the moment, and another one may.
pub(super) fn is_out_of_service(code: u32) -> bool {
    matches!(code, BUSY | UNAVAILABLE)
}
