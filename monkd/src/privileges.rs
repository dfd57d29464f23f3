//! What the engine gives up, and what it forbids to be done to it.

use std::io;

use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{User, geteuid, initgroups, setresgid, setresuid};

use crate::outage::Outage;

/// No core dumps, and no process of another user may read this one's memory (prctl(2),
/// `PR_SET_DUMPABLE`): it holds keys and passwords.
///
/// # Errors
/// [`Outage::Setup`] when the kernel refuses.
pub fn forbid_dumps() -> Result<(), Outage> {
    prctl::set_dumpable(false).map_err(setup)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(setup)
}

/// Allows as many descriptors as the service manager does: each conversation is one, and the
/// usual limit of 1,024 is older than servers with thousands of logins at once.
///
/// # Errors
/// [`Outage::Setup`] when the kernel refuses.
pub fn allow_descriptors() -> Result<(), Outage> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).map_err(setup)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).map_err(setup)
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
        // Started by a setuid program the real user is still somebody else.
        return setresuid(geteuid(), geteuid(), geteuid()).map_err(setup);
    };
    let name = std::ffi::CString::new(user.name).map_err(|_| setup(nix::errno::Errno::EINVAL))?;
    initgroups(&name, user.gid).map_err(setup)?;
    setresgid(user.gid, user.gid, user.gid).map_err(setup)?;
    setresuid(user.uid, user.uid, user.uid).map_err(setup)?;
    // Changing the uid makes a process dumpable again.
    forbid_dumps()
}

fn setup(error: nix::errno::Errno) -> Outage {
    Outage::Setup(format!("privileges: {}", io::Error::from(error)))
}
