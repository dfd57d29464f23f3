//! A code as typed, the shapes it can have, and which of the user's factors it belongs to.

use zeroize::Zeroizing;

use crate::backup_codes::{self, SCRATCH_DIGITS, Shape};
use crate::credential::{
    Credential, CredentialId, CredentialSet, Factor, Spent, Stored, Use, UseSwap,
};
use crate::emailed;
use crate::enrolment_code::{Door, EnrolmentCodeRecord};
use crate::hash::Budget;
use crate::keys::{Keyring, Owner};
use crate::mac::Author;
use crate::symbols;
use crate::totp::{TotpRecord, WINDOW};
use monk_terms::verdict::{Grant, Refusal};

/// Symbols of a one-use code that the portal hands out: 40 bits, good for minutes.
pub const PORTAL_SYMBOLS: usize = 8;
/// Digits of an emailed code.
pub const EMAILED_DIGITS: usize = 6;

/// Seconds by which the clocks of two hosts of a fleet may differ without anything else being wrong.
const CLOCK_TOLERANCE: u64 = 300;

/// What the user in question has, and what it is checked with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The user's stable id.
    pub user: &'a str,
    /// What is enrolled and used.
    pub set: &'a CredentialSet,
    /// The keys of this host.
    pub keys: &'a Keyring,
    /// Seconds since 1970.
    pub now: u64,
    /// What the code is to open.
    pub door: Door,
}

impl<'a> Context<'a> {
    /// Whose records these are, and who writes new ones.
    #[must_use]
    pub fn author(&self) -> Author<'a> {
        Author { user: self.user, keys: self.keys }
    }
}

/// The shapes of one user's own codes. A text of another shape is part of the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shapes {
    /// 6 digits: a device.
    pub six_digits: bool,
    /// 8 digits: a device.
    pub eight_digits: bool,
    /// 12 symbols: a backup code, or an enrolment code.
    pub backup: bool,
    /// 8 digits: a scratch code that was imported.
    pub scratch: bool,
    /// 6 digits: a code that was sent by mail, or can be.
    pub emailed: bool,
    /// 8 symbols: a code from the portal.
    pub portal: bool,
    /// The word `email`: a code can be sent.
    pub can_email: bool,
}

impl Shapes {
    /// Every shape that a code can have.
    pub const ALL: Self = Self {
        six_digits: true,
        eight_digits: true,
        backup: true,
        scratch: true,
        emailed: true,
        portal: true,
        can_email: true,
    };

    /// The shapes of what the user has enrolled. Spent or unusable factors keep their shapes, so
    /// that a used code is never taken for a part of the password.
    #[must_use]
    pub fn of(set: &CredentialSet) -> Self {
        // Nobody knows what the codes of a credential look like that cannot be read. Its user is to hear
        // that it cannot be checked, and not that the password is wrong.
        let unknown = set.unreadable_credentials > 0;
        let mut shapes =
            Self { six_digits: unknown, eight_digits: unknown, backup: unknown, ..Self::default() };
        for stored in &set.credentials {
            match &stored.value.factor {
                Factor::Totp(totp) if !totp.pending => match totp.parameters.digits {
                    6 => shapes.six_digits = true,
                    8 => shapes.eight_digits = true,
                    _ => {}
                },
                Factor::BackupCodes(set) => match set.shape {
                    Shape::Symbols => shapes.backup = true,
                    Shape::Digits => shapes.scratch = true,
                },
                Factor::EnrolmentCode(_) => shapes.backup = true,
                Factor::Email(email) if email.is_confirmed() => shapes.emailed = true,
                Factor::Email(_) | Factor::Totp(_) | Factor::AppPassword(_) | Factor::Unknown => {}
            }
        }
        shapes.emailed |= emailed::can_open_a_login(set);
        shapes
    }

    /// The shapes where codes can be sent, or cannot: there none can be typed either.
    #[must_use]
    pub fn with_mail(self, can_email: bool) -> Self {
        Self { emailed: self.emailed && can_email, can_email, ..self }
    }
}

/// A text of the shape of one of the user's codes, in canonical form. Wiped when dropped.
pub struct Code {
    /// The digits, if it is digits only.
    digits: Option<Zeroizing<String>>,
    /// The text as the user typed it, for the alphabets that ignore case and dashes.
    text: Zeroizing<String>,
}

impl Code {
    /// `text`, if it has one of `shapes`. White space around it and between digits is ignored.
    #[must_use]
    pub fn of_shape(text: &str, shapes: Shapes) -> Option<Self> {
        let digits = only_digits(text);
        let is_digits = |count| digits.as_ref().is_some_and(|d| d.len() == count);
        let fits = (shapes.six_digits && is_digits(6))
            || (shapes.emailed && is_digits(EMAILED_DIGITS))
            || (shapes.eight_digits && is_digits(8))
            || (shapes.scratch && is_digits(SCRATCH_DIGITS))
            || (shapes.backup && symbols::canonical(text, backup_codes::SYMBOLS).is_some())
            || (shapes.portal && symbols::canonical(text, PORTAL_SYMBOLS).is_some());
        fits.then(|| Self { digits, text: Zeroizing::new(text.to_owned()) })
    }

