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

/// A person who answers the screen for a code while others guess under the same name.
struct Besieged<'a>(&'a Bench, Login);

impl Ask for Besieged<'_> {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        for code in ["000001", "000002", "000003", "000004", "000005"] {
            self.0.login_as(ROOT, &self.1, &[code]).await;
        }
        Ok(Some(Secret::new(b"000006")))
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

#[tokio::test]
async fn guessers_never_keep_another_module_from_deciding() {
    let settings = "[throttle]\nfree = 1\n[service.elsewhere]\npassword = \"elsewhere\"\n";
    let bench = with_the_directory_away(&format!("{APART}{settings}"));
    let login = Login { service: "elsewhere".into(), forward: false, ..login("root", None) };
    let mut ask = Besieged(&bench, login.clone());
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut ask).await;
    assert_eq!(verdict.ending, refused(Refusal::LocalAccount));
    assert_eq!(verdict.reply().0, Reply::Denied(Denial::UnknownUser));
    assert_eq!(bench.slowed().await, Vec::new(), "nothing is counted");
}
