//! Why a command was not carried out.

use monk_terms::kind::Kind;
use monk_terms::not_taken::NotTaken;
use monk_wire::manage::{
    ClockOffset, EmailedCodeFault, Failure, FailureKind, KeyUse, MoveFault, NewPasswordFault,
    SecretFault, Unfit,
};

use super::{accounts, clashes, name_of, refusals, unfit, with_article};
use crate::error::Error;
use crate::exit::Exit;

/// Longest difference of clocks that is told in seconds.
const IN_SECONDS: u64 = 600;

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind().into(), sentence(&failure))
    }
}

impl From<FailureKind> for Exit {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::NotPermitted => Self::NotPermitted,
            FailureKind::NotFound => Self::NotFound,
            FailureKind::Exists => Self::Exists,
            FailureKind::WrongCode => Self::WrongCode,
            FailureKind::Invalid => Self::Invalid,
            FailureKind::Unavailable => Self::Unavailable,
        }
    }
}

/// A sentence about a failure, without a capital and a full stop.
pub fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::OnlyRoot { uid } => {
            format!("only root may do this, but you are uid {uid}: try sudo")
        }
        Failure::NotYou { name } => {
            format!("you are {name}: only root may name somebody else")
        }
        Failure::NobodyHere { uid } => format!("uid {uid} has no user name on this host"),
        Failure::NotProved => {
            "the password or the code is wrong, or there were too many wrong ones before: nothing was changed".into()
        }
        Failure::AccountClosed { state } => accounts::why_nothing_is_changed(*state).into(),
        Failure::NoSuchUser { user, is_caller: false } => {
            format!("the directory has no user {user:?}")
        }
        Failure::NoSuchUser { user, is_caller: true } => format!(
            "monk does not know you: its directory has no user {user:?}. Your logins on this host do not \
             need monk; if they should, ask your administrator to add you"
        ),
        Failure::TooManyCredentials { limit } => {
            format!("a user may have at most {limit} credentials: remove some first")
        }
        Failure::UserGone => "somebody has removed the user in the meantime".into(),
        Failure::NoSuchCredential { kind, wanted: Some(wanted) } => {
            format!("no {} is called {wanted:?}: see monk-enroll status", name_of(*kind))
        }
        Failure::NoSuchCredential { kind: Kind::Email, wanted: None } => "no address was set".into(),
        Failure::NoSuchCredential { kind, wanted: None } => format!("there is no {}", name_of(*kind)),
        Failure::NonePending { kind: Kind::Email, .. } => {
            "no address is waiting to be confirmed: set one with monk-enroll email set".into()
        }
        Failure::NonePending { kind, wanted: Some(wanted) } => format!(
            "no {} waiting to be confirmed is called {wanted:?}: see monk-enroll status",
            name_of(*kind)
        ),
        Failure::NonePending { kind, wanted: None } => format!(
            "no {} is waiting to be confirmed; an active one is not shown again",
            name_of(*kind)
        ),
        Failure::Clash(clash) => clashes::sentence(clash),
        Failure::NoSuchSshKey => "the user has no such key: see monk-enroll user ssh-key list".into(),
        Failure::SeveralSshKeys => "several keys have this comment: give the fingerprint".into(),
        Failure::NoSuchKey { key } => format!("this host holds no key {key}"),
        Failure::NobodySlowed { whose } => format!("nobody called {whose:?} has failures"),
        Failure::UserExists => "a user has this name or mail address already".into(),
        Failure::LabelTaken { kind, label } => format!(
            "there is already {} called {label:?}: give this one another name",
            with_article(*kind)
        ),
        Failure::ChangedMeanwhile { user } => {
            format!("somebody else has changed {user} in the meantime")
        }
        Failure::WrongCode { clock: Some(clock) } => format!(
            "the device's clock is {}: set it to network time, and try the next code",
            apart(*clock)
        ),
        Failure::WrongCode { clock: None } => {
            "the code is wrong: type the one that the device shows now".into()
        }
        Failure::WrongEmailedCode(fault) => emailed_code(*fault).into(),
        Failure::Refused(refusal) => refusals::explanation(*refusal).into(),
        Failure::Ambiguous { wanted: Some(wanted), .. } => {
            format!("several are called {wanted:?}: name one by its id, see monk-enroll status")
        }
        Failure::Ambiguous { kind, wanted: None } => {
            format!("there is more than one {}: name one", name_of(*kind))
        }
        Failure::SeveralPending => {
            "several devices are waiting to be confirmed: name one (monk-enroll status shows them)".into()
        }
        Failure::InvitationNeeded => {
            "your first factor needs an enrolment code beside the password: ask your administrator for one, and \
             type it when you are asked for a code"
                .into()
        }
        Failure::FirstDeviceNeeded { hours } => format!(
            "with the password alone you can add only an authenticator app, which works after {hours} hours: \
             monk-enroll totp add"
        ),
        Failure::HasSecondFactor { user } => format!(
            "{user} has a second factor: monk-enroll invite {user} --reset removes everything and starts again"
        ),
        Failure::SettingsWrong { why } => why.clone(),
        Failure::LastFactor => {
            "this is your last second factor, and logins require one: add another first (monk-enroll totp \
             add), or ask root to remove it"
                .into()
        }
        Failure::KeyNotHeld { key } => format!(
            "the records of this user are made with key {key}, which this host does not hold: copy the \
             key here, and reload monkd"
        ),
        Failure::RecordsAltered => {
            "somebody has altered or removed records of this user, and nothing shows which of them are \
             valid: have root run monk-enroll reset"
                .into()
        }
        Failure::SecretUnreadable(fault) => {
            format!("the secret of the device cannot be read: {}", secret(fault))
        }
        Failure::PrimaryInSettings { primary } => format!(
            "the settings name {primary} as the primary key: remove or change keys.primary there, and \
             reload monkd"
        ),
        Failure::KeyIsPrimary => {
            "new values are made with this key: make another one primary first, with monk-enroll key rotate".into()
        }
        Failure::KeyInUse(needs) => key_in_use(needs),
        Failure::NoMailServer => "this host sends no mail: its settings have no [mail]".into(),
        Failure::MailboxNeedsCode { service } => format!(
            "the mail would lie in a mailbox that asks for a code already: the policy of {service} has mfa = \
             \"required\", and this user has none; give them a time of grace (grace_until), hand the code over in \
             another way, or use --force if the mailbox is elsewhere"
        ),
        Failure::UsersInLdap => {
            "the users are in LDAP: manage them there; monk manages only the users of its embedded directory".into()
        }
        Failure::CannotMove { user, why } => cannot_move(user, *why),
        Failure::MoveNowhere(store) => {
            format!("the credentials are in {:?} already: name another store in --from or --to", store.as_str())
        }
        Failure::RecordsMoving { user } => format!(
            "records of {user} are moving to another store and may need any key: end the move first, with \
             monk-enroll credentials move, and have the settings name the store that the records are in"
        ),
        Failure::UsersEmbedded => {
            "the users are in the embedded directory, and so are their credentials: there is nowhere to move them".into()
        }
        Failure::InImport { user, why } => {
            format!("{user}: {}; nobody was added", sentence(&why.clone().into()))
        }
        Failure::Outage(outage) => outage.to_string(),
        Failure::Mail(failure) => failure.to_string(),
        Failure::ProofUnanswered => "the directory does not answer: nothing was changed".into(),
        Failure::UserDatabaseSilent => "this host's user database does not answer".into(),
        Failure::ListIncomplete => {
            "the directory does not list everybody: raise the size limits for monk's account there".into()
        }
        Failure::TooManyGone { gone, owners } => format!(
            "{gone} of {owners} users with records seem to be gone; nothing was removed. Check the base, the \
             id attribute and the access rules of the directory, and use --force if they really are"
        ),
        Failure::SettingsUnwritable => "the settings cannot be written as TOML".into(),
        Failure::Unfit(value) => unfit::sentence(value),
        Failure::PasswordNotTaken { why, said } => not_taken(*why, said),
        Failure::PasswordUnknown => {
            "the directory did not answer in time, and the password may have been changed: try the new one first, \
             then the old one"
                .into()
        }
    }
}

