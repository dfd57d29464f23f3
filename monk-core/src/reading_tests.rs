use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::credential::{CredentialSet, Use};
use crate::enrol::{self, NewAppPassword};
use crate::factors::Door;
use crate::factors::app_password::Scope;
use crate::factors::totp::{Parameters, Seed, Step};
use crate::fixtures::{self, alice, enrolled, ring, ring_of};
use crate::keys::{Keyring, Owner};
use crate::random::Counter;

const NOW: u64 = 1_700_000_000;

/// A user with a device of 6 digits, backup codes and an app password.
struct User {
    keys: Keyring,
    set: CredentialSet,
    seed: Seed,
    app_password: String,
    backup_code: String,
}

impl User {
    fn new() -> Self {
        let (keys, mut random) = (ring(), Counter(1));
        let (phone, seed) = fixtures::device(Parameters::default(), NOW, &keys, &mut random);
        let (backup, codes) = enrol::backup_codes("u1", NOW, &keys, &mut random);
        let scope = Scope { services: vec!["*".into()], networks: Vec::new() };
        let new = NewAppPassword { user: "u1", label: "Mail", scope, expires: None, now: NOW };
        let (app, password) =
            enrol::app_password(new, &CredentialSet::default(), &keys, &mut random);
        let author = alice(&keys);
        let used = Use::new(phone.id.clone(), NOW, Step::at(0)).to_record(author);
        let records = [&phone, &backup, &app].map(|one| one.to_record(author));
        let set = enrolled(author, &records, &[used]);
        Self {
            keys,
            set,
            seed,
            app_password: password.shown().to_string(),
            backup_code: codes[0].to_string(),
        }
    }

    fn code(&self) -> String {
        self.seed.code_at(Parameters::default(), NOW)
    }

    /// How `text` comes apart, as plain text: what the tests below compare.
    fn read(&self, text: &str, separator: Separator) -> Apart {
        self.read_with(text, separator, self.set.shapes())
    }

    fn read_with(&self, text: &str, separator: Separator, shapes: Shapes) -> Apart {
        let Ok(typed) = Typed::new(text.as_bytes()) else { return Apart::Refused };
        let input = Input::new(typed);
        let context = Context {
            user: "u1",
            set: &self.set,
            keys: &self.keys,
            now: NOW,
            door: Door::Login,
            may_confirm: false,
        };
        if let Some(Named { candidate, stored, record }) = input.named_app_password(&self.set) {
            let owner = Owner { user: "u1", credential: stored.value.id.as_str() };
            match record.verify(candidate, owner, &self.keys) {
                Ok(true) => return Apart::AppPassword,
                Ok(false) => {}
                Err(_) => return Apart::Unusable,
            }
        }
        match read(&input, shapes, separator, context) {
            Ok(Reading::NotAnAppPassword) => Apart::NotAnAppPassword,
            Ok(Reading::Password { password, code, .. }) => {
                Apart::Password(password.expose().to_owned(), code.is_some())
            }
            Ok(Reading::EmailRequest { password }) => Apart::Email(password.expose().to_owned()),
            Err(_) => Apart::Refused,
        }
    }
}

/// Made once: six Argon2 hashes for each of thousands of cases would take minutes.
static USER: LazyLock<User> = LazyLock::new(User::new);

#[derive(Debug, PartialEq, Eq)]
enum Apart {
    AppPassword,
    Unusable,
    NotAnAppPassword,
    Password(String, bool),
    Email(String),
    Refused,
}

fn alone(password: &str) -> Apart {
    Apart::Password(password.to_owned(), false)
}

fn with_code(password: &str) -> Apart {
    Apart::Password(password.to_owned(), true)
}

#[test]
fn an_app_password_is_read_however_it_is_typed() {
    let user = User::new();
    let shown = &user.app_password;
    for typed in [
        shown.clone(),
        shown.to_uppercase(),
        shown.replace('-', " "),
        shown.replace('-', ""),
        shown.replace('-', "\u{2013}"),
        format!("{shown}\n"),
        format!(" {shown}\u{a0}"),
    ] {
        assert_eq!(user.read(&typed, Separator::Required), Apart::AppPassword, "{typed:?}");
    }
}

#[test]
fn what_has_the_shape_of_an_app_password_and_is_none_of_the_users_is_no_password() {
    let user = User::new();
    let mut other = user.app_password.clone();
    other.replace_range(23..24, if other.ends_with('0') { "1" } else { "0" });
    assert_eq!(user.read(&other, Separator::Required), Apart::NotAnAppPassword);
    let revoked = "0000-abcd-efgh-jkmn-pqrs";
    for separator in [Separator::Required, Separator::Optional] {
        assert_eq!(user.read(revoked, separator), Apart::NotAnAppPassword);
        assert_eq!(user.read(&revoked.replace('-', ""), separator), Apart::NotAnAppPassword);
    }
    let with_a_code = format!("{};{}", user.app_password, user.code());
    assert_eq!(user.read(&with_a_code, Separator::Required), with_code(&user.app_password));
    // Fourteen letters of a password and six digits of a code.
    let code = user.code();
    let joined = format!("secretpassword{code}");
    assert_eq!(user.read(&joined, Separator::Optional), with_code("secretpassword"));
}

