//! A login of the portal: a proof of who somebody is, and the session that comes of it.

use std::sync::Arc;
use std::time::Instant;

use monk_core::closed::{Way, why_closed};
use monk_terms::verdict::Grant;
use monk_wire::portal::PortalReply;
use monk_wire::{Login, Reply, Secret};
use tokio::time::timeout;

use super::{Question, SERVICE, generation_of};
use crate::audit::Ending;
use crate::audit::occasion::kept;
use crate::engine::Found;
use crate::login::{self, Ask, HungUp, Mode};
use crate::outage::Outage;
use crate::portal_state::sessions::Session;
use crate::portal_state::steps::{self, Asker, End, Event, Purpose, SCREEN_TIME, Underway};

impl Ask for Asker {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        self.events.send(Event::Screen).await.map_err(|_| HungUp)?;
        match timeout(SCREEN_TIME, self.answers.recv()).await {
            Ok(Some(answer)) => Ok(Some(answer)),
            Ok(None) | Err(_) => Err(HungUp),
        }
    }

    fn has_left(&mut self) -> bool {
        self.events.is_closed()
    }
}

impl Question<'_> {
    /// Begins a login. It goes on by itself, and waits for its screens.
    pub(super) async fn login(&self, purpose: Purpose, user: String, typed: Secret) -> Reply {
        let address = self.address();
        let (underway, mut asker) = steps::login(purpose, address.as_deref().unwrap_or_default());
        let (engine, caller) = (Arc::clone(self.engine), self.caller);
        let login = Login {
            user,
            service: SERVICE.to_owned(),
            address,
            terminal: None,
            person: None,
            typed: Some(typed),
            can_ask: true,
            publickey: false,
            forward: false,
            budget_ms: u32::MAX,
        };
        tokio::spawn(kept(async move {
            let verdict = login::run(&engine, caller, &login, Mode::Proof, &mut asker).await;
            let end = match &verdict.ending {
                Ending::Granted(grant) => End::Granted { grant: *grant, user: login.user },
                Ending::Unavailable(_) => End::Unavailable,
                _ => End::Refused,
            };
            let (_, note) = verdict.reply();
            // Before what nobody waits for: a letter takes seconds.
            let _has_left = asker.events.send(Event::Ended(end)).await;
            if let Some(note) = note {
                note.carry_out(&engine).await;
            }
        }));
        self.go_on(underway).await
    }

    /// Waits for what a login does next.
    pub(super) async fn go_on(&self, mut underway: Underway) -> Reply {
        match underway.events.recv().await {
            Some(Event::Screen) => {
                let step = self.engine.portal.steps.park(underway);
                Reply::Portal(PortalReply::Screen { step })
            }
            Some(Event::Ended(End::Granted { grant, user })) => {
                self.granted(&underway, grant, &user).await.unwrap_or(Reply::Unavailable)
            }
            Some(Event::Ended(End::Unavailable)) => Reply::Unavailable,
            Some(Event::Ended(End::Refused)) | None => Reply::Portal(PortalReply::Refused),
        }
    }

    /// What a right proof brings about.
    async fn granted(&self, login: &Underway, grant: Grant, user: &str) -> Result<Reply, Outage> {
        let now = Instant::now();
        match &login.purpose {
            Purpose::Proof(digest) => {
                self.sessions().change(digest, |session| {
                    session.prove(grant, None, now);
                });
                Ok(Reply::Portal(PortalReply::Proven))
            }
            Purpose::SignIn => {
                let Found::One(account, set) = self.engine.find(user, self.deadline).await? else {
                    return Ok(Reply::Portal(PortalReply::Refused));
                };
                if why_closed(account.state, Way::OwnFactors, &[]).is_some() {
                    return Ok(Reply::Portal(PortalReply::Refused));
                }
                let name = account.name.clone();
                let session =
                    Session::new(name.clone(), account.id, generation_of(&set), grant, now);
                self.end_session_before();
                let session = session.logged_as(login.log_id.clone());
                let session = self.sessions().open(session, self.lives());
                Ok(Reply::Portal(PortalReply::SignedIn { session, user: name }))
            }
        }
    }
}
