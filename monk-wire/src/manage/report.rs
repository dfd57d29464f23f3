//! How a login would end, and what was looked at.

use monk_terms::account_state::AccountState;
use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};

use super::faults::ClockOffset;
use super::outage::Outage;

/// How a login would end, for the administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The end.
    pub end: LoginEnd,
    /// What was looked at.
    pub facts: Vec<Fact>,
}

/// How a login would end. Nothing is spent and nothing is sent by trying it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoginEnd {
    /// Nothing was typed, so no verdict was reached: this is what the user can log in with.
    NothingTyped(WayIn),
    /// It would succeed.
    Granted(Grant),
    /// It would be refused.
    Refused(Refusal),
    /// It would be refused, because the clock of a device is off.
    WrongClock {
        /// The name of the device that shows the code at another time.
        device: String,
        /// How far away that is.
        clock: ClockOffset,
    },
    /// Nobody could tell.
    Unavailable(Outage),
    /// The login broke off.
    Abandoned,
}

/// What a user can log in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WayIn {
    /// An app password only.
    AppPassword,
    /// The password alone.
    Password,
    /// The password alone, as long as there is time to enrol.
    PasswordForNow,
    /// The password with a code of one of these forms; none where no second factor can be checked.
    PasswordAndCode(Vec<CodeForm>),
}

/// What a code looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeForm {
    /// 6 digits of a device.
    SixDigits,
    /// 8 digits of a device.
    EightDigits,
    /// A scratch code that was imported.
    Scratch,
    /// A backup code.
    Backup,
    /// A code that is sent by mail for `PASSWORD;email`.
    Emailed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A setting of the policy, with its value as it stands in the settings.
    Policy {
        /// The setting.
        setting: String,
        /// The value.
        value: String,
    },
    /// The groups that the service is open to.
    Groups(Vec<String>),
    /// For how many minutes a login is remembered.
    Remember(u64),
    /// The user.
    User {
        /// As the directory spells the name.
        name: String,
        /// Where the user is: the entry's DN, or the id.
        locator: String,
    },
    /// What the directory says of the account.
    Account(AccountState),
    /// The login would succeed, and the account rule would ask for a new password.
    NewPasswordNeeded,
    /// A credential.
    Credential {
        /// What it is.
        kind: Kind,
        /// Its name.
        label: String,
        /// What it is good for here.
        state: CredentialState,
    },
    /// Records that this host cannot read.
    Unreadable(usize),
    /// Where codes would be sent.
    CodesByMail(Option<String>),
}

/// What a credential is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialState {
    /// This host can check it.
    Usable,
    /// It waits to be confirmed.
    Pending,
    /// This host cannot check it.
    Unusable,
}
