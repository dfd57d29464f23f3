//! The messages of the portal: a web server that shows people their own pages.
//!
//! The portal is a program of little power. It may name no user of its own choice: what it may do hangs on a
//! *session*, which the engine opens after somebody has signed in, and which stands for that one user. The portal
//! keeps nothing but the session's token, and that in the browser's cookie.
//!
//! ```text
//! SignIn { user, typed } ──▶ Screen { step } … Answer { step, typed } ──▶ Screen … or SignedIn { session } or Refused
//! Own { command }        ──▶ the reply of the command (Done, Failed), or NoSession, or ProofNeeded
//! Prove { typed }        ──▶ Screen … or Proven or Refused
//! ProofOptions           ──▶ Passkey { step, options } … ProvePasskey { step, answer } ──▶ Proven or Refused
//! ```
//!
//! A sign-in may take several screens. The engine keeps what belongs to it between them, so that every page is a
//! conversation of its own, and the portal may be started again meanwhile.

use serde::{Deserialize, Serialize};

use crate::manage::{Command, MailProgram, MailServer, Status};
use crate::secret::Secret;

mod approvals;
pub mod invitations;
mod new_start;
mod people;

use self::invitations::{Preview, Round, Whom, Wish};
pub use approvals::{ApprovalEnd, WaitingLogin};
pub use new_start::{NewStart, Recipient};
pub use people::{People, Person, RefusalDetail, RefusalRow};

/// What the portal asks for a browser. Only the portal's own user may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portal {
    /// The browser's address, as the portal's own proxy names it. It is believed for the portal's attempts
    /// alone.
    pub address: Option<String>,
    /// The token of the session, where the browser has one.
    pub session: Option<Secret>,
    /// What is asked.
    pub ask: PortalAsk,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortalAsk {
    /// What every page needs to know. Needs no session.
    Site,
    /// Somebody wants to sign in: the first screen. Needs no session.
    SignIn {
        /// The user's name.
        user: String,
        /// The password; with a code behind it, as in a login.
        typed: Secret,
    },
    /// The answer to [`PortalReply::Screen`].
    Answer {
        /// Which screen.
        step: Secret,
        /// What was typed there.
        typed: Secret,
    },
    /// The person who is signed in proves it again, before a change.
    Prove {
        /// The password; with a code behind it, as in a login.
        typed: Secret,
    },
    /// What the session's user has, and may do.
    Overview,
    /// A one-time code for another program. The user has signed in with a second factor, a moment ago.
    PortalCode,
    /// The services that take tickets of the session's user.
    Tickets,
    /// A ticket for one login to a service. The user has signed in with a passkey, a moment ago.
    PortalTicket {
        /// The PAM service.
        service: String,
    },
    /// A command about the session's own user.
    Own(Command),
    /// People whose name or address has this in it, for administrators.
    People {
        /// A part of the name or address; empty for all.
        search: String,
        /// Whether only those are told who have no second factor yet.
        without: bool,
    },
    /// Why logins were refused lately.
    Refusals {
        /// Whose, for administrators; `None` for those of the session's user.
        user: Option<String>,
    },
    /// A command about another user, which administrators of the portal may give. None of them shows a secret.
    Administer {
        /// Whom it is about.
        user: String,
        /// The command.
        command: Command,
    },
    /// Everything that another user has enrolled goes, and a code to start again is sent by mail, for administrators.
    NewStart {
        /// Whom it is about.
        user: String,
        /// Who gets the code.
        to: Recipient,
    },
    /// Who would get an invitation, for administrators.
    PreviewInvitations(Whom),
    /// Invitations by mail, for administrators.
    Invite(Wish),
    /// How far the administrator's last invitations are.
    Invitations,
    /// The administrator's invitations go no further.
    StopInvitations,
    /// The options for a sign-in with a passkey. Needs no session.
    PasskeyOptions {
        /// What stands for the browser, so that no other one answers.
        browser: Secret,
    },
    /// The browser's answer to them. Needs no session.
    PasskeySignIn {
        /// Which options.
        step: Secret,
        /// What stands for the browser.
        browser: Secret,
        /// What the browser's passkey has signed, as JSON (`AuthenticationResponseJSON` of WebAuthn).
        answer: Secret,
    },
    /// The options for a proof with a passkey of the session's user.
    ProofOptions,
    /// The browser's answer to them.
    ProvePasskey {
        /// Which options.
        step: Secret,
        /// What the browser's passkey has signed, as for [`PortalAsk::PasskeySignIn`].
        answer: Secret,
    },
    /// The options for a new passkey of the session's user, who has proven who it is.
    NewPasskeyOptions {
        /// The name that the user gives it.
        label: String,
    },
    /// The browser's answer to them.
    AddPasskey {
        /// Which options.
        step: Secret,
        /// What the browser has made, as JSON (`RegistrationResponseJSON`).
        answer: Secret,
    },
    /// The login of the session's user that waits for an approval. The user has signed in with a passkey, a moment ago.
    Approval,
    /// The user's answer to it.
    AnswerApproval {
        /// Which login.
        request: String,
        /// The number that was chosen; `None` where the user says that it is somebody else.
        number: Option<u8>,
    },
    /// The session is over.
    SignOut,
    /// Another password for the session's user, who has proven who it is.
    ChangePassword {
        /// The password until now.
        current: Secret,
        /// The new one.
        new: Secret,
    },
    /// An app password of the session's user is to be kept for a phone, behind a link.
    KeepProfile {
        /// Its id.
        credential: String,
        /// The app password.
        password: Secret,
    },
    /// What is kept behind a link. Needs no session: the phone has none.
    TakeProfile {
        /// The link.
        link: Secret,
    },
    /// When the portal's own certificates end, for metrics. Needs no session.
    Certificates(Certificates),
}

