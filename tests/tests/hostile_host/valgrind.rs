//! The module under valgrind, in pamtester.

use std::time::Duration;

use monk_tests::figures;
use monk_tests::in_every_setup;
use monk_tests::site::{Setup, Site};

use crate::given_alice;

/// What valgrind takes to start, on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Where valgrind writes. Nothing else is said there, neither by pamtester nor by the module.
const REPORT: &str = "/run/valgrind.log";

in_every_setup!(valgrind_finds_no_error_no_leak_and_no_open_descriptor);

/// What valgrind found.
#[derive(Debug, PartialEq, Eq)]
struct Findings {
    errors: u64,
    lost_bytes: u64,
    /// Those that the program did not have from the start.
    descriptors: usize,
}

impl Findings {
    const NONE: Self = Self { errors: 0, lost_bytes: 0, descriptors: 0 };

    /// Reads the end of valgrind's report, whose lines start with `==PID==`.
    #[track_caller]
    fn in_report(report: &str) -> Self {
        let after = |words: &str| {
            let rest = report.rsplit_once(words).map(|(_, rest)| rest.trim_start());
            let number = rest.and_then(|rest| rest.split([' ', '(']).next());
            number.and_then(|number| number.replace(',', "").parse::<u64>().ok())
        };
        let all_freed = report.contains("All heap blocks were freed");
        let lost = if all_freed { Some(0) } else { after("definitely lost:") };
        let (Some(errors), Some(lost_bytes), Some(_)) =
            (after("ERROR SUMMARY:"), lost, after("FILE DESCRIPTORS:"))
        else {
            panic!("valgrind's report has no end:\n{report}");
        };
        // Where each was opened follows it.
        let open = report
            .split("Open ")
            .skip(1)
            .filter(|open| open.contains("file descriptor ") || open.contains("socket "));
        let descriptors = open.filter(|open| !open.contains("<inherited from parent>")).count();
        Self { errors, lost_bytes, descriptors }
    }
}

/// Runs pamtester under valgrind; what it showed, and valgrind's report.
#[track_caller]
fn under_valgrind(site: &Site, user: &str, typed: &str) -> (String, String) {
    let report = format!("--log-file={REPORT}");
    let output = site
        .world
        .command("valgrind")
        .args(["--track-fds=yes", "--leak-check=full", "--show-leak-kinds=definite"])
        .args(["--keep-debuginfo=yes", "--child-silent-after-fork=yes", &report])
        .args(["pamtester", "imap", user, "authenticate", "acct_mgmt"])
        .stdin(format!("{typed}\n"))
        .timeout(LIMIT)
        .run();
    (output.stdout + &output.stderr, site.world.read(REPORT))
}

fn valgrind_finds_no_error_no_leak_and_no_open_descriptor(setup: Setup) {
    let (site, app_password) = given_alice(setup.backend, setup.running);
    for (user, typed, shown) in [
        ("alice", app_password.as_str(), "account management done"),
        ("alice", "wrong", "Authentication failure"),
        ("mallory", "wrong", "User not known"),
    ] {
        let (said, report) = under_valgrind(&site, user, typed);
        assert!(said.contains(shown), "{said}\n{report}");
        assert_eq!(Findings::in_report(&report), Findings::NONE, "{report}");
    }
    let host = format!("pamtester under valgrind ({:?}, {:?})", setup.backend, setup.running);
    let seen = "granted, refused, unknown: 0 errors, 0 bytes lost, 0 fds left";
    figures::row("hostile", &[&host, seen, "0 errors, 0 definite leaks"]);
}

/// The report of a program that does everything wrong would be noticed.
#[test]
fn a_report_with_faults_is_read_as_one() {
    let report = "\
==7== FILE DESCRIPTORS: 5 open (3 std) at exit.
==7== Open AF_UNIX socket 5: <unknown>
==7==    at 0x4A2: socket (syscall-template.S:120)
==7== Open file descriptor 3: /run/valgrind.log
==7==    <inherited from parent>
==7== LEAK SUMMARY:
==7==    definitely lost: 1,024 bytes in 2 blocks
==7== ERROR SUMMARY: 3 errors from 2 contexts (suppressed: 0 from 0)";
    let findings = Findings { errors: 3, lost_bytes: 1024, descriptors: 1 };
    assert_eq!(Findings::in_report(report), findings);
}
