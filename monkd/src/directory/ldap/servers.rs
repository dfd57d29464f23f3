//! Servers that hold the same directory, and which of them is asked.
//!
//! ```text
//!  in the order of the settings,          idle connection ── dead? ──▶ new connection
//!  those that failed lately last:   server ───────────────────────────▶ answer
//!                                     │ not done, or harmless to repeat
//!                                     ▼
//!                                  next server … none left: outage
//! ```
//!
//! Whatever happens, it ends by the deadline, and an operation that may have been done is never
//! repeated unless that is harmless.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio::time::timeout;

use super::connect::connect;
use super::connection::{Connection, Failure};
use super::entry::Entry;
use super::pool::Pool;
use super::service_account::ServiceAccount;
use super::uri::Endpoint;
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::tally;

/// How long a server that failed is asked after the others. After that one login tries it again,
/// and waits `connect_timeout_ms` in vain if it is still down.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// How much of `connect_timeout_ms` a server may take where another one can be asked: with the default
/// of 2 s, a login that has to turn to the second one is through within these 2 s.
const SHARE_OF_ONE: f32 = 0.75;

/// Which connections an operation is made on. The two never mix: what was bound as a user would
/// search with that user's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Bound once as monk's own account, for searches and changes.
    Service,
    /// For nothing but binds as users.
    Users,
}

/// When an operation may be made again although it may have been done already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// As often as there are servers: it changes nothing.
    Freely,
    /// Once, when a connection that had been idle turned out to be dead: almost certainly the
    /// server has not seen it.
    AfterIdle,
    /// Never.
    Never,
}

/// Something that a server is asked to do.
pub(super) trait Operation: Sync {
    /// What comes back.
    type Answer: Send;
    /// What was waited for when there is no answer in time.
    const NAME: &'static str;
    /// Which connections it is made on.
    const PURPOSE: Purpose;
    /// When it may be made again.
    const REPEAT: Repeat;

    /// Does it. With `Ok` the connection is good for the next operation.
    fn run(
        &self,
        connection: &mut Connection,
    ) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

/// One server and the connections to it.
pub(super) struct Server {
    endpoint: Endpoint,
    access: Arc<Access>,
    service: Pool,
    users: Pool,
    /// Since its last failure: when it is due to be tried again.
    due: Mutex<Option<Instant>>,
    /// See [`Connection::domain_scope`].
    domain_scope: Arc<OnceLock<bool>>,
}

/// What it takes to connect, the same for all servers.
pub(super) struct Access {
    /// How the servers' certificates are checked.
    pub tls: Option<Arc<ClientConfig>>,
    /// Who monk is.
    pub account: ServiceAccount,
    /// How long a server may take until it can be talked to.
    pub connect_timeout: Duration,
}

impl Server {
    /// A server that nobody has talked to yet, and to which so many connections of each purpose may be open.
    pub fn new(endpoint: Endpoint, access: Arc<Access>, room: usize) -> Self {
        let (service, users) = (Pool::new(room), Pool::new(room));
        Self {
            endpoint,
            access,
            service,
            users,
            due: Mutex::new(None),
            domain_scope: Arc::default(),
        }
    }

    /// Notes that the server leaves references to other parts out when it is asked to.
    pub fn knows_domain_scope(&self) {
        // It was not asked yet.
        let _ = self.domain_scope.set(true);
    }

    /// Its address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn pool(&self, purpose: Purpose) -> &Pool {
        match purpose {
            Purpose::Service => &self.service,
            Purpose::Users => &self.users,
        }
    }

    /// Closes what is idle. Where one connection is dead all may be: the server was restarted, or
    /// has vanished.
    fn forget_idle(&self) {
        self.service.clear();
        self.users.clear();
    }

    /// Makes one operation on this server. `others` says whether there is somebody else to ask,
    /// so that waiting long makes no sense.
    async fn run<O: Operation>(
        &self,
        operation: &O,
        deadline: Deadline,
        others: bool,
    ) -> Result<O::Answer, Failure> {
        let pool = self.pool(O::PURPOSE);
        let limit = self.access.connect_timeout;
        let limit = if others { limit.mul_f32(SHARE_OF_ONE) } else { limit };
        let patience = |hurry: bool| {
            let left = deadline.remaining();
            if hurry { left.min(limit) } else { left }
        };
        let before = self.retry_at();
        let _permit = timeout(patience(others), pool.permit())
            .await
            .map_err(|_| Failure::NotDone(Outage::Timeout("a free connection to LDAP")))?;
        // Who had to wait for others to find out that the server hangs does not try it as well.
        if others && self.retry_at() != before {
            return Err(Failure::NotDone(Outage::Timeout("a free connection to LDAP")));
        }

        let harmless = O::REPEAT == Repeat::Freely;
        if let Some(connection) = pool.take() {
            let outcome = self.attempt(operation, connection, patience(harmless)).await;
            let again = match &outcome {
                Ok(_) => false,
                // One that hangs would hang again: the time is the next server's.
                Err(Failure::Unknown(Outage::Timeout(_))) if others => false,
                Err(Failure::NotDone(_)) => true,
                Err(Failure::Unknown(_)) => O::REPEAT != Repeat::Never,
            };
            if !again || deadline.remaining().is_zero() {
                return outcome;
            }
        }
        // Boxed: it is rare, and ten times as large as all the rest.
        let connection = Box::pin(self.connect(O::PURPOSE, patience(true))).await?;
        self.attempt(operation, connection, patience(harmless && others)).await
    }

