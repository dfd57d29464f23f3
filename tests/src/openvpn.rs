//! OpenVPN, whose plugin asks PAM, and its client.

use std::time::Duration;

use data_encoding::BASE64;

use crate::process::Process;
use crate::{World, packages, wait};

/// Where the settings of the server and of the client are.
const SERVER: &str = "/etc/openvpn/server/server.conf";
const CLIENT: &str = "/etc/openvpn/client/client.conf";

/// What a client writes when it is in.
const CONNECTED: &str = "Initialization Sequence Completed";

/// What a client writes when the server does not let it in.
const REFUSED: &str = "AUTH_FAILED";

/// How long a client may take until it is in or refused.
const LIMIT: Duration = Duration::from_secs(30);

/// A running server, with no network behind it.
pub struct Openvpn {
    world: World,
    process: Process,
}

/// A client that is connected, until the handle is dropped.
pub struct Connection(Process);

impl Connection {
    /// What the client has said.
    #[must_use]
    pub fn log(&self) -> String {
        self.0.log()
    }

    /// Waits until the client has said something.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.0.wait_for_log(text);
    }
}

impl Openvpn {
    /// Starts a server with the lines of the file `settings`, which its own settings include. Its
    /// clients renew keys after so many seconds.
    #[track_caller]
    pub fn start(world: &World, settings: &str, renewal: u32) -> Self {
        packages::ensure(&packages::OPENVPN).unwrap_or_else(|error| panic!("{error}"));
        let device = "mkdir -p /dev/net && mknod /dev/net/tun c 10 200";
        world.command("sh").args(["-c", device]).run().expect_success();
        let identity = &world.certificates().good;
        let of_server = format!(
            "\
server 10.8.0.0 255.255.255.0
topology subnet
proto udp4
local 127.0.0.1
dev tun
keepalive 10 60
dh none
ca {authority}
cert {certificate}
key {key}
verify-client-cert none
verb 3
config {settings}
",
            authority = world.certificates().authority.display(),
            certificate = identity.certificate.display(),
            key = identity.key.display(),
        );
        let of_client = format!(
            "\
client
remote mail.example.org
proto udp4
nobind
dev null
ifconfig-noexec
route-noexec
ca {authority}
remote-cert-tls server
reneg-sec {renewal}
",
            authority = world.certificates().authority.display(),
        );
        world.write(SERVER, of_server, 0o600);
        world.write(CLIENT, of_client, 0o644);
        let mut process = world.spawn("openvpn", &["--config", SERVER]);
        let up = wait::until(LIMIT, || {
            (process.log().contains(CONNECTED) || !process.is_running()).then_some(())
        });
        assert!(up.is_some() && process.is_running(), "{}", process.log());
        Self { world: world.clone(), process }
    }

    /// Connects; `None` if the server refuses. With a second box, `code` is typed in there.
    #[track_caller]
    pub fn connect(&self, user: &str, password: &str, code: Option<&str>) -> Option<Connection> {
        // What the client makes of the two boxes (management-notes.txt, SCRV1).
        let typed = match code {
            Some(code) => {
                let [password, code] = [password, code].map(|text| BASE64.encode(text.as_bytes()));
                format!("SCRV1:{password}:{code}")
            }
            None => password.to_owned(),
        };
        self.world.write("/root/vpn", format!("{user}\n{typed}\n"), 0o600);
        let arguments = ["--config", CLIENT, "--auth-user-pass", "/root/vpn"];
        let mut process = self.world.spawn("openvpn", &arguments);
        let answered = wait::until(LIMIT, || {
            let log = process.log();
            let is_known = log.contains(CONNECTED) || log.contains(REFUSED);
            (is_known || !process.is_running()).then_some(())
        });
        if !process.is_running() {
            // Then the log is complete.
            process.wait(LIMIT);
        }
        let log = process.log();
        let (is_in, is_refused) = (log.contains(CONNECTED), log.contains(REFUSED));
        assert!(answered.is_some() && is_in != is_refused, "{log}\n{}", self.log());
        is_in.then_some(Connection(process))
    }

    /// What the server has said.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