#[test]
fn the_table_row_by_row() {
    let user = User::new();
    let (code, backup) = (user.code(), user.backup_code.clone());
    let read = |text: &str| user.read(text, Separator::Required);
    assert_eq!(read("secret"), alone("secret"));
    assert_eq!(read(&format!("secret;{code}")), with_code("secret"));
    assert_eq!(read(&format!("secret;{} {}", &code[..3], &code[3..])), with_code("secret"));
    assert_eq!(read(&format!("secret;{code}\n")), with_code("secret"));
    assert_eq!(read("secret;000000"), with_code("secret"), "a wrong code has the shape too");
    assert_eq!(read(&format!("secret;{backup}")), with_code("secret"));
    assert_eq!(read(&format!("se;cr;et;{code}")), with_code("se;cr;et"));
    assert_eq!(read("se;cr;et"), alone("se;cr;et"));
    assert_eq!(read("secret;"), alone("secret;"));
    assert_eq!(read("secret;12345"), alone("secret;12345"));
    assert_eq!(read("secret;12345678"), alone("secret;12345678"), "no device of 8 digits");
    assert_eq!(read(&format!("secret{code}")), alone(&format!("secret{code}")));
    assert_eq!(read(&format!(";{code}")), Apart::Refused, "an empty password binds anonymously");
}

#[test]
fn a_code_can_be_asked_for_by_mail_only_where_one_can_be_sent() {
    let user = User::new();
    let can = Shapes { can_email: true, ..user.set.shapes() };
    let read = |text: &str, shapes| user.read_with(text, Separator::Required, shapes);
    assert_eq!(read("secret;email", can), Apart::Email("secret".into()));
    assert_eq!(read("secret;Email ", can), Apart::Email("secret".into()));
    assert_eq!(read(";email", can), Apart::Refused);
    assert_eq!(read("secret;email", user.set.shapes()), alone("secret;email"));
    let sent = Shapes { emailed: true, portal: true, ..Shapes::default() };
    assert_eq!(read("secret;123456", sent), with_code("secret"));
    assert_eq!(read("secret;ABCD-1234", sent), with_code("secret"));
}

#[test]
fn without_a_separator_only_the_current_code_is_split_off() {
    let user = User::new();
    let code = user.code();
    let read = |text: &str| user.read(text, Separator::Optional);
    assert_eq!(read(&format!("secret{code}")), with_code("secret"));
    assert_eq!(read(&format!("secret1234{code}")), with_code("secret1234"));
    assert_eq!(read(&format!("sécret{code}")), with_code("sécret"));
    assert_eq!(read("secret000000"), alone("secret000000"));
    assert_eq!(read(&format!("secret;{code}")), with_code("secret"), "the ; goes first");
    assert_eq!(read("é"), alone("é"));
}

/// Or else a few fixed strings, counted once each as wrong passwords, would open in the end.
#[test]
fn digits_that_were_compared_with_codes_are_told() {
    let user = User::new();
    let missed = |text: &str, separator, set: &CredentialSet| {
        let input = Input::new(Typed::new(text.as_bytes()).ok().unwrap());
        let context = Context {
            user: "u1",
            set,
            keys: &user.keys,
            now: NOW,
            door: Door::Login,
            may_confirm: false,
        };
        match read(&input, set.shapes(), separator, context) {
            Ok(Reading::Password { missed_code, .. }) => missed_code,
            _ => panic!("a password"),
        }
    };
    assert!(missed("secret000000", Separator::Optional, &user.set));
    assert!(!missed("secret000000", Separator::Required, &user.set));
    assert!(!missed("secret00000", Separator::Optional, &user.set));
    assert!(!missed("secret000000", Separator::Optional, &CredentialSet::default()));
    assert!(!missed(&format!("secret{}", user.code()), Separator::Optional, &user.set));
}

#[test]
fn a_string_claims_what_it_may_turn_out_to_be() {
    let app_password = "0000-abcd-efgh-jkmn-pqrs";
    for (text, separator, claims) in [
        (app_password, Separator::Required, &[Proof::AppPassword][..]),
        (app_password, Separator::Optional, &Proof::ALL),
        ("secret;123456", Separator::Required, &[Proof::Password, Proof::Code]),
        ("secret", Separator::Optional, &[Proof::Password, Proof::Code]),
    ] {
        let input = Input::new(Typed::new(text.as_bytes()).ok().unwrap());
        assert_eq!(input.claims(separator), claims, "{text}");
    }
}

