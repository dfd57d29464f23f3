//! `pam_monk.so`: the thin module in somebody else's process.
//!
//! It reads its arguments, tells the engine who wants in, holds the conversation with the user in
//! the engine's words, and turns the engine's answer into a PAM code. It knows no factor, no
//! directory and no policy.
//!
//! ```text
//! pam_sm_authenticate ─ arguments ─ minimum_uid ─ authenticate ──▶ monk-wire ──▶ monkd
//!                                                  │    ▲
//!                                                  ▼    │ prompts and answers
//!                                               host (PAM items, conversation)
//! ```
//!
//! What never happens here: a thread, a signal handler, output to the host's descriptors, a panic
//! across the boundary, success or "ignore" as the answer to an error.

mod account;
mod authenticate;
mod engine;
mod for_update;
mod grant;
mod host;
mod libpam;
mod minimum_uid;
mod new_password;
mod user_database;
mod words;

use std::ffi::CStr;

use pam::constants::{PAM_CHANGE_EXPIRED_AUTHTOK, PAM_SILENT, PamFlag, PamResultCode};
use pam::module::{PamHandle, PamHooks};

use crate::libpam::PamHost;
use crate::new_password::Call;
use monk_pam_arguments::Arguments;

/// The first call of a change of a password (`_pam_types.h`); the other one has `PAM_UPDATE_AUTHTOK`.
const PAM_PRELIM_CHECK: PamFlag = 0x4000;

struct Monk;

/// The entry points of pam(3), which libpam looks up by their names.
mod entry_points {
    use super::Monk;
    pam::pam_hooks!(Monk);
}

impl PamHooks for Monk {
    fn sm_authenticate(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guarded(pamh, &args, flags, |host, arguments| authenticate::authenticate(host, arguments))
    }

    fn acct_mgmt(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guarded(pamh, &args, flags, |host, arguments| account::manage(host, arguments))
    }

    /// There are no credentials to set; anything but success would fail a stack of monk alone.
    fn sm_setcred(_: &mut PamHandle, _: Vec<&CStr>, _: PamFlag) -> PamResultCode {
        PamResultCode::PAM_SUCCESS
    }

    fn sm_chauthtok(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        let call = if flags & PAM_PRELIM_CHECK != 0 { Call::Prelim } else { Call::Update };
        let only_expired = flags & PAM_CHANGE_EXPIRED_AUTHTOK != 0;
        guarded(pamh, &args, flags, |host, arguments| {
            new_password::change(host, arguments, call, only_expired)
        })
    }
}

/// Reads the arguments and runs `work`. A mistake in the arguments refuses: half-understood, they
/// could mean less than the administrator wrote.
fn guarded(
    pamh: &mut PamHandle,
    args: &[&CStr],
    flags: PamFlag,
    work: impl FnOnce(&mut PamHost<'_>, &Arguments) -> PamResultCode,
) -> PamResultCode {
    quiet_panics();
    let mut host = PamHost::new(pamh, flags & PAM_SILENT != 0);
    match Arguments::parse(args) {
        Ok(arguments) => work(&mut host, &arguments),
        Err(mistake) => {
            host::Host::log(&mut host, host::Level::Error, &format!("pam_monk: {mistake}"));
            PamResultCode::PAM_SERVICE_ERR
        }
    }
}

/// A panic is caught at the boundary and refuses the login; it must not print into a mail
/// program's connection. Only panics of this module's own copy of the Rust runtime come here.
fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}
