//! What the engine gives up, and what it forbids to be done to it.

use std::io;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::prctl;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{
    Gid, Pid, User, chdir, getegid, geteuid, getgid, initgroups, setgroups, setresgid, setresuid,
};

use crate::outage::Outage;

/// Descriptors of one conversation: the store, the directory, a mail server, and plenty to spare.
const DESCRIPTORS: rlim_t = 1024;

/// What one thread's stack may take, as on every usual system.
const STACK: rlim_t = 8 * 1024 * 1024;

/// What an engine that was started by somebody's program needs, whatever that program was allowed.
const LIMITS: [(Resource, rlim_t); 6] = [
    (Resource::RLIMIT_AS, RLIM_INFINITY),
    (Resource::RLIMIT_CPU, RLIM_INFINITY),
    (Resource::RLIMIT_DATA, RLIM_INFINITY),
    (Resource::RLIMIT_NOFILE, DESCRIPTORS),
    (Resource::RLIMIT_NPROC, RLIM_INFINITY),
    (Resource::RLIMIT_STACK, STACK),
];

/// Leaves behind what came from the program that has started this engine. For su and sudo that is
/// what their user has chosen before anybody was authenticated.
///
/// # Errors
/// [`Outage::Setup`] when the kernel refuses. A file size limit that stays is an outage, too: its
/// user would choose the write at which the engine ends, such as the one that counts a failure.
pub fn leave_caller() -> Result<(), Outage> {
    umask(Mode::from_bits_truncate(0o077));
    chdir("/").map_err(setup)?;
    take_turns_like_others();
    for (limit, needed) in LIMITS {
        allow(limit, needed).map_err(setup)?;
    }
    let size = allow(Resource::RLIMIT_FSIZE, RLIM_INFINITY).map_err(setup)?;
    if size != RLIM_INFINITY {
        return Err(Outage::Setup(format!(
            "the program that wants to log somebody in may write files of {size} bytes only: lift \
             that limit (ulimit -f), or have monkd run as a service"
        )));
    }
    Ok(())
}

/// Runs on every core, and is not the first to end when memory runs short. Whoever has called su may
/// have chosen otherwise: while this engine holds a lock, everybody would wait for it.
///
/// What a container does not allow stays as it is.
fn take_turns_like_others() {
    let mut cores = CpuSet::new();
    // Only those that there are count.
    let set_all = (0..CpuSet::count()).try_for_each(|core| cores.set(core));
    let _ = set_all.and_then(|()| sched_setaffinity(Pid::from_raw(0), &cores));
    let _ = std::fs::write("/proc/self/oom_score_adj", "0");
}

/// Allows as much as is `needed`, or as is possible: a container may keep its root from going above
/// a hard limit. How much it is.
fn allow(limit: Resource, needed: rlim_t) -> nix::Result<rlim_t> {
    let (now, most) = getrlimit(limit)?;
    if now >= needed {
        return Ok(now);
    }
    match setrlimit(limit, needed, most.max(needed)) {
        Err(Errno::EPERM) => setrlimit(limit, most, most).map(|()| most),
        other => other.map(|()| needed),
    }
}

/// No core dumps, and no process of another user may read this one's memory (prctl(2),
/// `PR_SET_DUMPABLE`): it holds keys and passwords.
///
/// # Errors
/// [`Outage::Setup`] when the kernel refuses.
pub fn forbid_dumps() -> Result<(), Outage> {
    prctl::set_dumpable(false).map_err(setup)?;
    limit_to(Resource::RLIMIT_CORE, 0, 0).map_err(setup)
}

/// Sets a limit that is not so already: a service manager that has set it may forbid this process to
/// set any.
fn limit_to(limit: Resource, now: rlim_t, most: rlim_t) -> nix::Result<()> {
    match getrlimit(limit)? == (now, most) {
        true => Ok(()),
        false => setrlimit(limit, now, most),
    }
}

/// Allows as many descriptors as the service manager does: each conversation is one, and the
/// usual limit of 1,024 is older than servers with thousands of logins at once.
///
/// # Errors
/// [`Outage::Setup`] when the kernel refuses.
pub fn allow_descriptors() -> Result<(), Outage> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).map_err(setup)?;
    limit_to(Resource::RLIMIT_NOFILE, most, most).map_err(setup)
}

/// How many descriptors this process may have.
#[must_use]
pub fn descriptors() -> usize {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(DESCRIPTORS, |(now, _)| now);
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Becomes `user`, where this process is root's and such a user exists. A host without the user
/// (a container, a trial) runs the engine as root.
///
/// # Errors
/// [`Outage::Setup`] when the privileges cannot be dropped wholly.
pub fn become_user(user: &str) -> Result<(), Outage> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let Some(user) = User::from_name(user).map_err(setup)? else {
        return become_root().map_err(setup);
    };
    let name = std::ffi::CString::new(user.name).map_err(|_| setup(Errno::EINVAL))?;
    initgroups(&name, user.gid).map_err(setup)?;
    setresgid(user.gid, user.gid, user.gid).map_err(setup)?;
    setresuid(user.uid, user.uid, user.uid).map_err(setup)?;
    // Changing the uid makes a process dumpable again.
    forbid_dumps()
}

/// Started by a setuid program, the real user is still somebody else, who could stop this process,
/// and so are the groups.
fn become_root() -> nix::Result<()> {
    let root = Gid::from_raw(0);
    if getgid() != root || getegid() != root {
        setgroups(&[])?;
        setresgid(root, root, root)?;
    }
    setresuid(geteuid(), geteuid(), geteuid())
}

fn setup(error: Errno) -> Outage {
    Outage::Setup(format!("privileges: {}", io::Error::from(error)))
}
