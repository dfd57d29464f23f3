//! saslauthd, which asks PAM for programs that know Cyrus SASL only.

use crate::World;
use crate::process::Process;

/// Where it listens for a Postfix in its chroot.
const SOCKET: &str = "/var/spool/postfix/var/run/saslauthd/mux";

/// A running saslauthd.
pub struct Saslauthd {
    process: Process,
}

impl Saslauthd {
    /// Starts it as `/etc/default/saslauthd` says, and lets Postfix talk to it.
    ///
    /// Debian's own script does the same, but leaves it running on its own.
    #[track_caller]
    pub fn start(world: &World) -> Self {
        world.command("adduser").args(["--quiet", "postfix", "sasl"]).run().expect_success();
        let script = "\
. /etc/default/saslauthd
[ \"$START\" = yes ] || exit 1
folder=$(echo $OPTIONS | sed 's/.*-m *//; s/ .*//')
install -d -o root -g sasl -m 710 \"$folder\"
exec saslauthd -a $MECHANISMS $MECH_OPTIONS $OPTIONS -n $THREADS -d
";
        let mut process = world.spawn("sh", &["-c", script]);
        world.wait_for_server(&mut process, || world.is_listening_at(SOCKET));
        Self { process }
    }

    /// What it has said.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
