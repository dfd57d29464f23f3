//! The portal: its address, who it believes, its certificate, its account, and who looks after others.

use monk_tests::portal::{ACCOUNT, Portal};

use super::*;

const NAME: &str = "mail.example.org";

/// A socket for a web server in front, as the recipes have it.
const SOCKET: &str = "listen = \"unix:/run/monk-web/web.sock\"\n";

/// A site whose engine has this section `[portal]`, and a portal with these settings.
#[track_caller]
fn portal(section: &str, web: &str) -> (Site, Portal) {
    let site = site(Backend::Embedded, Running::Resident, &format!("[portal]\n{section}"));
    site.world.add_system_user(ACCOUNT);
    let portal = Portal::start_with(&site, web);
    (site, portal)
}

fn origin() -> String {
    format!("origin = \"https://{NAME}\"\n")
}

#[test]
fn a_portal_behind_a_web_server_is_clean_until_its_settings_are_not() {
    let (site, _portal) = portal(&origin(), SOCKET);
    let visit = Visit::to(&site, &["--all"]);
    visit.is_clean();
    for id in ["portal-settings-broken", "portal-origin", "portal-user", "portal-groups"] {
        assert_eq!(visit.of(id).map(|one| text(one, "severity")), Some("ok"), "{id}");
    }
    // There is no mail server here.
    visit.finds("portal-mail", "note");
    let web = |settings: &str| {
        site.world.write("/etc/monk-web/web.toml", settings, 0o644);
        Visit::to(&site, &[])
    };
    let open = web("listen = \"0.0.0.0:8080\"\n");
    let found = open.finds("portal-settings-broken", "error");
    assert!(text(found, "evidence").contains("line 1: listen is open"), "{found:#}");
    web("listen = \"127.0.0.1:8080\"\n").finds("portal-proxy-unnamed", "warning");
    let believes = |network: &str| format!("{SOCKET}trusted_proxies = [\"{network}\"]\n");
    web(&believes("0.0.0.0/0")).finds("portal-proxies-wide", "error");
    web(&believes("10.0.0.0/8")).finds("portal-proxies-wide", "warning");
    web(&believes("10.0.0.7/32")).is_clean();
}

#[test]
fn a_portal_without_a_public_address_is_found() {
    let (site, _portal) = portal("", SOCKET);
    Visit::to(&site, &[]).finds("portal-origin", "warning");
}

#[test]
fn certificates_that_browsers_refuse_or_soon_will_are_found() {
    let (site, _portal) = portal(&origin(), SOCKET);
    let world = &site.world;
    let certificates = world.certificates();
    let with = |identity: &monk_tests::certificates::Identity, mode: u32| {
        world.write("/etc/monk-web/web.crt", world.read(&identity.certificate), 0o644);
        world.write("/etc/monk-web/web.key", world.read(&identity.key), mode);
        let tls =
            "[tls]\ncertificate = \"/etc/monk-web/web.crt\"\nkey = \"/etc/monk-web/web.key\"\n";
        world.write("/etc/monk-web/web.toml", format!("listen = \"0.0.0.0:443\"\n{tls}"), 0o644);
        world.command("chown").args([ACCOUNT, "/etc/monk-web/web.key"]).run().expect_success();
        Visit::to(&site, &[])
    };
    with(&certificates.ending_in(world, 20), 0o600).is_clean();
    with(&certificates.ending_in(world, 13), 0o600).finds("portal-certificate-expires", "warning");
    with(&certificates.expired, 0o600).finds("portal-certificate", "error");
    let wrong = with(&certificates.wrong_name, 0o600);
    let evidence = text(wrong.finds("portal-certificate", "error"), "evidence").to_owned();
    assert!(evidence.contains(NAME), "{evidence}");
    // Its own user cannot read the key: the remedy helps.
    let closed = with(&certificates.good, 0o000);
    let remedy = text(closed.finds("portal-certificate", "error"), "remedy").to_owned();
    world.command("sh").args(["-c", &remedy]).run().expect_success();
    Visit::to(&site, &[]).is_clean();
    world.write("/etc/monk-web/web.key", "nothing", 0o644);
    Visit::to(&site, &[]).finds("portal-certificate", "error");
}

#[test]
fn a_certificate_that_signs_profiles_and_ends_soon_is_found() {
    let (site, _portal) = portal(&origin(), SOCKET);
    let world = &site.world;
    let certificates = world.certificates();
    let with = |identity: &monk_tests::certificates::Identity| {
        world.write("/etc/monk-web/p.crt", world.read(&identity.certificate), 0o644);
        world.write("/etc/monk-web/p.key", world.read(&identity.key), 0o600);
        world.command("chown").args([ACCOUNT, "/etc/monk-web/p.key"]).run().expect_success();
        let files = "certificate = \"/etc/monk-web/p.crt\"\nkey = \"/etc/monk-web/p.key\"\n";
        let web = format!("{SOCKET}[profile_signature]\n{files}");
        world.write("/etc/monk-web/web.toml", web, 0o644);
        Visit::to(&site, &[])
    };
    with(&certificates.wrong_name).is_clean();
    with(&certificates.ending_in(world, 13)).finds("portal-certificate-expires", "warning");
    with(&certificates.expired).finds("portal-certificate", "error");
}

#[test]
fn a_portal_that_is_somebody_else_or_may_do_more_is_found() {
    let (site, first) = portal(&origin(), SOCKET);
    let world = &site.world;
    let run = |command: &str| world.command("sh").args(["-c", command]).run().expect_success();
    run(&format!("usermod --append --groups shadow {ACCOUNT}"));
    let visit = Visit::to(&site, &[]);
    let remedy = text(visit.finds("portal-groups", "error"), "remedy").to_owned();
    run(remedy.split(',').next().expect("a command"));
    Visit::to(&site, &[]).is_clean();
    // Another account than the engine expects.
    drop(first);
    let _other = world.command("monk-web").spawn();
    let found = monk_tests::until(std::time::Duration::from_secs(10), || {
        let visit = Visit::to(&site, &[]);
        visit.of("portal-user").is_some().then_some(visit)
    });
    found.expect("it is found").finds("portal-user", "error");
}

#[test]
fn a_group_of_administrators_without_anybody_is_found() {
    let (site, _portal) = portal(&format!("{}administrators = [\"helpers\"]\n", origin()), SOCKET);
    let visit = Visit::to(&site, &[]);
    let remedy = text(visit.finds("portal-administrators", "warning"), "remedy").to_owned();
    assert!(remedy.contains("put somebody into the group"), "{remedy}");
    site.enroll(&["group", "add", "helpers"]);
    Visit::to(&site, &[]).finds("portal-administrators", "warning");
    site.enroll(&["group", "add", "helpers", "alice"]);
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn tickets_that_nobody_gets_or_that_open_too_little_are_found() {
    let tickets = |service: &str| format!("[service.{service}]\nportal_ticket = \"allowed\"\n");
    let (site, _portal) = portal(&format!("{}{}", origin(), tickets("webmail")), SOCKET);
    let visit = Visit::to(&site, &["--all"]);
    assert_eq!(visit.of("portal-tickets").map(|one| text(one, "severity")), Some("ok"));
    for (old, new, why) in [
        ("[service.webmail]".to_owned(), "[service.imap]", "again and again"),
        (origin(), "", "origin with https"),
    ] {
        site.change_settings(&old, new);
        site.reload_engine();
        let visit = Visit::to(&site, &[]);
        let said = visit.of("portal-tickets").map(|one| text(one, "evidence"));
        assert!(said.is_some_and(|said| said.contains(why)), "{said:?}");
    }
}
