//! OpenLDAP's client library (ldap(3)), opened while the program runs, so that nothing links to it.
//! All `unsafe` that is about LDAP is here.

use std::ffi::{CStr, CString, c_char, c_int, c_ulong, c_void};
use std::io;
use std::mem::transmute_copy;
use std::ptr::{null, null_mut};

/// The library's names: Debian 12's, and 13's.
const NAMES: [&CStr; 2] = [c"libldap-2.5.so.0", c"libldap.so.2"];

const OPT_PROTOCOL_VERSION: c_int = 0x11;
const OPT_X_TLS_CACERTFILE: c_int = 0x6002;
const OPT_X_TLS_REQUIRE_CERT: c_int = 0x6006;
const X_TLS_DEMAND: c_int = 2;
const SCOPE_SUBTREE: c_int = 2;
const MOD_ADD: c_int = 0;
const MOD_DELETE: c_int = 1;
/// Values are given with their lengths.
const MOD_BVALUES: c_int = 0x80;
const SUCCESS: c_int = 0;
const INVALID_CREDENTIALS: c_int = 49;

/// `LDAP`, of which only the library knows more.
#[repr(C)]
struct Ldap {
    _private: [u8; 0],
}

/// `LDAPMessage`.
#[repr(C)]
struct Message {
    _private: [u8; 0],
}

/// `struct berval`.
#[repr(C)]
struct Value {
    length: c_ulong,
    bytes: *mut c_char,
}

/// `LDAPMod` with values of known lengths.
#[repr(C)]
struct Change {
    operation: c_int,
    attribute: *mut c_char,
    values: *mut *mut Value,
}

/// `LDAPControl **`, always null here.
type Controls = *const c_void;

type Initialize = unsafe extern "C" fn(*mut *mut Ldap, *const c_char) -> c_int;
type SetOption = unsafe extern "C" fn(*mut Ldap, c_int, *const c_void) -> c_int;
type Bind = unsafe extern "C" fn(
    *mut Ldap,
    *const c_char,
    *const c_char,
    *const Value,
    Controls,
    Controls,
    *mut *mut Value,
) -> c_int;
type Search = unsafe extern "C" fn(
    *mut Ldap,
    *const c_char,
    c_int,
    *const c_char,
    *const *const c_char,
    c_int,
    Controls,
    Controls,
    *const c_void,
    c_int,
    *mut *mut Message,
) -> c_int;
type FirstEntry = unsafe extern "C" fn(*mut Ldap, *mut Message) -> *mut Message;
type GetDn = unsafe extern "C" fn(*mut Ldap, *mut Message) -> *mut c_char;
type MemFree = unsafe extern "C" fn(*mut c_void);
type MsgFree = unsafe extern "C" fn(*mut Message) -> c_int;
type GetValues = unsafe extern "C" fn(*mut Ldap, *mut Message, *const c_char) -> *mut *mut Value;
type FreeValues = unsafe extern "C" fn(*mut *mut Value);
type Modify = unsafe extern "C" fn(
    *mut Ldap,
    *const c_char,
    *const *const Change,
    Controls,
    Controls,
) -> c_int;
type Unbind = unsafe extern "C" fn(*mut Ldap, Controls, Controls) -> c_int;
type ErrorText = unsafe extern "C" fn(c_int) -> *const c_char;

/// The library's functions, which stay where they are until the process ends.
pub struct Library {
    initialize: Initialize,
    set_option: SetOption,
    bind: Bind,
    search: Search,
    first_entry: FirstEntry,
    get_dn: GetDn,
    mem_free: MemFree,
    msg_free: MsgFree,
    get_values: GetValues,
    free_values: FreeValues,
    modify: Modify,
    unbind: Unbind,
    error_text: ErrorText,
}

