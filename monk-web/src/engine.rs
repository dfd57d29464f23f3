//! The engine, as the portal asks it: one conversation for each question.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use monk_client::socket;
use monk_wire::frame::{self, Body, FrameError};
use monk_wire::portal::{Portal, PortalAsk, PortalReply, Site};
use monk_wire::{Reply, Request, Secret, VERSION};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long an answer may take. The engine itself takes 8 seconds for a page at most, and more only for a command that
/// waits for a mail server.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the engine's settings are believed to be the same, so that a page costs one conversation and not two.
const SITE_IS_FRESH: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// No engine listens, or what listens is not the engine.
    NoEngine(io::Error),
    /// The conversation broke off.
    Broken(io::Error),
    /// It took too long.
    Timeout,
    /// Something else than an answer came.
    Frame(FrameError),
    /// The answer does not fit the question.
    Unexpected,
    /// The engine does not take this program for the portal.
    NotThePortal,
    /// Something that the engine needs does not answer.
    Unavailable,
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoEngine(error) => {
                write!(f, "no engine listens: {error}; look at `systemctl status monkd`")
            }
            Self::Broken(error) => write!(f, "the engine broke off the conversation: {error}"),
            Self::Timeout => f.write_str("the engine did not answer in time"),
            Self::Frame(error) => {
                write!(f, "{error}: install monk and monk-web in the same version")
            }
            Self::Unexpected => f.write_str(
                "unexpected reply from the engine: install monk and monk-web in the same version",
            ),
            Self::NotThePortal => f.write_str(
                "the engine serves another user as the portal: write the one that monk-web runs as into `user` in \
                 [portal] of monk.toml",
            ),
            Self::Unavailable => {
                f.write_str("something that the engine needs does not answer: journalctl -t monkd")
            }
        }
    }
}

/// The engine.
#[derive(Debug)]
pub struct Engine {
    path: PathBuf,
    site: Mutex<Option<(Instant, Arc<Site>)>>,
    /// One question at a time: a thousand browsers that come at once need one answer.
    asking: tokio::sync::Mutex<()>,
}

impl Engine {
    /// The engine that listens at a socket.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path, site: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// What every page needs to know.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn site(&self) -> Result<Arc<Site>, NoAnswer> {
        if let Some(site) = self.fresh() {
            return Ok(site);
        }
        let _asking = self.asking.lock().await;
        if let Some(site) = self.fresh() {
            return Ok(site);
        }
        match self.ask(None, None, PortalAsk::Site).await? {
            Reply::Portal(PortalReply::Site(site)) => {
                let site = Arc::from(site);
                *self.kept() = Some((Instant::now(), Arc::clone(&site)));
                Ok(site)
            }
            _ => Err(NoAnswer::Unexpected),
        }
    }

    /// The public origin, as it was when the engine was asked last; it is asked where it never was.
    pub async fn known_origin(&self) -> Option<String> {
        let known = self.kept().as_ref().map(|(_, site)| Arc::clone(site));
        let site = match known {
            Some(site) => Some(site),
            None => self.site().await.ok(),
        };
        site?.origin.clone()
    }

    /// Whether that is known to be https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        let kept = self.kept();
        let origin = kept.as_ref().and_then(|(_, site)| site.origin.as_deref());
        origin.is_some_and(|origin| origin.starts_with("https://"))
    }

    /// Asks the engine something for a browser.
    ///
    /// # Errors
    /// [`NoAnswer`]. Whether the engine has done what it was asked is not known then.
    pub async fn ask(
        &self,
        address: Option<String>,
        session: Option<Secret>,
        ask: PortalAsk,
    ) -> Result<Reply, NoAnswer> {
        let request = Request::Portal(Box::new(Portal { address, session, ask }));
        let reply = timeout(PATIENCE, self.converse(&request));
        match reply.await.map_err(|_| NoAnswer::Timeout)?? {
            Reply::Unavailable => Err(NoAnswer::Unavailable),
            Reply::Denied(_) => Err(NoAnswer::NotThePortal),
            reply => Ok(reply),
        }
    }

    async fn converse(&self, request: &Request) -> Result<Reply, NoAnswer> {
        let mut stream = self.connect().await.map_err(NoAnswer::NoEngine)?;
        let frame = frame::encode(request, VERSION, frame::MAX_REQUEST).map_err(NoAnswer::Frame)?;
        stream.write_all(&frame).await.map_err(NoAnswer::Broken)?;
        let mut head = [0; frame::HEADER];
        stream.read_exact(&mut head).await.map_err(NoAnswer::Broken)?;
        let header = frame::header(head, frame::MAX_REPLY).map_err(NoAnswer::Frame)?;
        if header.version != VERSION {
            return Err(NoAnswer::Frame(FrameError::Version(header.version)));
        }
        let mut body = Body::new(header);
        while let Some(part) = body.next_part() {
            stream.read_exact(part).await.map_err(NoAnswer::Broken)?;
        }
        frame::decode(body.bytes()).map_err(NoAnswer::Frame)
    }

    /// Connects, and makes sure that it is the engine: passwords go there.
    async fn connect(&self) -> io::Result<UnixStream> {
        let stream = UnixStream::connect(&self.path).await?;
        let peer = stream.peer_cred()?.uid();
        // A process of our own user can do no more than this one. That is how monk is tried out.
        if peer != socket::effective_uid() {
            let owner = socket::trusted_owner(&self.path)?;
            if peer != 0 && peer != owner {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
        }
        Ok(stream)
    }

    fn fresh(&self) -> Option<Arc<Site>> {
        let kept = self.kept();
        let (since, site) = kept.as_ref()?;
        (since.elapsed() < SITE_IS_FRESH).then(|| Arc::clone(site))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Arc<Site>)>> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
