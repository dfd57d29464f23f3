//! Stacks, as they are put together from files.

use super::*;

fn files<const N: usize>(texts: [(&str, &str); N]) -> Files {
    texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

fn shown(stack: &Stack) -> Vec<String> {
    let rule = |rule: &Rule| {
        let what = rule.module().unwrap_or("-");
        format!("{}:{} {} {what}", rule.file, rule.line, rule.level)
    };
    stack.rules.iter().map(rule).collect()
}

#[test]
fn includes_are_followed_and_only_rules_of_the_phase_count() {
    let files = files([
        (
            "imap",
            "# mail\n@include common\naccount required pam_permit.so\nauth substack sub\n-auth optional /lib/pam_x.so\n",
        ),
        ("common", "auth [success=1 default=ignore] pam_unix.so nullok # why\nauth include deep\n"),
        ("deep", "AUTH requisite pam_deny.so\nsession required pam_permit.so\n"),
        ("sub", "auth \\\n required pam_monk.so\n"),
    ]);
    assert_eq!(
        shown(&Stack::load(&Library::of(&files), "imap", Phase::Auth)),
        [
            "common:1 0 pam_unix.so",
            "deep:1 0 pam_deny.so",
            "imap:4 0 -",
            "sub:1 1 pam_monk.so",
            "imap:5 0 pam_x.so",
        ]
    );
    assert_eq!(
        shown(&Stack::load(&Library::of(&files), "imap", Phase::Account)),
        ["imap:3 0 pam_permit.so"]
    );
}

#[test]
fn what_is_missing_or_goes_in_circles_is_told() {
    let files = files([
        ("imap", "auth include nowhere\n"),
        ("a", "@include b\n"),
        ("b", "# again\n@include a\n"),
        ("c", "auth substack c\nauth required pam_x.so\n"),
        ("d", "auth required pam_x.so\n@include e\n"),
        ("e", "auth required pam_x.so \\\n"),
        ("f", "auth required .so\n"),
    ]);
    let at = |place: &str, name: &str| (format!("/etc/pam.d/{place}"), name.to_owned());
    let (place, name) = at("imap:1", "nowhere");
    let missing = Broken::Missing(place, name);
    let (place, name) = at("b:2", "a");
    let circle = Broken::Circle(place, name);
    let (place, name) = at("c:1", "c");
    let substack = Broken::Circle(place, name);
    let unfinished = Broken::Unfinished("/etc/pam.d/e:1".to_owned());
    let (place, name) = at("f:1", ".so");
    let nameless = Broken::Nameless(place, name);
    for (service, expected, aborts) in [
        ("imap", missing, false),
        ("a", circle, true),
        ("c", substack, true),
        ("d", unfinished, true),
        ("f", nameless, true),
    ] {
        let stack = Stack::load(&Library::of(&files), service, Phase::Auth);
        assert_eq!((stack.broken, stack.aborts), ([expected].into(), aborts), "{service}");
    }
}

#[test]
fn a_service_without_rules_has_those_of_other() {
    let files = files([
        ("imap", "account required pam_permit.so\n"),
        ("other", "auth required pam_deny.so\n"),
    ]);
    for service in ["imap", "without-a-file"] {
        let stack = Stack::load(&Library::of(&files), service, Phase::Auth);
        assert_eq!(shown(&stack), ["other:1 0 pam_deny.so"]);
        assert!(stack.of_other && !stack.aborts, "{service}");
    }
}

#[test]
fn arguments_in_brackets_are_one_argument_and_nonsense_fails() {
    let files = files([(
        "imap",
        "auth required pam_x.so [query=select \\] from x] debug\nauht required pam_y.so\nauth required\n",
    )]);
    let stack = Stack::load(&Library::of(&files), "imap", Phase::Auth);
    assert_eq!(stack.rules[0].arguments(), ["query=select ] from x", "debug"]);
    assert_eq!(stack.rules[1].step, Step::Fail);
    assert_eq!(stack.rules[2].step, Step::Fail);
}