    /// Makes an operation on a connection, and keeps the connection only if all went well.
    async fn attempt<O: Operation>(
        &self,
        operation: &O,
        mut connection: Connection,
        limit: Duration,
    ) -> Result<O::Answer, Failure> {
        let outcome = timeout(limit, operation.run(&mut connection))
            .await
            .unwrap_or(Err(Failure::Unknown(Outage::Timeout(O::NAME))));
        match outcome {
            Ok(_) => self.pool(O::PURPOSE).put(connection),
            Err(_) => self.forget_idle(),
        }
        outcome
    }

    /// Whether an entry is that of the account which monk is here.
    pub fn is_own(&self, entry: &Entry) -> bool {
        self.access.account.is(entry)
    }

    /// How long it may take until it can be talked to.
    pub fn patience(&self) -> Duration {
        self.access.connect_timeout
    }

    /// A new connection, bound if it is to be monk's own.
    pub async fn connect(&self, purpose: Purpose, limit: Duration) -> Result<Connection, Failure> {
        let start = Instant::now();
        let mut connection = connect(&self.endpoint, self.access.tls.as_ref(), limit)
            .await
            .map_err(Failure::NotDone)?;
        connection.domain_scope = Arc::clone(&self.domain_scope);
        if tally::is_on()
            && let Some(end) = connection.certificate_end().await
        {
            tally::certificate(&self.endpoint.to_string(), end);
        }
        if purpose == Purpose::Service {
            let left = limit.saturating_sub(start.elapsed());
            timeout(left, self.access.account.bind(&mut connection, &self.endpoint.to_string()))
                .await
                .unwrap_or(Err(Failure::NotDone(Outage::Timeout("LDAP bind of monk itself"))))
                .map_err(|failure| Failure::NotDone(failure.into_outage()))?;
        }
        Ok(connection)
    }

    /// When it is due to be tried again, since its last failure.
    fn retry_at(&self) -> Option<Instant> {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has not failed lately. Says so once when it is time to try again.
    fn is_due(&self, now: Instant) -> bool {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        match *due {
            Some(time) if time > now => false,
            Some(_) => {
                *due = Some(now + RETRY_AFTER);
                true
            }
            None => true,
        }
    }

    fn note(&self, failed: bool) {
        let due = failed.then(|| Instant::now() + RETRY_AFTER);
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }
}

/// Servers that hold the same directory, the preferred one first.
pub(super) struct Servers(pub Vec<Arc<Server>>);

impl Servers {
    /// Makes one operation on the first server that can.
    pub async fn run<O: Operation>(
        &self,
        operation: &O,
        deadline: Deadline,
    ) -> Result<O::Answer, Outage> {
        let mut failures = Vec::new();
        let servers = self.in_order();
        for (index, server) in servers.iter().enumerate() {
            if deadline.remaining().is_zero() {
                failures.push(Outage::Timeout(O::NAME));
                break;
            }
            let others = index + 1 < servers.len();
            match server.run(operation, deadline, others).await {
                Ok(answer) => {
                    server.note(false);
                    return Ok(answer);
                }
                Err(failure) => {
                    server.note(true);
                    let done_perhaps = matches!(failure, Failure::Unknown(_));
                    failures.push(at(server.endpoint(), failure.into_outage()));
                    if done_perhaps && O::REPEAT != Repeat::Freely {
                        // That it may have been done counts for more than why others could not.
                        if let Some(Outage::Timeout(_)) = failures.last() {
                            return Err(Outage::Timeout(O::NAME));
                        }
                        break;
                    }
                }
            }
        }
        Err(together(failures))
    }

    /// Opens a connection for something that takes more than one operation, at the first server that can.
    pub async fn connect(&self, deadline: Deadline) -> Result<(Connection, Arc<Server>), Outage> {
        let mut failures = Vec::new();
        for server in self.in_order() {
            let limit = deadline.remaining().min(server.patience());
            let outcome = server.connect(Purpose::Service, limit).await;
            server.note(outcome.is_err());
            match outcome {
                Ok(connection) => return Ok((connection, Arc::clone(server))),
                Err(failure) => failures.push(at(server.endpoint(), failure.into_outage())),
            }
        }
        Err(together(failures))
    }

    /// Those that have not failed lately, then the others: a server is never given up.
    fn in_order(&self) -> Vec<&Arc<Server>> {
        let now = Instant::now();
        let (mut good, failed): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|server| server.is_due(now));
        good.extend(failed);
        good
    }
}

/// Says which server it was.
pub(super) fn at(endpoint: &Endpoint, outage: Outage) -> Outage {
    let at = |what| format!("{endpoint}: {what}");
    match outage {
        Outage::Unreachable(what) => Outage::Unreachable(at(what)),
        Outage::Tls(what) => Outage::Tls(at(what)),
        Outage::Refused(what) => Outage::Refused(at(what)),
        Outage::Unclear(what) => Outage::Unclear(at(what)),
        other => other,
    }
}

/// What is wrong when no server could do it.
fn together(mut failures: Vec<Outage>) -> Outage {
    if failures.len() <= 1 {
        return failures
            .pop()
            .unwrap_or_else(|| Outage::Setup("the list of LDAP servers is empty".to_owned()));
    }
    let failures: Vec<String> = failures.iter().map(Outage::to_string).collect();
    Outage::Unreachable(failures.join("; "))
}
