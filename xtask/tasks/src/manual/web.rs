//! The page of the portal.

use clap::CommandFactory;
use monk_web::{DEFAULT_FILE, Options};

use super::commands;
use super::page::Page;

/// monk-web(8).
pub fn page() -> String {
    let command = Options::command();
    let mut page =
        Page::new("monk-web", "8", "page where people look after their own second factors");
    page.section("SYNOPSIS");
    page.paragraph("`monk-web` [`--config` FILE] [`--check`]");
    page.section("DESCRIPTION");
    page.paragraph(
        "Answers browsers, or a web server in front of it. People sign in with their password and a second factor, \
         and set up their phone, take app passwords and backup codes, or remove what they no longer use.",
    );
    page.paragraph(
        "`monk-web` decides nothing: it asks the engine, monkd(8), over the engine's socket, and runs as an account \
         of its own, which is `user` in the section [portal] of monk.toml(5). Where browsers find it is `origin` in \
         that section. Until that is set, each page says so.",
    );
    page.section("OPTIONS");
    commands::arguments(&mut page, &command);
    page.section("FILES");
    page.item(
        DEFAULT_FILE,
        "",
        "The settings: where it listens, TLS, the proxies that are believed, and name, colours and logo of the \
         organisation. The file says what each key means.",
    );
    page.section("SIGNALS");
    page.item("SIGTERM", "", "Stop: pages under way are finished first.");
    page.see_also(&[("monkd", "8"), ("monk-enroll", "1"), ("monk.toml", "5")]);
    page.finish()
}
