use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Facts, ServicePolicy, Severity};
use serde_json::json;

use super::*;
use crate::machine::Machine;
use crate::steps;

#[test]
fn saslauthds_options_are_read_as_getopt_reads_them() {
    for (line, keeps, mechanism) in [
        ("-a pam -m /run/sasl -n 5", false, Some("pam")),
        ("-c -m /run/sasl", true, None),
        ("-apam -cm /run/sasl", true, Some("pam")),
        ("-m -c -a shadow", false, Some("shadow")),
        ("-rca pam", true, Some("pam")),
        ("-a", false, None),
        ("", false, None),
    ] {
        let expected = saslauthd::Settings { keeps, mechanism: mechanism.map(str::to_owned) };
        assert_eq!(saslauthd::Settings::parse(line.split_whitespace()), expected, "{line}");
    }
    let file = "# OPTIONS=\"-c\"\nSTART=yes\nMECHANISMS=\"pam\"\nOPTIONS=\"-c -m /run/sasl\"\n";
    let settings = saslauthd::Settings::of_file(file).unwrap();
    assert_eq!((settings.keeps, settings.mechanism.as_deref()), (true, Some("pam")));
    assert_eq!(saslauthd::Settings::of_file("START=no\nOPTIONS=\"-c\"\n"), None);
}

#[test]
fn the_services_of_postfix_that_take_mail_are_told_from_others() {
    let master = "smtp       inet  n       -       y       -       -       smtpd\n\
                  pickup     unix  n       -       y       60      1       pickup\n\
                  587        inet  n       -       y       -       -       smtpd -o x=y\n";
    assert_eq!(postfix::smtpds(master), ["smtp/inet", "587/inet"]);
    let values = postfix::values("a = b = c\nempty =\nno line\n");
    assert_eq!((values["a"].as_str(), values["empty"].as_str(), values.len()), ("b = c", "", 2));
}

#[test]
fn lines_of_pg_hba_that_let_passwords_through_in_the_clear_are_told_from_others() {
    for (line, service, in_clear) in [
        ("hostssl all all 0.0.0.0/0 pam pamservice=postgresql", "postgresql", false),
        ("host all all 0.0.0.0/0 pam", "postgresql", true),
        ("host all all 10.0.0.0 255.0.0.0 pam pamservice=db", "db", true),
        ("hostnossl all all samenet pam", "postgresql", true),
        ("host all all 127.0.0.1/32 pam", "postgresql", false),
        ("host all all ::1/128 pam pam_use_hostname=1 pamservice=\"db\"", "db", false),
        ("local all all pam # not over a wire", "postgresql", false),
    ] {
        let text = format!("# host all all all pam\nlocal all all peer\n{line}\n");
        let expected = postgresql::Rule { line: 3, service, in_clear };
        assert_eq!(postgresql::rules(&text), [expected], "{line}");
    }
    // Databases and users of that name are no methods.
    assert_eq!(postgresql::rules("host pam pam all scram-sha-256\nlocal pam pam\n"), []);
}

#[test]
fn the_services_of_nginx_are_those_it_asks() {
    for (text, expected) in [
        (
            "location / {\n  auth_pam \"Password\";\n  auth_pam_service_name \"webmail\";\n}",
            "webmail",
        ),
        ("auth_pam Who;", "nginx"),
        ("auth_pam off;\nauth_pam_service_name webmail;", ""),
        ("# auth_pam Who;", ""),
        ("", ""),
    ] {
        let services: Vec<_> = nginx::services(text).into_iter().collect();
        assert_eq!(services.join(" "), expected, "{text}");
    }
}

#[test]
fn a_freeradius_that_asks_monk_needs_the_resident_engine() {
    const DEBIANS: &str = "# pam_auth = other\npam {\n\tpam_auth = radiusd\n}\n";
    assert_eq!(freeradius::service(DEBIANS), "radiusd");
    assert_eq!(freeradius::service("pam {\n}\n"), "radiusd");
    assert_eq!(freeradius::service("pam {\n  pam_auth = \"wifi\"\n}\n"), "wifi");
    for (file, resident, is_told) in [
        ("etc/freeradius/3.0/mods-enabled/pam", Some(false), true),
        ("etc/freeradius/3.0/mods-enabled/pam", Some(true), false),
        ("etc/freeradius/3.0/mods-available/pam", Some(false), false),
    ] {
        let (_root, machine) = Machine::with(&[(file, DEBIANS)]);
        let around = Surroundings {
            machine: &machine,
            monk: &["radiusd".to_owned()].into(),
            has_file: &|_| true,
            facts: &Facts::default(),
            resident,
        };
        let mut findings = Findings::default();
        freeradius::examine(&around, &mut findings);
        assert_eq!(!findings.0.is_empty(), is_told, "{file} {resident:?}");
    }
}

#[test]
fn vsftpd_must_ask_for_tls_before_the_password() {
    let tls = "local_enable=YES\npam_service_name=vsftpd\nssl_enable=YES\n";
    for (text, is_wrong) in [
        (tls.to_owned(), false),
        (format!("{tls}force_local_logins_ssl=YES\n"), false),
        (format!("{tls}force_local_logins_ssl=NO\n"), true),
        (tls.replace("ssl_enable=YES", "ssl_enable=NO"), true),
        (tls.replace("ssl_enable=YES", "#ssl_enable=YES"), true),
        (tls.replace("=vsftpd", "=another").replace("ssl_enable=YES", ""), false),
        (tls.replace("local_enable=YES", "").replace("ssl_enable=YES", ""), false),
    ] {
        let found = vsftpd::in_clear(&text, |service| service == "vsftpd");
        assert_eq!(found.flatten().is_some(), is_wrong, "{text}");
    }
}

