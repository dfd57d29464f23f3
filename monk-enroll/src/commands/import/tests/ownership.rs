//! Whose a device becomes: as the file says, as the list says, or nobody's.

use super::*;

/// Two tokens as they are delivered: with serial numbers, without users.
fn delivery() -> String {
    let token = |serial: &str, secret: &str| {
        format!(
            "<KeyPackage><DeviceInfo><Manufacturer>Example Tokens Co.,Ltd</Manufacturer><SerialNo>{serial}</SerialNo></DeviceInfo>\n<Key Id=\"{serial}\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters><ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/></AlgorithmParameters><Data><Secret><PlainValue>{secret}</PlainValue></Secret><TimeInterval><PlainValue>60</PlainValue></TimeInterval></Data></Key></KeyPackage>\n"
        )
    };
    format!(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n{}{}</KeyContainer>\n",
        token("2600100000001", "SGVsbG8h3q2+7zEyMzQ1Njc4OTA="),
        token("2600100000002", "MDk4NzY1NDMyMe++rd4hb2xsZUg=")
    )
}

fn users(seen: &Seen) -> Vec<String> {
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    sent(seen)[0].1.iter().map(|item| item.user.clone()).collect()
}

/// What a dry run with the delivery, a list and these options says, where the engine agrees.
fn dry_run(files: &Files, options: &[&str], devices: &[&str]) -> Seen {
    let results: Vec<_> =
        devices.iter().map(|user| result(user, DeviceVerdict::Enrolled)).collect();
    // Where nothing is right, nobody is asked.
    let script = (!results.is_empty()).then(|| said(results));
    let path = files.path("two.xml");
    let words = [&["import", "--dry-run"], options, &[path.as_str()]].concat();
    Scene::new(script).run_words(&words)
}

#[test]
fn tokens_of_a_delivery_go_to_those_whom_the_list_names() {
    let list = "Serial,User\n2600100000002,bob\n2600100000001,alice\n";
    let files = Files::new(&[("two.xml", &delivery()), ("list.csv", list)]);
    let list = files.path("list.csv");
    let seen = dry_run(&files, &["--owners", &list], &["alice", "bob"]);
    assert_eq!(users(&seen), ["alice", "bob"]);
    let both = ["--owner", "2600100000001=carol", "--owner", "2600100000002=dave"];
    assert_eq!(users(&dry_run(&files, &both, &["carol", "dave"])), ["carol", "dave"]);
}

#[test]
fn a_token_that_nobody_gets_is_named_and_left_out_on_demand() {
    let files = Files::new(&[("two.xml", &delivery())]);
    let one = ["--owner", "2600100000001=alice"];
    let seen = dry_run(&files, &one, &["alice"]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("nobody gets 2600100000002"), "{}", seen.errors);
    assert!(seen.errors.contains("--skip-unassigned"), "{}", seen.errors);
    let seen = dry_run(&files, &[&one[..], &["--skip-unassigned"]].concat(), &["alice"]);
    assert_eq!(users(&seen), ["alice"]);
    assert!(seen.out.contains("2600100000002"), "{}", seen.out);
}

#[test]
fn a_list_that_fits_no_token_or_says_two_things_is_refused() {
    for (list, devices, says) in [
        (
            "2600100000001,alice\n2600100000002,bob\n26001000000O3,carol\n",
            2,
            "list.csv:3: no token",
        ),
        (
            "2600100000001,alice\n2600100000001,bob\n",
            1,
            "list.csv:2: 2600100000001: given to alice",
        ),
        ("alice\n", 0, "list.csv:1: a line is a serial number"),
    ] {
        let files = Files::new(&[("two.xml", &delivery()), ("list.csv", list)]);
        let seen = dry_run(&files, &["--owners", &files.path("list.csv")], &["a", "b"][..devices]);
        assert_eq!(seen.exit, Exit::Invalid);
        assert!(!seen.errors.contains("--user"), "{}", seen.errors);
        assert!(files.short(&seen.errors).contains(says), "{}", seen.errors);
    }
    let files = Files::new(&[("two.xml", &delivery())]);
    let seen = dry_run(&files, &["--owner", "1=alice"], &[]);
    assert!(seen.errors.contains("no token has the serial number 1"), "{}", seen.errors);
    // It is there, and is told as what it is.
    let counting = delivery().replace("pskc:totp", "pskc:hotp");
    let files = Files::new(&[("two.xml", &counting)]);
    let seen = dry_run(&files, &["--owner", "2600100000001=alice"], &[]);
    assert!(!seen.errors.contains("no token"), "{}", seen.errors);
    let seen = dry_run(&files, &["--owner", "2600100000001=alice", "--skip-hotp"], &[]);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    assert!(seen.out.contains("Example Tokens Co.,Ltd 2600100000001"), "{}", seen.out);
    let twice = delivery().replace("2600100000002", "2600100000001");
    let files = Files::new(&[("two.xml", &twice)]);
    let seen = dry_run(&files, &["--owner", "2600100000001=alice"], &["alice"]);
    assert!(seen.errors.contains("comes twice"), "{}", seen.errors);
}

