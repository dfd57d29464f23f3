//! The portal behind a real web server, as the recipe has it.

use monk_tests::portal::{ACCOUNT, Portal};
use monk_tests::site::{Backend, Running, Site, shipped};

const NAME: &str = "mail.example.org";

#[test]
fn the_recipe_for_nginx_serves_it_over_https_and_says_where_browsers_are() {
    let settings = format!("[portal]\norigin = \"https://{NAME}\"\n");
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    let world = &site.world;
    world.add_system_user(ACCOUNT);
    world
        .command("usermod")
        .args(["--append", "--groups", ACCOUNT, "www-data"])
        .run()
        .expect_success();
    site.add_user("alice", "secret");
    let _portal = Portal::start_with(&site, "listen = \"unix:/run/monk-web/web.sock\"\n");

    let identity = &world.certificates().good;
    let recipe = shipped("config/examples/portal-nginx/monk-web.conf")
        .replace("login.example.org", NAME)
        .replace(
            &format!("/etc/ssl/certs/{NAME}.pem"),
            identity.certificate.to_str().expect("UTF-8"),
        )
        .replace(&format!("/etc/ssl/private/{NAME}.key"), identity.key.to_str().expect("UTF-8"));
    world.write("/etc/nginx/conf.d/monk-web.conf", recipe, 0o644);
    let main = "user www-data;\npid /run/nginx.pid;\nerror_log stderr;\ndaemon off;\nevents { }\n\
                http {\n  access_log off;\n  include /etc/nginx/conf.d/*.conf;\n}\n";
    world.write("/etc/nginx/nginx.conf", main, 0o644);
    let mut nginx = world.spawn("nginx", &[]);
    world.wait_for_server(&mut nginx, || world.is_listening(443));

    let authority = world.certificates().authority.to_str().expect("UTF-8").to_owned();
    let curl = |more: &[&str]| {
        let curl =
            world.command("curl").args(["--silent", "--show-error", "--include", "--cacert"]);
        let curl = curl.arg(&authority).args(["--resolve", &format!("{NAME}:443:127.0.0.1")]);
        let curl = curl.args(["--cookie", "/root/jar", "--cookie-jar", "/root/jar"]).args(more);
        curl.run().expect_success().stdout
    };
    let page = curl(&[&format!("https://{NAME}/sign-in")]);
    assert!(page.contains("strict-transport-security: "), "{page}");
    let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
    let token = format!("token={}", rest.split('"').next().expect("a token"));
    let from = "127.0.0.9";
    let page = curl(&[
        &format!("https://{NAME}/sign-in"),
        "--interface",
        from,
        // What a browser says of itself is not believed.
        "--header",
        "X-Forwarded-For: 203.0.113.80",
        "--header",
        &format!("Origin: https://{NAME}"),
        "--data-urlencode",
        "username=alice",
        "--data-urlencode",
        "password=secret",
        "--data-urlencode",
        &token,
    ]);
    assert!(page.contains("set-cookie: __Host-monk-session="), "{page}");
    let said = "proof user=alice service=monk-web by=";
    let line = world.wait_for_log(|line| line.text.starts_with(said));
    assert!(line.text.contains(&format!(" address={from} ")), "{}", line.text);
}