#[test]
fn rules_of_sudo_that_do_not_ask_are_counted() {
    let nothing = json!({});
    assert_eq!(sudo::Unasked::of(&nothing), sudo::Unasked::default());
    let rules = json!({
        "Defaults": [
            { "Options": [{ "timestamp_timeout": "-1" }, { "authenticate": false }] },
            { "Options": [{ "timestamp_timeout": 5 }, { "env_reset": true }] },
        ],
        "User_Specs": [{ "Cmnd_Specs": [
            { "Options": [{ "authenticate": false }] },
            { "Options": [{ "authenticate": true }] },
            {},
        ] }],
    });
    let expected = sudo::Unasked { commands: 1, defaults: 1, never_again: 1 };
    assert_eq!(sudo::Unasked::of(&rules), expected);
}

/// Files with ten times as much cost no more than ten times as much, whatever is in them.
#[test]
fn the_work_of_each_reader_is_bounded_by_its_text() {
    type Reader = fn(&str);
    let readers: [(&str, Reader); 8] = [
        ("postfix", |text| drop(postfix::values(text))),
        ("postfix", |text| drop(postfix::smtpds(text))),
        ("nginx", |text| drop(nginx::services(text))),
        ("vsftpd", |text| drop(vsftpd::in_clear(text, |_| true).flatten().map(str::to_owned))),
        ("postgresql", |text| drop(postgresql::rules(text))),
        ("freeradius", |text| drop(freeradius::service(text).to_owned())),
        ("saslauthd", |text| drop(saslauthd::Settings::of_file(text))),
        ("saslauthd", |text| drop(saslauthd::Settings::parse(text.split_whitespace()))),
    ];
    for (name, reader) in readers {
        for piece in [
            "a = b = c = d\n",
            "submission inet n - y - - smtpd -o a=b\n",
            "auth_pam x;\nauth_pam_service_name a{b};\n",
            "{ { { {\n",
            "local_enable=YES\nssl_enable=YES\n",
            "host all all 0.0.0.0/0 pam pamservice=x pamservice=y\n",
            "START=yes\nOPTIONS=\"-c -a pam\"\n",
            "-a -a -c -m ",
            "\n",
        ] {
            let cost = |times: usize| {
                let text = piece.repeat(times);
                steps::of(|| reader(&text))
            };
            let (small, large) = (cost(200), cost(2_000));
            assert!(large <= small.max(1) * 11, "{name} of {piece:?}: {small} steps, and {large}");
        }
    }
}

/// Many services of Postfix that all ask Cyrus SASL: its file is read once, however long it is.
#[test]
fn many_services_of_postfix_cost_no_more_than_they_are() {
    let cost = |times: usize| {
        let file = "pwcheck_method: saslauthd\nmech_list: plain\n# x\n".repeat(times);
        let (_root, machine) = Machine::with(&[("etc/postfix/sasl/smtpd.conf", &file)]);
        let master: String =
            (0..times).map(|port| format!("{port} inet n - y - - smtpd\n")).collect();
        let postfix = Ok(Postfix::read("smtpd_sasl_auth_enable = yes\n", "", &master));
        let around = Surroundings {
            machine: &machine,
            monk: &BTreeSet::from(["smtp".to_owned()]),
            has_file: &|_| true,
            facts: &Facts::default(),
            resident: None,
        };
        let mut findings = Findings::default();
        let steps = steps::of(|| assert!(postfix::examine(&around, Some(&postfix), &mut findings)));
        assert!(findings.0.len() >= times, "each of them was judged");
        steps
    };
    let (small, large) = (cost(100), cost(1_000));
    assert!(large <= small * 11, "{small} steps, and {large} for ten times as much");
}

#[test]
fn a_roundcube_is_told_where_its_services_remember_nothing_together() {
    let always = ServicePolicy { always: true, ..ServicePolicy::default() };
    let together = ServicePolicy { remembers_together: true, ..always };
    let facts =
        Facts { policy: always, services: vec![("smtp".into(), together)], ..Facts::default() };
    let found = |files: &[(&str, &str)]| {
        let (_root, machine) = Machine::with(files);
        let around = Surroundings {
            machine: &machine,
            monk: &["imap", "smtp", "sieve"].map(str::to_owned).into(),
            has_file: &|_| true,
            facts: &facts,
            resident: None,
        };
        let mut findings = Findings::default();
        roundcube::examine(&around, &mut findings);
        let found = findings.0.into_iter().map(|one| (one.subject, one.severity));
        found.collect::<Vec<_>>()
    };
    let settings = ("etc/roundcube/config.inc.php", "<?php\n");
    let expected = [
        ("Roundcube, service imap".to_owned(), Severity::Note),
        ("Roundcube, service smtp".to_owned(), Severity::Ok),
    ];
    assert_eq!(found(&[settings]), expected);
    assert_eq!(found(&[]), []);
}
