//! The profile that an iPhone takes a mail account from, behind a link: with a real engine, and read by other programs.

use monk_tests::chromium::Chromium;
use monk_tests::portal::{ACCOUNT, Browser, ORIGIN, Portal, SETTINGS};
use monk_tests::site::{Backend, Running, Site};
use serde_json::json;

use crate::{invited, scanned};

const PATH: &str = "/profile";

const MAIL: &str =
    "[enrolment]\nimap = \"mail.example.org:993\"\nsmtp = \"mail.example.org:465\"\n";

/// What the profile is signed with.
const FILES: [&str; 2] = ["/etc/monk-web/profile.crt", "/etc/monk-web/profile.key"];

/// A portal, and alice, who has her phone and makes an app password for an iPhone there.
fn with_iphone(settings: &str) -> (Site, Portal, Browser) {
    let site =
        Site::with_settings(Backend::Embedded, Running::Resident, &format!("{SETTINGS}{MAIL}"));
    site.world.add_system_user(ACCOUNT);
    site.add_user("alice", "secret");
    prepare(&site);
    let portal = Portal::start_with(&site, settings);
    let code = site.enroll(&["reset", "alice"])["code"].as_str().expect("a code").to_owned();
    let mut computer = portal.browser();
    invited(&mut computer, &code);
    let phone = scanned(&computer);
    let confirm = computer.link("/confirm");
    computer.open(&confirm);
    computer.send(&confirm, &[("code", &phone.confirmation()), ("name", "Pocket")]);
    computer.open("/app-passwords/new");
    new_one(&mut computer, "iPhone");
    (site, portal, computer)
}

/// A key as certificate authorities sign most: RSA.
fn prepare(site: &Site) {
    let [certificate, key] = FILES;
    let world = &site.world;
    world.make_folder("/etc/monk-web", 0o755);
    let openssl = world.command("openssl").args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"]);
    let openssl = openssl.args(["-subj", "/CN=mail.example.org", "-days", "30"]);
    openssl.args(["-keyout", key, "-out", certificate]).run().expect_success();
    world.command("chown").args([ACCOUNT, key]).run().expect_success();
}

fn new_one(computer: &mut Browser, name: &str) {
    let form =
        [("for", "iphone"), ("name", name), ("until", "0"), ("scope", "imap"), ("scope", "smtp")];
    computer.send("/app-passwords/new", &form);
}

/// The link of the page.
#[track_caller]
fn link_of(computer: &Browser) -> String {
    let text = &computer.page().text;
    let field = "name=\"link\" value=\"";
    let (_, rest) = text.split_once(field).unwrap_or_else(|| panic!("{text}"));
    rest.split('"').next().expect("it ends").to_owned()
}

/// The app password of the page.
fn password_of(computer: &Browser) -> String {
    let rest = computer.page().text.split("<span data-part>").skip(1);
    let parts: Vec<_> = rest.filter_map(|rest| rest.split('<').next()).collect();
    parts.join("-")
}

#[test]
fn a_phone_takes_the_account_from_the_link_once_and_its_password_reads_mail() {
    let (site, portal, mut computer) = with_iphone("");
    let dovecot = site.mail_server("imap", false);
    let (link, password) = (link_of(&computer), password_of(&computer));
    let mut phone = portal.browser();
    // Programs that follow links open it as often as they like.
    for _ in 0..3 {
        assert_eq!(phone.open(PATH).heading(), "Set up Mail on this iPhone");
    }
    let file = phone.send(PATH, &[("link", &link)]).text.clone();
    let (head, profile) = file.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.contains("content-type: application/x-apple-aspen-config"), "{head}");
    let typed = profile.split_once("<key>IncomingPassword</key>").expect("a password").1;
    let typed = typed.split_once("<string>").expect("a text").1.split('<').next();
    assert_eq!(typed, Some(&*password));
    assert!(profile.contains("<string>alice@example.org</string>"), "{profile}");
    assert!(site.imap_login(&dovecot, "alice", &password));

    let mut second = portal.browser();
    second.open(PATH);
    let page = second.send(PATH, &[("link", &link)]);
    assert_eq!(page.status, 410, "{}", page.text);
    let is_told =
        |text: &str| text.contains("the profile of app password") && text.contains("alice");
    assert!(site.world.log().iter().any(|line| is_told(&line.text)), "the log says who had it");

    // The app password goes before the phone comes.
    computer.open("/app-passwords/new");
    new_one(&mut computer, "iPad");
    let link = link_of(&computer);
    let removed = site.enroll(&["app-password", "revoke", "alice", "iPad"]);
    assert!(removed.get("error").is_none(), "{removed}");
    phone.open(PATH);
    assert_eq!(phone.send(PATH, &[("link", &link)]).status, 410);
}

#[test]
fn a_link_does_not_outlive_the_engine() {
    let (site, portal, computer) = with_iphone("");
    let link = link_of(&computer);
    site.kill_engine();
    site.start_engine();
    let mut phone = portal.browser();
    phone.open(PATH);
    assert_eq!(phone.send(PATH, &[("link", &link)]).status, 410);
}

/// With RSA here, and with elliptic curves in the unit tests.
#[test]
fn another_program_finds_the_signature_right_and_the_profile_inside() {
    let [certificate, key] = FILES;
    let settings =
        format!("[profile_signature]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n");
    let (site, portal, computer) = with_iphone(&settings);
    let (link, password) = (link_of(&computer), password_of(&computer));
    let mut phone = portal.browser();
    assert!(!phone.open(PATH).text.contains("not signed"));
    phone.save(PATH, &[("link", &link)], "/root/mail.mobileconfig");
    let verified = |file: &str| {
        let openssl = site.world.command("openssl").args(["cms", "-verify", "-inform", "DER"]);
        openssl.args(["-in", file, "-CAfile", certificate, "-purpose", "any"]).run()
    };
    let profile = verified("/root/mail.mobileconfig").expect_success().stdout;
    assert!(profile.contains(&format!("<string>{password}</string>")), "{profile}");
    // One letter of the profile is another one.
    let change = format!("sed 's/{password}/aaaa-bbbb-cccc-dddd-eeee/' mail.mobileconfig > other");
    site.world.command("sh").args(["-c", &format!("cd /root && {change}")]).run().expect_success();
    let other = verified("/root/other");
    assert!(!other.success() && other.stderr.contains("verif"), "{other}");
}

/// The link behind the # reaches no web server; the script of the page puts it into the form. With another language, too.
#[test]
fn in_a_browser_the_address_of_the_picture_leads_to_the_file() {
    let (site, _portal, computer) = with_iphone("");
    let (link, password) = (link_of(&computer), password_of(&computer));
    let phone = Chromium::start(&site.world);
    site.world.make_folder("/tmp/saved", 0o777);
    let saves = json!({ "behavior": "allow", "downloadPath": "/tmp/saved" });
    phone.devtools("Browser.setDownloadBehavior", &saves);
    phone.open(&format!("{ORIGIN}{PATH}"));
    assert!(!phone.shows("main form button"), "without a link there is nothing to download");
    phone.open(&format!("{ORIGIN}{PATH}?lang=en#{link}"));
    phone.click("a[hreflang=de]");
    phone.wait_for_heading("Mail auf diesem iPhone einrichten");
    phone.wait("the button", || phone.shows("main form button"));
    phone.click("main form button");
    let file = "/tmp/saved/mail.mobileconfig";
    phone.wait("the file", || site.world.exists(file));
    assert!(site.world.read(file).contains(&password));
    phone.click("main form button");
    phone.wait_for_heading("Dieser Link führt nicht mehr weiter");
}