/// What is wrong with a new password, where another one is asked for.
pub fn not_taken_yet(fault: &NewPasswordFault) -> String {
    match fault {
        NewPasswordFault::NotTaken { why, said } => not_taken(*why, said),
        NewPasswordFault::Unfit(fault) => unfit::sentence(&Unfit::Password(*fault)),
        NewPasswordFault::Differ => "the two passwords differ".into(),
    }
}

/// Why a new password is not taken, and the directory's own words.
fn not_taken(why: NotTaken, said: &str) -> String {
    let why = match why {
        NotTaken::TooShort => "the new password is too short",
        NotTaken::TooWeak => "the new password is too simple or too short for the directory",
        NotTaken::InHistory => "the new password was used before",
        NotTaken::TooYoung => {
            "the password was changed a short time ago, and cannot be changed again yet"
        }
        NotTaken::NotAllowed => "the directory does not let this password be changed",
        NotTaken::Other => "the directory does not accept the new password",
    };
    match said {
        "" => format!("{why}: nothing was changed"),
        said => format!("{why}: nothing was changed. The directory says: {said}"),
    }
}

fn cannot_move(user: &str, why: MoveFault) -> String {
    match why {
        MoveFault::Unreadable => format!(
            "some records of {user:?} cannot be read on this host: copy the missing keys here, or reset the user with \
             monk-enroll reset; then move again"
        ),
        MoveFault::Occupied => format!(
            "{user:?} has different records in the other store: decide which are to stay, and \
             remove the others; then move again"
        ),
        MoveFault::Gone => format!(
            "the directory does not show {user:?}, who has records: remove them, or bring the user back; then \
             move again"
        ),
        MoveFault::NoCopy => format!(
            "the records of {user:?} have left the first store, and the other store does not show their copy: \
             check that all its servers have the same entries; then move again"
        ),
    }
}

