//! The system calls that the standard library and nix do not offer safely. All `unsafe` of this
//! crate is here.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{chdir, pivot_root, setsid, write};

/// The root of the file tree, as the kernel wants it.
const ROOT: &CStr = c"/";

/// `struct mount_attr` of mount_setattr(2), which libc lacks for glibc.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// `MOUNT_ATTR_RDONLY`.
const READ_ONLY: u64 = 1;

/// What would reach out of a machine: `CAP_SYS_MODULE` and `CAP_SYS_TIME`. systemd leaves out what it has no
/// right to.
const NOT_FOR_MACHINES: [libc::c_ulong; 2] = [16, 25];

/// Makes every mount the calling thread can see read-only, for its mount namespace alone.
///
/// The caller must have left the mount namespace of the machine before.
pub(crate) fn make_all_mounts_read_only() -> io::Result<()> {
    let attributes =
        MountAttributes { set: READ_ONLY, clear: 0, propagation: 0, user_namespace: 0 };
    // SAFETY: the path is a NUL-terminated constant, and `attributes` is a live `mount_attr` of the
    // size that is passed with it. The kernel reads both during the call and keeps neither.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            ROOT.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `OPEN_TREE_CLONE`, of open_tree(2).
const OPEN_TREE_CLONE: libc::c_int = 1;

/// `MOVE_MOUNT_F_EMPTY_PATH`, of move_mount(2): the mount is named by its descriptor alone.
const MOVE_MOUNT_F_EMPTY_PATH: libc::c_int = 4;

/// A mount of a folder that is nowhere yet, so that it can be put into another mount namespace.
pub(crate) fn mount_of(folder: &CStr) -> io::Result<OwnedFd> {
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC;
    // SAFETY: the path is NUL-terminated and lives during the call, which keeps nothing of it.
    let result =
        unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, folder.as_ptr(), flags) };
    let descriptor = i32::try_from(result).ok().filter(|descriptor| *descriptor >= 0);
    let descriptor = descriptor.ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the call has just opened it, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Puts such a mount onto a folder of the calling thread's mount namespace.
pub(crate) fn put_mount(mount: &OwnedFd, place: &CStr) -> io::Result<()> {
    // SAFETY: both paths are NUL-terminated and live during the call, which keeps nothing of them;
    // the descriptor is open.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            place.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives the program a session and a process group of its own, without a terminal, and the usual
/// umask.
///
/// Programs that would ask at `/dev/tty` thus never reach the terminal of whoever runs the tests.
pub(crate) fn detach(command: &mut Command) {
    let prepare = || {
        umask(Mode::from_bits_truncate(0o022));
        setsid()?;
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes two system calls that are async-signal-safe;
    // it allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
}

/// Makes the program the first process of a machine: a member of the control group whose file of members
/// this is, with a view of it as the root of all groups, and with `root` as the root of its files. It is
/// killed when the thread that starts it ends.
///
/// The thread must be in new namespaces of mounts and of processes.
pub(crate) fn become_first_process(command: &mut Command, members: File, root: &'static str) {
    let prepare = move || {
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        setsid()?;
        umask(Mode::from_bits_truncate(0o022));
        for capability in NOT_FOR_MACHINES {
            // SAFETY: the call takes integers only.
            Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) })?;
        }
        write(&members, b"0")?;
        unshare(CloneFlags::CLONE_NEWCGROUP)?;
        chdir(root)?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("proc"), "proc", Some("proc"), flags, None::<&str>)?;
        mount(Some("cgroup2"), "sys/fs/cgroup", Some("cgroup2"), flags, None::<&str>)?;
        // The new root comes to lie over the old one, which then goes.
        pivot_root(".", ".")?;
        umount2(".", MntFlags::MNT_DETACH)?;
        chdir("/")?;
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes system calls that are async-signal-safe, with short
    // paths that nix copies to the stack; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
}

/// Sends a signal by its number, for those real-time signals by which systemd is told what to do.
pub(crate) fn send_signal(process: u32, number: i32) -> io::Result<()> {
    // SAFETY: the call takes integers only.
    let result = unsafe { libc::kill(process.cast_signed(), number) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Makes the calling thread alone a user's, without groups and capabilities; it cannot go back.
///
/// The C library's own functions would change all threads.
pub(crate) fn become_user_on_this_thread(uid: u32) -> io::Result<()> {
    let check = |result| if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) };
    // SAFETY: without groups, the kernel reads nothing from the null pointer.
    check(unsafe { libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<libc::gid_t>()) })?;
    // SAFETY: the call takes integers only.
    check(unsafe { libc::syscall(libc::SYS_setresgid, uid, uid, uid) })?;
    // SAFETY: as above.
    check(unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) })
}
