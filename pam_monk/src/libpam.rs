//! The host program behind libpam: everything that touches C.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

use pam::constants::{
    PAM_ERROR_MSG, PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON, PAM_TEXT_INFO, PamMessageStyle,
    PamResultCode,
};
use pam::conv::Conv;
use pam::items::{AuthTok, ItemType, OldAuthTok, RHost, RUser, Service, Tty};
use pam::module::PamHandle;
use zeroize::Zeroizing;

use monk_terms::printable;

use crate::for_update::Kept;
use crate::grant::Grant;
use crate::host::{Answer, Host, Level};
use crate::user_database;

// What pam-bindings does not declare (pam_getenv(3), pam_syslog(3), pam_set_item(3), pam_get_authtok(3)).
#[link(name = "pam")]
unsafe extern "C" {
    fn pam_getenv(pamh: *mut PamHandle, name: *const c_char) -> *const c_char;
    fn pam_syslog(pamh: *const PamHandle, priority: c_int, format: *const c_char, ...);
    fn pam_set_item(pamh: *mut PamHandle, item: c_int, value: *const libc::c_void) -> c_int;
    fn pam_get_authtok(
        pamh: *mut PamHandle,
        item: c_int,
        authtok: *mut *const c_char,
        prompt: *const c_char,
    ) -> c_int;
}

/// Under which name something is kept with the transaction: that of this module as it is loaded. Another
/// build of it in the same rules, whose data may look different, lies elsewhere.
fn name_of(what: &str) -> String {
    static HERE: u8 = 0;
    format!("pam_monk_{what}_{:p}", &raw const HERE)
}

/// What the engine has granted.
const GRANT: &str = "grant";

/// What the first call of a change keeps for the second.
const FOR_UPDATE: &str = "for_update";

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

    fn show(&mut self, style: PamMessageStyle, text: &str) {
        if self.silent {
            return;
        }
        if let Ok(Some(conversation)) = self.handle.get_item::<Conv<'_>>() {
            // A program that cannot show it goes on all the same.
            let _ = conversation.send(style, text);
        }
    }

    /// Sets an item that is a secret; whether that worked.
    fn set_secret(&mut self, item: ItemType, secret: &[u8]) -> bool {
        let mut bytes = Zeroizing::new(Vec::with_capacity(secret.len() + 1));
        bytes.extend_from_slice(secret);
        bytes.push(0);
        let Ok(text) = CStr::from_bytes_with_nul(&bytes) else { return false };
        // SAFETY: the handle is valid during this call; libpam copies the string, which outlives
        // the call.
        let result = unsafe { pam_set_item(self.handle, item as c_int, text.as_ptr().cast()) };
        result == PamResultCode::PAM_SUCCESS as c_int
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
        self.set_secret(ItemType::AuthTok, password)
    }

    fn old_pass(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let token = self.handle.get_item::<OldAuthTok<'_>>().ok()??;
        Some(Zeroizing::new(token.as_bytes().to_vec()))
    }

    fn set_old_pass(&mut self, password: &[u8]) {
        // Where it cannot be kept, the modules that want it ask.
        let _ = self.set_secret(ItemType::OldAuthTok, password);
    }

    fn new_pass(&mut self) -> Result<Zeroizing<Vec<u8>>, PamResultCode> {
        let mut token = ptr::null();
        // SAFETY: the handle is valid during this call, `token` is writable, and without a prompt libpam takes
        // its own.
        let result = unsafe {
            pam_get_authtok(self.handle, ItemType::AuthTok as c_int, &raw mut token, ptr::null())
        };
        match PamResultCode::try_from(result) {
            Ok(PamResultCode::PAM_SUCCESS) if !token.is_null() => {}
            // So says libpam where another module should have asked, and did not.
            Ok(PamResultCode::PAM_SUCCESS | PamResultCode::PAM_AUTH_ERR) => {
                return Err(PamResultCode::PAM_AUTHTOK_ERR);
            }
            Ok(code) => return Err(code),
            Err(_) => return Err(PamResultCode::PAM_SYSTEM_ERR),
        }
        // SAFETY: libpam returns a C string that it owns and keeps until the item is set again.
        let token = unsafe { CStr::from_ptr(token) };
        Ok(Zeroizing::new(token.to_bytes().to_vec()))
    }

    fn forget_new_pass(&mut self) {
        // SAFETY: the handle is valid during this call; libpam wipes the item where there is no new one.
        let _ = unsafe { pam_set_item(self.handle, ItemType::AuthTok as c_int, ptr::null()) };
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
        self.show(PAM_TEXT_INFO, text);
    }

    fn tell_error(&mut self, text: &str) {
        self.show(PAM_ERROR_MSG, text);
    }

    fn keep(&mut self, grant: Option<Grant>) {
        // What is there is replaced without fail; where there is no memory for the first one, the
        // engine is asked again (pam_set_data(3)).
        let _ = self.handle.set_data(&name_of(GRANT), Box::new(grant));
    }

    fn kept(&mut self) -> Option<Grant> {
        // SAFETY: only `keep` of this very module sets data of this name, of this type; libpam keeps it until the
        // end of the transaction, and it is copied before the handle is used again.
        unsafe { self.handle.get_data::<Option<Grant>>(&name_of(GRANT)) }.ok().cloned().flatten()
    }

    fn keep_for_update(&mut self, kept: Option<Kept>) {
        // As in `keep`. Without it the second call changes nothing.
        let _ = self.handle.set_data(&name_of(FOR_UPDATE), Box::new(kept));
    }

    fn kept_for_update(&mut self) -> Option<Kept> {
        // SAFETY: as in `kept`, of the type that `keep_for_update` sets.
        let kept = unsafe { self.handle.get_data::<Option<Kept>>(&name_of(FOR_UPDATE)) };
        kept.ok().cloned().flatten()
    }

    fn log(&mut self, level: Level, line: &str) {
        let priority = match level {
            Level::Error => libc::LOG_ERR,
            Level::Debug => libc::LOG_DEBUG,
        };
        // The engine names the same process. Programs such as sshd do not, where a module writes.
        let line = format!("{} (process {})", printable::sentence(line), std::process::id());
        let Ok(line) = CString::new(line) else { return };
        // SAFETY: the handle is valid during this call; the format takes exactly the one C string
        // that is given.
        unsafe { pam_syslog(self.handle, priority, c"%s".as_ptr(), line.as_ptr()) };
    }
}
