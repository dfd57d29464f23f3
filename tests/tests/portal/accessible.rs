//! Everybody can use the pages: both languages, light and dark, on a narrow screen, with a keyboard and a screen reader.

use monk_tests::World;
use monk_tests::chromium::Chromium;
use monk_tests::tour::access::complaints;
use monk_tests::tour::{LANGUAGES, Tour};

#[test]
fn every_page_can_be_used_by_everybody_in_each_language_and_scheme() {
    for language in LANGUAGES {
        let (mut found, mut pages) = (Vec::new(), 0);
        Tour::new(language).go(&mut |browser, name| {
            pages += 1;
            let complaints = complaints(browser, language);
            found.extend(complaints.into_iter().map(|one| format!("{language} {name}: {one}")));
        });
        assert!(pages > 20, "only {pages} pages");
        assert!(found.is_empty(), "{pages} pages:\n{}", found.join("\n"));
    }
}

/// The check itself: each of these is told, and of a page without them nothing is.
#[test]
fn what_keeps_people_out_is_told() {
    let world = World::new();
    let browser = Chromium::start(&world);
    let page = |head: &str, body: &str| {
        let html = format!("<!doctype html><html lang=en><head>{head}</head><body>{body}");
        let encoded: String = html.bytes().map(|byte| format!("%{byte:02x}")).collect();
        browser.open(&format!("data:text/html,{encoded}"));
        complaints(&browser, "en").join("\n")
    };
    let title = "<title>A page</title>";
    let main = |inside: &str| format!("<main><h1>Heading</h1>{inside}</main>");
    assert_eq!(page(title, &main("<label>Name <input></label>")), "");
    for (inside, told) in [
        ("<input>", "a field without a label"),
        ("<button></button>", "no name"),
        ("<a href='/x'></a>", "no name"),
        ("<img src=x>", "a picture without alt"),
        ("<svg><path d='M0 0'/></svg>", "a picture without a name"),
        ("<h3>Too deep</h3>", "a level is left out"),
        ("<h1>Another</h1>", "not one h1"),
        ("<p id=a>1</p><p id=a>2</p>", "twice: #a"),
        ("<p aria-describedby=gone>1</p>", "refers to nothing"),
        ("<label for=gone>1</label>", "a label of nothing"),
        ("<p tabindex=3>1</p>", "jumps the queue"),
        ("<p style='color:#888'>grey</p>", "contrast 3.5"),
        ("<div style='width:400px'>wide</div>", "scrolls sideways"),
    ] {
        let complaints = page(title, &main(inside));
        assert!(complaints.contains(told), "{inside}: {complaints}");
    }
    assert!(page("", &main("")).contains("no title"));
    assert!(page(title, "<h1>Heading</h1>").contains("0 main"));
}