/// When the portal's own certificates end, in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificates {
    /// That of TLS, if the portal has one.
    pub tls: Option<u64>,
    /// That of the signature below profiles, if there is one.
    pub profile_signature: Option<u64>,
}

/// The answers that only the portal hears. Commands are answered as ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortalReply {
    /// What every page needs to know.
    Site(Box<Site>),
    /// Something is to be typed on another screen.
    Screen {
        /// Stands for this screen; good for one answer.
        step: Secret,
    },
    /// What the browser is to be asked for a passkey.
    Passkey {
        /// Stands for these options; good for one answer.
        step: Secret,
        /// JSON: `{"publicKey": …}`, as navigator.credentials takes it, with binary values in base64url.
        options: String,
    },
    /// The user is signed in.
    SignedIn {
        /// The token of the new session.
        session: Secret,
        /// The user's name as the directory spells it.
        user: String,
    },
    /// The proof was right.
    Proven,
    /// No, in the same words for every reason.
    Refused,
    /// There is no such session any more, or no such screen.
    NoSession,
    /// The command needs a proof that is fresher than the last one.
    ProofNeeded,
    /// What the session's user has, and may do.
    Overview(Box<Overview>),
    /// The services that take tickets of the session's user.
    Tickets(Tickets),
    /// People who were looked for.
    People(People),
    /// The login that waits for an approval, if one does.
    Approval(Option<Box<WaitingLogin>>),
    /// What came of an answer to it.
    ApprovalAnswered(ApprovalEnd),
    /// Why logins were refused lately, the latest first.
    Refusals(Vec<RefusalRow>),
    /// Another user starts again.
    NewStart(NewStart),
    /// Who would get an invitation.
    Preview(Preview),
    /// How far invitations are; `None` where there were none lately.
    Round(Option<Round>),
    /// Others are being invited: later.
    Busy,
    /// The session is over.
    SignedOut,
    /// An app password is kept for a phone.
    ProfileKept {
        /// The link, which works once.
        link: Secret,
        /// Until when, in seconds since 1970.
        until: u64,
    },
    /// What was kept behind a link, which works no longer.
    Profile(Box<Profile>),
    /// There is nothing behind the link, or no such app password.
    NoProfile,
    /// What the portal tells is noted.
    Noted,
}

/// A mail account for a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The id of the app password.
    pub credential: String,
    /// The app password.
    pub password: Secret,
    /// The user's name at the servers, and the servers that the app password opens.
    pub mail: MailProgram,
    /// The user's mail address.
    pub email: String,
}

/// What the session's user may take tickets for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tickets {
    /// The PAM services, as far as they let the user in.
    pub services: Vec<String>,
    /// Seconds for which the last sign-in with a passkey is fresh still; 0 where a passkey has to come first.
    pub fresh_seconds: u32,
}

/// What every page needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Where browsers find the portal: `https://login.example.org`.
    pub origin: Option<String>,
    /// The name above codes in authenticator apps.
    pub issuer: String,
    /// Whether codes can be sent by mail.
    pub sends_codes: bool,
    /// Whether invitations can be sent by mail.
    pub sends_invitations: bool,
    /// Whether people sign in with passkeys: they need https, and a name in the origin.
    pub has_passkeys: bool,
    /// Whether the users are the engine's own, so that administrators can disable them here.
    pub has_own_directory: bool,
    /// The servers that mail programs use, where the settings say so.
    pub mail_servers: Vec<MailServer>,
    /// Whether users are known to them by their mail address, and not by their login name.
    pub mail_user_is_address: bool,
}

/// What the user of a session has, and may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// What is enrolled.
    pub status: Status,
    /// Seconds for which the last proof is fresh still; 0 where it is not.
    pub fresh_seconds: u32,
    /// Whether a first second factor may be enrolled in this session.
    pub may_enrol_first: bool,
    /// Services that ask this user for a second factor, by their PAM names.
    pub services_with_second_factor: Vec<String>,
    /// Whether a service for which app passwords are made asks users with a second factor for it, so that a program which
    /// keeps a password needs one of its own.
    pub mail_asks_for_more: bool,
    /// Whether the user may take one-time codes: signed in with their own second factor.
    pub may_take_codes: bool,
    /// Whether the user may look after others.
    pub is_administrator: bool,
    /// Seconds for which the last proof is enough for a change about somebody else; 0 once it was used for one.
    pub fresh_for_others: u32,
    /// Whether the user may change the password here.
    pub may_change_password: bool,
    /// Services of the kind that a new app password opens unless others are asked for.
    pub app_password_services: Vec<String>,
}

impl Portal {
    /// The user whom a question names, empty where it names none.
    #[must_use]
    pub fn user(&self) -> &str {
        match &self.ask {
            PortalAsk::SignIn { user, .. }
            | PortalAsk::Administer { user, .. }
            | PortalAsk::NewStart { user, .. } => user,
            _ => "",
        }
    }
}
