//! Names of credentials, whatever command they come with.

use super::*;

const SECRETS: [&str; 6] = [
    "JBSWY3DPEHPK3PXP",
    "jbsw y3dp ehpk 3pxp",
    "3132333435363738393031323334353637383930",
    "SGVsbG8h3q2+7zEyMzQ1Njc4OTA=",
    "otpauth://totp/Work:bob?secret=AA",
    "Shop,otpauth%3A%2F%2Ftotp",
];

#[tokio::test]
async fn no_command_takes_a_secret_for_a_name_or_repeats_it() {
    let office = Office::with_alice().await;
    let id = office.app_password(&["*"], &[]).await.unwrap();
    let unseen = ["a\u{202e}b", "a\nb", "a\u{200b}b", " Phone", "Phone "];
    for label in SECRETS.iter().chain(&unseen).map(|&label| label.to_owned()) {
        let commands = [
            Command::TotpAdd { label: label.clone(), parameters: PARAMETERS },
            Command::AppPasswordCreate {
                label: label.clone(),
                services: None,
                networks: Vec::new(),
                expires: None,
            },
            Command::Rename {
                kind: Kind::AppPassword,
                credential: id.clone(),
                label: label.clone(),
            },
        ];
        for command in commands {
            let manage = Manage { user: "alice".into(), command };
            let reply =
                run(&office.engine, ROOT, manage, &mut Person(Vec::new(), Vec::new())).await;
            let Reply::Failed(failure) = reply else { panic!("{label}: {reply:?}") };
            assert_eq!(failure.kind(), FailureKind::Invalid, "{label}");
            let told = format!("{failure:?}");
            assert!(!told.contains(&label), "{told}");
        }
    }
    let labels: Vec<_> = office.status().await.credentials.into_iter().map(|c| c.label).collect();
    assert_eq!(labels, ["Mail"]);
}
