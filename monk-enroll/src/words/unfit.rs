//! What is wrong with a value that was given.

use monk_terms::label::{self, Fault};
use monk_wire::manage::{PasswordFault, Unfit};

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// A sentence about it, without a capital and a full stop.
pub fn sentence(value: &Unfit) -> String {
    match value {
        Unfit::Label(fault) => label(*fault),
        Unfit::TotpParameters => {
            "a code has 6 or 8 digits and is shown for 1 to 300 seconds".into()
        }
        Unfit::NoServices => "name at least one service, or \"*\" for all".into(),
        Unfit::Service { service } => {
            format!("{service:?} is not a PAM service: service names are lower case, like imap or sshd")
        }
        Unfit::Network { network } => {
            format!("{network:?} is not a network: write 192.0.2.0/24 or 2001:db8::/32")
        }
        Unfit::EndInPast => "the expiry date is in the past".into(),
        Unfit::Lifetime { most } => format!(
            "an enrolment code can be valid for 1 second to {} days",
            most / DAY
        ),
        Unfit::NoDirectoryAddress { user } => {
            format!("the directory has no address for {user}: give one")
        }
        Unfit::Address => "this is not a mail address: write it like name@example.org".into(),
        Unfit::Mail => "the mail address is empty, too long, or not text".into(),
        Unfit::Password(PasswordFault::Input(why)) => {
            format!("the password is {why}: nobody could log in with it")
        }
        Unfit::Password(PasswordFault::LikeAppPassword) => {
            "the password has the shape of an app password (20 letters and digits), and would be read as \
             one: choose a password of another length"
                .into()
        }
        Unfit::PasswordHash => {
            "the password hash is not an Argon2id hash ($argon2id$v=19$…), or it costs more than 128 MiB or 10 passes".into()
        }
        Unfit::PasswordNotHashed => "the password is not hashed".into(),
        Unfit::Group { longest } => format!(
            "a group's name has 1 to {longest} characters, without blanks around it, control characters or =, \
             and is not *"
        ),
        Unfit::GroupUnfindable { group } => format!(
            "monk does not know where the group {group:?} is: write its DN, or set group_base in [ldap]"
        ),
        Unfit::TooManyDevices { limit } => {
            format!("one part of an import has at most {limit} devices: split it")
        }
        Unfit::SeedLength { bytes, least, most } => {
            format!("its secret has {bytes} bytes, but must have {least} to {most}")
        }
        Unfit::ScratchCodes { limit } => {
            format!("at most {limit} scratch codes are possible, each of 8 digits")
        },
        Unfit::HostName => {
            "a host could not use such a name: it must not be a number, begin with -, +, ~ or #, or contain \
             a colon, comma or slash"
                .into()
        }
        Unfit::Id { id, least } => {
            format!("{id} cannot be given: choose a number from {least} on, neither 65534 nor 65535")
        }
        Unfit::Path => "home folder and shell are absolute paths without a colon".into(),
        Unfit::FullName => "a full name has at most 255 bytes, and no colon or control character".into(),
        Unfit::SshKey { number } => format!(
            "key {number} is not a whole public key: give one line for each, as in ~/.ssh/id_ed25519.pub, options \
             before it"
        ),
        Unfit::TooManySshKeys { limit } => format!("a user can have at most {limit} ssh keys: remove some first"),
        Unfit::SameSeedTwice => "this user appears twice with the same secret".into(),
        Unfit::SameLabelTwice { label } => format!("two devices of this user are called {label:?}"),
    }
}

/// Why a text cannot be a name.
pub fn label(fault: Fault) -> String {
    match fault {
        Fault::Length => format!("a name has 1 to {} characters: choose another", label::LONGEST),
        Fault::Blanks => "a name must not begin or end with a blank".into(),
        Fault::Unseen => {
            "a name must not contain control characters, line ends or invisible characters".into()
        }
        Fault::Secret => {
            "this looks like a secret, and names are shown to others: choose another name".into()
        }
    }
}
