//! What there is to say of a user's credentials: in the status, and by doctor.

use super::records::{Credential, Stored, Use};
use super::set::CredentialSet;
use super::transit::Texts;
use crate::factors::approval::Approvals;
use crate::factors::email::{Aim, Emailed};
use crate::factors::shapes::Shapes;
use crate::factors::totp::{Letter, TotpRecord};
use crate::factors::{Case, Defect, Details, Uses};
use crate::id::CredentialId;
use crate::keys::{Keyring, Owner};

impl Credential {
    /// The same on this host and now, as a credential of that user.
    #[must_use]
    pub fn case<'a>(&'a self, user: &'a str, keys: &'a Keyring, now: u64) -> Case<'a> {
        let owner = Owner { user, credential: self.id.as_str() };
        Case { owner, created: self.created, keys, now }
    }
}

impl CredentialSet {
    /// The shapes of the codes of what the user has enrolled.
    #[must_use]
    pub fn shapes(&self) -> Shapes {
        self.shapes_where(|letter| letter.by_login)
    }

    /// The shapes of the codes that may be typed now. The code of a device that was handed out may be where it can
    /// confirm the device: elsewhere, digits are what they were before the letter.
    #[must_use]
    pub fn shapes_now(&self, now: u64, may_confirm: bool) -> Shapes {
        self.shapes_where(|letter| may_confirm && letter.opens(now))
    }

    fn shapes_where(&self, is_typed: impl Fn(Letter) -> bool) -> Shapes {
        // Nobody knows what the codes of a credential look like that cannot be read. Its user is to hear
        // that it cannot be checked, and not that the password is wrong.
        let unknown = self.unreadable_credentials > 0;
        let mut shapes = Shapes {
            six_digits: unknown,
            eight_digits: unknown,
            backup: unknown,
            ..Shapes::default()
        };
        // Of a device that no login confirms, nobody types a code.
        let is_typed =
            |one: &&Stored<Credential>| self.waiting_letter(&one.value).is_none_or(&is_typed);
        for stored in self.credentials.iter().filter(is_typed) {
            stored.value.factor.add_shape(&mut shapes);
        }
        shapes.emailed |= self.emailed().0.is_for(Aim::Login);
        shapes
    }

    /// Whether this host can check a credential.
    #[must_use]
    pub fn is_usable(&self, credential: &Credential, case: Case<'_>) -> bool {
        credential.factor.is_usable(case, &self.spent_of(credential))
    }

    /// What the status of a credential shows.
    #[must_use]
    pub fn details(&self, credential: &Credential) -> Details {
        credential.factor.details(credential.created, &self.spent_of(credential))
    }

    /// What is wrong with a credential.
    #[must_use]
    pub fn defects(&self, credential: &Credential, case: Case<'_>) -> Vec<Defect> {
        credential.factor.defects(case, &self.spent_of(credential))
    }

    /// How a device was handed out that nobody has confirmed yet.
    #[must_use]
    pub fn waiting_letter(&self, credential: &Credential) -> Option<Letter> {
        let device: &TotpRecord = credential.factor.get()?;
        device.waiting_letter(&self.spent_of(credential).of())
    }

    /// Whether the user has a device that was handed out, and that a login confirms now.
    #[must_use]
    pub fn awaits_first_login(&self, now: u64) -> bool {
        let mut letters = self.credentials.iter().filter_map(|one| self.waiting_letter(&one.value));
        letters.any(|letter| letter.opens(now)) && !self.has_second_factor()
    }

    /// Whether a credential is a second factor: not a device that was handed out and that nobody has confirmed.
    #[must_use]
    pub fn is_second_factor(&self, credential: &Credential) -> bool {
        credential.factor.is_second_factor() && self.waiting_letter(credential).is_none()
    }

    /// What was sent to the user by mail, and the texts that a change of it takes the place of: one as a
    /// rule.
    pub(crate) fn emailed(&self) -> (Emailed, Vec<&Stored<Use>>) {
        let id = CredentialId::emailed();
        let of_mail = self.uses.iter().filter_map(|stored| {
            let state: &Emailed = (&stored.value.spent).try_into().ok()?;
            (stored.value.id == id).then_some((state, stored))
        });
        let (states, texts): (Vec<_>, Vec<_>) = of_mail.unzip();
        (Emailed::merged(states.into_iter()), texts)
    }

    /// The logins that ask the user for an approval, and the texts that a change takes the place of: one as a rule.
    pub(crate) fn approvals(&self) -> (Approvals, Vec<&Stored<Use>>) {
        let id = CredentialId::approvals();
        let of_them = self.uses.iter().filter_map(|stored| {
            let state: &Approvals = (&stored.value.spent).try_into().ok()?;
            (stored.value.id == id).then_some((state, stored))
        });
        let (states, texts): (Vec<_>, Vec<_>) = of_them.unzip();
        (Approvals::merged(states.into_iter()), texts)
    }

    /// What was used of a credential.
    pub(crate) fn spent_of(&self, credential: &Credential) -> Uses<'_> {
        let id = credential.factor.uses_of(&credential.id);
        let of_it = self.uses.iter().filter(|stored| stored.value.id == id);
        Uses {
            records: of_it.map(|stored| (stored.value.at, &stored.value.spent)).collect(),
            some_unreadable: self.unreadable_uses > 0,
        }
    }
}

impl CredentialSet {
    /// All texts, without a mark; `None` where some of them cannot be read, or count no more.
    #[must_use]
    pub fn texts(&self) -> Option<Texts> {
        let marks = usize::from(self.transit.is_some());
        if self.unreadable_credentials > marks || self.unreadable_uses > 0 {
            return None;
        }
        let mut credentials: Vec<_> =
            self.credentials.iter().map(|stored| stored.raw.clone()).collect();
        let uses = self.uses.iter().chain(&self.registers).map(|stored| stored.raw.clone());
        let mut uses: Vec<_> = uses.collect();
        credentials.sort_unstable();
        uses.sort_unstable();
        Some(Texts { credentials, uses })
    }
}
