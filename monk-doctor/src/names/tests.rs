use super::*;

/// What is told of a host with this line or these lines, as ids with their severities.
fn told(lines: &str) -> Vec<String> {
    let (_root, machine) = Machine::with(&[
        ("etc/nsswitch.conf", lines),
        ("usr/lib/x86_64-linux-gnu/libnss_monk.so.2", ""),
    ]);
    ids(&machine)
}

fn ids(machine: &Machine) -> Vec<String> {
    let mut findings = Findings::default();
    examine(machine, &mut findings);
    let lines = findings.0.into_iter().filter(|one| one.subject.starts_with(FILE));
    lines.map(|one| format!("{}: {}", one.severity.word(), one.id)).collect()
}

#[test]
fn monk_behind_this_hosts_own_files_is_in_order() {
    for lines in [
        "passwd: files systemd monk\ngroup: files systemd monk\n",
        "passwd: compat monk\ngroup: files [SUCCESS=merge] systemd monk\n",
        "passwd: files monk systemd\ngroup: files monk\nshadow: files monk\n",
        "passwd: files [TRYAGAIN=return] monk\ngroup: files monk\ninitgroups: files monk\n",
    ] {
        assert_eq!(told(lines), ["ok: names-order"], "{lines}");
    }
}

#[test]
fn each_trap_of_the_file_is_told() {
    for (lines, expected) in [
        ("passwd: files systemd\ngroup: files systemd\n", &["warning: names-not-used"][..]),
        ("", &["warning: names-not-used"]),
        ("passwd: monk files\ngroup: files monk\n", &["error: names-order"]),
        ("passwd: monk\ngroup: systemd monk\n", &["error: names-order", "error: names-order"]),
        ("passwd: files monk\ngroup: files\n", &["warning: names-half"]),
        ("group: files monk\n", &["warning: names-half"]),
        (
            "passwd: files [NOTFOUND=return] monk\ngroup: files monk\n",
            &["warning: names-never-asked"],
        ),
        (
            "passwd: files sss [!SUCCESS=return] monk\ngroup: files monk\n",
            &["warning: names-never-asked", "note: names-beside"],
        ),
        (
            "passwd: files systemd [unavail=return] monk\ngroup: files monk\n",
            &["warning: names-never-asked"],
        ),
        (
            "passwd: files monk\ngroup: files monk\ninitgroups: files systemd\n",
            &["warning: names-half"],
        ),
        (
            "passwd: files ldap monk\ngroup: files ldap monk\n",
            &["ok: names-order", "note: names-beside"],
        ),
    ] {
        assert_eq!(told(lines), expected, "{lines}");
    }
}

#[test]
fn lines_for_compat_do_not_reach_monk() {
    let told = |passwd: &str, services: &str| {
        let text = format!("passwd: {services}\ngroup: files monk\n");
        let (_root, machine) = Machine::with(&[
            ("etc/nsswitch.conf", &text),
            ("etc/passwd", passwd),
            ("usr/lib/x86_64-linux-gnu/libnss_monk.so.2", ""),
        ]);
        ids(&machine)
    };
    let lines = "root:x:0:0::/root:/bin/sh\n-mallory::::::\n+::::::\n";
    assert_eq!(told(lines, "compat monk"), ["warning: names-order"]);
    assert_eq!(told(lines, "files monk"), ["ok: names-order"]);
    assert_eq!(told("root:x:0:0::/root:/bin/sh\n", "compat monk"), ["ok: names-order"]);
}

#[test]
fn a_host_without_the_module_hears_of_it_only_where_it_is_named() {
    let (_root, machine) = Machine::with(&[("etc/nsswitch.conf", "passwd: files systemd\n")]);
    let mut findings = Findings::default();
    examine(&machine, &mut findings);
    assert!(findings.0.is_empty(), "{findings:?}");
    let (_root, machine) =
        Machine::with(&[("etc/nsswitch.conf", "passwd: files monk\ngroup: files monk\n")]);
    assert!(ids(&machine).contains(&"error: names-module-missing".to_owned()));
}
