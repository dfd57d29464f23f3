//! People, for administrators who look for one; and why somebody was refused lately.

use std::time::Duration;

use monk_core::credential::CredentialSet;
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;
use monk_wire::Reply;
use monk_wire::manage::Failure;
use monk_wire::portal::{People, Person, PortalReply, RefusalDetail, RefusalRow};

use super::{Question, SignedIn};
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Account, Rest};
use crate::engine::Found;
use crate::outage::Outage;
use crate::portal_state::network_of;
use crate::throttle::Slowed;

/// Most people on a page. Who has more looks for more of the name.
const MOST_FOUND: usize = 50;

/// How long may be looked. Large directories are read in pages, and the page says that there may be more.
const LOOK_TIME: Duration = Duration::from_secs(6);

impl Question<'_> {
    /// People whose name or address has this in it, or who have no second factor yet.
    pub(super) async fn people(&self, search: &str, without: bool) -> Reply {
        match self.look_for(&search.trim().to_lowercase(), without).await {
            Ok(people) => Reply::Portal(PortalReply::People(people)),
            Err(outage) => Reply::Failed(outage.into()),
        }
    }

    async fn look_for(&self, search: &str, without: bool) -> Result<People, Outage> {
        let deadline = Deadline::after(LOOK_TIME);
        let mut people = People { found: Vec::new(), is_whole: true };
        let mut pages = self.engine.directory.everybody();
        loop {
            let page = match pages.next(deadline).await {
                Ok(page) => page,
                // What was found until then is better than nothing.
                Err(_) if !people.found.is_empty() => {
                    people.is_whole = false;
                    return Ok(people);
                }
                Err(outage) => return Err(outage),
            };
            for account in page.items.into_iter().filter(|account| fits(account, search)) {
                if people.found.len() == MOST_FOUND {
                    people.is_whole = false;
                    return Ok(people);
                }
                let person = self.person(account, deadline).await?;
                if !(without && person.has_second_factor) {
                    people.found.push(person);
                }
            }
            match page.rest {
                Rest::More => {}
                Rest::Nothing => return Ok(people),
                Rest::Withheld => {
                    people.is_whole = false;
                    return Ok(people);
                }
            }
        }
    }

    async fn person(&self, mut account: Account, deadline: Deadline) -> Result<Person, Outage> {
        let set: CredentialSet = match account.credentials.take() {
            Some(set) => set,
            None => self.engine.store.load(&account, deadline).await?,
        };
        Ok(Person {
            name: account.name,
            mail: account.mail,
            state: account.state,
            has_second_factor: set.has_second_factor_at(clock::now()),
            is_invited: set.is_invited(clock::now()),
        })
    }

    /// Why somebody was refused lately: the session's own user, or another one, for administrators.
    pub(super) async fn refusals(&self, who: &SignedIn, user: Option<&str>) -> Reply {
        let id = match user {
            None => who.account.id.clone(),
            Some(user) => match self.id_of(user).await {
                Ok(id) => id,
                Err(reply) => return reply,
            },
        };
        let rows = self.engine.portal.refusals.of(&id, clock::now()).into_iter();
        let rows = rows.map(|one| RefusalRow {
            at: one.at,
            service: one.service,
            address: one.address,
            reason: one.reason,
            credential: one.credential,
            detail: one.detail,
        });
        let mut rows: Vec<_> = rows.collect();
        if user.is_none() {
            self.until_when(who, &mut rows).await;
        }
        Reply::Portal(PortalReply::Refusals(rows))
    }

    /// Says of the last refusal until when nothing is looked at, where it was for that.
    async fn until_when(&self, who: &SignedIn, rows: &mut [RefusalRow]) {
        let Some(last) = rows.first_mut().filter(|one| one.reason == Refusal::Throttled) else {
            return;
        };
        let network = network_of(last.address.as_deref().unwrap_or_default());
        let Ok(slowed) = self.engine.throttle.list(self.deadline).await else { return };
        let is_theirs = |one: &Slowed| match (&one.user, &one.network) {
            (Some(user), None) => user.eq_ignore_ascii_case(&who.account.name),
            (Some(user), Some(at)) => {
                user.eq_ignore_ascii_case(&who.account.name) && *at == network
            }
            (None, Some(at)) => *at == network,
            (None, None) => false,
        };
        // A mail program sends no codes of their own.
        let slowed =
            slowed.iter().filter(|one| is_theirs(one) && one.proof != Proof::Code.as_str());
        let wait = slowed.map(|one| one.wait).max();
        last.detail =
            wait.filter(|&wait| wait > 0).map(|wait| RefusalDetail::Until(clock::now() + wait));
    }

    async fn id_of(&self, user: &str) -> Result<String, Reply> {
        let failed = |outage: Outage| Reply::Failed(outage.into());
        match self.engine.find(user, self.deadline).await.map_err(failed)? {
            Found::One(account, _) => Ok(account.id),
            _ => {
                Err(Reply::Failed(Failure::NoSuchUser { user: user.to_owned(), is_caller: false }))
            }
        }
    }
}

fn fits(account: &Account, search: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(search);
    search.is_empty() || has(&account.name) || account.mail.as_deref().is_some_and(has)
}
