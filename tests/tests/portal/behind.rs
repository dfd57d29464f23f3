//! The portal behind real web servers, as the recipes have it.

use monk_tests::Process;
use monk_tests::portal::{ACCOUNT, Portal};
use monk_tests::site::{Backend, Running, Site, shipped};

/// The name of the portal, which the world's certificate is for.
const NAME: &str = "mail.example.org";

/// Where alice's browser is.
const BROWSER: &str = "127.0.0.9";

/// A portal on a socket, that a web server is put in front of.
struct Front {
    site: Site,
    _portal: Portal,
}

impl Front {
    /// The account of the web server is in the portal's group, as the recipes ask for.
    #[track_caller]
    fn of_account(account: &str) -> Self {
        let settings = format!("[portal]\norigin = \"https://{NAME}\"\n");
        let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
        let world = &site.world;
        world.add_system_user(ACCOUNT);
        let usermod = world.command("usermod").args(["--append", "--groups", ACCOUNT, account]);
        usermod.run().expect_success();
        site.add_user("alice", "secret");
        let portal = Portal::start_with(&site, "listen = \"unix:/run/monk-web/web.sock\"\n");
        Self { site, _portal: portal }
    }

    /// A recipe with the name and certificate of this world.
    #[track_caller]
    fn recipe(&self, path: &str) -> String {
        let identity = &self.site.world.certificates().good;
        let file = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
        let recipe = shipped(path);
        let named = recipe.replace("login.example.org", NAME);
        named
            .replace(&format!("/etc/ssl/certs/{NAME}.pem"), &file(&identity.certificate))
            .replace(&format!("/etc/ssl/private/{NAME}.key"), &file(&identity.key))
    }

    #[track_caller]
    fn wait_for(&self, server: &mut Process) {
        self.site.world.wait_for_server(server, || self.site.world.is_listening(443));
    }

    fn curl(&self, more: &[&str]) -> String {
        let authority = self.site.world.certificates().authority.to_str().expect("UTF-8");
        let curl = self.site.world.command("curl").args(["--silent", "--show-error", "--include"]);
        let curl = curl.args(["--cacert", authority]);
        let curl = curl.args(["--resolve", &format!("{NAME}:443:127.0.0.1")]);
        let curl = curl.args(["--cookie", "/root/jar", "--cookie-jar", "/root/jar"]).args(more);
        curl.run().expect_success().stdout
    }

    /// Alice signs in over https, and the audit has her own address, whatever her browser says of it.
    #[track_caller]
    fn signs_alice_in_and_knows_where_she_is(&self) {
        let address = format!("https://{NAME}/sign-in");
        let page = self.curl(&[&address]);
        assert!(page.contains("strict-transport-security: "), "{page}");
        let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
        let token = format!("token={}", rest.split('"').next().expect("a token"));
        let origin = format!("Origin: https://{NAME}");
        let forged = "X-Forwarded-For: 203.0.113.80";
        let mut arguments = vec![address.as_str(), "--interface", BROWSER];
        arguments.extend(["--header", forged, "--header", &origin]);
        for field in ["username=alice", "password=secret", &token] {
            arguments.extend(["--data-urlencode", field]);
        }
        let page = self.curl(&arguments);
        assert!(page.contains("set-cookie: __Host-monk-session="), "{page}");
        let said = "proof user=alice service=monk-web by=";
        let line = self.site.world.wait_for_log(|line| line.text.starts_with(said));
        assert!(line.text.contains(&format!(" address={BROWSER} ")), "{}", line.text);
    }
}

#[test]
fn the_recipe_for_nginx_serves_it_over_https_and_says_where_browsers_are() {
    let front = Front::of_account("www-data");
    let world = &front.site.world;
    let recipe = front.recipe("config/examples/portal-nginx/monk-web.conf");
    world.write("/etc/nginx/conf.d/monk-web.conf", recipe, 0o644);
    let main = "user www-data;\npid /run/nginx.pid;\nerror_log stderr;\ndaemon off;\nevents { }\n\
                http {\n  access_log off;\n  include /etc/nginx/conf.d/*.conf;\n}\n";
    world.write("/etc/nginx/nginx.conf", main, 0o644);
    let mut nginx = world.spawn("nginx", &[]);
    front.wait_for(&mut nginx);
    front.signs_alice_in_and_knows_where_she_is();
}

#[test]
fn the_recipe_for_caddy_serves_it_over_https_and_says_where_browsers_are() {
    let front = Front::of_account("caddy");
    let world = &front.site.world;
    let recipe = front.recipe("config/examples/portal-caddy/Caddyfile");
    // No authority gives out certificates here: the line that the recipe has for this is put into its block.
    let tls = recipe.lines().find_map(|line| line.strip_prefix("#     tls ")).expect("the line");
    let block = format!("{NAME} {{\n\ttls {tls}\n");
    let recipe = recipe.replace(&format!("\n{NAME} {{\n"), &format!("\n{block}"));
    assert!(recipe.contains(&block), "{recipe}");
    world.write("/etc/caddy/Caddyfile", format!("{{\n\tadmin off\n}}\n{recipe}"), 0o644);
    let keys = world.certificates().good.key.to_str().expect("UTF-8").to_owned();
    world.command("chown").args(["caddy", &keys]).run().expect_success();
    // As in Debian's service: a user of its own that may use port 443.
    let arguments = [
        "--reuid=caddy",
        "--regid=caddy",
        "--init-groups",
        "--inh-caps=+net_bind_service",
        "--ambient-caps=+net_bind_service",
        "caddy",
        "run",
        "--config",
        "/etc/caddy/Caddyfile",
    ];
    let caddy = world.command("setpriv").args(arguments).env("HOME", "/var/lib/caddy");
    let mut caddy = caddy.spawn();
    front.wait_for(&mut caddy);
    front.signs_alice_in_and_knows_where_she_is();
}

#[test]
fn the_recipe_for_apache_serves_it_over_https_and_says_where_browsers_are() {
    let front = Front::of_account("www-data");
    let world = &front.site.world;
    let recipe = front.recipe("config/examples/portal-apache/monk-web.conf");
    let enable = recipe.lines().find_map(|line| line.strip_prefix("# Then: ")).expect("commands");
    let commands: Vec<_> = enable.split("; ").filter(|one| one.starts_with("a2en")).collect();
    assert_eq!(commands.len(), 2, "{enable}");
    world.write("/etc/apache2/sites-available/monk-web.conf", recipe.as_str(), 0o644);
    for command in commands {
        world.command("sh").args(["-c", command]).run().expect_success();
    }
    // Machines that were started have this one.
    world.make_folder("/run/lock", 0o1777);
    world.make_folder("/var/log/apache2", 0o755);
    let mut apache = world.command("apachectl").args(["-D", "FOREGROUND"]).spawn();
    front.wait_for(&mut apache);
    front.signs_alice_in_and_knows_where_she_is();
}
