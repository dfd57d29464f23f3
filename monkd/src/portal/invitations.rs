//! Invitations of many people by an administrator.
//!
//! Mails take seconds, so a round goes on by itself, one mail after the other, while the administrator looks at how far
//! it is or has left. It ends with the engine; another round leaves out those who have an invitation, and so goes on
//! where the first one was.

use std::sync::Arc;
use std::time::{Duration, Instant};

use monk_core::closed::{Way, why_closed};
use monk_wire::Reply;
use monk_wire::manage::{Command, Failure, Invitation, InvitationMail, Manage, Outcome, Unfit};
use monk_wire::portal::PortalReply;
use monk_wire::portal::invitations::{LeftOut, RoundState, Standing, Whom, Wish};

use super::candidates::{self, Gathered};
use super::commands::by_administrator;
use super::{Question, SignedIn, generation_of};
use crate::audit;
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::engine::{Engine, Found};
use crate::portal_state::rounds::Underway;

/// How long a preview may look. Large directories are read in pages, and the page says that there may be more.
const LOOK_TIME: Duration = Duration::from_secs(6);

/// How often is looked whether the administrator still is one. Between two looks some mails go out.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// How long that may take.
const ADMINISTRATOR_TIME: Duration = Duration::from_secs(10);

/// Mails that fail one after the other before a round gives up: the mail server takes none, and each would leave a code
/// that nobody has.
const MOST_FAILURES: u32 = 5;

impl Question<'_> {
    /// Who would get an invitation.
    pub(super) async fn preview_invitations(&self, whom: &Whom) -> Reply {
        match candidates::gather(self.engine, whom, Some(Deadline::after(LOOK_TIME))).await {
            Ok(gathered) => Reply::Portal(PortalReply::Preview(candidates::preview(gathered))),
            Err(failure) => Reply::Failed(failure),
        }
    }

    /// Begins a round.
    pub(super) fn invite_many(&self, who: &SignedIn, wish: &Wish) -> Reply {
        if self.engine.mail.of_the_administration().is_none() {
            return Reply::Failed(Failure::NoMailServer);
        }
        let Some(round) = self.engine.portal.rounds.begin(&who.account.id) else {
            return Reply::Portal(PortalReply::Busy);
        };
        let shown = round.shown();
        let sender = Sender {
            engine: Arc::clone(self.engine),
            caller: self.caller,
            address: self.address(),
            name: who.account.name.clone(),
            id: who.account.id.clone(),
            generation: generation_of(&who.set),
            round,
        };
        let wish = wish.clone();
        // Boxed: what it holds is large, and lives for minutes.
        tokio::spawn(Box::pin(async move { sender.carry_out(&wish).await }));
        Reply::Portal(PortalReply::Round(Some(shown)))
    }

    /// How far the administrator's last round is.
    pub(super) fn invitations(&self, who: &SignedIn) -> Reply {
        let round = self.engine.portal.rounds.of(&who.account.id);
        Reply::Portal(PortalReply::Round(round.map(|one| one.shown())))
    }

    /// The administrator's round goes no further.
    pub(super) fn stop_invitations(&self, who: &SignedIn) -> Reply {
        if let Some(round) = self.engine.portal.rounds.of(&who.account.id) {
            round.stop();
        }
        self.invitations(who)
    }
}

/// What sends a round.
struct Sender {
    engine: Arc<Engine>,
    caller: Caller,
    /// Where the administrator's browser is.
    address: Option<String>,
    /// The administrator, as the round began.
    name: String,
    id: String,
    generation: Option<String>,
    round: Arc<Underway>,
}

impl Sender {
    async fn carry_out(self, wish: &Wish) {
        let state = match candidates::gather(&self.engine, &wish.whom, None).await {
            Ok(gathered) => self.send_all(gathered, wish).await,
            Err(failure) => {
                audit::warn(&format!("portal: invitations by {:?}: {failure:?}", self.name));
                RoundState::Broken
            }
        };
        self.round.end(state);
        let round = self.round.shown();
        let (name, sent) = (&self.name, round.sent);
        audit::info(&format!("portal: invitations by {name:?}: {sent} sent, {state:?}"));
    }

