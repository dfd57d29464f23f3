//! One request, and what answers it.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hyper::StatusCode;
use maud::Markup;
use monk_wire::manage::{Command, Failure, Outcome};
use monk_wire::portal::{Overview, PortalAsk, PortalReply, Site};
use monk_wire::{Reply, Secret};

use crate::assets::Assets;
use crate::engine::{Engine, NoAnswer};
use crate::form::Form;
use crate::guard::{self, Binding};
use crate::pages::Frame;
use crate::session::{Cookies, NewCookies};
use crate::settings::Settings;
use crate::texts::{Language, Texts};

/// What all requests share.
#[derive(Debug)]
pub struct Shared {
    /// The settings.
    pub settings: Settings,
    /// The engine.
    pub engine: Engine,
    /// The files of pages.
    pub assets: Assets,
}

/// One request.
pub struct Visit<'a> {
    /// What all requests share.
    pub shared: &'a Shared,
    /// What the engine says of the portal.
    pub site: &'a Site,
    /// What the browser keeps.
    pub cookies: Cookies,
    /// What the browser is to keep.
    pub new_cookies: NewCookies,
    /// The language of the answer.
    pub language: Language,
    /// Where the browser is.
    pub address: Option<String>,
    /// The form that was sent.
    pub form: Form,
    /// What stands behind the `?`.
    pub query: Form,
    /// Whether a link on another site has led here, so that the browser has kept its strict cookies to itself.
    pub is_from_elsewhere: bool,
    /// Whether the user looks after others, as far as this request has asked.
    pub is_administrator: AtomicBool,
}

/// An answer.
#[derive(Debug)]
pub enum Answer {
    /// A page.
    Page(StatusCode, Markup),
    /// The same page is to be asked for once more.
    Reload(Markup),
    /// Another page is to be opened, with GET.
    See(String),
    /// JSON for the script.
    Json(String),
    /// A file to keep.
    File {
        /// What it is called.
        name: &'static str,
        /// Its media type.
        kind: &'static str,
        /// What it holds.
        bytes: Bytes,
    },
}

/// Why there is no answer of the usual kind.
#[derive(Debug)]
pub enum Trouble {
    /// The engine does not answer.
    NoAnswer(NoAnswer),
    /// Nobody is signed in.
    NoSession,
    /// What is to be done needs a fresh proof.
    ProofNeeded,
    /// The engine has not done it.
    Failed(Failure),
    /// There is no such page.
    NotFound,
}

impl From<NoAnswer> for Trouble {
    fn from(why: NoAnswer) -> Self {
        Self::NoAnswer(why)
    }
}

impl Answer {
    /// A page as it should be.
    #[must_use]
    pub fn page(page: Markup) -> Self {
        Self::Page(StatusCode::OK, page)
    }

    /// A page that wants to be looked at again.
    #[must_use]
    pub fn again(page: Markup) -> Self {
        Self::Page(StatusCode::UNPROCESSABLE_ENTITY, page)
    }

    /// Another page.
    #[must_use]
    pub fn see(path: &str) -> Self {
        Self::See(path.to_owned())
    }
}

impl Visit<'_> {
    /// Asks the engine.
    ///
    /// # Errors
    /// [`Trouble`], also where the session is over.
    pub async fn ask(&self, ask: PortalAsk) -> Result<Reply, Trouble> {
        let session = self.cookies.session.clone();
        let reply = self.shared.engine.ask(self.address.clone(), session, ask).await?;
        match reply {
            Reply::Portal(PortalReply::NoSession) => Err(Trouble::NoSession),
            Reply::Portal(PortalReply::ProofNeeded) => Err(Trouble::ProofNeeded),
            Reply::Failed(failure) => Err(match failure {
                Failure::Outage(_) | Failure::ProofUnanswered => NoAnswer::Unavailable.into(),
                failure => Trouble::Failed(failure),
            }),
            reply => Ok(reply),
        }
    }

    /// Has a command carried out about the person who is signed in.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn own(&self, command: Command) -> Result<Outcome, Trouble> {
        self.signed_in()?;
        match self.ask(PortalAsk::Own(command)).await? {
            Reply::Done(outcome) => Ok(outcome),
            _ => Err(NoAnswer::Unexpected.into()),
        }
    }

    /// What the user has, and may do.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn overview(&self) -> Result<Overview, Trouble> {
        self.signed_in()?;
        match self.ask(PortalAsk::Overview).await? {
            Reply::Portal(PortalReply::Overview(overview)) => {
                self.is_administrator.store(overview.is_administrator, Ordering::Relaxed);
                Ok(*overview)
            }
            _ => Err(NoAnswer::Unexpected.into()),
        }
    }

    /// Whether the browser says that somebody is signed in; whether that is so, the engine knows.
    fn signed_in(&self) -> Result<(), Trouble> {
        self.cookies.session.as_ref().map(|_| ()).ok_or(Trouble::NoSession)
    }

    /// The token of the forms of the answer.
    #[must_use]
    pub fn token(&self, binding: Binding) -> String {
        guard::token(&self.cookies, binding)
    }

    /// What the answer has around it.
    #[must_use]
    pub fn frame<'a>(&'a self, here: &'a str, token: &'a str) -> Frame<'a> {
        Frame {
            texts: Texts::of(self.language),
            language: self.language,
            organisation: &self.shared.settings.organisation,
            site: Some(self.site),
            here,
            token,
            is_administrator: self.is_administrator.load(Ordering::Relaxed),
            version: &self.shared.assets.version,
        }
    }

    /// The browser is signed in from now on.
    pub fn sign_in(&mut self, session: &Secret) {
        self.new_cookies.session(session);
        self.new_cookies.no_step();
        // The forms of the answer belong to the new session.
        (self.cookies.session, self.cookies.step) = (Some(session.clone()), None);
    }

    /// The browser is signed in no longer.
    ///
    /// A cookie that was not sent may still be there, and stays: a link in a mail signs nobody out.
    pub fn sign_out(&mut self) {
        if self.cookies.session.take().is_some() {
            self.new_cookies.no_session();
        }
        if self.cookies.step.take().is_some() {
            self.new_cookies.no_step();
        }
    }
}