#[test]
fn a_whole_delivery_is_never_one_users_by_the_way() {
    let files = Files::new(&[("two.xml", &delivery())]);
    let seen = dry_run(&files, &[], &[]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("--owner 2600100000001=USER"), "{}", seen.errors);
    let seen = dry_run(&files, &["--user", "alice"], &[]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("2 devices, and all would be alice's"), "{}", seen.errors);
    assert!(seen.errors.contains("--owners"), "{}", seen.errors);
    let seen = dry_run(&files, &["--user", "alice", "--all-tokens"], &["alice", "alice"]);
    assert_eq!(users(&seen), ["alice", "alice"]);

    // One file for each token is a delivery, too.
    let whole = delivery();
    let end = whole.find("</KeyPackage>").unwrap() + "</KeyPackage>\n".len();
    let start = whole.find("<KeyPackage>").unwrap();
    let (one, two) =
        (format!("{}</KeyContainer>", &whole[..end]), whole[..start].to_owned() + &whole[end..]);
    let each = Files::new(&[("one.xml", &one), ("two.xml", &two)]);
    let (one, two) = (each.path("one.xml"), each.path("two.xml"));
    let script = || [said(vec![result("alice", DeviceVerdict::Enrolled)])];
    let seen = Scene::new(script()).run_words(&["import", "--user", "alice", &one, &two]);
    assert!(seen.errors.contains("two.xml:3: these are 2 devices"), "{}", seen.errors);
    let words = ["import", "--dry-run", "--user", "alice", &one];
    assert_eq!(users(&Scene::new(script()).run_words(&words)), ["alice"]);

    let file = format!("alice={}", files.path("two.xml"));
    let seen = Scene::new([]).run_words(&["import", "--format", "pskc", "--dry-run", &file]);
    assert!(seen.errors.contains("--all-tokens"), "{}", seen.errors);
    let users_file = Files::new(&[("users.oath", OATH)]);
    let path = users_file.path("users.oath");
    let seen = Scene::new([]).run_words(&["import", "--user", "alice", &path]);
    assert!(seen.errors.contains("--all-tokens"), "{}", seen.errors);
    let addresses = "otpauth://totp/Shop:alice?secret=JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ,otpauth://totp/Work:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n";
    let addresses = Files::new(&[("comma.txt", addresses)]);
    let path = addresses.path("comma.txt");
    let seen = Scene::new([]).run_words(&["import", "--user", "alice", &path]);
    assert!(seen.errors.contains("--all-tokens"), "{}", seen.errors);
    let script = [both(&DeviceVerdict::Enrolled)];
    let seen = Scene::new(script).run_words(&["import", "--dry-run", &path]);
    assert_eq!(users(&seen), ["alice", "bob"]);
}

#[test]
fn the_file_of_a_user_is_not_taken_for_xml_by_its_looks() {
    let one = delivery();
    let one = format!("{}</KeyContainer>", &one[..one.find("</KeyPackage>").unwrap() + 13]);
    let files = Files::new(&[("home", &one)]);
    let file = format!("alice={}", files.path("home"));
    let seen = Scene::new([]).run_words(&["import", "--dry-run", &file]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("--format pskc"), "{}", seen.errors);
    let script = || [said(vec![result("alice", DeviceVerdict::Enrolled)])];
    let words = ["import", "--dry-run", "--format", "pskc", &file];
    assert_eq!(users(&Scene::new(script()).run_words(&words)), ["alice"]);
    let words = ["import", "--dry-run", "--user", "alice", &files.path("home")];
    assert_eq!(users(&Scene::new(script()).run_words(&words)), ["alice"]);
}

