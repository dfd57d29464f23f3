//! The profile that an iPhone takes a mail account from: behind a link that works once, for ten minutes.
//!
//! The engine keeps the app password meanwhile. The phone has no session: anybody who has the link gets the profile. So the
//! link stands behind a `#`, which browsers send to nobody and no web server writes into its log. A page that is opened
//! asks the engine nothing, and a program that follows links, for a preview or a scan, consumes and learns nothing.

use std::time::SystemTime;

use bytes::Bytes;
use hyper::StatusCode;
use monk_wire::manage::MailProgram;
use monk_wire::portal::{PortalAsk, PortalReply, Profile};
use monk_wire::{Reply, Secret};

use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::log;
use crate::mail_setup::apple::{self, Account};
use crate::mail_setup::host_of;
use crate::mail_setup::sign::Signer;
use crate::pages::profile as page;
use crate::visit::{Answer, Trouble, Visit};

/// Letters of a link: 128 bits in base 32.
const LINK: usize = 26;

/// A link to a profile that waits.
pub struct Waiting {
    /// The link.
    pub link: String,
    /// Until when, in seconds since 1970.
    pub until: u64,
}

/// Has the engine keep an app password for a phone. The page that shows the app password does without the link where
/// there is none: what stands there is shown only once.
pub async fn keep(
    visit: &Visit<'_>,
    credential: &str,
    password: &Secret,
    mail: Option<&MailProgram>,
) -> Option<Waiting> {
    apple::servers(&mail?.servers)?;
    let (credential, password) = (credential.to_owned(), password.clone());
    match visit.ask(PortalAsk::KeepProfile { credential, password }).await {
        Ok(Reply::Portal(PortalReply::ProfileKept { link, until })) => {
            let link = link.expose_str().filter(|link| is_link(link))?.to_owned();
            Some(Waiting { link, until })
        }
        _ => None,
    }
}

fn is_link(text: &str) -> bool {
    text.len() == LINK && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

/// The page that the phone opens.
pub fn show(visit: &Visit<'_>) -> Answer {
    Answer::page(offer(visit))
}

/// The same, for a form that was too old.
pub fn stale(visit: &Visit<'_>) -> Answer {
    Answer::again(offer(visit))
}

fn offer(visit: &Visit<'_>) -> maud::Markup {
    let token = visit.token(Binding::Browser);
    let link = Some(visit.form.text("link")).filter(|link| is_link(link));
    let is_signed = visit.shared.settings.profile_signature.is_some();
    page::offer(&visit.frame(page::PATH, &token), link, is_signed)
}

/// The profile as a file.
pub async fn download(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let link = visit.form.text("link");
    let reply = match is_link(link) {
        true => {
            let link = Secret::new(link.as_bytes());
            visit.ask(PortalAsk::TakeProfile { link }).await?
        }
        false => Reply::Portal(PortalReply::NoProfile),
    };
    match reply {
        Reply::Portal(PortalReply::Profile(profile)) => file(visit, &profile),
        Reply::Portal(PortalReply::NoProfile) => {
            Ok(Answer::Page(StatusCode::GONE, page::gone(&visit.frame(page::PATH, ""))))
        }
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

fn file(visit: &Visit<'_>, profile: &Profile) -> Result<Answer, Trouble> {
    let settings = &visit.shared.settings;
    let account = Account {
        organisation: &settings.organisation.name,
        host: host_of(visit.site),
        id: &profile.credential,
        user: &profile.mail.user,
        email: &profile.email,
        secret: profile.password.expose_str().ok_or(NoAnswer::Unexpected)?,
    };
    let text = apple::profile(&account, &profile.mail.servers).ok_or(NoAnswer::Unexpected)?;
    let signer = settings.profile_signature.as_ref().map(Signer::load);
    let signed = match signer {
        Some(Ok(signer)) => signer.signed(&text, SystemTime::now()),
        Some(Err(why)) => {
            // The phone says so, and asks before it installs it: better than no mail account.
            log::line(&format!("a profile goes out without a signature: {why}"));
            None
        }
        None => None,
    };
    let bytes = Bytes::from(signed.unwrap_or(text));
    Ok(Answer::File { name: "mail.mobileconfig", kind: apple::KIND, bytes })
}