    async fn send_all(&self, gathered: Gathered, wish: &Wish) -> RoundState {
        let to = self.sort_out(&gathered, wish.again);
        let (mut failures, mut looked) = (0, Instant::now());
        for name in to {
            if self.round.is_to_stop() {
                return RoundState::Stopped;
            }
            if looked.elapsed() >= LOOK_AGAIN {
                looked = Instant::now();
                let (name, id) = (&*self.name, &*self.id);
                if !is_still_one(&self.engine, (name, id), self.generation.as_deref()).await {
                    return RoundState::Stopped;
                }
            }
            match self.send(name, wish.seconds).await {
                Ok(()) => {
                    failures = 0;
                    self.round.note(|round| round.sent += 1);
                }
                Err(why) => {
                    self.round.leaves_out(name, why);
                    failures += u32::from(why == LeftOut::NotSent);
                }
            }
            if failures == MOST_FAILURES {
                return RoundState::Broken;
            }
        }
        match gathered.is_whole {
            true => RoundState::Done,
            false => RoundState::Broken,
        }
    }

    /// Who is to get one; the others are noted.
    fn sort_out<'a>(&self, gathered: &'a Gathered, again: bool) -> Vec<&'a str> {
        let mut to = Vec::new();
        for one in &gathered.all {
            match one.standing {
                Standing::Ready => to.push(&*one.name),
                Standing::Invited if again => to.push(&*one.name),
                Standing::Invited => self.round.note(|round| round.invited += 1),
                Standing::SetUp => self.round.note(|round| round.set_up += 1),
                other => self.round.leaves_out(&one.name, LeftOut::Standing(other)),
            }
        }
        self.round.note(|round| {
            round.total = Some(u32::try_from(to.len()).unwrap_or(u32::MAX));
            round.state = RoundState::Sending;
        });
        to
    }

    async fn send(&self, name: &str, seconds: u64) -> Result<(), LeftOut> {
        let command = Command::Invite(Invitation {
            seconds,
            send: true,
            reset: false,
            even_unread: true,
            ..Invitation::default()
        });
        let manage = Manage { user: name.to_owned(), command };
        let by = (self.caller, &*self.name, self.address.as_deref());
        match by_administrator(&self.engine, by, manage).await {
            Ok(Outcome::Invited(invited))
                if matches!(invited.mail, Some(InvitationMail::Sent { .. })) =>
            {
                Ok(())
            }
            // It has changed since the look.
            Err(Failure::HasSecondFactor { .. }) => Err(LeftOut::Standing(Standing::SetUp)),
            Err(Failure::NoSuchUser { .. } | Failure::Refused(_)) => {
                Err(LeftOut::Standing(Standing::Unknown))
            }
            Err(Failure::Unfit(Unfit::NoDirectoryAddress { .. } | Unfit::Address)) => {
                Err(LeftOut::Standing(Standing::NoAddress))
            }
            _ => Err(LeftOut::NotSent),
        }
    }
}

/// Whether somebody still is an administrator, with an open account that nobody has reset since a round began.
pub(super) async fn is_still_one(
    engine: &Engine,
    (name, id): (&str, &str),
    generation: Option<&str>,
) -> bool {
    let deadline = Deadline::after(ADMINISTRATOR_TIME);
    let Ok(Found::One(account, set)) = engine.find(name, deadline).await else { return false };
    let groups = &engine.settings.portal.administrators;
    account.id == id
        && generation_of(&set).as_deref() == generation
        && why_closed(account.state, Way::OwnFactors, &[]).is_none()
        && engine.directory.is_in_group(&account, groups, deadline).await == Ok(true)
}
