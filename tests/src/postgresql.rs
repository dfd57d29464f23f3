//! PostgreSQL, a database server that asks PAM, and is not root.

use crate::World;
use crate::process::Process;

/// Its port.
const PORT: u16 = 5432;

/// The data of the one server of a world.
const DATA: &str = "/var/lib/postgresql/world";

/// Where Debian's psql looks for the server of this machine.
const SOCKETS: &str = "/var/run/postgresql";

/// The system user who runs it.
const ACCOUNT: &str = "postgres";

/// A running PostgreSQL.
pub struct Postgresql {
    world: World,
    process: Process,
}

impl Postgresql {
    /// Makes a cluster whose `pg_hba.conf` is the given text, and starts the server.
    #[track_caller]
    pub fn start(world: &World, pg_hba: &str) -> Self {
        for folder in [DATA, SOCKETS] {
            world.command("install").args(["-d", "-o", ACCOUNT, folder]).run().expect_success();
        }
        let programs = programs(world);
        // The system of the world lasts for one test, so nothing has to reach a disk.
        let quick = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8"];
        let initdb = world.command(format!("{programs}/initdb")).args(["-D", DATA]).args(quick);
        initdb.as_user(ACCOUNT).run().expect_success();
        world.write(format!("{DATA}/pg_hba.conf"), pg_hba, 0o644);
        let identity = &world.certificates().good;
        for (file, name) in [(&identity.certificate, "server.crt"), (&identity.key, "server.key")] {
            let command = world.command("install").args(["-o", ACCOUNT, "-m", "600"]).arg(file);
            command.arg(format!("{DATA}/{name}")).run().expect_success();
        }
        let settings = ["-c", "ssl=on", "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"];
        let sockets = format!("unix_socket_directories={SOCKETS}");
        let server = world.command(format!("{programs}/postgres")).args(["-D", DATA, "-c"]);
        let mut process = server.arg(sockets).args(settings).as_user(ACCOUNT).spawn();
        world.wait_for_server(&mut process, || {
            world.is_listening(PORT) && process_is_ready(world, &programs)
        });
        Self { world: world.clone(), process }
    }

    /// Adds users of the database, without a password.
    #[track_caller]
    pub fn add_roles(&self, names: &[String]) {
        let orders: String =
            names.iter().map(|name| format!("CREATE ROLE \"{name}\" LOGIN;")).collect();
        let psql = self.world.command("psql").args(["-d", "postgres", "-c", &orders]);
        psql.as_user(ACCOUNT).run().expect_success();
    }

    /// Where clients connect to with TLS, without the user.
    #[must_use]
    pub fn connection(&self) -> String {
        let authority = self.world.certificates().authority.display();
        format!("host=mail.example.org dbname=postgres sslmode=verify-full sslrootcert={authority}")
    }

    /// What the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}

/// Whether the server takes connections.
fn process_is_ready(world: &World, programs: &str) -> bool {
    let ask = world.command(format!("{programs}/pg_isready")).args(["-q", "-h", SOCKETS]);
    ask.run().success()
}

/// The folder of the server's programs, which has the version in its name.
#[track_caller]
fn programs(world: &World) -> String {
    let list = world.command("sh").args(["-c", "ls -d /usr/lib/postgresql/*/bin"]).run();
    let list = list.expect_success().stdout;
    list.lines().next_back().expect("the server is installed").to_owned()
}
