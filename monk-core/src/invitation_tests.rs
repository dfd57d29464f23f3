use super::*;
use crate::credential::HandedOut;
use crate::enrol;
use crate::fixtures::{alice, enrolled, ring};
use crate::random::Counter;

const DAY: u64 = 24 * 3600;
const MADE: u64 = 100 * DAY;
const ENDS: u64 = MADE + 7 * DAY;

/// Somebody with an invitation whose mail, if there was one, has come to this.
fn invited(mail: Option<Delivery>) -> CredentialSet {
    with_code(true, mail)
}

/// The same, or somebody with the code of a reset.
fn with_code(invites: bool, mail: Option<Delivery>) -> CredentialSet {
    let keys = ring();
    let (credential, _) = enrol::enrolment_code("u1", MADE, ENDS, &keys, &mut Counter(1));
    let mail = mail.map(|became| Mailed { to: "a…@example.org".into(), at: MADE, became });
    let record: &EnrolmentCodeRecord = credential.factor.get().expect("a code");
    let record = EnrolmentCodeRecord { invites, ..record.clone() };
    let credential = credential.with_factor(record);
    let credential =
        credential.with_handed_out(Some(HandedOut { first: MADE, reminders: 0, mail }));
    enrolled(alice(&keys), &[credential.to_record(alice(&keys))], &[])
}

fn is_due(repeat: Repeat, set: &CredentialSet, after: u64) -> bool {
    repeat.is_due(set, Some("a…@example.org"), MADE + after)
}

#[test]
fn a_wave_leaves_out_who_has_a_good_invitation_and_nobody_else() {
    let nobody = CredentialSet::default();
    assert!(is_due(Repeat::Missing, &nobody, 0) && !is_due(Repeat::Remind(0), &nobody, DAY));
    for (mail, now, later, over) in [
        (None, false, false, true),
        (Some(Delivery::Sent), false, false, true),
        (Some(Delivery::Later), true, true, true),
        (Some(Delivery::Sending), false, true, true),
        (Some(Delivery::Refused), false, false, false),
        (Some(Delivery::Bounced), false, false, false),
    ] {
        let set = invited(mail);
        for (after, expected) in [(SENDING, now), (SENDING + 1, later), (7 * DAY, over)] {
            assert_eq!(is_due(Repeat::Missing, &set, after), expected, "{mail:?} {after}");
            assert!(is_due(Repeat::Again, &set, after));
        }
    }
}

#[test]
fn nobody_is_reminded_twice_within_a_day_or_at_an_address_that_takes_no_mail() {
    let sent = invited(Some(Delivery::Sent));
    let on_paper = invited(None);
    for set in [&sent, &on_paper] {
        assert!(!is_due(Repeat::Remind(0), set, DAY - 1) && is_due(Repeat::Remind(0), set, DAY));
        let three = Repeat::Remind(3 * DAY);
        assert!(!is_due(three, set, 3 * DAY - 1) && is_due(three, set, 9 * DAY));
        // A clock that was ahead reminds nobody early.
        assert!(!Repeat::Remind(0).is_due(set, None, MADE - 5));
    }
    let refused = invited(Some(Delivery::Refused));
    assert!(!is_due(Repeat::Remind(0), &refused, 30 * DAY));
    let elsewhere = Some("b…@example.org");
    assert!(Repeat::Remind(0).is_due(&refused, elsewhere, MADE), "the address was corrected");
}

#[test]
fn the_code_of_a_reset_is_no_invitation_to_be_repeated() {
    for mail in [None, Some(Delivery::Sent), Some(Delivery::Later)] {
        let set = with_code(false, mail);
        for repeat in [Repeat::Missing, Repeat::Remind(0)] {
            assert!(!is_due(repeat, &set, 30 * DAY), "{repeat:?} {mail:?}");
        }
        assert!(is_due(Repeat::Again, &set, 0));
    }
}

#[test]
fn a_record_of_before_has_no_word_of_mails() {
    let keys = ring();
    let (credential, _) = enrol::enrolment_code("u1", MADE, ENDS, &keys, &mut Counter(1));
    let record = credential.to_record(alice(&keys));
    assert!(!record.contains("handed_out"), "{record}");
    let set = enrolled(alice(&keys), &[record], &[]);
    let invitation = Invitation::of(&set).expect("an invitation");
    assert_eq!((invitation.first(), invitation.reminders()), (MADE, 0));
    assert_eq!(invitation.mail(), None);
}
