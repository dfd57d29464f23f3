//! Memory that is given back: that of hashes to the kernel, and all other without what was in it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::ptr;

/// Blocks of at least this many bytes are taken from the kernel one by one, and given back when
/// they are freed. Argon2 takes 19 MiB for a password; what is smaller is worth keeping.
const LARGE: libc::c_int = 4 * 1024 * 1024;

/// Wipes memory before it is used for something else.
///
/// Our own secrets are wiped by their types. Libraries that read and write them for us, such as
/// those of LDAP and mail, leave them in the buffers that they give back.
pub struct Wiping;

// SAFETY: everything is done by the system's allocator, with the layouts that came in; a block is
// written to only while it is still its owner's. `realloc` is the trait's own, which takes a new
// block and gives the old one back here.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by our caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by our caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // The kernel wipes what goes back to it.
        if layout.size() < LARGE as usize {
            // SAFETY: the block has this size, and nobody else may use it any more.
            unsafe { ptr::write_bytes(block, 0, layout.size()) };
            // Or else the compiler may leave out what nobody can read.
            black_box(block);
        }
        // SAFETY: as promised by our caller.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Makes the C library give large blocks back at once.
///
/// By itself it learns from the first hash that blocks of that size come and go, and from then on
/// keeps some for each thread that ever hashed: more than a gigabyte after a flood of logins
/// (mallopt(3), `M_MMAP_THRESHOLD`).
pub fn give_large_blocks_back() {
    // SAFETY: mallopt takes integers only. An unknown parameter is refused and changes nothing.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
    // What is smaller stays, such as the 1 MiB of an app password's hash: given back each time, its
    // pages would cost more than the hash.
    // SAFETY: as above.
    unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE) };
}

/// Makes all threads share one heap.
///
/// By itself the C library sets 64 MiB of addresses apart for each thread, as long as there is room for it. An engine for
/// one login may have to live with the limit of its caller (`RLIMIT_AS`; Dovecot's is 256 MiB), and what was set apart
/// would be missing for a hash (mallopt(3), `M_ARENA_MAX`).
pub fn share_one_heap() {
    // SAFETY: mallopt takes integers only. An unknown parameter is refused and changes nothing.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}