impl Library {
    /// Opens it, and has all connections trust `authority`, a file, alone.
    ///
    /// # Errors
    /// When it is not installed, or takes no such authority.
    pub fn open(authority: &str) -> io::Result<Self> {
        let handle = NAMES.iter().find_map(|name| open(name)).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "no libldap: apt-get install ldap-utils")
        })?;
        // SAFETY: each name is that of a function of libldap, whose prototype in ldap.h is that of
        // the field.
        let library = unsafe { Self::of(handle) }?;
        let authority = CString::new(authority)?;
        library.check(library.option(
            null_mut(),
            OPT_X_TLS_CACERTFILE,
            authority.as_ptr().cast(),
        ))?;
        let demand: c_int = X_TLS_DEMAND;
        let demand = (&raw const demand).cast();
        library.check(library.option(null_mut(), OPT_X_TLS_REQUIRE_CERT, demand))?;
        Ok(library)
    }

    /// Finds all functions.
    ///
    /// # Safety
    /// `handle` is an open libldap.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one promise for all of them")]
    unsafe fn of(handle: *mut c_void) -> io::Result<Self> {
        // SAFETY: the caller promises that the names are libldap's own, so that they have the
        // types of ldap.h.
        unsafe {
            Ok(Self {
                initialize: symbol(handle, c"ldap_initialize")?,
                set_option: symbol(handle, c"ldap_set_option")?,
                bind: symbol(handle, c"ldap_sasl_bind_s")?,
                search: symbol(handle, c"ldap_search_ext_s")?,
                first_entry: symbol(handle, c"ldap_first_entry")?,
                get_dn: symbol(handle, c"ldap_get_dn")?,
                mem_free: symbol(handle, c"ldap_memfree")?,
                msg_free: symbol(handle, c"ldap_msgfree")?,
                get_values: symbol(handle, c"ldap_get_values_len")?,
                free_values: symbol(handle, c"ldap_value_free_len")?,
                modify: symbol(handle, c"ldap_modify_ext_s")?,
                unbind: symbol(handle, c"ldap_unbind_ext_s")?,
                error_text: symbol(handle, c"ldap_err2string")?,
            })
        }
    }

    fn option(&self, handle: *mut Ldap, option: c_int, value: *const c_void) -> c_int {
        // SAFETY: the handle is open, or null for what holds for all; the options used here read
        // an `int` or a text, which outlive the call.
        unsafe { (self.set_option)(handle, option, value) }
    }

    fn check(&self, code: c_int) -> io::Result<()> {
        if code == SUCCESS {
            return Ok(());
        }
        // SAFETY: the call takes an integer.
        let text = unsafe { (self.error_text)(code) };
        // SAFETY: the texts are constants of the library.
        let text = unsafe { CStr::from_ptr(text) };
        Err(io::Error::other(format!("libldap: {} ({code})", text.to_string_lossy())))
    }

    /// A new connection, which is made at the first operation.
    ///
    /// # Errors
    /// When the address is none.
    pub fn connect(&self, uri: &CStr) -> io::Result<Connection<'_>> {
        let mut handle = null_mut();
        // SAFETY: `handle` is writable, and the text ends with a NUL.
        self.check(unsafe { (self.initialize)(&raw mut handle, uri.as_ptr()) })?;
        let connection = Connection { library: self, handle };
        let version: c_int = 3;
        self.check(self.option(handle, OPT_PROTOCOL_VERSION, (&raw const version).cast()))?;
        Ok(connection)
    }
}

/// Opens a library, and leaves it open.
fn open(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the text ends with a NUL, and the library's constructors expect nothing.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
    (!handle.is_null()).then_some(handle)
}

/// A function of a library.
///
/// # Safety
/// `F` is a function pointer of the type that the function has.
unsafe fn symbol<F: Copy>(handle: *mut c_void, name: &CStr) -> io::Result<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: the handle is open, and the text ends with a NUL.
    let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
    if address.is_null() {
        let name = name.to_string_lossy();
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("libldap has no {name}")));
    }
    // SAFETY: the caller promises the type, and an address has the size of a function pointer.
    Ok(unsafe { transmute_copy(&address) })
}

/// Somebody who was found.
pub struct Found {
    /// Their name in the directory.
    pub dn: CString,
    /// The first value of the first attribute that was asked for.
    pub value: Option<Vec<u8>>,
}

/// A connection to a directory.
pub struct Connection<'a> {
    library: &'a Library,
    handle: *mut Ldap,
}

