//! Who is told what.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use monk_client::Conversation;
use monk_tests::portal::{self, Portal};
use monk_tests::site::{Backend, Running, SETTINGS as FILE, Site, monk_socket};
use monk_tests::until;
use monk_wire::{Denial, Reply, Request};

use crate::*;

#[test]
fn logins_are_counted_by_service_verdict_and_reason_and_the_format_is_right() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let (site, phone) = site(backend, Running::Resident);
        let _program = start(&site);
        logins(&site, &phone);
        let page = scraped(&site);
        shows_the_logins(&page);
        assert_eq!(value(&page, "monk_up"), Some(1.0));
        let times = |name: &str| {
            value(&page, &format!("monk_directory_operation_seconds_count{{operation=\"{name}\"}}"))
        };
        assert!(
            times("find") >= Some(4.0) && times("password").is_some() && times("write").is_some(),
            "{page}"
        );
        assert_eq!(value(&page, "monk_login_seconds_count{verdict=\"granted\"}"), Some(1.0));
        // Alice, and the name that nobody has.
        assert_eq!(value(&page, "monk_throttle_slowed{of=\"user\"}"), Some(2.0), "{page}");
        // The slapd of tests has a certificate, and a file has none.
        let end = value(&page, "monk_directory_certificate_end_timestamp_seconds");
        assert_eq!(end.is_some_and(|end| end > 1.7e9), backend == Backend::Ldap, "{page}");
        assert!(value(&page, "monk_key_timestamp_seconds") > Some(1.7e9), "{page}");
        promtool(&site, &["check", "metrics"], &page);
    }
}

#[test]
fn counts_go_on_when_the_settings_are_read_again_and_begin_again_with_the_engine() {
    let (site, phone) = site(Backend::Embedded, Running::Resident);
    let _program = start(&site);
    logins(&site, &phone);
    let series = "monk_logins_total{service=\"imap\",verdict=\"granted\",reason=\"totp\"}";
    site.change_settings("[service.imap]", "[service.imap]\nprompt = \"never\"\n[service.pop3]");
    site.reload_engine();
    assert_eq!(value(&scraped(&site), series), Some(1.0));
    site.kill_engine();
    assert_eq!(value(&scraped(&site), "monk_up"), Some(0.0));
    site.start_engine();
    let page = scraped(&site);
    assert_eq!((value(&page, "monk_up"), value(&page, series)), (Some(1.0), None), "{page}");
}

fn asks(site: &Site, uid: u32) -> Reply {
    let talk = || {
        let mut engine = Conversation::open(Path::new(monk_socket()), Duration::from_secs(20))?;
        engine.call(&Request::Metrics)
    };
    site.world.inside_as(uid, talk).expect("the engine answers")
}

#[test]
fn root_and_the_account_of_the_settings_are_told_and_nobody_else() {
    let (site, _) = site(Backend::Embedded, Running::Resident);
    let passwd = site.world.read("/etc/passwd");
    let line = passwd.lines().find(|line| line.starts_with(&format!("{ACCOUNT}:")));
    let uid = line.and_then(|line| line.split(':').nth(2)?.parse().ok()).expect("an account");
    for told in [0, uid] {
        assert!(matches!(asks(&site, told), Reply::Metrics(Some(_))), "{told}");
    }
    for other in [65_534, 1, uid + 1, 4242] {
        assert_eq!(asks(&site, other), Reply::Denied(Denial::Refused), "{other}");
    }
}

#[test]
fn metrics_are_off_until_the_settings_say_otherwise() {
    let site =
        Site::with_settings(Backend::Embedded, Running::Resident, "[engine]\nrefusal_ms = 0\n");
    site.world.add_system_user(ACCOUNT);
    site.world.install(built("monk-metrics"), PROGRAM, 0o755);
    assert!(!site.world.read(FILE).contains("metrics"));
    assert_eq!(asks(&site, 0), Reply::Metrics(None));
    let _program = start(&site);
    let address = format!("http://{ADDRESS}/metrics");
    let curl = site.world.command("curl").args(["--silent", "--include", &address]).run().stdout;
    assert!(curl.starts_with("HTTP/1.1 503") && curl.contains("enabled = true"), "{curl}");
    site.write_settings(SETTINGS);
    site.reload_engine();
    assert_eq!(value(&scraped(&site), "monk_up"), Some(1.0));
}

#[test]
fn a_record_that_cannot_be_read_is_counted() {
    let (site, phone) = site(Backend::Embedded, Running::Resident);
    let _program = start(&site);
    assert_eq!(value(&scraped(&site), "monk_unreadable_records_total"), Some(0.0));
    // Another host's key: nothing that is there can be used.
    site.kill_engine();
    site.world.command("rm").args(["-r", "/etc/monk/keys"]).run().expect_success();
    site.world.make_folder("/etc/monk/keys", 0o700);
    site.world.command("monkd").arg("--setup").run().expect_success();
    site.start_engine();
    assert_ne!(
        login(&site, "imap", "alice", format!("secret;{}", phone.code())),
        PamAnswer::Success
    );
    assert_eq!(value(&scraped(&site), "monk_unreadable_records_total"), Some(1.0));
}

#[test]
fn the_portal_tells_when_its_certificates_end() {
    const FILES: [&str; 2] = ["/etc/monk-web/web.crt", "/etc/monk-web/web.key"];
    let settings = format!("{SETTINGS}[portal]\norigin = \"https://mail.example.org:8080\"\n");
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    for account in [ACCOUNT, portal::ACCOUNT] {
        site.world.add_system_user(account);
    }
    site.world.install(built("monk-metrics"), PROGRAM, 0o755);
    let certificate = site.world.certificates().ending_in(&site.world, 10);
    for (from, place) in [(&certificate.certificate, FILES[0]), (&certificate.key, FILES[1])] {
        site.world.write(place, site.world.read(from), 0o600);
        site.world.command("chown").args([portal::ACCOUNT, place]).run().expect_success();
    }
    let files = format!("certificate = \"{}\"\nkey = \"{}\"\n", FILES[0], FILES[1]);
    let tls = format!("[tls]\n{files}[profile_signature]\n{files}");
    let _program = start(&site);
    let end = |page: &str, of: &str| {
        value(page, &format!("monk_portal_certificate_end_timestamp_seconds{{of=\"{of}\"}}"))
    };
    assert_eq!(end(&scraped(&site), "tls"), None, "there is no portal");
    let _portal = Portal::start_with(&site, &tls);
    let told = until(Duration::from_secs(30), || {
        let page = scraped(&site);
        end(&page, "tls").map(|tls| (tls, page))
    });
    let (tls, page) = told.expect("the portal tells it when it starts");
    let days = (tls - now()) / 86_400.0;
    assert!((9.0..=11.0).contains(&days), "{days}");
    assert_eq!(end(&page, "profile-signature"), Some(tls));
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}
