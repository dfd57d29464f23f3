//! Accounts of the machine that the directory is never asked about.

use monk_terms::verdict::Refusal;
use monk_wire::Denial;

use super::*;

const APART: &str = "[accounts]\npasswd_is_local = true\n";

fn with_the_directory_away(settings: &str) -> Bench {
    Bench::with(settings, Alice { directory_is_away: true, ..Alice::default() })
}

#[tokio::test]
async fn an_account_of_the_machine_is_left_to_other_modules_while_the_directory_is_down() {
    let bench = with_the_directory_away(APART);
    let ending = bench.login("root", "secret").await;
    assert_eq!(ending, refused(Refusal::LocalAccount));
    assert_eq!(bench.counts(), (0, 0), "the directory is not asked");
    let mut ask = Answers::default();
    let verdict =
        run(&bench.engine, ROOT, &login("root", Some("secret")), Mode::Real, &mut ask).await;
    assert_eq!(verdict.reply().0, Reply::Denied(Denial::UnknownUser));
}

#[tokio::test]
async fn everybody_else_waits_for_the_directory() {
    let bench = with_the_directory_away(APART);
    for user in ["alice", "ROOT", "nobody-at-all"] {
        let ending = bench.login(user, "secret").await;
        assert!(matches!(ending, Ending::Unavailable(_)), "{user}: {ending:?}");
    }
    let bench = with_the_directory_away("");
    let ending = bench.login("root", "secret").await;
    assert!(matches!(ending, Ending::Unavailable(_)), "without the setting: {ending:?}");
}
