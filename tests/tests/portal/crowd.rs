//! Somebody who takes up as much of the portal as there is, and a browser elsewhere that wants a page meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monk_tests::figures;
use monk_tests::portal::{ACCOUNT, ORIGIN, Portal, SETTINGS};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Process, Sample, World};

/// More than there are places for connections.
const CROWD: usize = 1100;

/// Clients that sign in at once, from so many networks: more than the engine has places for the portal.
const GUESSERS: usize = 160;
const NETWORKS: usize = 4;

/// How often somebody else comes meanwhile.
const VISITS: usize = 10;

/// Longest wait for anything here.
const LIMIT: Duration = Duration::from_secs(60);

/// A portal whose browsers come through a web server.
struct Fronted {
    site: Site,
    portal: Portal,
    _server: Process,
}

impl Fronted {
    #[track_caller]
    fn of(server: &str, file: &str, settings: &str) -> Self {
        let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
        let world = &site.world;
        world.add_system_user(ACCOUNT);
        let portal = Portal::start_with(&site, "listen = \"unix:/run/monk-web/web.sock\"\n");
        world.write(file, settings, 0o644);
        let arguments: &[&str] = match server {
            "caddy" => &["run", "--config", file],
            _ => &["-c", file],
        };
        let mut server = world.command(server).args(arguments).env("HOME", "/root").spawn();
        world.wait_for_server(&mut server, || world.is_listening(8080));
        Self { site, portal, _server: server }
    }

    /// The recipe, with a port in place of a certificate: what is attacked is behind that.
    fn caddy() -> Self {
        let settings = "{\n\tadmin off\n\tauto_https off\n}\nhttp://localhost:8080 {\n\
            \treverse_proxy unix//run/monk-web/web.sock {\n\
            \t\theader_up X-Forwarded-For {remote_host}\n\t}\n}\n";
        Self::of("caddy", "/etc/Caddyfile", settings)
    }

    fn nginx() -> Self {
        let settings = "user root;\npid /run/nginx.pid;\nerror_log stderr;\ndaemon off;\n\
            events { worker_connections 4096; }\nhttp {\n  access_log off;\n  server {\n    listen 8080;\n    \
            server_name localhost;\n    location / {\n      \
            proxy_pass http://unix:/run/monk-web/web.sock:;\n      proxy_http_version 1.1;\n      \
            proxy_set_header Host localhost:8080;\n      \
            proxy_set_header X-Forwarded-For $remote_addr;\n    }\n  }\n}\n";
        Self::of("nginx", "/etc/nginx/nginx.conf", settings)
    }

    /// Somebody at another address opens a page, again and again.
    #[track_caller]
    fn visits(&self) -> Sample {
        (0..VISITS).map(|_| visit(&self.site.world)).collect()
    }
}

#[track_caller]
fn visit(world: &World) -> Duration {
    let curl = world.command("curl").args(["--silent", "--include", "--interface", "127.0.0.9"]);
    let start = Instant::now();
    let page = curl.arg(format!("{ORIGIN}/sign-in")).run().stdout;
    assert!(page.contains(" 200 ") && page.contains("name=\"password\""), "{page}");
    start.elapsed()
}

fn connect() -> TcpStream {
    let stream = TcpStream::connect("127.0.0.1:8080").expect("it listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a time");
    stream
}

fn begin(bytes: &str) -> TcpStream {
    let mut stream = connect();
    // One for whom there is no room has hung up already.
    let _gone = stream.write_all(bytes.as_bytes());
    stream
}

