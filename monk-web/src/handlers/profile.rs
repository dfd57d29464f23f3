//! The profile that an iPhone takes a mail account from.

use bytes::Bytes;
use monk_terms::kind::Kind;

use crate::mail_setup::apple::{self, Account};
use crate::mail_setup::host_of;
use crate::visit::{Answer, Trouble, Visit};

/// Longest app password, with what stands between its groups.
const LONGEST_SECRET: usize = 64;

/// The profile as a file. The app password comes with the form of its page: nobody has kept it.
pub async fn download(visit: &Visit<'_>, id: &str) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let mut all = overview.status.credentials.iter();
    let one = all.find(|one| one.kind == Kind::AppPassword && one.id == id);
    let one = one.ok_or(Trouble::NotFound)?;
    let secret = visit.form.text("secret");
    let is_secret = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if secret.is_empty() || secret.len() > LONGEST_SECRET || !secret.bytes().all(is_secret) {
        return Err(Trouble::NotFound);
    }
    let (user, email) = (&*overview.status.user, overview.status.mail.as_deref());
    let email = email.ok_or(Trouble::NotFound)?;
    // The page names those that the app password opens.
    let mut servers = visit.site.mail_servers.clone();
    servers.retain(|server| visit.form.all("protocol").any(|protocol| protocol == server.protocol));
    let account = Account {
        organisation: &visit.shared.settings.organisation.name,
        host: host_of(visit.site),
        id: &one.id,
        user: if visit.site.mail_user_is_address { email } else { user },
        email,
        secret,
    };
    let profile = apple::profile(&account, &servers).ok_or(Trouble::NotFound)?;
    let bytes = Bytes::from(profile);
    Ok(Answer::File { name: "mail.mobileconfig", kind: apple::KIND, bytes })
}