    /// The digits, if it is digits only.
    pub(crate) fn digits(&self) -> Option<&str> {
        self.digits.as_ref().map(|digits| digits.as_str())
    }

    /// Whether [`verify`] will compute an Argon2 hash, which takes milliseconds.
    #[must_use]
    pub fn costs_a_hash(&self, set: &CredentialSet) -> bool {
        let shapes = Shapes::of(set);
        (shapes.backup && self.canonical(Shape::Symbols).is_some())
            || (shapes.scratch && self.canonical(Shape::Digits).is_some())
    }

    /// The text as a code of such a set was hashed.
    fn canonical(&self, shape: Shape) -> Option<Zeroizing<String>> {
        match shape {
            Shape::Symbols => symbols::canonical(&self.text, backup_codes::SYMBOLS),
            Shape::Digits => self.digits.clone().filter(|digits| digits.len() == SCRATCH_DIGITS),
        }
    }
}

/// The digits of `text`, if it is nothing but ASCII digits and white space.
fn only_digits(text: &str) -> Option<Zeroizing<String>> {
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for character in text.chars() {
        match character {
            '0'..='9' => digits.push(character),
            c if c.is_whitespace() || symbols::is_invisible(c) => {}
            _ => return None,
        }
    }
    (!digits.is_empty()).then_some(digits)
}

/// A code that is right and unused. It opens nothing until `swap` is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it was.
    pub grant: Grant,
    /// Whose it was.
    pub credential: CredentialId,
    /// The write that spends it.
    pub swap: UseSwap,
}

/// A code that opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub refusal: Refusal,
    /// Which credential it concerns, where that is known.
    pub credential: Option<CredentialId>,
}

/// Finds the factor that `code` belongs to.
///
/// Every device is tried whatever the others said, so that the time tells nothing.
///
/// # Errors
/// [`Rejected`] says why no factor accepts it.
pub fn verify(code: &Code, context: Context<'_>) -> Result<Accepted, Rejected> {
    let mut best = Rejected { refusal: Refusal::WrongCode, credential: None };
    let mut accepted = None;
    let mut budget = Budget::default();
    for stored in &context.set.credentials {
        let outcome = match &stored.value.factor {
            Factor::Totp(record) if !record.pending => {
                verify_totp(code, &stored.value, record, context)
            }
            Factor::BackupCodes(_) => verify_backup(code, &stored.value, &mut budget, context),
            Factor::EnrolmentCode(record) => {
                verify_enrolment(code, &stored.value, record, &mut budget, context)
            }
            // Emailed codes are kept elsewhere, and wrong ones are counted.
            Factor::Totp(_) | Factor::AppPassword(_) | Factor::Email(_) | Factor::Unknown => {
                continue;
            }
        };
        match outcome {
            Ok(found) => accepted = accepted.or(Some(found)),
            Err(Refusal::WrongCode) => {}
            // A replay is the clearest reason, then a factor that cannot be checked.
            Err(refusal) if !best.refusal.is_replay() => {
                best = Rejected { refusal, credential: Some(stored.value.id.clone()) };
            }
            Err(_) => {}
        }
    }
    if best.refusal == Refusal::WrongCode && context.set.unreadable_credentials > 0 {
        best.refusal = Refusal::UnusableFactor;
    }
    accepted.ok_or(best)
}

/// Whether `digits` is the current code of one of the user's devices, used or not.
#[must_use]
pub fn is_current_totp(digits: &str, context: Context<'_>) -> bool {
    let mut found = false;
    for stored in &context.set.credentials {
        let Factor::Totp(record) = &stored.value.factor else { continue };
        let owner = Owner { user: context.user, credential: stored.value.id.as_str() };
        if record.pending {
            continue;
        }
        if let Ok(seed) = record.open(owner, context.keys) {
            found |= !seed.matching_steps(record.parameters, digits, context.now).is_empty();
        }
    }
    found
}

fn verify_totp(
    code: &Code,
    credential: &Credential,
    record: &TotpRecord,
    context: Context<'_>,
) -> Result<Accepted, Refusal> {
    let digits = code.digits.as_ref().ok_or(Refusal::WrongCode)?;
    if digits.len() != usize::from(record.parameters.digits) {
        return Err(Refusal::WrongCode);
    }
    let owner = Owner { user: context.user, credential: credential.id.as_str() };
    let seed = record.open(owner, context.keys).map_err(|_| Refusal::UnusableFactor)?;
    // Usually one step; one code in a million is that of two steps close together.
    let steps = seed.matching_steps(record.parameters, digits, context.now);
    let record_of_use = last_step(credential, context);
    let (Some(&first), Some(&step)) = (steps.first(), steps.last()) else {
        // A program that goes on with the string of its last login repeats a code, for however long, and
        // guesses at none.
        let repeats = |(_, last)| seed.shows_at_step(record.parameters, digits, last);
        let is_last = record_of_use.is_ok_and(repeats);
        return Err(if is_last { Refusal::ReplayedCode } else { Refusal::WrongCode });
    };
    let (spent, last) = record_of_use?;
    // No clock makes a code good again. But who reads the log should know why a code that is right
    // and new is refused.
    let newest = context.now / record.parameters.period + WINDOW;
    let used = if last > newest { Refusal::UsedAhead } else { Refusal::ReplayedCode };
    // Whoever has seen it typed for one step must not get in with it in another.
    if first <= last {
        return Err(used);
    }
    Ok(accept(Grant::Totp, credential, &spent, Spent::Totp { step }, context))
}

