//! What the engine has seen for `doctor`: data, and the texts of servers and of the system.

use serde::{Deserialize, Serialize};

use super::Severity;
use crate::manage::failure::Failure;
use crate::manage::outage::{MailFailure, Outage};

/// What one check of the engine has seen. A client makes a finding of it, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// What was looked for: an id of [`super::Kind`], or of a newer engine.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where: the URI of a server, a key, users.
    pub subject: String,
    /// What was seen.
    pub evidence: Evidence,
    /// What to do about it.
    pub remedy: Remedy,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evidence {
    /// What a file, a server or the system says, with what the program that looked knows of it.
    Text(String),
    /// What the id of the finding says; that it is in order, where nothing is wrong.
    AsKnown,
    /// Something does not answer, or not clearly.
    Outage(Outage),
    /// The mail server does not take monk's mail.
    Mail(MailFailure),
    /// A command of the self-test was not carried out.
    Command(Failure),
    /// The keys in the folder cannot be read.
    KeysUnreadable(Outage),
    /// The engine would not start again with the keys in the folder.
    KeysAmbiguous {
        /// What the next engine would say.
        why: Outage,
        /// How many users have records of each key.
        users: Vec<(String, usize)>,
    },
    /// The engine holds a key whose file is gone.
    KeyGone {
        /// The file.
        file: String,
        /// How many users have records of it.
        users: usize,
    },
    /// The folder holds a key that the engine has not read.
    KeyNotRead {
        /// The folder.
        folder: String,
    },
    /// A key is held, and needed.
    KeyHeld {
        /// How many users have records of it.
        users: usize,
    },
    /// Records are made with a key that the host does not hold.
    KeyMissing {
        /// Whose records.
        users: String,
        /// The folder of the keys.
        folder: String,
    },
    /// No record needs the key.
    KeyUnused {
        /// The folder of the keys.
        folder: String,
    },
    /// The directory lists only so many users, though there may be more: only their records were looked at.
    FirstUsersOnly(usize),
    /// The directory does not list all users, so those without a second factor were not counted.
    UsersNotCounted,
    /// So many users have records and are gone.
    Orphans {
        /// How many at least.
        gone: usize,
        /// Whether there are no others.
        is_all: bool,
    },
    /// These users have no second factor.
    WithoutFactor {
        /// How many users there are.
        of: usize,
        /// The services that require one; an empty name stands for all without a section.
        services: Vec<String>,
    },
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remedy {
    /// Nothing.
    None,
    /// A line to write, or a command of another program.
    Text(String),
    /// What the id of the finding calls for.
    AsKnown,
    /// The key's file has to come back from a backup or from another host.
    RestoreKey {
        /// The file.
        file: String,
    },
    /// The key's file has to be copied from another host.
    CopyKey {
        /// The file.
        file: String,
    },
    /// One key has to be named as the primary one.
    ChoosePrimary {
        /// The id of the key that most records need.
        key: String,
        /// The folder of the keys.
        folder: String,
        /// Whether the settings name the primary key.
        in_settings: bool,
    },
    /// The directory server has to list all entries to monk's account.
    RaiseSizeLimit,
    /// The key that nobody needs can be retired.
    RetireKey {
        /// Its id.
        key: String,
    },
    /// The settings of mail in this section do not fit the mail server.
    CorrectMail {
        /// The section.
        section: String,
    },
    /// What a user may read and write in the directory can be tried as that user.
    TryAsUser,
    /// Whether users may write their addresses can be tried as one who has an address.
    TryAsUserWithAddress,
    /// No user is to be tried: nobody but monk reads the embedded store.
    TryNoUser,
}

impl From<String> for Evidence {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Evidence {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Evidence {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Remedy {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Remedy {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