#[test]
fn a_tail_that_could_be_a_code_of_any_kind_is_seen() {
    let seems = |text: &str| seems_to_have_a_code(&Typed::new(text.as_bytes()).ok().unwrap());
    for text in ["secret;123456", "secret;12345678", "a;abcd-efgh-jkmn", "a;ABCD-1234"] {
        assert!(seems(text), "{text}");
    }
    for text in ["secret", "secret;", "secret;12345", "secret123456", "a;email"] {
        assert!(!seems(text), "{text}");
    }
}

#[test]
fn a_user_without_factors_keeps_every_password() {
    let mut user = User::new();
    user.set = CredentialSet::default();
    for password in ["secret;123456", "secret;email", "a;b;12345678", "secret123456"] {
        assert_eq!(user.read(password, Separator::Optional), alone(password));
    }
}

#[test]
fn an_app_password_whose_key_is_missing_is_never_taken_for_a_password() {
    let mut user = User::new();
    user.keys = ring_of(&[9]);
    assert_eq!(user.read(&user.app_password, Separator::Required), Apart::Unusable);
}

#[test]
fn where_no_password_is_asked_the_code_may_stand_alone_or_behind_one() {
    let user = User::new();
    let shapes = user.set.shapes();
    let read = |text: &str| {
        let reading = read_code(&Typed::new(text.as_bytes()).ok().unwrap(), shapes);
        (reading.password.map(|p| p.expose().to_owned()), reading.code.is_some())
    };
    assert_eq!(read("123456"), (None, true));
    assert_eq!(read(" 123 456 "), (None, true));
    assert_eq!(read("se;cret;123456"), (Some("se;cret".into()), true));
    assert_eq!(read("secret"), (Some("secret".into()), false));
    assert_eq!(read(";123456"), (None, true));
}

/// Passwords as people choose them, and those that try to look like something else.
fn passwords() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9äöüßéñ漢字 ;!$%-]{1,40}",
        "[a-z]{1,10};[0-9]{5,9}",
        "[a-z]{1,10}[0-9]{6,8}",
        "[0-9;]{1,12}",
        "[a-z0-9]{4}(-[a-z0-9]{4}){4}",
        "[^\0]{1,60}",
    ]
    .prop_filter("what monk refuses outright is tested elsewhere", |p| {
        Typed::new(p.as_bytes()).is_ok()
    })
}

/// A valid code, or none.
#[derive(Clone, Debug)]
enum Typing {
    Alone,
    Totp,
    TotpSpaced,
    Backup,
    TotpUnseparated,
}

fn typings() -> impl Strategy<Value = Typing> {
    prop_oneof![
        Just(Typing::Alone),
        Just(Typing::Totp),
        Just(Typing::TotpSpaced),
        Just(Typing::Backup),
        Just(Typing::TotpUnseparated),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Any password with any valid code comes apart into exactly that password, and what comes
    /// out is always one password or none: an attempt cannot cost two password checks.
    #[test]
    fn any_password_with_any_code_comes_apart(password in passwords(), typing in typings()) {
        let user = &*USER;
        let code = user.code();
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        let expected = match typing {
            // A password that itself ends like a code is split there: the price of one string.
            Typing::Alone => match password.rsplit_once(';') {
                Some((head, tail)) if Code::of_shape(tail, user.set.shapes()).is_some() => {
                    if head.is_empty() { Apart::Refused } else { with_code(head) }
                }
                _ if AppPassword::from_typed(&password).is_some() => Apart::NotAnAppPassword,
                _ => alone(&password),
            },
            _ => with_code(&password),
        };
        let (text, separator) = match typing {
            Typing::Alone => (password.clone(), Separator::Required),
            Typing::Totp => (format!("{password};{code}"), Separator::Required),
            Typing::TotpSpaced => (format!("{password};{spaced}"), Separator::Required),
            Typing::Backup => (format!("{password};{}", user.backup_code), Separator::Required),
            Typing::TotpUnseparated => (format!("{password}{code}"), Separator::Optional),
        };
        prop_assume!(text.len() <= crate::typed::MAX_TYPED);
        // `a;` + code without a separator reads as `a` and the code: the first row wins.
        prop_assume!(!matches!(typing, Typing::TotpUnseparated)
            || !password.contains(';'));
        prop_assert_eq!(user.read(&text, separator), expected);
    }

    /// Whatever bytes arrive, reading neither panics nor makes up a password that was not typed.
    #[test]
    fn whatever_arrives_only_what_was_typed_comes_out(text in "\\PC{0,80}|[;0-9a-z\u{a0}\n-]{0,40}") {
        let user = &*USER;
        for separator in [Separator::Required, Separator::Optional] {
            match user.read(&text, separator) {
                Apart::Password(password, _) | Apart::Email(password) => {
                    prop_assert!(!password.is_empty() && text.starts_with(&password));
                }
                Apart::AppPassword
                | Apart::Unusable
                | Apart::NotAnAppPassword
                | Apart::Refused => {}
            }
        }
    }
}