impl Connection<'_> {
    /// Binds with a password. Whether the directory takes it.
    ///
    /// # Errors
    /// When it says anything but yes or no.
    pub fn bind(&self, dn: &CStr, password: &[u8]) -> io::Result<bool> {
        let password = value(password);
        // SAFETY: the texts end with a NUL, and the library only reads the password.
        let code = unsafe {
            (self.library.bind)(
                self.handle,
                dn.as_ptr(),
                null(),
                &raw const password,
                null(),
                null(),
                null_mut(),
            )
        };
        if code == INVALID_CREDENTIALS {
            return Ok(false);
        }
        self.library.check(code).map(|()| true)
    }

    /// The entry that matches `filter`, with attributes, and the first value of the first of them.
    ///
    /// # Errors
    /// When the directory does not answer.
    pub fn search(
        &self,
        base: &CStr,
        filter: &CStr,
        attributes: &[&CStr],
    ) -> io::Result<Option<Found>> {
        let names = attributes.iter().map(|attribute| attribute.as_ptr());
        let list: Vec<_> = names.chain([null()]).collect();
        let mut result = null_mut();
        // SAFETY: the texts and the list end as they should, and outlive the call.
        let code = unsafe {
            (self.library.search)(
                self.handle,
                base.as_ptr(),
                SCOPE_SUBTREE,
                filter.as_ptr(),
                list.as_ptr(),
                0,
                null(),
                null(),
                null(),
                0,
                &raw mut result,
            )
        };
        let found = self.library.check(code).map(|()| self.first(result, attributes.first()?));
        // SAFETY: the result is this call's own, or null, and nothing refers to it any more.
        unsafe { (self.library.msg_free)(result) };
        found
    }

    fn first(&self, result: *mut Message, attribute: &CStr) -> Option<Found> {
        // SAFETY: the result is one of a search on this connection.
        let entry = unsafe { (self.library.first_entry)(self.handle, result) };
        if entry.is_null() {
            return None;
        }
        // SAFETY: the entry is part of the result.
        let dn = unsafe { (self.library.get_dn)(self.handle, entry) };
        if dn.is_null() {
            return None;
        }
        // SAFETY: the name ends with a NUL.
        let name = unsafe { CStr::from_ptr(dn) }.to_owned();
        // SAFETY: the library has allocated it for this call.
        unsafe { (self.library.mem_free)(dn.cast()) };
        // SAFETY: the entry is part of the result, and the text ends with a NUL.
        let values = unsafe { (self.library.get_values)(self.handle, entry, attribute.as_ptr()) };
        Some(Found { dn: name, value: self.take_first(values) })
    }

    /// Copies the first of a list of values, and frees the list.
    fn take_first(&self, values: *mut *mut Value) -> Option<Vec<u8>> {
        if values.is_null() {
            return None;
        }
        // SAFETY: a list that is not null has at least one value, or null at its end.
        let first = unsafe { values.read() };
        // SAFETY: a value that is not null is whole, and stays until the list is freed.
        let first = unsafe { first.as_ref() };
        let copy = first.map(|value| {
            let length = usize::try_from(value.length).unwrap_or_default();
            // SAFETY: the value has as many bytes as it says.
            unsafe { std::slice::from_raw_parts(value.bytes.cast::<u8>(), length) }.to_vec()
        });
        // SAFETY: the list is this call's own.
        unsafe { (self.library.free_values)(values) };
        copy
    }

    /// Takes a value of an attribute away, where there is one, and adds another, in one step.
    ///
    /// # Errors
    /// When the directory refuses.
    pub fn exchange(
        &self,
        dn: &CStr,
        attribute: &CStr,
        old: Option<&[u8]>,
        new: &[u8],
    ) -> io::Result<()> {
        let (mut old_value, mut new_value) = (value(old.unwrap_or_default()), value(new));
        let mut old_values = [&raw mut old_value, null_mut()];
        let mut new_values = [&raw mut new_value, null_mut()];
        let change = |operation, values: *mut *mut Value| Change {
            operation: operation | MOD_BVALUES,
            attribute: attribute.as_ptr().cast_mut(),
            values,
        };
        let delete = change(MOD_DELETE, old_values.as_mut_ptr());
        let add = change(MOD_ADD, new_values.as_mut_ptr());
        let first = if old.is_some() { &raw const delete } else { null() };
        let both = [first, &raw const add, null()];
        let changes = if old.is_some() { &both[..] } else { &both[1..] };
        // SAFETY: the lists end with null, and the library only reads what they point to, all of
        // which outlives the call.
        let code = unsafe {
            (self.library.modify)(self.handle, dn.as_ptr(), changes.as_ptr(), null(), null())
        };
        self.library.check(code)
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nobody uses it after this.
        unsafe { (self.library.unbind)(self.handle, null(), null()) };
    }
}

/// Bytes for a call that only reads them.
fn value(bytes: &[u8]) -> Value {
    Value {
        length: c_ulong::try_from(bytes.len()).unwrap_or(c_ulong::MAX),
        bytes: bytes.as_ptr().cast_mut().cast(),
    }
}
