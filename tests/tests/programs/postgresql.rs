//! PostgreSQL's `pam` method, with psql over TLS.

use monk_tests::conformance::{self, About, Door, cases};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Output, Postgresql, Typist};

struct Database(Postgresql);

impl Database {
    /// As the shipped example has it, with these users.
    fn start(site: &Site, roles: &[String]) -> Self {
        site.install_recipe("postgresql");
        site.install_example("postgresql/pg_hba.conf", "/root/pg_hba.conf");
        let server = Postgresql::start(&site.world, &site.world.read("/root/pg_hba.conf"));
        server.add_roles(roles);
        Self(server)
    }

    fn psql(&self, site: &Site, user: &str, typed: &str) -> Output {
        let line = format!("*:*:*:*:{}\n", typed.replace('\\', "\\\\").replace(':', "\\:"));
        site.world.write("/root/.pgpass", line, 0o600);
        let connection = format!("{} user={user}", self.0.connection());
        let psql = site.world.command("psql").args(["-w", "-d", &connection]);
        psql.args(["-At", "-c", "SELECT session_user"]).run()
    }
}

impl Door for Database {
    fn about(&self) -> About {
        About {
            name: "PostgreSQL",
            service: "postgresql",
            address: Some("127.0.0.1"),
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        let output = self.psql(site, user, first);
        let refused = output.stderr.contains("PAM authentication failed for user");
        assert!(refused || output.stdout == format!("{user}\n"), "{output}");
        !refused
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn postgresql_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let users = (0..cases::ALL.len()).map(|number| format!("user{number}"));
    let users: Vec<String> = users.chain(["outage".to_owned()]).collect();
    let door = Database::start(&site, &users);
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}

#[test]
fn without_a_resident_engine_postgresql_refuses_and_the_log_says_why() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Database::start(&site, &["alice".to_owned()]);
    conformance::refuses_without(&site, &door);
}

/// psql connects once without a password to see whether it has to ask for one.
#[test]
fn a_person_at_psql_types_one_string() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    let door = Database::start(&site, &["alice".to_owned()]);
    let command =
        format!("psql -At -c 'SELECT session_user' -d '{} user=alice'", door.0.connection());
    let typed = format!("secret;{}", phone.code());
    let screen = Typist::new(&site.world, &command).answer("Password", &typed).run();
    assert!(screen.text().contains("alice\n"), "{screen:?}\n{}", door.log());
    let reasons: Vec<String> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons, ["code-missing", "totp"]);
}
