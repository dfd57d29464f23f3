//! The host's user database, as `/etc/nsswitch.conf` puts it together: getpwnam_r(3).

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::ptr;

/// Room for the texts of an entry at first: more than usual ones need.
const USUAL_ROOM: usize = 1024;

/// Most room for one entry. A database that wants more is broken, and this is somebody else's
/// memory.
const MOST_ROOM: usize = 1024 * 1024;

/// The uid of a user; `None` where there is no such user, or where the database does not answer.
pub fn uid_of(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    let mut room = vec![0; USUAL_ROOM];
    loop {
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut found = ptr::null_mut();
        // SAFETY: `name` is a C string, `entry`, `found` and the bytes of `room` are writable, and all
        // of them outlive the call.
        let result = unsafe {
            libc::getpwnam_r(
                name.as_ptr(),
                entry.as_mut_ptr(),
                room.as_mut_ptr(),
                room.len(),
                &raw mut found,
            )
        };
        match result {
            0 if found.is_null() => return None,
            // SAFETY: the call has succeeded and found an entry, so `entry` is filled in.
            0 => return Some(unsafe { entry.assume_init() }.pw_uid),
            libc::ERANGE if room.len() < MOST_ROOM => room.resize(2 * room.len(), 0),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uid_is_that_of_the_database() {
        assert_eq!(uid_of("root"), Some(0));
        for nobody in ["", "root ", "root:x", "ro\0ot", "no such user", &"x".repeat(100_000)] {
            assert_eq!(uid_of(nobody), None);
        }
    }
}
