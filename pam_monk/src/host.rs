//! The host program, as the module sees it: behind a trait, so that the module's logic is tested
//! without libpam.

use pam::constants::PamResultCode;
use zeroize::Zeroizing;

use crate::for_update::Kept;
use crate::grant::Grant;

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something is set up wrongly, or does not answer.
    Error,
    /// For the administrator who asked for it with `debug`.
    Debug,
}

/// What a prompt brought.
pub enum Answer {
    /// The bytes that were typed.
    Typed(Zeroizing<Vec<u8>>),
    /// The program cannot ask.
    None,
}

/// What the module asks of the host program.
pub trait Host {
    /// The user's name (`PAM_USER`); the program may ask for it.
    fn user(&mut self) -> Option<String>;
    /// The uid that the host's user database gives this name; `None` where it is not there, or where
    /// that cannot be told.
    fn uid_of(&mut self, user: &str) -> Option<u32>;
    /// The PAM service (`PAM_SERVICE`).
    fn service(&mut self) -> Option<String>;
    /// The remote host (`PAM_RHOST`).
    fn remote_host(&mut self) -> Option<String>;
    /// The user who asks, as the program names him (`PAM_RUSER`).
    fn remote_user(&mut self) -> Option<String>;
    /// The terminal (`PAM_TTY`).
    fn terminal(&mut self) -> Option<String>;
    /// The real uid of the program (getuid(2)).
    fn real_uid(&mut self) -> u32;
    /// What an earlier module asked for (`PAM_AUTHTOK`).
    fn first_pass(&mut self) -> Option<Zeroizing<Vec<u8>>>;
    /// Hands the bare password to the modules that follow; whether that worked.
    fn set_pass(&mut self, password: &[u8]) -> bool;
    /// The old password, where an earlier module of a change has asked for it (`PAM_OLDAUTHTOK`).
    fn old_pass(&mut self) -> Option<Zeroizing<Vec<u8>>>;
    /// Hands the old password to the modules that follow, where that works.
    fn set_old_pass(&mut self, password: &[u8]);
    /// The new password: from an earlier module, or else asked for twice, unless the rule says `use_authtok`
    /// (pam_get_authtok(3)).
    ///
    /// # Errors
    /// The code of libpam, where there is none.
    fn new_pass(&mut self) -> Result<Zeroizing<Vec<u8>>, PamResultCode>;
    /// Forgets the new password, which was not taken.
    fn forget_new_pass(&mut self);
    /// A variable of the PAM environment.
    fn environment(&mut self, name: &str) -> Option<String>;
    /// Asks the user.
    fn ask(&mut self, prompt: &str, echo: bool) -> Answer;
    /// Shows the user something that needs no answer, where the program can.
    fn tell(&mut self, text: &str);
    /// Shows the user what went wrong, where the program can.
    fn tell_error(&mut self, text: &str);
    /// Keeps what the engine has granted until the end of the transaction, in place of what was kept
    /// before. Where that does not work, the engine is asked again.
    fn keep(&mut self, grant: Option<Grant>);
    /// What was kept last.
    fn kept(&mut self) -> Option<Grant>;
    /// Keeps something from the first call of a change for the second.
    fn keep_for_update(&mut self, kept: Option<Kept>);
    /// What the first call has kept.
    fn kept_for_update(&mut self) -> Option<Kept>;
    /// Writes a line to the log, through libpam.
    fn log(&mut self, level: Level, line: &str);
}
