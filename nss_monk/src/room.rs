//! The memory that a caller offers for an answer.

use std::marker::PhantomData;
use std::ptr;

use libc::c_char;

use crate::failure::Failure;

/// Memory of the caller, which need not hold anything yet. Only as much of it is touched as an answer needs.
pub(crate) struct Room<'a> {
    start: *mut u8,
    length: usize,
    /// Bytes at the beginning that hold something.
    ready: usize,
    offered: PhantomData<&'a mut [u8]>,
}

impl Room<'_> {
    /// The memory at `start`.
    ///
    /// # Safety
    /// `length` bytes can be written there, and belong to nobody else as long as the room does.
    pub(crate) unsafe fn new(start: *mut c_char, length: usize) -> Self {
        let length = if start.is_null() { 0 } else { length };
        Self { start: start.cast(), length, ready: 0, offered: PhantomData }
    }

    /// Its first bytes. What was in those that were ready before stays, and the others are 0.
    ///
    /// # Errors
    /// [`Failure::TooSmall`] where it has fewer.
    pub(crate) fn first(&mut self, bytes: usize) -> Result<&mut [u8], Failure> {
        if bytes > self.length {
            return Err(Failure::TooSmall);
        }
        if bytes == 0 {
            return Ok(&mut []);
        }
        if bytes > self.ready {
            // SAFETY: `ready` is within the `length` bytes of the caller.
            let new = unsafe { self.start.add(self.ready) };
            // SAFETY: the bytes from `ready` to `bytes` are within the caller's, and writable.
            unsafe { ptr::write_bytes(new, 0, bytes - self.ready) };
            self.ready = bytes;
        }
        // SAFETY: so many bytes are initialised, and are this room's alone as long as the slice.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.start, bytes) })
    }

    /// The address of one of the bytes that are ready, for C.
    pub(crate) fn pointer(&self, offset: usize) -> *mut c_char {
        debug_assert!(offset < self.ready);
        self.start.wrapping_add(offset).cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_grows_within_what_was_offered_and_touches_nothing_else() {
        let mut memory = [7_u8; 16];
        // SAFETY: the memory outlives the room, and is used through it alone.
        let mut room = unsafe { Room::new(memory.as_mut_ptr().cast(), 12) };
        room.first(3).unwrap().copy_from_slice(b"abc");
        assert_eq!(room.first(5).unwrap(), b"abc\0\0");
        assert_eq!(room.first(2).unwrap(), b"ab");
        assert_eq!(room.first(13), Err(Failure::TooSmall));
        assert_eq!(room.first(12).unwrap().len(), 12);
        assert_eq!(&memory[..5], b"abc\0\0");
        assert_eq!(memory[12..], [7; 4]);
    }

    #[test]
    fn nothing_fits_into_no_room() {
        // SAFETY: a null pointer is room for nothing.
        let mut room = unsafe { Room::new(ptr::null_mut(), 100) };
        assert_eq!(room.first(1), Err(Failure::TooSmall));
        assert!(room.first(0).unwrap().is_empty());
    }
}