fn rest_of(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _reset = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn tell(attack: &str, meanwhile: &Sample) {
    let (half, most) = (meanwhile.percentile(50), meanwhile.percentile(100));
    let seen = format!("all answered; p50 {half:.0}, slowest {most:.0} ms");
    figures::row("hostile", &[attack, &seen, "browsers elsewhere are served"]);
}

/// A form whose end never comes.
fn slow_form(end: &str) -> String {
    format!("POST /sign-in HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: {ORIGIN}\r\n{end}")
}

#[test]
fn forms_that_never_end_keep_nobody_from_a_portal_behind_caddy_or_nginx() {
    for (name, fronted) in [("Caddy", Fronted::caddy()), ("nginx", Fronted::nginx())] {
        let calm = fronted.visits();
        let form = slow_form("Content-Length: 100\r\n\r\nx");
        let crowd: Vec<_> =
            fronted.site.world.inside(|| (0..CROWD).map(|_| begin(&form)).collect::<Vec<_>>());
        thread::sleep(Duration::from_secs(2));
        let meanwhile = fronted.visits();
        tell(&format!("portal behind {name}, calm"), &calm);
        tell(
            &format!("portal behind {name}, {CROWD} forms of one address that never end"),
            &meanwhile,
        );
        drop(crowd);
        // No line for each: that would be one more thing to fill.
        assert_eq!(fronted.portal.log(), "");
    }
}

/// The portal on loopback, where the test is the web server in front and says where browsers are.
fn on_loopback() -> (Site, Portal) {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    site.world.add_system_user(ACCOUNT);
    site.add_user("alice", "secret");
    let portal = Portal::start_with(&site, "trusted_proxies = [\"127.0.0.1/32\"]\n");
    (site, portal)
}

/// A sign-in of a browser at an address, and what it is answered.
fn sign_in(cookie: &str, token: &str, (user, password): (&str, &str), address: &str) -> String {
    let form = format!("token={token}&username={user}&password={password}");
    let head = slow_form(&format!(
        "Connection: close\r\nCookie: {cookie}\r\nX-Forwarded-For: {address}\r\nContent-Length: {}\r\n\r\n",
        form.len()
    ));
    rest_of(&mut begin(&(head + &form)))
}

fn status_of(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[test]
fn a_flood_of_sign_ins_leaves_room_for_those_of_others() {
    let (site, portal) = on_loopback();
    let mut browser = portal.browser();
    let token = browser.open("/sign-in").value("token").expect("a token");
    let cookie = format!("monk-form={}", browser.cookie("monk-form").expect("a cookie"));
    let (is_over, attempts) = (AtomicBool::new(false), std::sync::Mutex::new(Vec::new()));
    let meanwhile: Sample = site.world.inside(|| {
        thread::scope(|scope| {
            for number in 0..GUESSERS {
                let (cookie, token, is_over, attempts) = (&cookie, &token, &is_over, &attempts);
                scope.spawn(move || {
                    let address = format!("192.0.2.{}", number % NETWORKS);
                    let user = format!("user{number}");
                    while !is_over.load(Ordering::Relaxed) {
                        let answer = sign_in(cookie, token, (&user, "guessed"), &address);
                        attempts.lock().expect("no panic").push(status_of(&answer).to_owned());
                    }
                });
            }
            thread::sleep(Duration::from_secs(2));
            let sample = (0..VISITS)
                .map(|_| {
                    let start = Instant::now();
                    let answer = sign_in(&cookie, &token, ("alice", "secret"), "198.51.100.7");
                    // The screen for the code.
                    assert_eq!(status_of(&answer), "303", "{answer}");
                    start.elapsed()
                })
                .collect();
            is_over.store(true, Ordering::Relaxed);
            sample
        })
    });
    let attempts = attempts.into_inner().expect("no panic");
    assert!(attempts.len() >= GUESSERS, "{}", attempts.len());
    assert!(attempts.iter().all(|status| status == "403"), "{attempts:?}");
    // The browser above comes from no web server that would name its address. That is said once, and nothing else.
    let log = portal.log();
    assert!(log.lines().all(|line| line.contains("names no address")), "{log}");
    let attack = format!("{GUESSERS} clients in {NETWORKS} networks guess passwords at the portal");
    let (half, most) = (meanwhile.percentile(50), meanwhile.percentile(100));
    let seen = format!("all signed in; p50 {half:.0}, slowest {most:.0} ms");
    figures::row("hostile", &[&attack, &seen, "others sign in"]);
}
