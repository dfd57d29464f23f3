//! A new password: what may be one, and what follows when the directory has taken it.

use std::time::Duration;

use monk_core::mac::Author;
use monk_core::new_password;
use monk_core::typed::{Password, Typed};
use monk_terms::verdict::BadInput;
use monk_wire::manage::PasswordFault;

use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::{Account, Swapped};
use crate::engine::Engine;
use crate::outage::Outage;
use crate::{audit, recent_grants};

/// A password that somebody may set.
pub struct NewPassword {
    /// The password.
    pub password: Password,
    /// It ends as a password with a code behind it does: see [`new_password::ends_like_a_code`].
    pub ends_like_a_code: bool,
}

impl NewPassword {
    /// Takes what was typed.
    ///
    /// # Errors
    /// [`PasswordFault`] where it could never open anything: its owner would find that out at the next login.
    pub fn new(typed: &[u8]) -> Result<Self, PasswordFault> {
        let typed = Typed::new(typed).map_err(PasswordFault::Input)?;
        if new_password::reads_as_app_password(&typed) {
            return Err(PasswordFault::LikeAppPassword);
        }
        let ends_like_a_code = new_password::ends_like_a_code(&typed);
        let password =
            Password::new(typed.as_str()).ok_or(PasswordFault::Input(BadInput::Empty))?;
        Ok(Self { password, ends_like_a_code })
    }
}

/// How long forgetting may take: two writes to files of this host, or a few to the user's records.
const FORGET_TIME: Duration = Duration::from_secs(2);

/// How often the user's records are read again because a login was faster.
const CLOSE_TRIES: u32 = 3;

/// Changes the password of `account`, and forgets what this host keeps of the old one: see [`forget`].
///
/// # Errors
/// As [`Directory::change_password`](crate::directory::Directory::change_password): after
/// [`Outage::Timeout`] it may have been changed.
pub async fn change(
    engine: &Engine,
    account: &Account,
    changer: Changer<'_>,
    new: &Password,
    deadline: Deadline,
) -> Result<Changed, Outage> {
    let outcome = engine.directory.change_password(account, changer, new, deadline).await;
    // What may have been changed is forgotten as well: then it has to be typed once more, and no more than that.
    if !matches!(outcome, Ok(Changed::WrongOld | Changed::NotTaken { .. })) {
        // The time for the change may be what is over.
        forget(engine, &account.id, Deadline::after(FORGET_TIME)).await;
        if let Err(outage) = close(engine, account, Deadline::after(FORGET_TIME)).await {
            audit::warn(&format!("remembered logins at other hosts are not forgotten: {outage}"));
        }
    }
    let must_change = matches!(changer, Changer::Administrator { must_change: true });
    if outcome == Ok(Changed::Done) && !must_change {
        for name in [Some(&account.name), account.mail.as_ref()].into_iter().flatten() {
            recent_grants::has_new_password(name);
        }
    }
    outcome
}

/// Ends what codes of the user have opened at other hosts, as their records of use say.
async fn close(engine: &Engine, account: &Account, deadline: Deadline) -> Result<(), Outage> {
    let author = Author { user: &account.id, keys: &engine.keys };
    for _ in 0..CLOSE_TRIES {
        let mut is_closed = true;
        for swap in engine.store.load(account, deadline).await?.closing_all(author) {
            let swapped = engine.store.spend(account, &swap, deadline).await?;
            is_closed &= swapped == Swapped::Done;
        }
        if is_closed {
            return Ok(());
        }
    }
    Err(Outage::Contention)
}

/// Forgets which strings of the user open logins on this host, and which passwords were refused.
///
/// Remembered strings are good for nothing after a change of password or factors anyway; this makes sure that
/// nothing brings them back.
pub async fn forget(engine: &Engine, id: &str, deadline: Deadline) {
    if let Err(outage) = engine.throttle.forget_refused(id, deadline).await {
        audit::warn(&format!("refused passwords are not forgotten: {outage}"));
    }
    if let Err(outage) = engine.remembered.forget_user(id, deadline).await {
        audit::warn(&format!("remembered logins are not forgotten: {outage}"));
    }
}