#[test]
fn a_host_behind_the_account_is_taken_away_on_demand() {
    let text = "otpauth://totp/alice@web1.example.org?secret=JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ\n";
    let files = Files::new(&[("one", text)]);
    let path = files.path("one");
    let unknown = || [said(vec![result("x", DeviceVerdict::UnknownUser)])];
    let seen = Scene::new(unknown()).run_words(&["import", "--dry-run", &path]);
    assert!(seen.errors.contains("one:1: alice@web1.example.org: "), "{}", seen.errors);
    assert!(seen.errors.contains("--user, or --strip-host"), "{}", seen.errors);
    let script = [said(vec![result("alice", DeviceVerdict::Enrolled)])];
    let seen = Scene::new(script).run_words(&["import", "--dry-run", "--strip-host", &path]);
    assert_eq!(users(&seen), ["alice"]);
    let nobody = Files::new(&[("one", &text.replace("alice@web1.example.org", "Mail:"))]);
    let seen = Scene::new([]).run_words(&["import", "--dry-run", &nobody.path("one")]);
    assert!(seen.errors.contains("give --user"), "{}", seen.errors);
}

#[test]
fn no_secret_is_shown_or_sent_as_a_name() {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let text = format!(
        "otpauth://totp/Shop:alice?secret=JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ&issuer={secret}\n"
    );
    let files = Files::new(&[("one", &text)]);
    let path = files.path("one");
    let seen = Scene::new([]).run_words(&["import", &path]);
    assert_eq!((seen.exit, seen.out.as_str()), (Exit::Invalid, ""));
    assert!(seen.errors.contains("one:1: alice: "), "{}", seen.errors);
    assert!(seen.errors.contains("give --name"), "{}", seen.errors);
    assert!(!seen.errors.contains(secret), "{}", seen.errors);
    let seen = Scene::new([]).run_words(&["import", "--name", secret, &path]);
    assert_eq!((seen.exit, seen.requests.len()), (Exit::Usage, 0));
    assert!(!seen.errors.contains(secret), "{}", seen.errors);
    let script = [said(vec![result("alice", DeviceVerdict::Enrolled)])];
    let seen = Scene::new(script).run_words(&["import", "--dry-run", "--name", "Phone", &path]);
    assert_eq!(sent(&seen)[0].1[0].label, "Phone");
}

#[test]
fn names_that_meet_the_number_of_another_are_told_apart() {
    let line = |issuer: &str, n: u8| {
        format!("otpauth://totp/alice?secret=JBSWY3DPEHPK3PXPGEZDGNBVGY3TQO{n}Q&issuer={issuer}\n")
    };
    let text = [line("Mail", 2), line("Mail", 3), line("Mail 2", 4), line("Mail", 5)].concat();
    let files = Files::new(&[("uris", &text)]);
    let results = vec![result("alice", DeviceVerdict::Enrolled); 4];
    let words = ["import", "--dry-run", &files.path("uris")];
    let seen = Scene::new([said(results)]).run_words(&words);
    let labels: Vec<_> = sent(&seen)[0].1.iter().map(|item| item.label.clone()).collect();
    assert_eq!(labels, ["Mail", "Mail 2", "Mail 2 2", "Mail 3"]);
}

#[test]
fn what_the_options_say_together_makes_sense() {
    for words in [
        &["import", "--all-tokens", "x"][..],
        &["import", "--skip-unassigned", "x"],
        &["import", "--owner", "1=a", "--user", "b", "x"],
        &["import", "--owner", "1=a", "b=x"],
        &["import", "--owner", "a", "x"],
        &["import", "--owners", "-", "-"],
        &["import", "--owners", "-", "--key-file", "-", "x"],
    ] {
        let seen = Scene::new([]).run_words(words);
        assert_eq!(seen.exit, Exit::Usage, "{words:?}: {}", seen.errors);
    }
}
