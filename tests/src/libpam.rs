//! The program's side of libpam (pam(3)).
//!
//! No module of the library, which would link every test to libpam: the programs that log in
//! include this file.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io;
use std::ptr;

/// `struct pam_handle`, of which only libpam knows more.
#[repr(C)]
struct Handle {
    _private: [u8; 0],
}

/// `struct pam_message`.
#[repr(C)]
struct Message {
    style: c_int,
    text: *const c_char,
}

/// `struct pam_response`.
#[repr(C)]
struct Response {
    text: *mut c_char,
    /// Not used by anybody: always zero.
    code: c_int,
}

/// The conversation function: `struct pam_message **` in, an array of `struct pam_response` out.
type Converse =
    unsafe extern "C" fn(c_int, *const *const Message, *mut *mut Response, *mut c_void) -> c_int;

/// `struct pam_conv`.
#[repr(C)]
struct Conv {
    converse: Converse,
    data: *mut c_void,
}

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_start(
        service: *const c_char,
        user: *const c_char,
        conversation: *const Conv,
        handle: *mut *mut Handle,
    ) -> c_int;
    fn pam_end(handle: *mut Handle, status: c_int) -> c_int;
    fn pam_set_item(handle: *mut Handle, item: c_int, value: *const c_void) -> c_int;
    fn pam_authenticate(handle: *mut Handle, flags: c_int) -> c_int;
    fn pam_acct_mgmt(handle: *mut Handle, flags: c_int) -> c_int;
}

/// `PAM_RHOST`.
const RHOST: c_int = 4;

const PROMPT_ECHO_OFF: c_int = 1;
const PROMPT_ECHO_ON: c_int = 2;

const CONV_ERR: c_int = 19;

/// The names of Linux-PAM's codes, in their order from 0.
const NAMES: [&str; 32] = [
    "PAM_SUCCESS",
    "PAM_OPEN_ERR",
    "PAM_SYMBOL_ERR",
    "PAM_SERVICE_ERR",
    "PAM_SYSTEM_ERR",
    "PAM_BUF_ERR",
    "PAM_PERM_DENIED",
    "PAM_AUTH_ERR",
    "PAM_CRED_INSUFFICIENT",
    "PAM_AUTHINFO_UNAVAIL",
    "PAM_USER_UNKNOWN",
    "PAM_MAXTRIES",
    "PAM_NEW_AUTHTOK_REQD",
    "PAM_ACCT_EXPIRED",
    "PAM_SESSION_ERR",
    "PAM_CRED_UNAVAIL",
    "PAM_CRED_EXPIRED",
    "PAM_CRED_ERR",
    "PAM_NO_MODULE_DATA",
    "PAM_CONV_ERR",
    "PAM_AUTHTOK_ERR",
    "PAM_AUTHTOK_RECOVERY_ERR",
    "PAM_AUTHTOK_LOCK_BUSY",
    "PAM_AUTHTOK_DISABLE_AGING",
    "PAM_TRY_AGAIN",
    "PAM_IGNORE",
    "PAM_ABORT",
    "PAM_AUTHTOK_EXPIRED",
    "PAM_MODULE_UNKNOWN",
    "PAM_BAD_ITEM",
    "PAM_CONV_AGAIN",
    "PAM_INCOMPLETE",
];

/// What libpam answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub i32);

impl Code {
    /// `PAM_SUCCESS`.
    pub const SUCCESS: Self = Self(0);

    /// As the exit status of a child.
    pub fn as_byte(self) -> u8 {
        u8::try_from(self.0).unwrap_or(u8::MAX)
    }

    /// The name of the constant in pam_types.h.
    pub fn name(self) -> &'static str {
        let name = usize::try_from(self.0).ok().and_then(|code| NAMES.get(code));
        name.copied().unwrap_or("unknown")
    }
}

/// What is answered, and what was asked so far.
struct Conversation {
    answers: Vec<CString>,
    prompts: Vec<String>,
}

/// One login, from `pam_start` to `pam_end`.
pub struct Transaction {
    handle: *mut Handle,
    /// Made by `Box::into_raw`, because libpam has a pointer to it until the end.
    conversation: *mut Conversation,
}

impl Transaction {
    /// `pam_start`, with the answers that will be given.
    ///
    /// # Errors
    /// When a text has a NUL in it, or libpam does not start.
    pub fn start(service: &str, user: &str, answers: Vec<String>) -> io::Result<Self> {
        let (service, user) = (CString::new(service)?, CString::new(user)?);
        let answers = answers.into_iter().map(CString::new).collect::<Result<_, _>>()?;
        let conversation = Box::into_raw(Box::new(Conversation { answers, prompts: Vec::new() }));
        let mut transaction = Self { handle: ptr::null_mut(), conversation };
        let conv = Conv { converse, data: conversation.cast() };
        // SAFETY: both texts are C strings and libpam copies them, as it does `conv`; what `conv`
        // points to lives until after `pam_end`; `handle` is written before the call returns.
        let code = unsafe {
            pam_start(service.as_ptr(), user.as_ptr(), &raw const conv, &raw mut transaction.handle)
        };
        check("pam_start", code)?;
        Ok(transaction)
    }

