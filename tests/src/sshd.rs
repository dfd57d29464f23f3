//! OpenSSH's server.

use crate::World;
use crate::process::Process;

/// The host key, made once for all servers of a world.
pub(crate) const HOST_KEY: &str = "/etc/ssh/world_host_key";

/// How an [`Sshd`] is set up.
#[derive(Clone, Debug)]
pub struct SshdOptions {
    /// Its name, for its configuration, when a world has several.
    pub name: String,
    /// The port it listens on.
    pub port: u16,
    /// `KbdInteractiveAuthentication`: a conversation with PAM that can ask several questions.
    pub keyboard_interactive: bool,
    /// `PasswordAuthentication`: one string, which answers everything that PAM asks.
    pub password: bool,
    /// More lines of `sshd_config`, such as `AuthenticationMethods publickey,keyboard-interactive`.
    /// They come first, and sshd takes the first value it reads of a setting: they override all
    /// others.
    pub config: String,
}

impl Default for SshdOptions {
    fn default() -> Self {
        Self {
            name: "sshd".to_owned(),
            port: 22,
            keyboard_interactive: true,
            password: false,
            config: String::new(),
        }
    }
}

/// A running sshd. Its PAM service is `sshd`, whatever its name here.
pub struct Sshd {
    options: SshdOptions,
    process: Process,
}

impl Sshd {
    /// Writes a configuration and starts the server.
    #[track_caller]
    pub fn start(world: &World, options: SshdOptions) -> Self {
        let file = format!("/etc/ssh/{}_config", options.name);
        world.write(&file, configuration(&options), 0o644);
        world.make_folder("/run/sshd", 0o755);
        if !world.exists(HOST_KEY) {
            world
                .command("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f", HOST_KEY])
                .run()
                .expect_success();
        }
        // sshd starts itself again for each connection, and wants to know where it is.
        let mut process = world.spawn("/usr/sbin/sshd", &["-D", "-e", "-f", &file]);
        world.wait_for_server(&mut process, || world.is_listening(options.port));
        Self { options, process }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.options.port
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits until the server has logged `text`.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.process.wait_for_log(text);
    }

    /// The listening process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

fn configuration(options: &SshdOptions) -> String {
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
    format!(
        "\
{config}
ListenAddress 127.0.0.1
Port {port}
HostKey {HOST_KEY}
PidFile none
UsePAM yes
KbdInteractiveAuthentication {keyboard_interactive}
PasswordAuthentication {password}
UseDNS no
PrintMotd no
PrintLastLog no
LogLevel VERBOSE
LoginGraceTime 60
MaxStartups 100
",
        config = options.config,
        port = options.port,
        keyboard_interactive = yes_or_no(options.keyboard_interactive),
        password = yes_or_no(options.password),
    )
}
