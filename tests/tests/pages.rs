//! The blocks of pages that nobody types: settings, lines of the audit, entries of a directory. What reads them in real life
//! reads them here. `tests/tests/package/pages` types the commands.

use std::process::Command;

use monk_terms::fields::Line;
use monk_terms::verdict::{Grant, Refusal};
use monk_tests::page::{self, Block};
use monk_tests::site::{self, Backend, Running, SETTINGS, Site};
use monk_tests::{Output, World};
use serde_json::Value;

/// Where the settings of the portal are.
const WEB_SETTINGS: &str = "/etc/monk-web/web.toml";

/// The blocks for that file, by some of their words.
const OF_THE_PORTAL: [&str; 2] =
    ["listen = \"unix:/run/monk-web/web.sock\"", "[profile_signature]"];

/// The blocks of one language.
fn blocks(language: &str) -> Vec<Block> {
    let blocks: Vec<_> =
        page::blocks().into_iter().filter(|block| block.language == language).collect();
    assert!(!blocks.is_empty(), "{language}");
    blocks
}

fn place(block: &Block) -> String {
    format!("{}:{}", block.page, block.line)
}

/// The blocks that need a directory server, or a mail server: the page has told of it before.
const BEHIND: [(&str, &str, &str); 6] = [
    ("[ldap.state]", "docs/directories/389ds.md", "[ldap]"),
    ("[ldap.names]", "docs/directories/389ds.md", "[ldap]"),
    ("mail_filter = ", "docs/directories/freeipa.md", "[ldap]"),
    ("remember_hosts = ", "docs/directories/389ds.md", "[ldap]"),
    ("[credential_store]", "docs/directories/389ds.md", "[ldap]"),
    ("[service.sshd.mail]", "docs/email.md", "[mail]"),
];

/// The settings of a reader who has put the block where the page says.
fn settings(block: &Block) -> String {
    let begins = |(words, ..): &&(&str, &str, &str)| block.text.contains(words);
    let Some((words, page, section)) = BEHIND.iter().find(begins) else {
        return block.text.clone();
    };
    if block.text.contains(&format!("{section}\n")) {
        return block.text.clone();
    }
    let whole = page::blocks_of(page)
        .into_iter()
        .find(|whole| whole.language == "toml" && whole.text.contains(&format!("{section}\n")));
    let whole = whole.unwrap_or_else(|| panic!("{page} has no {section}"));
    let (mut top, mut below) = sections(&whole.text);
    let (own_top, own) = sections(&block.text);
    // What the block says stands in the place of what was there.
    below.retain(|(name, _)| own.iter().all(|(own, _)| own != name));
    if words.ends_with(" = ") && own.is_empty() {
        below.last_mut().expect("a section").1.push_str(&own_top);
    } else {
        top += &own_top;
    }
    let sections = below.into_iter().chain(own).map(|(name, lines)| format!("{name}\n{lines}"));
    top + &sections.collect::<String>()
}

/// The lines above all sections, and the sections.
fn sections(text: &str) -> (String, Vec<(String, String)>) {
    let (mut top, mut sections) = (String::new(), Vec::<(String, String)>::new());
    for line in text.lines() {
        if line.starts_with('[') {
            sections.push((line.to_owned(), String::new()));
        } else {
            let lines = sections.last_mut().map_or(&mut top, |(_, lines)| lines);
            *lines += &format!("{line}\n");
        }
    }
    (top, sections)
}

/// Puts settings into their file, and has the program look at them.
fn check(world: &World, block: &Block) -> Output {
    if OF_THE_PORTAL.iter().any(|words| block.text.contains(words)) {
        world.write(WEB_SETTINGS, &block.text, 0o644);
        return world.command("monk-web").arg("--check").run();
    }
    world.write(SETTINGS, settings(block), 0o644);
    world.command("monkd").arg("--check").run()
}

#[test]
fn the_settings_on_the_pages_are_taken() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.world.install(site::built("monk-web"), "/usr/sbin/monk-web", 0o755);
    let good = &site.world.certificates().good;
    for (file, path) in [
        (&site.world.certificates().authority, "/etc/ssl/certs/example-ca.pem"),
        (&site.world.certificates().authority, "/etc/ipa/ca.crt"),
        (&good.certificate, "/etc/monk-web/web.crt"),
        (&good.key, "/etc/monk-web/web.key"),
    ] {
        site.world.write(path, site.world.read(file), 0o644);
    }
    for file in ["ldap", "store", "mail"] {
        site.world.write(format!("/etc/monk/{file}.password"), "secret\n", 0o600);
    }
    let refused = blocks("toml").into_iter().filter_map(|block| {
        let output = check(&site.world, &block);
        (!output.success()).then(|| format!("{}: {output}", place(&block)))
    });
    let refused: Vec<_> = refused.collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn the_lines_of_the_audit_on_the_pages_are_in_its_grammar() {
    // Not the expression for fail2ban.
    let is_one = |line: &str| {
        let event = line.split_once(' ').filter(|(_, rest)| rest.starts_with("user="));
        event.is_some_and(|(event, _)| !event.starts_with('^'))
    };
    let mut seen = 0;
    for block in blocks("text") {
        for line in block.text.lines().filter(|line| is_one(line)) {
            let place = place(&block);
            // The page shows only its beginning.
            let line = line.trim_end_matches(" …");
            let read = Line::parse(line).unwrap_or_else(|| panic!("{place}: {line}"));
            let value = |key| {
                let mut fields = read.fields.iter();
                fields.find(|field| field.key == key).map(|field| &*field.value)
            };
            let reason = value("reason").unwrap_or_else(|| panic!("{place}: no reason"));
            if ["login", "account", "proof"].contains(&read.event) {
                let is_known = match value("verdict") {
                    Some("granted") => Grant::of_word(reason).is_some(),
                    Some("refused" | "ignored") => Refusal::of_word(reason).is_some(),
                    _ => false,
                };
                assert!(is_known, "{place}: {line}");
            }
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_line_of_json_is_the_same_login_as_the_first_line_of_text() {
    let json: Value =
        serde_json::from_str(&page::block("docs/audit.md", "{\"event\"").text).expect("an object");
    let text = page::block("docs/audit.md", "totp-add user=alice").text;
    let line = Line::parse(text.lines().next().expect("a line")).expect("a line of the audit");
    let fields = line.fields.iter().map(|field| (field.key, &*field.value));
    let fields: Vec<_> = [("event", line.event)].into_iter().chain(fields).collect();
    let of_json: Vec<_> = json.as_object().expect("an object").iter().collect();
    assert_eq!(of_json.len(), fields.len());
    for (key, value) in fields {
        let same = json[key].as_str().map_or_else(|| json[key].to_string(), str::to_owned);
        assert_eq!(same, value, "{key}");
    }
}

#[test]
fn prometheus_takes_the_lines_for_it() {
    monk_tests::packages::ensure(&["prometheus"]).expect("Prometheus can be installed");
    let alerts = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/metrics/alerts.yml");
    for block in blocks("yaml") {
        let text = block.text.replace("/usr/share/monk/metrics/alerts.yml", alerts);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, text).expect("it is written");
        let promtool = Command::new("promtool").args(["check", "config"]).arg(&file).output();
        let promtool = promtool.expect("promtool runs");
        assert!(promtool.status.success(), "{}: {promtool:?}", place(&block));
    }
}
