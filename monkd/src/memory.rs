//! Memory of hashes, given back when they are done.

/// Blocks of at least this many bytes are taken from the kernel one by one, and given back when
/// they are freed. Argon2 takes 19 MiB for a password; what is smaller is worth keeping.
const LARGE: libc::c_int = 4 * 1024 * 1024;

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
