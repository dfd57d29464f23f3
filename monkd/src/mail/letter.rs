//! A code on its way: sent after the answer to the login, so that neither the time of the answer
//! nor its deadline depends on a mail server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lettre::Address;
use monk_core::emailed;
use monk_core::factors::email;
use monk_core::factors::email::EmailedCode;
use monk_core::keys::Keyring;
use monk_core::mac::Author;
use monk_wire::manage::MailFailure;

use super::{Mailer, Occasion, Purpose};
use crate::audit;
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Account, CredentialStore, Swapped};

/// A code that is on record, and now to be sent.
pub struct Recorded {
    /// The code.
    pub code: EmailedCode,
    /// What names the send, should it fail.
    pub sent: u64,
}

/// How long giving a failed send back may take.
const GIVE_BACK_BUDGET: Duration = Duration::from_secs(5);

/// How often it is tried after somebody else changed the same record.
const MAX_ROUNDS: usize = 4;

/// A code, recorded and ready to be sent.
pub struct Letter {
    /// Where to.
    pub to: Address,
    /// The code.
    pub recorded: Recorded,
    /// Whose it is.
    pub account: Box<Account>,
    /// The PAM service of the login.
    pub service: String,
    /// The address that the login came from.
    pub address: Option<String>,
    /// What it is sent with.
    pub mailer: Arc<Mailer>,
    /// Where the send is on record.
    pub store: Arc<dyn CredentialStore>,
    /// What the record is made with.
    pub keys: Arc<Keyring>,
}

impl Letter {
    /// Sends it, records in the audit what came of it, and gives the send back if nothing did.
    pub async fn deliver(self) {
        let started = Instant::now();
        let result = self.send().await;
        audit::record_mail(&audit::MailLine {
            user: &self.account.name,
            service: &self.service,
            to: &email::masked(self.to.as_ref()),
            result: result.as_ref().map(|_| ()),
            took: started.elapsed(),
        });
        if result.is_err() {
            let author = Author { user: &self.account.id, keys: &self.keys };
            give_back(&*self.store, author, &self.account, self.recorded.sent).await;
        }
    }

    async fn send(&self) -> Result<String, MailFailure> {
        let occasion = Occasion {
            purpose: Purpose::Login(self.recorded.code.expose()),
            user: &self.account.name,
            service: &self.service,
            address: self.address.as_deref(),
            now: clock::now(),
        };
        let mail = self.mailer.compose(&occasion, self.to.clone())?;
        self.mailer.send(mail, self.mailer.settings.timeout).await
    }
}

/// Gives a send back that failed, if that can be done: the user need not wait for an hour because
/// the mail server was down.
pub async fn give_back(
    store: &dyn CredentialStore,
    author: Author<'_>,
    account: &Account,
    sent: u64,
) {
    let deadline = Deadline::after(GIVE_BACK_BUDGET);
    for _ in 0..MAX_ROUNDS {
        let Ok(set) = store.load(account, deadline).await else { return };
        let Some(swap) = emailed::give_back(sent, &set, clock::now(), author) else { return };
        match store.spend(account, &swap, deadline).await {
            Ok(Swapped::Conflict) => {}
            Ok(Swapped::Done) => return,
            Err(outage) => return audit::warn(&format!("a failed send still counts: {outage}")),
        }
    }
}