    /// States the remote address.
    ///
    /// # Errors
    /// When it has a NUL in it, or libpam has no memory.
    pub fn set_remote_host(&mut self, address: &str) -> io::Result<()> {
        let address = CString::new(address)?;
        // SAFETY: the handle is between pam_start and pam_end; libpam copies the C string.
        check("pam_set_item", unsafe { pam_set_item(self.handle, RHOST, address.as_ptr().cast()) })
    }

    /// `pam_authenticate`.
    pub fn authenticate(&mut self) -> Code {
        // SAFETY: the handle is between pam_start and pam_end.
        Code(unsafe { pam_authenticate(self.handle, 0) })
    }

    /// `pam_acct_mgmt`.
    pub fn account(&mut self) -> Code {
        // SAFETY: the handle is between pam_start and pam_end.
        Code(unsafe { pam_acct_mgmt(self.handle, 0) })
    }

    /// `pam_end`. Returns the prompts that were shown.
    pub fn end(mut self, last: Code) -> Vec<String> {
        self.finish(last);
        // SAFETY: made by `Box::into_raw`, not freed before `drop`; libpam and its modules, which
        // also had the pointer, are done.
        let conversation = unsafe { &mut *self.conversation };
        std::mem::take(&mut conversation.prompts)
    }

    /// `pam_end` in a child, which has a copy of everything.
    pub fn end_here(&mut self) {
        self.finish(Code::SUCCESS);
    }

    fn finish(&mut self, last: Code) {
        if !self.handle.is_null() {
            // SAFETY: the handle is from pam_start, and set to null below, so this is the only end.
            unsafe { pam_end(self.handle, last.0) };
            self.handle = ptr::null_mut();
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.finish(Code(CONV_ERR));
        // SAFETY: made by `Box::into_raw` in `start`, and nobody else frees it; libpam, which had
        // a pointer to it, is done.
        drop(unsafe { Box::from_raw(self.conversation) });
    }
}

/// Called by modules, through libpam, with `count` messages and the pointer of `Conv`.
unsafe extern "C" fn converse(
    count: c_int,
    messages: *const *const Message,
    responses: *mut *mut Response,
    data: *mut c_void,
) -> c_int {
    // SAFETY: `data` is the pointer given to pam_start, to a conversation that outlives the
    // transaction and that nobody else uses while a module runs.
    let conversation = unsafe { &mut *data.cast::<Conversation>() };
    let Ok(count) = usize::try_from(count) else { return CONV_ERR };
    // SAFETY: Linux-PAM passes an array of `count` pointers to messages.
    let messages = unsafe { std::slice::from_raw_parts(messages, count) };
    // SAFETY: calloc takes integers only. Zeroed bytes are an array of empty responses.
    let answers = unsafe { libc::calloc(count, size_of::<Response>()) }.cast::<Response>();
    if answers.is_null() {
        return CONV_ERR;
    }
    // SAFETY: calloc has made room for `count` of them, and zeroed bytes are valid ones.
    let array = unsafe { std::slice::from_raw_parts_mut(answers, count) };
    for (message, response) in messages.iter().zip(&mut *array) {
        // SAFETY: each pointer is that of a message which lives during this call.
        let message = unsafe { &**message };
        if !matches!(message.style, PROMPT_ECHO_OFF | PROMPT_ECHO_ON) {
            continue;
        }
        // SAFETY: the text of a message is a C string that lives during this call.
        let prompt = unsafe { CStr::from_ptr(message.text) };
        let number = conversation.prompts.len();
        conversation.prompts.push(prompt.to_string_lossy().into_owned());
        let known = &conversation.answers;
        let Some(answer) = known.get(number).or_else(|| known.last()) else {
            release(array);
            return CONV_ERR;
        };
        // SAFETY: the answer is a C string; the copy is from malloc, because its receiver frees it.
        response.text = unsafe { libc::strdup(answer.as_ptr()) };
    }
    // SAFETY: libpam passes a place for the array, which its receiver frees.
    unsafe { *responses = answers };
    Code::SUCCESS.0
}

/// Frees an array of responses that nobody gets.
fn release(array: &mut [Response]) {
    for response in &*array {
        // SAFETY: the text is null or from strdup, and nobody else has it.
        unsafe { libc::free(response.text.cast()) };
    }
    // SAFETY: the array is from calloc, and nobody else has it.
    unsafe { libc::free(array.as_mut_ptr().cast()) };
}

fn check(what: &str, code: c_int) -> io::Result<()> {
    match Code(code) {
        Code::SUCCESS => Ok(()),
        other => Err(io::Error::other(format!("{what}: {}", other.name()))),
    }
}
