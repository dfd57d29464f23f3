//! monk-web in a world, and a browser without JavaScript: curl(1).

use std::cell::Cell;

use crate::site::{Site, built, monk_socket};
use crate::world::World;
use crate::{Output, Process};

/// The account that the portal runs as.
pub const ACCOUNT: &str = "monk-web";

/// The port that it listens on.
const PORT: u16 = 8080;

/// The folder that its service makes.
const FOLDER: &str = "/run/monk-web";

/// Where browsers find it.
pub const ORIGIN: &str = "http://localhost:8080";

/// The lines of monk.toml for it.
pub const SETTINGS: &str = "[portal]\norigin = \"http://localhost:8080\"\n";

/// A portal that runs.
pub struct Portal {
    world: World,
    process: Process,
    browsers: Cell<u32>,
}

/// A browser with cookies of its own.
pub struct Browser {
    world: World,
    origin: String,
    jar: String,
    page: Page,
}

/// What a browser was answered.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// Where it leads, if it leads anywhere.
    pub location: String,
    /// The head and the body.
    pub text: String,
}

impl Portal {
    /// Starts the portal of a site whose engine runs, with [`SETTINGS`].
    #[track_caller]
    pub fn start(site: &Site) -> Self {
        Self::start_with(site, "")
    }

    /// The same with these lines of web.toml.
    #[track_caller]
    pub fn start_with(site: &Site, settings: &str) -> Self {
        let world = site.world.clone();
        world.install(built("monk-web"), "/usr/sbin/monk-web", 0o755);
        let socket = format!("engine_socket = \"{}\"\n", monk_socket());
        world.write("/etc/monk-web/web.toml", socket + settings, 0o644);
        world.make_folder(FOLDER, 0o755);
        world.command("chown").args([ACCOUNT, FOLDER]).run().expect_success();
        let mut process = world.command("monk-web").as_user(ACCOUNT).spawn();
        let listens =
            || world.is_listening(PORT) || world.is_listening_at(&format!("{FOLDER}/web.sock"));
        world.wait_for_server(&mut process, listens);
        Self { world, process, browsers: Cell::new(0) }
    }

    /// Its process, as this machine counts.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it has written into its log.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        let number = self.browsers.replace(self.browsers.get() + 1);
        Browser::at(&self.world, ORIGIN, &format!("/root/cookies-{number}"))
    }
}

impl Browser {
    /// A browser for the portal of this machine that is found there, with its cookies in a file. It trusts the authority of
    /// the machine.
    pub fn at(world: &World, origin: &str, jar: &str) -> Self {
        let (origin, jar) = (origin.to_owned(), jar.to_owned());
        Self { world: world.clone(), origin, jar, page: Page::default() }
    }

    /// Opens a page, and those that it leads to.
    #[track_caller]
    pub fn open(&mut self, path: &str) -> &Page {
        self.page = self.get(path);
        for _ in 0..5 {
            if self.page.location.is_empty() {
                break;
            }
            self.page = self.get(&self.page.location.clone());
        }
        &self.page
    }

    /// Sends the form of the page that is open, and opens what it leads to.
    #[track_caller]
    pub fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> &Page {
        let token = self.page.value("token").unwrap_or_default();
        let mut arguments = vec!["--header".to_owned(), format!("Origin: {}", self.origin)];
        for (name, value) in fields.iter().copied().chain([("token", token.as_str())]) {
            arguments.extend(["--data-urlencode".to_owned(), format!("{name}={value}")]);
        }
        self.page = self.ask(path, &arguments);
        match self.page.location.clone() {
            place if place.is_empty() => &self.page,
            place => self.open(&place),
        }
    }

    /// Sends the form of the page that is open, and keeps what comes as a file.
    #[track_caller]
    pub fn save(&mut self, path: &str, fields: &[(&str, &str)], file: &str) {
        let token = self.page.value("token").unwrap_or_default();
        let mut arguments = vec!["--header".to_owned(), format!("Origin: {}", self.origin)];
        for (name, value) in fields.iter().copied().chain([("token", token.as_str())]) {
            arguments.extend(["--data-urlencode".to_owned(), format!("{name}={value}")]);
        }
        arguments.extend(["--no-include", "--fail", "--output", file].map(str::to_owned));
        self.ask(path, &arguments);
    }

    /// The page that is open.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// The address of the page that ends like this.
    #[track_caller]
    pub fn link(&self, end: &str) -> String {
        let text = &self.page.text;
        let mut links = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        links.find(|link| link.ends_with(end)).unwrap_or_else(|| panic!("{end}: {text}")).to_owned()
    }

    /// Signs in with a password, and with a code on the second screen where one is asked for.
    #[track_caller]
    pub fn sign_in(&mut self, user: &str, password: &str, code: &str) -> &Page {
        self.open("/sign-in");
        self.send("/sign-in", &[("username", user), ("password", password)]);
        if self.page.text.contains("name=\"code\"") {
            self.send("/second-step", &[("code", code)]);
        }
        &self.page
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.world.read(&self.jar);
        let line = jar.lines().find(|line| line.split('\t').nth(5) == Some(name))?;
        line.split('\t').nth(6).map(str::to_owned)
    }

    fn get(&self, path: &str) -> Page {
        self.ask(path, &[])
    }

    #[track_caller]
    fn ask(&self, path: &str, more: &[String]) -> Page {
        let curl = self.world.command("curl").args(["--silent", "--show-error", "--include"]);
        let curl = curl.args(["--cookie", &self.jar, "--cookie-jar", &self.jar]).args(more);
        let curl = if self.origin.starts_with("https:") {
            curl.arg("--cacert").arg(&self.world.certificates().authority)
        } else {
            curl
        };
        // Whatever name it has: it is on this machine.
        let curl = curl.args(["--connect-to", "::127.0.0.1:"]);
        Page::of(&curl.arg(format!("{}{path}", self.origin)).run().expect_success())
    }
}

impl Page {
    fn of(output: &Output) -> Self {
        let text = output.stdout.clone();
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let location = head.lines().find_map(|line| line.strip_prefix("location: "));
        Self {
            status: status.unwrap_or_default(),
            location: location.unwrap_or_default().trim().to_owned(),
            text,
        }
    }

    /// The value of a field of a form.
    pub fn value(&self, field: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("name=\"{field}\" value=\""))?;
        Some(rest.split('"').next()?.to_owned())
    }

    /// The heading.
    pub fn heading(&self) -> &str {
        let rest = self.text.split_once("<h1>").map_or("", |(_, rest)| rest);
        rest.split("</h1>").next().unwrap_or_default()
    }
}
