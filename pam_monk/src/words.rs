//! What people hear of a password that is not changed.

use monk_terms::not_taken::NotTaken;
use monk_terms::printable;
use monk_terms::verdict::BadInput;
use monk_wire::NotChanged;
use monk_wire::manage::PasswordFault;

/// Nothing was changed, because something that is needed does not answer.
pub const NO_ANSWER: &str =
    "The password is unchanged, because the directory does not answer. Try again later.";

/// Most characters of the directory's own words that are shown.
const MOST_SAID: usize = 200;

/// The lines that say why.
pub fn not_changed(why: &NotChanged) -> Vec<String> {
    match why {
        NotChanged::NotTaken { why, said } => {
            let said: String = printable::sentence(said).chars().take(MOST_SAID).collect();
            let own = not_taken(*why).map(str::to_owned);
            let said = (!said.is_empty()).then(|| format!("The directory says: {said}"));
            match (own, said) {
                (None, None) => vec!["The directory does not take this password.".to_owned()],
                (own, said) => own.into_iter().chain(said).collect(),
            }
        }
        NotChanged::Unfit(fault) => vec![unfit(*fault).to_owned()],
        NotChanged::WrongOld => {
            vec!["The directory does not take the current password.".to_owned()]
        }
        NotChanged::Unknown => vec![
            "The directory did not answer in time. The password may have been changed: try the new one first, \
             then the old one."
                .to_owned(),
        ],
    }
}

/// Whether another new password may be taken.
pub fn a_better_one_may_do(why: &NotChanged) -> bool {
    match why {
        NotChanged::NotTaken { why, .. } => {
            !matches!(why, NotTaken::TooYoung | NotTaken::NotAllowed)
        }
        NotChanged::Unfit(_) => true,
        NotChanged::WrongOld | NotChanged::Unknown => false,
    }
}

fn not_taken(why: NotTaken) -> Option<&'static str> {
    Some(match why {
        NotTaken::TooShort => "The new password is too short.",
        NotTaken::TooWeak => "The new password is too easy to guess.",
        NotTaken::InHistory => "You have used this password before.",
        NotTaken::TooYoung => "You changed your password too recently to change it again now.",
        NotTaken::NotAllowed => "The directory does not allow this change.",
        NotTaken::Other => return None,
    })
}

fn unfit(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::Input(BadInput::Empty) => "The new password is empty.",
        PasswordFault::Input(BadInput::TooLong) => "The new password is longer than 512 bytes.",
        PasswordFault::Input(_) => "The new password contains characters that cannot be typed.",
        PasswordFault::LikeAppPassword => {
            "The new password looks like an app password, and would be read as one. Choose another one."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_and_the_directorys_own_words_are_shown() {
        let not_taken =
            |why, said: &str| not_changed(&NotChanged::NotTaken { why, said: said.to_owned() });
        let too_short = "The new password is too short.";
        assert_eq!(not_taken(NotTaken::TooShort, ""), [too_short]);
        assert_eq!(
            not_taken(NotTaken::TooShort, "Password fails quality checking policy"),
            [too_short, "The directory says: Password fails quality checking policy"]
        );
        assert_eq!(not_taken(NotTaken::Other, "no\x1b[2J"), ["The directory says: no\\u{1b}[2J"]);
        assert_eq!(not_taken(NotTaken::Other, ""), ["The directory does not take this password."]);
        let long = not_taken(NotTaken::Other, &"x".repeat(10_000));
        assert!(long[0].len() < 300, "{long:?}");
    }

    #[test]
    fn no_other_password_is_asked_where_none_would_do() {
        let not_taken = |why| NotChanged::NotTaken { why, said: String::new() };
        for why in [NotTaken::TooShort, NotTaken::TooWeak, NotTaken::InHistory, NotTaken::Other] {
            assert!(a_better_one_may_do(&not_taken(why)), "{why:?}");
        }
        for why in [
            not_taken(NotTaken::TooYoung),
            not_taken(NotTaken::NotAllowed),
            NotChanged::WrongOld,
            NotChanged::Unknown,
        ] {
            assert!(!a_better_one_may_do(&why), "{why:?}");
        }
    }
}
