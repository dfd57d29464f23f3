//! What a world promises, shown with the real programs and without monk.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use monk_tests::clients::{Curl, ImapAnswer, ImapPassword, Login, Ssh, imap_login};
use monk_tests::{
    Dovecot, DovecotOptions, Signal, Slapd, SlapdOptions, Sshd, SshdOptions, Status, World,
    packages, until,
};

/// A password with everything that a quoting mistake would break.
const ODD_PASSWORD: &str = r#"p;a"s\s w'o:r{d}%$é;"#;

const PAM_UNIX: &str = "\
auth required pam_unix.so nodelay
account required pam_unix.so
session required pam_permit.so
";

/// A world with the programs these tests need.
fn world() -> World {
    packages::ensure(&packages::ALL).unwrap_or_else(|error| panic!("{error}"));
    World::new()
}

/// A world in which alice may log in with the odd password.
fn world_with_alice() -> World {
    let world = world();
    world.add_system_user("alice");
    world.set_password("alice", ODD_PASSWORD);
    world
}

fn pam_service(world: &World, name: &str, rules: &str) {
    world.write(format!("/etc/pam.d/{name}"), rules, 0o644);
}

/// Whether this machine has a mount that only worlds make.
fn is_a_world_mounted_here() -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo");
    mounts.expect("the mounts of this machine can be read").contains("upperdir=/tmp/etc/upper")
}

// The machine below.

#[test]
fn what_happens_in_a_world_does_not_reach_this_machine() {
    let state = || {
        let files =
            ["/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/nsswitch.conf", "/etc/hostname"];
        let files = files.map(|file| fs::read(file).unwrap_or_default());
        let log = fs::symlink_metadata("/dev/log").map(|log| (log.ino(), log.mode())).ok();
        let host_name = nix::unistd::gethostname().expect("this machine has a name");
        (files, log, host_name, is_a_world_mounted_here())
    };
    let before = state();

    let world = world_with_alice();
    for file in [
        "/usr/monk-world",
        "/etc/monk-world",
        "/var/monk-world",
        "/tmp/monk-world",
        "/home/monk-world",
    ] {
        world.write(file, "here", 0o600);
        assert_eq!(world.read(file), "here");
        assert!(
            !fs::exists(file).expect("this machine's files can be asked for"),
            "{file} is on this machine"
        );
        assert_eq!(
            fs::read_to_string(world.path(file)).expect("the world's file has a path here"),
            "here"
        );
    }
    assert_eq!(world.command("hostname").run().expect_success().stdout, "world\n");
    let elsewhere = world.command("touch").arg("/opt/monk-world").run();
    assert!(elsewhere.stderr.contains("Read-only"), "{elsewhere}");
    world
        .command("logger")
        .args(["-p", "auth.notice", "-t", "monk-world", "hello"])
        .run()
        .expect_success();
    let line = world.wait_for_log(|line| line.tag == "monk-world");
    assert_eq!((line.facility, line.severity, line.text.as_str()), (4, 5, "hello"));

    let mounts = world.command("cat").arg("/proc/self/mountinfo").run().expect_success().stdout;
    assert!(mounts.contains("upperdir=/tmp/etc/upper"), "{mounts}");
    assert_eq!(state(), before);
    drop(world);
    assert_eq!(state(), before);
}

#[test]
fn a_world_has_no_network_but_its_own() {
    let world = world();
    let interfaces = world.command("cat").arg("/proc/net/dev").run().expect_success().stdout;
    let names: Vec<_> = interfaces
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.trim())
        .collect();
    assert_eq!(names.first(), Some(&"lo"), "{interfaces}");
    assert!(!names.iter().any(|name| name.starts_with('e')), "{interfaces}");
    let listener = world.inside(|| std::net::TcpListener::bind("[::1]:25").map(|_| ()));
    listener.expect("the loopback interface is up, with IPv6 as well");
}

#[test]
fn a_world_is_made_well_within_a_second() {
    packages::ensure(&packages::ALL).unwrap_or_else(|error| panic!("{error}"));
    let begin = Instant::now();
    drop(World::new());
    assert!(begin.elapsed() < Duration::from_secs(1), "it took {:?}", begin.elapsed());
}

