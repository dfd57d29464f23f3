use super::*;

const SETTINGS: &str = "\
[enrolment]
issuer = \"Muster & Co\"
imap = \"imap.example.org:993\"
smtp = \"smtp.example.org:587\"
mail_user = \"name\"
[portal]
origin = \"https://login.example.org\"
help = \"help@example.org\"
[ldap]
uris = [\"ldaps://ldap.example.org\"]
";

fn values(settings: &str) -> Values {
    Values::of(settings, None).unwrap()
}

/// What stands between these two marks, each time.
fn all<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    text.split(begin).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

#[test]
fn the_page_has_the_organisations_own_and_no_place_is_left_empty() {
    for language in Language::ALL {
        let page = page(language, &values(SETTINGS));
        for wanted in [
            "Muster &amp; Co",
            "href=\"https://login.example.org\">login.example.org<",
            "href=\"mailto:help@example.org\"",
            "imap.example.org</td><td>Port 993</td><td>SSL/TLS",
            "smtp.example.org</td><td>Port 587</td><td>STARTTLS",
            "<svg",
            "data:image/png;base64,iVBOR",
            "7. ",
        ] {
            assert!(page.contains(wanted), "{language:?}: {wanted}");
        }
        assert!(!page.contains("{{") && !page.contains("<!--"), "{language:?}");
    }
}

#[test]
fn without_a_portal_and_servers_nobody_is_sent_there() {
    for language in Language::ALL {
        let page = page(language, &values("[enrolment]\nissuer = \"Example\"\n"));
        for absent in [
            "{{",
            "<!--",
            "Passkey",
            "<svg",
            "<table",
            "<img",
            "7. ",
            "servers above",
            "Server von oben",
        ] {
            assert!(!page.contains(absent), "{language:?}: {absent}");
        }
        assert!(page.contains("Example"));
    }
}

#[test]
fn both_languages_say_the_same_things_in_the_same_places() {
    let [english, german] = Language::ALL.map(Language::template);
    for (begin, end) in [("{{", "}}"), ("<!-- ", " -->"), ("<h2 id=\"", "\""), ("<", ">")] {
        let of = |text| -> Vec<String> {
            let found = all(text, begin, end).into_iter();
            // Words in attributes differ.
            found.map(|one| one.split(" alt=").next().unwrap_or(one).to_owned()).collect()
        };
        assert_eq!(of(english), of(german), "{begin}");
    }
}

/// Every element is closed, in the order in which they were opened.
#[test]
fn the_texts_are_well_formed() {
    for language in Language::ALL {
        for settings in [SETTINGS, ""] {
            let page = page(language, &values(settings));
            let main = format!("<main>{}", all(&page, "<main>", "</body>")[0]);
            if let Err(error) = roxmltree::Document::parse(&main) {
                panic!("{language:?}: {error}");
            }
        }
    }
}

#[test]
fn what_the_settings_say_is_text_and_no_markup() {
    let evil = "<script>alert(1)</script>\\\" onclick=\\\"x";
    let settings = format!(
        "[enrolment]\nissuer = \"{evil}\"\nimap = \"{evil}:993\"\n\
         [portal]\norigin = \"https://x/{evil}\"\nhelp = \"https://{evil}\"\n[mail]\nname = \"{evil}\"\n"
    );
    for language in Language::ALL {
        let page = page(language, &values(&settings));
        assert!(!page.contains("<script") && !page.contains("\" onclick"), "{language:?}");
    }
}

#[test]
fn the_name_is_the_one_that_was_given_or_that_mails_come_from() {
    let named = |more: &str, given: Option<&str>| {
        Values::of(&format!("{SETTINGS}{more}"), given.map(str::to_owned)).unwrap().organisation
    };
    assert_eq!(named("", None), "Muster & Co");
    assert_eq!(named("[mail]\nname = \"Muster GmbH\"\n", None), "Muster GmbH");
    assert_eq!(named("[mail]\nname = \"Muster GmbH\"\n", Some("The company")), "The company");
    assert!(Values::of("no toml", None).is_err());
}