fn key_in_use(needs: &KeyUse) -> String {
    let KeyUse { records, seeds, hashes, users, primary } = needs;
    format!(
        "{}, {} and {} of {} need this key: run monk-enroll key rotate {primary} for the records and seeds; \
         the app passwords and backup codes have to be replaced",
        counted(*records, "record", "records"),
        counted(*seeds, "seed", "seeds"),
        counted(*hashes, "hash", "hashes"),
        users.join(", ")
    )
}

/// `1 hash`, `2 hashes`.
fn counted(count: u32, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn emailed_code(fault: EmailedCodeFault) -> &'static str {
    match fault {
        EmailedCodeFault::Shape => "an emailed code has 6 digits",
        EmailedCodeFault::Wrong => "this is not the code that was sent",
        EmailedCodeFault::NoneLeft => {
            "no code for this address is valid any more: request a new one with monk-enroll email set"
        }
    }
}

fn secret(fault: &SecretFault) -> String {
    match fault {
        SecretFault::KeyNotHeld { key } => {
            format!("it is sealed with key {key}, which this host does not hold")
        }
        SecretFault::Malformed => "it is not a sealed value".into(),
        SecretFault::Forged => {
            "it was sealed for another user or credential, or has been altered".into()
        }
    }
}

/// `about 25 minutes behind`.
pub fn apart(clock: ClockOffset) -> String {
    let ClockOffset { seconds, ahead } = clock;
    let direction = if ahead { "ahead" } else { "behind" };
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    let span = match (seconds, hours, minutes) {
        (0..=IN_SECONDS, ..) => format!("{seconds} seconds"),
        (_, 0, minutes) => format!("{minutes} minutes"),
        (_, 1, minutes) => format!("1 hour and {minutes} minutes"),
        (_, hours, minutes) => format!("{hours} hours and {minutes} minutes"),
    };
    format!("about {span} {direction}")
}