/// What [`a_process_that_is_killed_leaves_nothing_behind`] kills. Says which namespaces its world
/// has.
#[test]
#[ignore = "runs only as a process of another test, and until it is killed"]
fn a_world_waits_to_be_killed() {
    let world = world();
    let sleeper = world.spawn("sleep", &["1000"]);
    let namespace = |name| {
        fs::read_link(format!("/proc/{}/ns/{name}", sleeper.pid())).expect("sleep is running")
    };
    let (mounts, network) = (namespace("mnt"), namespace("net"));
    // Not `println`, whose output the test's own framework keeps.
    // The new line ends what the framework may have begun.
    writeln!(io::stdout(), "\nworld {} {}", mounts.display(), network.display())
        .expect("somebody is listening");
    // If nobody kills it, it does not stay for ever.
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_process_that_is_killed_leaves_nothing_behind() {
    let mut other = process::Command::new(std::env::current_exe().expect("this test has a file"))
        .args(["--ignored", "--exact", "a_world_waits_to_be_killed"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test can be run again");
    let output = BufReader::new(other.stdout.take().expect("the output is piped"));
    let said = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("world ").map(str::to_owned));
    let said = said.expect("the other process makes a world");
    let namespaces: Vec<&str> = said.split(' ').collect();
    assert!(processes_in(&namespaces) >= 2, "the first process and sleep");

    other.kill().expect("the other process can be killed");
    let status = other.wait().expect("the other process ends");
    assert_eq!(status.signal(), Some(9));

    let gone = until(Duration::from_secs(5), || (processes_in(&namespaces) == 0).then_some(()));
    assert!(gone.is_some(), "{} processes are left in {namespaces:?}", processes_in(&namespaces));
    assert!(!is_a_world_mounted_here());
}

/// How many processes of this machine are in one of these namespaces.
fn processes_in(namespaces: &[&str]) -> usize {
    let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let is_inside = |process: &fs::DirEntry| {
        let links = ["mnt", "net"].map(|name| fs::read_link(process.path().join("ns").join(name)));
        links
            .iter()
            .flatten()
            .any(|link| namespaces.iter().any(|namespace| link.as_os_str() == *namespace))
    };
    processes.filter(is_inside).count()
}

#[test]
fn two_worlds_use_the_same_ports_and_paths_at_once() {
    let worlds = [world(), world()];
    let servers = worlds.each_ref().map(|world| Slapd::start(world, SlapdOptions::default()));
    servers[0].add("dn: ou=first,dc=example,dc=org\nobjectClass: organizationalUnit\n");
    let found =
        servers.each_ref().map(|slapd| slapd.search(Slapd::SUFFIX, "(ou=first)", &["ou"]).len());
    assert_eq!(found, [1, 0]);
}

// Programs in a world.

#[test]
fn a_command_has_arguments_input_output_and_a_status() {
    let world = world();
    let output = world.command("sh").args(["-c", "cat; echo \"$0 $X\" >&2; exit 3", "zero"]);
    let output = output.env("X", "one").stdin("in").run();
    assert_eq!(output.status, Status::Code(3));
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("in", "zero one\n"));
    let environment = world.command("env").run().expect_success().stdout;
    assert!(!environment.contains("CARGO"), "{environment}");
}

#[test]
fn a_command_that_takes_too_long_is_killed_with_its_children() {
    let world = world();
    let output = world
        .command("sh")
        .args(["-c", "sleep 1000 & sleep 1000"])
        .timeout(Duration::from_millis(200))
        .run();
    assert_eq!(output.status, Status::TimedOut);
    assert!(output.elapsed < Duration::from_secs(5), "{output}");
    let left = world.command("ps").args(["-o", "args", "-C", "sleep", "--no-headers"]).run().stdout;
    assert_eq!(left, "");
}

#[test]
fn a_command_runs_as_a_user_of_the_world() {
    let world = world_with_alice();
    let output =
        world.command("sh").args(["-c", "id -un; id -Gn; pwd; cd; pwd"]).as_user("alice").run();
    assert_eq!(output.expect_success().stdout, "alice\nalice\n/\n/home/alice\n");
    let output = world.command("id").args(["-gn"]).as_user("nobody").run();
    assert_eq!(output.expect_success().stdout, "nogroup\n");
}

#[test]
fn a_process_takes_signals_and_ends_with_its_handle() {
    let world = world();
    let mut process = world.spawn(
        "sh",
        &["-c", "trap 'echo caught; exit 7' USR1; echo ready; while :; do sleep 0.01; done"],
    );
    until(Duration::from_secs(5), || process.log().contains("ready").then_some(()))
        .expect("the shell is ready");
    process.stop();
    process.kill(Signal::SIGUSR1);
    assert_eq!(process.wait(Duration::from_millis(100)), None, "a stopped process does nothing");
    process.cont();
    let status = process.wait(Duration::from_secs(5)).expect("it goes on, and ends");
    assert_eq!(status.code(), Some(7));
    until(Duration::from_secs(5), || process.log().contains("caught").then_some(()))
        .expect("the log is complete");

    let process = world.spawn("sleep", &["1000"]);
    drop(process);
    assert_eq!(world.command("pidof").arg("sleep").run().status, Status::Code(1));
}

#[test]
fn a_file_of_this_machine_is_installed_where_libpam_looks() {
    let world = world();
    let source = world.pam_modules().join("pam_permit.so");
    world.install_pam_module(&source, "pam_world.so");
    pam_service(&world, "world", "auth required pam_world.so\n");
    assert!(
        !fs::exists(world.pam_modules().join("pam_world.so"))
            .expect("this machine's files can be asked for")
    );
    world.command("pamtester").args(["world", "alice", "authenticate"]).run().expect_success();
}

// slapd.

#[test]
fn slapd_answers_over_ldaps_and_is_refused_by_a_client_that_trusts_another_authority() {
    let world = world();
    let slapd = Slapd::start(&world, SlapdOptions::default());
    let certificates = world.certificates();
    assert!(who_am_i(&world, &slapd.ldaps_uri(), &certificates.authority).success());
    let refused = who_am_i(&world, &slapd.ldaps_uri(), &certificates.other_authority);
    assert!(!refused.success() && refused.stderr.contains("peer cert untrusted"), "{refused}");
}

#[test]
fn a_client_refuses_every_bad_certificate() {
    let world = world();
    let certificates = world.certificates();
    for identity in [&certificates.wrong_name, &certificates.expired, &certificates.untrusted] {
        let options = SlapdOptions { identity: Some(identity.clone()), ..SlapdOptions::default() };
        let slapd = Slapd::start(
            &world,
            SlapdOptions {
                name: identity
                    .certificate
                    .file_stem()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default(),
                ..options
            },
        );
        let refused = who_am_i(&world, &slapd.ldaps_uri(), &certificates.authority);
        assert!(!refused.success(), "{identity:?} is accepted");
    }
}

fn who_am_i(world: &World, uri: &str, authority: &std::path::Path) -> monk_tests::Output {
    world
        .command("ldapwhoami")
        .args(["-x", "-d", "1", "-H", uri])
        .env("LDAPTLS_CACERT", authority)
        .run()
}

#[test]
fn a_frozen_slapd_makes_a_search_time_out_and_a_thawed_one_answers() {
    let world = world();
    let mut slapd = Slapd::start(&world, SlapdOptions::default());
    let search = |seconds| {
        let command = world.command("ldapsearch").args([
            "-x",
            "-LLL",
            "-H",
            &slapd_uri(),
            "-b",
            Slapd::SUFFIX,
            "-s",
            "base",
        ]);
        command.timeout(Duration::from_secs_f64(seconds)).run()
    };
    slapd.freeze();
    assert_eq!(search(0.5).status, Status::TimedOut);
    slapd.thaw();
    search(10.0).expect_success();
}

fn slapd_uri() -> String {
    "ldap://localhost:389".to_owned()
}

#[test]
fn a_server_that_does_not_come_up_shows_its_log() {
    let world = world();
    let options = SlapdOptions { access: vec!["to nothing".to_owned()], ..SlapdOptions::default() };
    let panic = thread::spawn(move || drop(Slapd::start(&world, options))).join();
    let message = panic.expect_err("slapd refuses the rule").downcast::<String>();
    let message = message.expect("the message is a text");
    assert!(message.contains("slapadd") && message.contains("olcAccess"), "{message}");
}

#[test]
fn slapd_keeps_its_data_over_a_stop_and_over_kill_9() {
    let world = world();
    let mut slapd = Slapd::start(&world, SlapdOptions::default());
    slapd.add(ALICE);
    slapd.stop();
    assert!(!world.is_listening(389));
    slapd.restart();
    slapd.modify(
        "dn: uid=alice,dc=example,dc=org\n\
         changetype: modify\n\
         replace: mail\n\
         mail: alice@example.org\n",
    );
    slapd.kill9();
    slapd.restart();
    let found = slapd.search(Slapd::SUFFIX, "(uid=alice)", &["mail"]);
    assert_eq!(found[0].value("mail").as_deref(), Some("alice@example.org"));
}

#[test]
fn slapd_checks_passwords_keeps_its_access_rules_and_counts_operations() {
    let world = world();
    let access = vec![
        "to attrs=userPassword by anonymous auth by * none".to_owned(),
        "to attrs=mail by self read by * none".to_owned(),
        "to * by * read".to_owned(),
    ];
    let slapd = Slapd::start(&world, SlapdOptions { access, ..SlapdOptions::default() });
    slapd.add(ALICE);
    let (_, nothing) = slapd.operations(|| ());
    assert_eq!(nothing, monk_tests::Operations::default());
    let (answers, operations) = slapd.operations(|| {
        [
            slapd.binds("uid=alice,dc=example,dc=org", "right"),
            slapd.binds("uid=alice,dc=example,dc=org", "wrong"),
        ]
    });
    assert_eq!(answers, [true, false]);
    assert_eq!((operations.binds, operations.searches, operations.modifies), (2, 0, 0));
    assert!(slapd.log().contains("BIND dn=\"uid=alice,dc=example,dc=org\""), "{}", slapd.log());

    let anonymous = world.command("ldapsearch").args([
        "-x",
        "-LLL",
        "-H",
        &slapd_uri(),
        "-b",
        Slapd::SUFFIX,
        "(uid=alice)",
    ]);
    let anonymous = anonymous.run().expect_success().stdout;
    assert!(anonymous.contains("uid: alice") && !anonymous.contains("mail:"), "{anonymous}");
}

const ALICE: &str = "\
dn: uid=alice,dc=example,dc=org
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: Example
mail: alice@example.com
userPassword: right
";

#[test]
fn slapd_loads_more_schemas_and_modules() {
    let world = world();
    let schema = "\
dn: cn=test,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: test
olcAttributeTypes: ( 2.999.1.1 NAME 'testColour' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
olcObjectClasses: ( 2.999.2.1 NAME 'testThing' SUP top AUXILIARY MAY testColour )
";
    let overlay = "\
dn: olcOverlay=unique,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcUniqueConfig
olcOverlay: unique
olcUniqueURI: ldap:///?testColour?sub
";
    let options = SlapdOptions {
        schemas: vec![schema.to_owned()],
        modules: vec!["unique".to_owned()],
        config: vec![overlay.to_owned()],
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start(&world, options);
    slapd.add(&format!("{}objectClass: testThing\ntestColour: bläu\n", ALICE));
    assert_eq!(
        slapd.search(Slapd::SUFFIX, "(testColour=bläu)", &["testcolour"])[0]
            .value("testColour")
            .as_deref(),
        Some("bläu")
    );
}

#[test]
fn one_world_has_two_slapds() {
    let world = world();
    let first = Slapd::start(&world, SlapdOptions::default());
    let options = SlapdOptions {
        name: "second".to_owned(),
        ldap_port: 1389,
        ldaps_port: 1636,
        ..SlapdOptions::default()
    };
    let second = Slapd::start(&world, options);
    first.add(ALICE);
    assert!(first.binds("uid=alice,dc=example,dc=org", "right"));
    assert!(!second.binds("uid=alice,dc=example,dc=org", "right"));
}

// Dovecot.

#[test]
fn dovecot_logs_a_user_in_through_pam_unix_whatever_is_in_the_password() {
    let world = world_with_alice();
    pam_service(&world, "dovecot", PAM_UNIX);
    let dovecot = Dovecot::start(&world, DovecotOptions::default());
    for url in [dovecot.imaps_url(), dovecot.imap_url()] {
        assert_eq!(
            Curl::new(&world, &url, "alice", ODD_PASSWORD).login(),
            Login::LoggedIn,
            "{}",
            dovecot.log()
        );
        let refused = Curl::new(&world, &url, "alice", "wrong").login();
        assert_eq!(
            refused,
            Login::Refused("NO [AUTHENTICATIONFAILED] Authentication failed.".to_owned())
        );
    }
    let line = world.wait_for_log(|line| line.text.contains("authentication failure"));
    assert_eq!(line.facility, 10, "{line}");
    assert!(line.text.starts_with("pam_unix(dovecot:auth)"), "{line}");
}

#[test]
fn a_client_that_trusts_another_authority_does_not_log_in() {
    let world = world();
    pam_service(&world, "dovecot", "auth required pam_permit.so\naccount required pam_permit.so\n");
    let dovecot = Dovecot::start(&world, DovecotOptions::default());
    let login = Curl::new(&world, &dovecot.imaps_url(), "alice", "any")
        .trusting(&world.certificates().other_authority);
    // 60 is curl's word for a certificate that cannot be trusted.
    assert!(matches!(login.login(), Login::Failed { status: Status::Code(60), .. }));
}

#[test]
fn one_world_has_two_dovecots_with_different_pam_services() {
    let world = world();
    pam_service(&world, "open", "auth required pam_permit.so\naccount required pam_permit.so\n");
    pam_service(&world, "closed", "auth required pam_deny.so\naccount required pam_deny.so\n");
    let open = DovecotOptions { pam_service: "open".to_owned(), ..DovecotOptions::default() };
    let closed = DovecotOptions {
        name: "closed".to_owned(),
        imap_port: 1143,
        imaps_port: 1993,
        pam_service: "closed".to_owned(),
        ..DovecotOptions::default()
    };
    let (open, closed) = (Dovecot::start(&world, open), Dovecot::start(&world, closed));
    assert_eq!(
        Curl::new(&world, &open.imaps_url(), "alice", "any").login(),
        Login::LoggedIn,
        "{}",
        open.log()
    );
    assert!(matches!(
        Curl::new(&world, &closed.imaps_url(), "alice", "any").login(),
        Login::Refused(_)
    ));
}

#[test]
fn many_clients_of_this_process_log_in_at_the_same_moment() {
    let world = world_with_alice();
    pam_service(&world, "dovecot", PAM_UNIX);
    let dovecot = Dovecot::start(&world, DovecotOptions::default());
    let address = world.address(143);
    let limit = Duration::from_secs(20);
    let login = |password, form| {
        imap_login(address, "alice", password, form, limit).expect("Dovecot answers")
    };
    let answers: Vec<ImapAnswer> = world.inside(|| {
        thread::scope(|scope| {
            let forms = [ImapPassword::Literal, ImapPassword::Quoted].into_iter().cycle().take(10);
            let logins: Vec<_> =
                forms.map(|form| scope.spawn(move || login("wrong", form))).collect();
            logins.into_iter().map(|login| login.join().expect("a login ends")).collect()
        })
    });
    assert!(
        answers.iter().all(|answer| matches!(answer, ImapAnswer::No(_))),
        "{answers:?}\n{}",
        dovecot.log()
    );
    // A quoted string of IMAP has 7 bits: only a literal can hold this password.
    let right = world.inside(|| login(ODD_PASSWORD, ImapPassword::Literal));
    assert!(matches!(right, ImapAnswer::Ok(_)), "{right:?}");
}

// sshd.

#[test]
fn ssh_logs_in_with_keyboard_interactive_through_pam_unix() {
    let world = world_with_alice();
    pam_service(&world, "sshd", PAM_UNIX);
    let sshd = Sshd::start(&world, SshdOptions::default());
    let login = Ssh::new(&world, &sshd, "alice").answer("Password", ODD_PASSWORD).run("id -un");
    assert_eq!(login.stdout, "alice\n", "{login:?}\n{}", sshd.log());
    assert!(login.logged_in());
    assert_eq!(login.prompts, ["(alice@127.0.0.1) Password: "]);

    let refused = Ssh::new(&world, &sshd, "alice").answer("Password", "wrong").run("id -un");
    assert_eq!(refused.status, Status::Code(255));
    assert!(refused.stderr.contains("Permission denied"), "{refused:?}");
    assert!(sshd.log().contains("PAM: Authentication failure for alice"), "{}", sshd.log());
}

#[test]
fn ssh_gives_each_answer_once_and_a_question_without_an_answer_ends_the_login() {
    let world = world_with_alice();
    pam_service(&world, "sshd", PAM_UNIX);
    let sshd = Sshd::start(&world, SshdOptions::default());
    let login = Ssh::new(&world, &sshd, "alice").attempts(3);
    let login = login.answer("Password", "wrong").answer("Password", ODD_PASSWORD).run("true");
    assert!(login.logged_in(), "{login:?}");
    assert_eq!(login.prompts.len(), 2);

    let login = Ssh::new(&world, &sshd, "alice").answer("Code", "123456").run("true");
    assert!(!login.logged_in());
    assert_eq!(login.prompts.len(), 1);
}

#[test]
fn ssh_logs_in_with_the_password_method_and_with_a_key() {
    let world = world_with_alice();
    pam_service(&world, "sshd", PAM_UNIX);
    let options =
        SshdOptions { keyboard_interactive: false, password: true, ..SshdOptions::default() };
    let sshd = Sshd::start(&world, options);
    let login = Ssh::new(&world, &sshd, "alice").answer("password", ODD_PASSWORD).run("true");
    assert!(login.logged_in(), "{login:?}");
    assert_eq!(login.prompts, ["alice@127.0.0.1's password: "]);

    world
        .command("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", "/root/key"])
        .run()
        .expect_success();
    world.write("/home/alice/.ssh/authorized_keys", world.read("/root/key.pub"), 0o644);
    let login = Ssh::new(&world, &sshd, "alice").key("/root/key").run("true");
    assert!(login.logged_in(), "{login:?}\n{}", sshd.log());
    assert!(login.prompts.is_empty());
}
