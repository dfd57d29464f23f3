//! One lookup through the C library.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::raw::{c_char, c_int};
use std::ptr;

/// Room for the texts of a user: what getpwnam(3) begins with, as sysconf(3) says.
const ROOM: usize = 1024;

/// Most groups of a user.
const GROUPS: usize = 4096;

/// What is looked up.
pub enum Lookup {
    User(CString),
    Uid(u32),
    Groups(CString),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Found,
    Missing,
    Unavailable,
}

unsafe extern "C" {
    /// nss.h of the GNU C library.
    fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
}

/// Has all lookups of this process go to one service of the name service switch.
///
/// # Errors
/// Where the C library refuses.
pub fn choose_service(service: &str) -> io::Result<()> {
    let service = CString::new(service)?;
    for database in [c"passwd", c"group", c"initgroups"] {
        // SAFETY: both are C strings that outlive the call, which copies what it keeps.
        let result = unsafe { __nss_configure_lookup(database.as_ptr(), service.as_ptr()) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

impl Lookup {
    /// Reads a line such as `user alice`.
    pub fn parse(line: &str) -> Option<Self> {
        let (what, whom) = line.split_once(' ')?;
        let name = || CString::new(whom).ok();
        match what {
            "user" => name().map(Self::User),
            "uid" => whom.parse().ok().map(Self::Uid),
            "groups" => name().map(Self::Groups),
            _ => None,
        }
    }

    /// Looks it up.
    pub fn carry_out(&self) -> End {
        match self {
            Self::User(name) => user(|entry, room, found| {
                // SAFETY: `name` is a C string, and the others are writable; all outlive the call.
                unsafe {
                    libc::getpwnam_r(name.as_ptr(), entry, room.as_mut_ptr(), room.len(), found)
                }
            }),
            Self::Uid(uid) => user(|entry, room, found| {
                // SAFETY: all pointers are writable and outlive the call.
                unsafe { libc::getpwuid_r(*uid, entry, room.as_mut_ptr(), room.len(), found) }
            }),
            Self::Groups(name) => groups(name),
        }
    }
}

fn user(
    call: impl FnOnce(*mut libc::passwd, &mut [c_char], *mut *mut libc::passwd) -> c_int,
) -> End {
    let mut entry = MaybeUninit::<libc::passwd>::uninit();
    let mut room = [0; ROOM];
    let mut found = ptr::null_mut();
    match call(entry.as_mut_ptr(), &mut room, &raw mut found) {
        0 if found.is_null() => End::Missing,
        0 => End::Found,
        _ => End::Unavailable,
    }
}

/// getgrouplist(3) does not say whether a service has answered: the primary group is always there.
fn groups(name: &CString) -> End {
    let mut gids = [0; GROUPS];
    let mut count = c_int::try_from(GROUPS).unwrap_or(c_int::MAX);
    // SAFETY: `name` is a C string, `gids` has room for `count` numbers, and all outlive the call.
    let result = unsafe {
        libc::getgrouplist(name.as_ptr(), u32::MAX - 1, gids.as_mut_ptr(), &raw mut count)
    };
    match (result, count) {
        (-1, _) => End::Unavailable,
        (_, 0 | 1) => End::Missing,
        _ => End::Found,
    }
}
