//! Why a login is refused, with what an administrator can do.

use monk_terms::verdict::{BadInput, Refusal};

/// A sentence about a refusal, without a capital and a full stop.
pub fn explanation(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::BadInput(BadInput::HostRefused) => {
            "the host program had refused this user before asking monk"
        }
        Refusal::BadInput(_) => "what was typed is empty, too long, or not text",
        Refusal::BadName => {
            "the user name is empty or too long, or it contains control characters or begins or ends with a blank"
        }
        Refusal::UnknownUser => "the directory has no such user",
        Refusal::LocalAccount => {
            "the account is in /etc/passwd, and with accounts.passwd_is_local such accounts are not the directory's"
        }
        Refusal::AmbiguousUser => {
            "more than one entry of the directory has this name: make the filter or the entries unique"
        }
        Refusal::Disabled => {
            "the account is disabled in the directory; monk did not check the password"
        }
        Refusal::Expired => {
            "the account has expired in the directory, or is not valid yet; monk did not check the password"
        }
        Refusal::Locked => {
            "the directory has locked the account, usually after wrong passwords: unlock it there, or wait. Until then, monk does not say whether the password is right"
        }
        Refusal::PasswordExpired => {
            "the password has expired: the user has to set a new one in the directory"
        }
        Refusal::MustChange => {
            "an administrator has set the password, and the user has to choose a new one first"
        }
        Refusal::OutsideHours => {
            "the directory lets this user log in only at other hours, or from other machines"
        }
        Refusal::WrongPassword => "the password is wrong",
        Refusal::WrongPasswordAgain => {
            "the directory refused the same password less than 15 minutes ago, so monk did not ask again (a program with an old password would lock the account there). If this is the new password, run monk-enroll throttle clear"
        }
        Refusal::UnexpectedCode => {
            "the string is not the password. It ends in what looks like a code, but the user has no active second factor with such codes: was the device confirmed, or has the user been reset since then?"
        }
        Refusal::WrongAppPassword => {
            "the string has the shape of an app password, but the user has no such app password: it may have been revoked"
        }
        Refusal::WrongCode => {
            "the code is wrong: check the clocks of the device and of this host. Where a password alone gets further, monk has checked the whole string as the password, so the password in front of the code may be wrong as well"
        }
        Refusal::WrongPasskey => {
            "what the passkey has signed is wrong, or the user has no such passkey: it may have been removed"
        }
        Refusal::CopiedPasskey => {
            "the counter of the passkey went back, so there is a copy of it: remove it, and ask the user where it was kept"
        }
        Refusal::NotYetUsable => {
            "the code is right, but the device was added with the password alone and opens nothing until its delay is over: see monk-enroll status"
        }
        Refusal::NotApproved => {
            "nobody approved the login on the portal's page in time, or the login was broken off"
        }
        Refusal::ApprovalDenied => {
            "on the portal's page, the user said that somebody else was logging in: somebody may know the password"
        }
        Refusal::WrongNumber => {
            "on the portal's page, a number was chosen that the terminal did not show"
        }
        Refusal::ApprovalOver => {
            "the login that was answered on the portal's page had ended, or had been answered before"
        }
        Refusal::ApprovalWaits => {
            "another login of this user was waiting for an approval: answer that one first, or wait two minutes"
        }
        Refusal::ApprovalsClosed => {
            "nobody can ask this user for an approval for a while: one was refused (an hour), a wrong number was chosen (15 minutes), or five logins of the last hour were not approved"
        }
        Refusal::NoPasskey => {
            "the user pressed Enter to approve the login on the portal's page, but has no passkey for it"
        }
        Refusal::ReplayedCode => {
            "the code has already been used: wait for the next one (or, for a ticket, take another one in the portal)"
        }
        Refusal::UsedAhead => {
            "a code of a later time has been used: this host's clock is slow, or another host's was fast then. Set the clocks; the device works again when that time has come, or once it is enrolled again (monk-enroll totp remove, then add)"
        }
        Refusal::ExpiredCode => {
            "the code has expired: get a new one (a ticket, in the portal; after a reset, with monk-enroll reset)"
        }
        Refusal::UnusableFactor => {
            "the user's second factor cannot be checked on this host: is its key in the key folder, or was the record copied from elsewhere?"
        }
        Refusal::CodeMissing => {
            "the service requires a second factor, but only a password was typed"
        }
        Refusal::NotEnrolled => {
            "the service requires a second factor, but the user has none: enrol one with monk-enroll totp add"
        }
        Refusal::NotInGroup => {
            "only some groups may use the service, and the user is in none of them"
        }
        Refusal::AppPasswordNeeded => {
            "this service takes only app passwords: create one with monk-enroll app-password create"
        }
        Refusal::AppPasswordScope => {
            "the app password's scope does not cover this service or address"
        }
        Refusal::AppPasswordExpired => "the app password has expired",
        Refusal::TicketScope => "the ticket was taken for another service",
        Refusal::TicketNotAllowed => {
            "the policy of this service takes no tickets (portal_ticket), another module checks the password in this login, or a code was typed behind the ticket"
        }
        Refusal::TicketRevoked => "the passkey that the ticket was taken with has been removed",
        Refusal::CodeSent => "a code for the next login would be sent; this check sends none",
        Refusal::NoAddress => {
            "monk knows no address to send a code to: set one with monk-enroll email set"
        }
        Refusal::TooManySends => {
            "this hour, the user has been sent as many codes as mail.sends_per_hour allows"
        }
        Refusal::TooManyTries => {
            "there were too many wrong tries before this emailed code: request a new one"
        }
        Refusal::Throttled => {
            "there were too many failures before, or one more wrong password could lock the account in the LDAP directory: see monk-enroll throttle list, and clear them with monk-enroll throttle clear"
        }
        Refusal::NotTrusted => {
            "a program that does not run as root asked for a login in which monk checks no password"
        }
    }
}
