//! Look-ups through the C library.

use std::ffi::{CStr, CString};
use std::mem::zeroed;
use std::ptr;

use libc::{c_char, c_int};

/// Most memory for one entry.
const MOST: usize = 1 << 24;

/// What is looked up.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    User(CString),
    Uid(u32),
    Group(CString),
    Gid(u32),
    Groups(CString),
    Ageing(CString),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The entry as its file would have it.
    pub(crate) entry: Option<String>,
    pub(crate) errno: c_int,
}

impl Answer {
    /// Something that tells answers apart, for an exit status.
    pub(crate) fn as_byte(&self) -> u8 {
        let found = if self.entry.is_some() { 100 } else { 0 };
        found + u8::try_from(self.errno).unwrap_or(u8::MAX - 100)
    }
}

impl Question {
    /// Reads `user:alice` and its like.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, what) = text.split_once(':')?;
        let name = || CString::new(what).ok();
        Some(match kind {
            "user" => Self::User(name()?),
            "uid" => Self::Uid(what.parse().ok()?),
            "group" => Self::Group(name()?),
            "gid" => Self::Gid(what.parse().ok()?),
            "groups" => Self::Groups(name()?),
            "ageing" => Self::Ageing(name()?),
            _ => return None,
        })
    }

    /// Asks the C library.
    pub(crate) fn ask(&self) -> Answer {
        match self {
            Self::Groups(name) => groups(name),
            Self::User(_) | Self::Uid(_) => grown(|memory, found| self.user(memory, found)),
            Self::Group(_) | Self::Gid(_) => grown(|memory, found| self.group(memory, found)),
            Self::Ageing(name) => grown(|memory, found| ageing(name, memory, found)),
        }
    }

    fn user(&self, memory: &mut [u8], found: &mut Option<String>) -> c_int {
        // SAFETY: all-zero bytes are a valid `passwd` of integers and null pointers.
        let mut entry: libc::passwd = unsafe { zeroed() };
        let mut result = ptr::null_mut();
        let (start, length) = (memory.as_mut_ptr().cast(), memory.len());
        let (entry_at, result_at) = (&raw mut entry, &raw mut result);
        let code = match self {
            // SAFETY: the memory is writable for its length, and everything outlives the call.
            Self::Uid(uid) => unsafe { libc::getpwuid_r(*uid, entry_at, start, length, result_at) },
            Self::User(name) => {
                // SAFETY: as above.
                unsafe { libc::getpwnam_r(name.as_ptr(), entry_at, start, length, result_at) }
            }
            _ => unreachable!("no question for a user"),
        };
        if !result.is_null() {
            let [name, password, gecos, home, shell] =
                [entry.pw_name, entry.pw_passwd, entry.pw_gecos, entry.pw_dir, entry.pw_shell]
                    .map(|text| text_at(text));
            let (uid, gid) = (entry.pw_uid, entry.pw_gid);
            *found = Some(format!("{name}:{password}:{uid}:{gid}:{gecos}:{home}:{shell}"));
        }
        code
    }

    fn group(&self, memory: &mut [u8], found: &mut Option<String>) -> c_int {
        // SAFETY: all-zero bytes are a valid `group` of integers and null pointers.
        let mut entry: libc::group = unsafe { zeroed() };
        let mut result = ptr::null_mut();
        let (start, length) = (memory.as_mut_ptr().cast(), memory.len());
        let (entry_at, result_at) = (&raw mut entry, &raw mut result);
        let code = match self {
            // SAFETY: the memory is writable for its length, and everything outlives the call.
            Self::Gid(gid) => unsafe { libc::getgrgid_r(*gid, entry_at, start, length, result_at) },
            Self::Group(name) => {
                // SAFETY: as above.
                unsafe { libc::getgrnam_r(name.as_ptr(), entry_at, start, length, result_at) }
            }
            _ => unreachable!("no question for a group"),
        };
        if !result.is_null() {
            let (name, password) = (text_at(entry.gr_name), text_at(entry.gr_passwd));
            let members = members_at(entry.gr_mem).join(",");
            *found = Some(format!("{name}:{password}:{}:{members}", entry.gr_gid));
        }
        code
    }
}

/// Doubles the memory until it is enough.
fn grown(mut ask: impl FnMut(&mut [u8], &mut Option<String>) -> c_int) -> Answer {
    let mut memory = vec![0xaa; 256];
    loop {
        let mut entry = None;
        let errno = ask(&mut memory, &mut entry);
        if errno != libc::ERANGE || memory.len() >= MOST {
            return Answer { entry, errno };
        }
        memory = vec![0xaa; memory.len() * 2];
    }
}

fn groups(name: &CStr) -> Answer {
    let mut gids = vec![0; 1];
    loop {
        let mut count = c_int::try_from(gids.len()).expect("a moderate number");
        // The primary group is of no interest, and 0 is nobody's in these tests.
        // SAFETY: there is memory for `count` gids, and everything outlives the call.
        let result =
            unsafe { libc::getgrouplist(name.as_ptr(), 0, gids.as_mut_ptr(), &raw mut count) };
        let count = usize::try_from(count).expect("a count");
        if result >= 0 {
            gids.truncate(count);
            let gids: Vec<_> = gids.iter().filter(|gid| **gid != 0).map(u32::to_string).collect();
            return Answer { entry: Some(gids.join(",")), errno: 0 };
        }
        gids.resize(count.max(gids.len() * 2), 0);
    }
}

fn ageing(name: &CStr, memory: &mut [u8], found: &mut Option<String>) -> c_int {
    // SAFETY: all-zero bytes are a valid `spwd` of integers and null pointers.
    let mut entry: libc::spwd = unsafe { zeroed() };
    let mut result = ptr::null_mut();
    let (start, length) = (memory.as_mut_ptr().cast(), memory.len());
    // SAFETY: the memory is writable for its length, and everything outlives the call.
    let code =
        unsafe { libc::getspnam_r(name.as_ptr(), &raw mut entry, start, length, &raw mut result) };
    if !result.is_null() {
        let (name, password) = (text_at(entry.sp_namp), text_at(entry.sp_pwdp));
        let (change, most) = (entry.sp_lstchg, entry.sp_max);
        *found = Some(format!("{name}:{password}:{change}:{}:{most}", entry.sp_min));
    }
    code
}

fn text_at(text: *const c_char) -> String {
    // SAFETY: the C library ends each text with a NUL.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn members_at(list: *const *mut c_char) -> Vec<String> {
    let mut members = Vec::new();
    let mut place = list;
    loop {
        // SAFETY: the list ends with a null pointer, and this is not behind it.
        let member = unsafe { place.read() };
        if member.is_null() {
            return members;
        }
        members.push(text_at(member));
        // SAFETY: as above.
        place = unsafe { place.add(1) };
    }
}
