//! nginx's auth_pam, with curl over TLS.

use monk_tests::Nginx;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};

struct Web(Nginx);

impl Web {
    /// As the shipped example has it.
    fn start(site: &Site) -> Self {
        site.install_recipe("nginx");
        site.install_example("nginx/monk.conf", "/etc/nginx/snippets/monk.conf");
        Self(Nginx::start(&site.world, "/etc/nginx/snippets/monk.conf"))
    }

    /// The status that nginx answers with.
    #[track_caller]
    fn status(&self, site: &Site, url: &str, user: &str, typed: &str) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let settings = format!(
            "url = \"{url}\"\nuser = \"{}:{}\"\ncacert = \"{}\"\nsilent\noutput = /dev/null\nwrite-out = \"%{{http_code}}\"\n",
            quoted(user),
            quoted(typed),
            site.world.certificates().authority.display(),
        );
        let curl = site.world.command("curl").args(["-K", "-"]).stdin(settings).run();
        curl.expect_success().stdout
    }
}

impl Door for Web {
    fn about(&self) -> About {
        About { name: "nginx", service: "nginx", address: Some("127.0.0.1"), ..About::default() }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        match self.status(site, &self.0.page(), user, first).as_str() {
            "200" => true,
            "401" => false,
            other => panic!("nginx answers {other}\n{}", self.0.log()),
        }
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn nginx_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Web::start(&site);
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}

#[test]
fn without_a_resident_engine_nginx_refuses_and_the_log_says_why() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Web::start(&site);
    conformance::refuses_without(&site, &door);
}

/// Why the recipe says that codes are not for the web.
#[test]
fn nginx_asks_once_for_a_page_and_twice_for_a_folder() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    let app_password = site.app_password("alice", "Browser", &["--scope", "nginx"]);
    let door = Web::start(&site);
    let asked = |user: &str, url: &str, typed: &str| {
        let before = site.logins().len();
        let status = door.status(&site, url, user, typed);
        (status, site.logins().len() - before)
    };
    let code = format!("secret;{}", phone.code());
    assert_eq!(asked("alice", &door.0.page(), &code), ("200".to_owned(), 1));
    assert_eq!(
        asked("alice", &door.0.page(), &code),
        ("401".to_owned(), 1),
        "a browser's next request"
    );
    let code = format!("secret;{}", phone.code());
    assert_eq!(asked("alice", &door.0.folder(), &code), ("401".to_owned(), 2), "nginx asks twice");
    assert_eq!(asked("alice", &door.0.folder(), &app_password), ("200".to_owned(), 2));

    site.write_settings("[service.nginx]\nremember_minutes = 10\n");
    site.reload_engine();
    let phone = site.user_with_device("bob", "secret");
    let code = format!("secret;{}", phone.code());
    assert_eq!(asked("bob", &door.0.folder(), &code), ("200".to_owned(), 2));
    assert_eq!(asked("bob", &door.0.page(), &code), ("200".to_owned(), 1));
}
