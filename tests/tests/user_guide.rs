//! The pages that administrators hand out to users have the names and servers of the settings in them.

use monk_tests::site::{Backend, Running, Site};

const SETTINGS: &str = "\
[enrolment]
issuer = \"Muster\"
imap = \"imap.muster.example:993\"
smtp = \"smtp.muster.example:587\"
mail_user = \"mail\"
[portal]
origin = \"https://login.muster.example\"
help = \"+49 30 123456\"
[mail]
name = \"Muster & Söhne\"
from = \"monk@muster.example\"
";

#[test]
fn the_guide_is_filled_in_from_the_settings_that_are_in_force() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    let written = site.enroll(&["user-guide", "--out", "/root/guide"]);
    assert_eq!(written["files"][1], "/root/guide/guide.de.html");
    for (page, words) in [
        ("/root/guide/guide.en.html", ["Signing in at Muster &amp; Söhne", "your mail address"]),
        ("/root/guide/guide.de.html", ["Anmelden bei Muster &amp; Söhne", "Ihre Mailadresse"]),
    ] {
        let text = site.world.read(page);
        for wanted in [
            words[0],
            words[1],
            "<b>Muster</b>",
            "imap.muster.example</td><td>Port 993</td><td>SSL/TLS",
            "smtp.muster.example</td><td>Port 587</td><td>STARTTLS",
            "href=\"https://login.muster.example\"",
            "+49 30 123456",
        ] {
            assert!(text.contains(wanted), "{page}: {wanted}");
        }
        assert!(!text.contains("{{"), "{page}");
    }
}

#[test]
fn a_host_without_a_portal_hands_out_a_guide_without_one() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.enroll(&["user-guide", "--out", "/root/guide", "--organisation", "Example"]);
    let text = site.world.read("/root/guide/guide.en.html");
    assert!(text.contains("Signing in at Example") && !text.contains("Passkey"), "{text}");
}
