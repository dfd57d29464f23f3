//! vsftpd, an FTP server that asks PAM.

use crate::World;
use crate::process::Process;

/// Its port.
const PORT: u16 = 21;

/// The folder without anything in it, in which it puts processes that need no files. A service
/// manager makes it.
const EMPTY: &str = "/run/vsftpd/empty";

/// A running vsftpd.
pub struct Vsftpd {
    process: Process,
}

impl Vsftpd {
    /// Starts it with the file `settings`, and the world's certificate in place of the one there.
    #[track_caller]
    pub fn start(world: &World, settings: &str) -> Self {
        world.make_folder(EMPTY, 0o755);
        let identity = &world.certificates().good;
        let certificate = format!("-orsa_cert_file={}", identity.certificate.display());
        let key = format!("-orsa_private_key_file={}", identity.key.display());
        let own = ["-obackground=NO", "-odelay_failed_login=0", &certificate, &key];
        let mut process = world.spawn("vsftpd", &[&[settings], &own[..]].concat());
        world.wait_for_server(&mut process, || world.is_listening(PORT));
        Self { process }
    }

    /// `ftp://…`, of a name its certificate is good for.
    #[must_use]
    pub fn url(&self) -> String {
        "ftp://mail.example.org/".to_owned()
    }

    /// What the server has said.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
