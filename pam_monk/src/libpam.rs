//! The host program behind libpam: everything that touches C.

use std::ffi::{CStr, CString, c_char, c_int};

use pam::constants::{PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON, PAM_TEXT_INFO, PamResultCode};
use pam::conv::Conv;
use pam::items::{AuthTok, ItemType, RHost, RUser, Service, Tty};
use pam::module::PamHandle;
use zeroize::Zeroizing;

use monk_terms::printable;

use crate::grant::Grant;
use crate::host::{Answer, Host, Level};
use crate::user_database;

// What pam-bindings does not declare (pam_getenv(3), pam_syslog(3), pam_set_item(3)).
#[link(name = "pam")]
unsafe extern "C" {
    fn pam_getenv(pamh: *mut PamHandle, name: *const c_char) -> *const c_char;
    fn pam_syslog(pamh: *const PamHandle, priority: c_int, format: *const c_char, ...);
    fn pam_set_item(pamh: *mut PamHandle, item: c_int, value: *const libc::c_void) -> c_int;
}

/// Under which name a grant is kept with the transaction: that of this module as it is loaded. Another
/// build of it in the same rules, whose grants may look different, lies elsewhere.
fn grant_name() -> String {
    static HERE: u8 = 0;
    format!("pam_monk_grant_{:p}", &raw const HERE)
}

/// The text of an item that the program has set; an empty one says nothing.
fn text_of(item: &CStr) -> Option<String> {
    let text = item.to_str().ok()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// The host program of one call.
pub struct PamHost<'a> {
    handle: &'a mut PamHandle,
    /// The program wants nothing shown but prompts (`PAM_SILENT`).
    silent: bool,
}

impl<'a> PamHost<'a> {
    /// The host program behind `handle`.
    pub fn new(handle: &'a mut PamHandle, silent: bool) -> Self {
        Self { handle, silent }
    }
}

impl Host for PamHost<'_> {
    fn user(&mut self) -> Option<String> {
        self.handle.get_user(None).ok()
    }

    fn uid_of(&mut self, user: &str) -> Option<u32> {
        user_database::uid_of(user)
    }

    fn service(&mut self) -> Option<String> {
        let service = self.handle.get_item::<Service<'_>>().ok()??;
        Some(service.0.to_str().ok()?.to_owned())
    }

    fn remote_host(&mut self) -> Option<String> {
        let host = self.handle.get_item::<RHost<'_>>().ok()??;
        text_of(host.0)
    }

    fn remote_user(&mut self) -> Option<String> {
        let user = self.handle.get_item::<RUser<'_>>().ok()??;
        text_of(user.0)
    }

    fn terminal(&mut self) -> Option<String> {
        let terminal = self.handle.get_item::<Tty<'_>>().ok()??;
        text_of(terminal.0)
    }

    fn real_uid(&mut self) -> u32 {
        // SAFETY: getuid(2) takes nothing and cannot fail.
        unsafe { libc::getuid() }
    }

    fn first_pass(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let token = self.handle.get_item::<AuthTok<'_>>().ok()??;
        Some(Zeroizing::new(token.as_bytes().to_vec()))
    }

    fn set_pass(&mut self, password: &[u8]) -> bool {
        let mut bytes = Zeroizing::new(Vec::with_capacity(password.len() + 1));
        bytes.extend_from_slice(password);
        bytes.push(0);
        let Ok(text) = CStr::from_bytes_with_nul(&bytes) else { return false };
        // SAFETY: the handle is valid during this call; libpam copies the string, which outlives
        // the call.
        let result =
            unsafe { pam_set_item(self.handle, ItemType::AuthTok as c_int, text.as_ptr().cast()) };
        result == PamResultCode::PAM_SUCCESS as c_int
    }

    fn environment(&mut self, name: &str) -> Option<String> {
        let name = CString::new(name).ok()?;
        // SAFETY: the handle is valid during this call, and `name` is a C string that outlives it.
        let value = unsafe { pam_getenv(self.handle, name.as_ptr()) };
        if value.is_null() {
            return None;
        }
        // SAFETY: libpam returns a C string that it owns and keeps until the next pam_putenv.
        let value = unsafe { CStr::from_ptr(value) };
        Some(value.to_str().ok()?.to_owned())
    }

    fn ask(&mut self, prompt: &str, echo: bool) -> Answer {
        let style = if echo { PAM_PROMPT_ECHO_ON } else { PAM_PROMPT_ECHO_OFF };
        let Ok(Some(conversation)) = self.handle.get_item::<Conv<'_>>() else {
            return Answer::None;
        };
        match conversation.send(style, prompt) {
            Ok(Some(bytes)) => Answer::Typed(Zeroizing::new(bytes.as_bytes().to_vec())),
            Ok(None) | Err(_) => Answer::None,
        }
    }

    fn tell(&mut self, text: &str) {
        if self.silent {
            return;
        }
        if let Ok(Some(conversation)) = self.handle.get_item::<Conv<'_>>() {
            // A program that cannot show it lets the user in all the same.
            let _ = conversation.send(PAM_TEXT_INFO, text);
        }
    }

    fn keep(&mut self, grant: Option<Grant>) {
        // What is there is replaced without fail; where there is no memory for the first one, the
        // engine is asked again (pam_set_data(3)).
        let _ = self.handle.set_data(&grant_name(), Box::new(grant));
    }

    fn kept(&mut self) -> Option<Grant> {
        // SAFETY: only `keep` of this very module sets data of this name, of this type; libpam keeps it until the
        // end of the transaction, and it is copied before the handle is used again.
        unsafe { self.handle.get_data::<Option<Grant>>(&grant_name()) }.ok().cloned().flatten()
    }

    fn log(&mut self, level: Level, line: &str) {
        let priority = match level {
            Level::Error => libc::LOG_ERR,
            Level::Debug => libc::LOG_DEBUG,
        };
        let Ok(line) = CString::new(printable::sentence(line)) else { return };
        // SAFETY: the handle is valid during this call; the format takes exactly the one C string
        // that is given.
        unsafe { pam_syslog(self.handle, priority, c"%s".as_ptr(), line.as_ptr()) };
    }
}
