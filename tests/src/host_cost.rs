//! What a login costs the program that carries it out, in figures that come out the same on every
//! run: instructions and system calls.

use std::collections::BTreeMap;

use crate::World;
use crate::site::{PamHost, PamHostOptions};
use crate::watch::Watch;

/// Logins that follow the first one. Most of what happens now and then, such as more memory for
/// the program, gets lost in so many.
const FURTHER: u32 = 20;

/// Logins after which everything that is opened and loaded once is there.
const WARM: u32 = 3;

/// How the line that brings a login begins in a trace, and that with its outcome.
const LOGIN: &str = r#"{\"answers\":"#;
const OUTCOME: &str = r#"{\"code\":"#;

/// Rules that end all that libpam reads besides a service's own: they are there for services
/// without a file.
const OTHER: &str = "auth required pam_deny.so\naccount required pam_deny.so\n\
                     password required pam_deny.so\nsession required pam_deny.so\n";

/// What logins have cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCost<T> {
    /// The first one in the life of a program, such as the only one in sshd's.
    pub first: T,
    /// Each further one, such as in Dovecot's worker.
    pub further: T,
}

/// Rules with a module between others that let everybody in, so that the difference of two services
/// is that of their modules: pam_permit.so alone is what libpam itself costs.
#[must_use]
pub fn rules(module: &str) -> String {
    let rule = |kind: &str| format!("{kind} required {module}\n{kind} required pam_permit.so\n");
    format!("{}{}", rule("auth"), rule("account"))
}

/// Instructions in user space. Runs of different lengths are compared, so that what the program does
/// at its start and its end falls out.
///
/// The service is one of the world's `/etc/pam.d`; `log_in` carries out one login that succeeds.
#[track_caller]
pub fn instructions(
    world: &World,
    service: &str,
    log_in: &mut dyn FnMut(&mut PamHost),
) -> HostCost<i64> {
    let mut count = |logins| {
        let watch = Watch::instructions(world);
        run(world, &watch, service, logins, log_in);
        i64::try_from(watch.counted_instructions(world)).expect("less than 2^63 instructions")
    };
    let (none, one, many) = (count(0), count(1), count(1 + FURTHER));
    HostCost { first: one - none, further: (many - one) / i64::from(FURTHER) }
}

/// The system calls of a login that is not the program's first one.
#[track_caller]
pub fn system_calls(
    world: &World,
    service: &str,
    log_in: &mut dyn FnMut(&mut PamHost),
) -> BTreeMap<String, i64> {
    let watch = Watch::system_calls(world);
    run(world, &watch, service, WARM, log_in);
    let trace = watch.trace(world);
    last_login(&trace).unwrap_or_else(|| panic!("strace has seen no login:\n{trace}"))
}

/// One program with so many logins.
#[track_caller]
fn run(
    world: &World,
    watch: &Watch,
    service: &str,
    logins: u32,
    log_in: &mut dyn FnMut(&mut PamHost),
) {
    world.write("/etc/pam.d/other", OTHER, 0o644);
    let options = PamHostOptions {
        service: service.to_owned(),
        under: watch.command(),
        ..PamHostOptions::default()
    };
    let mut host = PamHost::start(world, &options);
    (0..logins).for_each(|_| log_in(&mut host));
    host.finish();
}

/// The calls between the line with the login and the one with its outcome, both left out, of the last
/// login of a trace.
fn last_login(trace: &str) -> Option<BTreeMap<String, i64>> {
    let (_, rest) = trace.rsplit_once(LOGIN)?;
    let (login, _) = rest.split_once(OUTCOME)?;
    // The rest of the line with the login comes first, the begin of that with the outcome last.
    let (_, calls) = login.split_once('\n')?;
    let (calls, _) = calls.rsplit_once('\n')?;
    let mut count = BTreeMap::new();
    for name in calls.lines().filter_map(|line| Some(line.split_once('(')?.0)) {
        *count.entry(name.to_owned()).or_default() += 1;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_the_last_login_are_counted() {
        let trace = r#"read(0, "{\"answers\":[\"x\"],\"user\":\"alice\"}\n", 8192) = 40
connect(3, {sa_family=AF_UNIX}, 110) = 0
write(1, "{\"code\":0,\"micros\":1"..., 40) = 40
read(0, "{\"answers\":[\"x\"],\"user\":\"alice\"}\n", 8192) = 40
sendto(3, "a(b", 3, MSG_NOSIGNAL, NULL, 0) = 3
close(3) = 0
sendto(3, "c", 1, MSG_NOSIGNAL, NULL, 0) = 1
write(1, "{\"code\":0,\"micros\":1"..., 40) = 40
read(0, "", 8192) = 0
"#;
        let expected = [("close", 1), ("sendto", 2)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(last_login(trace), Some(BTreeMap::from(expected)));
        assert_eq!(last_login(""), None);
    }
}