#[cfg(test)]
mod tests {
    use monk_terms::verdict::Refusal;
    use monk_wire::Reply;
    use monk_wire::manage::{Outage, OutageKind, Unfit};

    use super::*;
    use crate::scripted::{Scene, Step};

    #[test]
    fn every_kind_of_failure_has_its_exit_code_and_a_sentence() {
        let phone = || Some("Phone".to_owned());
        let outage = Outage { kind: OutageKind::Timeout, detail: "a bind".into() };
        for (failure, exit, sentence) in [
            (
                Failure::OnlyRoot { uid: 7 },
                Exit::NotPermitted,
                "only root may do this, but you are uid 7: try sudo",
            ),
            (
                Failure::NoSuchUser { user: "bob".into(), is_caller: true },
                Exit::NotFound,
                "monk does not know you: its directory has no user \"bob\". Your logins on this host \
                 do not need monk; if they should, ask your administrator to add you",
            ),
            (
                Failure::NoSuchCredential { kind: Kind::Totp, wanted: phone() },
                Exit::NotFound,
                "no device is called \"Phone\": see monk-enroll status",
            ),
            (
                Failure::LabelTaken { kind: Kind::AppPassword, label: "Mail".into() },
                Exit::Exists,
                "there is already an app password called \"Mail\": give this one another name",
            ),
            (
                Failure::WrongCode { clock: Some(ClockOffset { seconds: 1500, ahead: false }) },
                Exit::WrongCode,
                "the device's clock is about 25 minutes behind: set it to network time, and try the \
                 next code",
            ),
            (
                Failure::Refused(Refusal::TooManySends),
                Exit::Invalid,
                "this hour, the user has been sent as many codes as mail.sends_per_hour allows",
            ),
            (
                Failure::InImport { user: "bob".into(), why: Unfit::Mail.into() },
                Exit::Invalid,
                "bob: the mail address is empty, too long, or not text; nobody was added",
            ),
            (
                Failure::SeveralPending,
                Exit::Invalid,
                "several devices are waiting to be confirmed: name one (monk-enroll status shows them)",
            ),
            (
                Failure::KeyInUse(Box::new(KeyUse {
                    records: 1,
                    seeds: 1,
                    hashes: 2,
                    users: vec!["alice".into()],
                    primary: "00ff".into(),
                })),
                Exit::Invalid,
                "1 record, 1 seed and 2 hashes of alice need this key: run monk-enroll key rotate 00ff \
                 for the records and seeds; the app passwords and backup codes have to be replaced",
            ),
            (
                Failure::PasswordNotTaken {
                    why: NotTaken::TooShort,
                    said: "at least 8 characters".into(),
                },
                Exit::Invalid,
                "the new password is too short: nothing was changed. The directory says: at least 8 characters",
            ),
            (
                Failure::PasswordNotTaken { why: NotTaken::NotAllowed, said: String::new() },
                Exit::NotPermitted,
                "the directory does not let this password be changed: nothing was changed",
            ),
            (Failure::Outage(outage), Exit::Unavailable, "no answer in time: a bind"),
        ] {
            let seen = Scene::new([Step::Say(Reply::Failed(failure))]).run("status alice");
            assert_eq!((seen.exit, seen.out.as_str()), (exit, ""));
            assert_eq!(seen.errors, format!("monk-enroll: {sentence}\n"));
        }
    }

    #[test]
    fn a_difference_of_clocks_is_told_in_words_that_fit_it() {
        for (seconds, ahead, words) in [
            (180, false, "about 180 seconds behind"),
            (1500, true, "about 25 minutes ahead"),
            (3600, false, "about 1 hour and 0 minutes behind"),
            (7290, true, "about 2 hours and 1 minutes ahead"),
        ] {
            assert_eq!(apart(ClockOffset { seconds, ahead }), words);
        }
    }
}
