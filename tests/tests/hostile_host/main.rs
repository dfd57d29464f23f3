//! The module in programs of all kinds: it works in each, and each is afterwards as it was.

mod long_run;
mod manners;
mod valgrind;

use monk_tests::site::{Backend, PamHost, PamHostOptions, Running, Site, Summary};

/// Refusals in an instant, and no end of them.
const SETTINGS: &str = "\
[engine]
refusal_ms = 0
[throttle]
free = 1000000
[service.mail]
password = \"app-passwords-only\"
";

/// A site with alice, and the app password that opens everything for her.
fn given_alice(backend: Backend, running: Running) -> (Site, String) {
    let site = Site::with_settings(backend, running, SETTINGS);
    site.add_user("alice", "secret");
    let typed = site.app_password("alice", "Mail", &["--scope", "*"]);
    site.pam_service("imap", "");
    site.pam_service("mail", "");
    (site, typed)
}

/// A program with strange manners.
fn host(site: &Site, service: &str, manner: &str) -> PamHost {
    let options = PamHostOptions {
        service: service.to_owned(),
        account: true,
        manner: Some(manner.to_owned()),
        ..PamHostOptions::default()
    };
    PamHost::start(&site.world, &options)
}

/// The program has open what it had open, and everything else is as the program had set it.
#[track_caller]
fn is_as_it_was(host: &str, summary: &Summary) {
    assert_eq!(summary.descriptors.0, summary.descriptors.1, "{host}: {summary:#?}");
    assert_eq!(summary.threads.0, summary.threads.1, "{host}: {summary:#?}");
    assert_eq!(summary.habits.0, summary.habits.1, "{host}: {summary:#?}");
    assert_eq!((summary.children_after, summary.reaped), (0, 0), "{host}: {summary:#?}");
}
