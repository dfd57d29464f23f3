//! Which names and numbers are asked for at all.

use std::ffi::CStr;

use monk_wire::names::{LEAST_ID, MAX_NAME};

use crate::failure::Failure;

/// The name as it is asked for, letter by letter.
///
/// # Errors
/// [`Failure::NotFound`] for what cannot stand in passwd(5), and so is nobody's name.
pub(crate) fn possible(name: &CStr) -> Result<&str, Failure> {
    let is_possible =
        |name: &&str| (1..=MAX_NAME).contains(&name.len()) && !name.contains([':', '\n']);
    name.to_str().ok().filter(is_possible).ok_or(Failure::NotFound)
}

/// The uid or gid.
///
/// # Errors
/// [`Failure::NotFound`] for those of the system, which monk never serves, and for the number that means
/// "none" (chown(2)).
pub(crate) fn possible_id(id: u32) -> Result<u32, Failure> {
    if (LEAST_ID..u32::MAX).contains(&id) { Ok(id) } else { Err(Failure::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_names_are_asked_for_as_they_are_and_impossible_ones_never() {
        for name in [c"alice", c"Alice", c"1234", c"m\xc3\xbcller", c"a b", c"-", c"CORP\\alice"] {
            assert_eq!(possible(name), Ok(name.to_str().unwrap()));
        }
        for name in [c"", c"a:b", c"a\nb", c"\xff"] {
            assert_eq!(possible(name), Err(Failure::NotFound), "{name:?}");
        }
        let longest = std::ffi::CString::new("x".repeat(MAX_NAME)).unwrap();
        assert!(possible(&longest).is_ok());
        let longer = std::ffi::CString::new("x".repeat(MAX_NAME + 1)).unwrap();
        assert_eq!(possible(&longer), Err(Failure::NotFound));
    }

    #[test]
    fn numbers_of_the_system_are_never_asked_for() {
        for id in [LEAST_ID, 65_534, 3_000_000_000, u32::MAX - 1] {
            assert_eq!(possible_id(id), Ok(id));
        }
        for id in [0, LEAST_ID - 1, u32::MAX] {
            assert_eq!(possible_id(id), Err(Failure::NotFound));
        }
    }
}