/// The uses of a device, and the highest step that was accepted.
fn last_step<'a>(
    credential: &'a Credential,
    context: Context<'a>,
) -> Result<(Vec<&'a Stored<Use>>, u64), Refusal> {
    let spent = uses(credential, context)?;
    let steps = spent.iter().filter_map(|stored| match stored.value.spent {
        Spent::Totp { step } => Some(step),
        _ => None,
    });
    // Confirming a device writes its first use. Without one nobody knows what was accepted.
    let last = steps.max().ok_or(Refusal::UnusableFactor)?;
    Ok((spent, last))
}

fn verify_backup(
    code: &Code,
    credential: &Credential,
    budget: &mut Budget,
    context: Context<'_>,
) -> Result<Accepted, Refusal> {
    let Factor::BackupCodes(record) = &credential.factor else { return Err(Refusal::WrongCode) };
    let canonical = code.canonical(record.shape).ok_or(Refusal::WrongCode)?;
    budget.take().ok_or(Refusal::UnusableFactor)?;
    let owner = Owner { user: context.user, credential: credential.id.as_str() };
    let index = record
        .position(&canonical, owner, context.keys)
        .map_err(|_| Refusal::UnusableFactor)?
        .ok_or(Refusal::WrongCode)?;
    let uses = uses(credential, context)?;
    let mut recorded = false;
    let mut codes = Vec::new();
    for stored in &uses {
        if let Spent::BackupCodes { codes: more } = &stored.value.spent {
            recorded = true;
            codes.extend(more);
        }
    }
    if !recorded {
        return Err(Refusal::UnusableFactor);
    }
    if codes.contains(&index) {
        return Err(Refusal::ReplayedCode);
    }
    codes.push(index);
    codes.sort_unstable();
    codes.dedup();
    Ok(accept(Grant::BackupCode, credential, &uses, Spent::BackupCodes { codes }, context))
}

fn verify_enrolment(
    code: &Code,
    credential: &Credential,
    record: &EnrolmentCodeRecord,
    budget: &mut Budget,
    context: Context<'_>,
) -> Result<Accepted, Refusal> {
    let canonical =
        symbols::canonical(&code.text, backup_codes::SYMBOLS).ok_or(Refusal::WrongCode)?;
    budget.take().ok_or(Refusal::UnusableFactor)?;
    let owner = Owner { user: context.user, credential: credential.id.as_str() };
    record
        .hashes
        .position(&canonical, owner, context.keys)
        .map_err(|_| Refusal::UnusableFactor)?
        .ok_or(Refusal::WrongCode)?;
    if context.now >= record.expires || is_ahead(credential.created, context.now) {
        return Err(Refusal::ExpiredCode);
    }
    let uses = uses(credential, context)?;
    let mut recorded = false;
    let mut doors = Vec::new();
    for stored in &uses {
        if let Spent::EnrolmentCode { doors: more } = &stored.value.spent {
            recorded = true;
            doors.extend(more);
        }
    }
    if !recorded {
        return Err(Refusal::UnusableFactor);
    }
    if doors.contains(&context.door) {
        return Err(Refusal::ReplayedCode);
    }
    doors.push(context.door);
    doors.dedup();
    Ok(accept(Grant::EnrolmentCode, credential, &uses, Spent::EnrolmentCode { doors }, context))
}

/// Whether a time is one that nobody can have seen yet: a clock was ahead that was set right since,
/// and what it has dated would live too long.
pub(crate) fn is_ahead(time: u64, now: u64) -> bool {
    time > now.saturating_add(CLOCK_TOLERANCE)
}

/// The uses of a credential. An unreadable one could be any, so then none is known.
fn uses<'a>(
    credential: &'a Credential,
    context: Context<'a>,
) -> Result<Vec<&'a Stored<Use>>, Refusal> {
    if context.set.unreadable_uses > 0 {
        return Err(Refusal::UnusableFactor);
    }
    Ok(context.set.uses_of(&credential.id).collect())
}

fn accept(
    grant: Grant,
    credential: &Credential,
    replaced: &[&Stored<Use>],
    spent: Spent,
    context: Context<'_>,
) -> Accepted {
    let used = Use::new(credential.id.clone(), context.now, spent);
    let swap = context.set.swap(replaced, used, context.author());
    Accepted { grant, credential: credential.id.clone(), swap }
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
