//! One connection to a directory server, and the operations that monk makes on it.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Instant;

use ldap3::controls::{PagedResults, RawControl};
use ldap3::exop::PasswordModify;
use ldap3::result::ExopResult;
use ldap3::{DerefAliases, LdapConnAsync, LdapError, LdapResult, Mod, Scope, SearchOptions};
use tokio::task::AbortHandle;
use x509_parser::parse_x509_certificate;

use super::entry::{self, Entry};
use super::{codes, password_policy, stray};
use crate::outage::Outage;
use crate::tally::{CONNECTIONS, Held};

/// The control with which Active Directory leaves out references to other domains (MS-ADTS §3.1.1.3.4.1.7).
/// It has no value.
const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";

/// Most references of an answer that are kept, for messages.
const MAX_REFERENCES: usize = 4;

/// Why an operation brought no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server has certainly not done it: nothing was sent, or it has said so. Another server
    /// may be asked whatever the operation is.
    NotDone(Outage),
    /// The connection broke or the time ran out: it may have been done all the same.
    Unknown(Outage),
}

impl Failure {
    /// The outage that it is for the caller.
    pub fn into_outage(self) -> Outage {
        match self {
            Self::NotDone(outage) | Self::Unknown(outage) => outage,
        }
    }
}

/// What to search for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    /// Where to begin.
    pub base: &'a str,
    /// How far to go below it.
    pub scope: Scope,
    /// A filter, escaped (RFC 4515).
    pub filter: &'a str,
    /// The attributes to return.
    pub attributes: &'a [String],
    /// How many entries are enough.
    pub limit: usize,
}

/// What a search found. Part of an answer is no answer: look at `result` first.
#[derive(Debug)]
pub(super) struct Found {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where the server has pointed for parts of the answer; the first of them.
    pub references: Vec<String>,
    /// The result of the search as a whole.
    pub result: LdapResult,
}

/// The control of a page (RFC 2696).
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// An open connection. Dropped, it is closed at once, whatever is under way on it.
pub(super) struct Connection {
    ldap: ldap3::Ldap,
    driver: AbortHandle,
    /// When it was last used.
    pub used: Instant,
    /// Whether the server knows [`DOMAIN_SCOPE`], once that is known. All connections to it share this.
    pub domain_scope: Arc<OnceLock<bool>>,
    _counted: Held,
}

impl Connection {
    /// Takes over what ldap3 has connected; `driver` does its input and output.
    pub fn new((driver, ldap): (LdapConnAsync, ldap3::Ldap)) -> Self {
        // How the driver ends is seen by the operations that wait for it.
        let driver = tokio::spawn(stray::until_stray(driver.drive())).abort_handle();
        Self {
            ldap,
            driver,
            used: Instant::now(),
            domain_scope: Arc::default(),
            _counted: CONNECTIONS.hold(),
        }
    }

    /// Whether the other end has gone, as far as this one has noticed.
    pub fn is_closed(&mut self) -> bool {
        self.ldap.is_closed()
    }

    /// Proves a password. The only place where binds with passwords are made. The server is asked to say what
    /// its password policy thinks ([`password_policy`]).
    ///
    /// A bind without a name or without a password would succeed as nobody (RFC 4513 §5.1.1 and
    /// §5.1.2), so neither is ever sent.
    pub async fn simple_bind(&mut self, dn: &str, password: &str) -> Result<LdapResult, Failure> {
        if dn.is_empty() || password.is_empty() {
            return Err(Failure::NotDone(Outage::Setup(
                "a bind without a name or without a password was prevented".to_owned(),
            )));
        }
        let ldap = self.ldap.with_controls(password_policy::request());
        caught(ldap.simple_bind(dn, password)).await
    }

    /// The certificate that the server has shown, in DER; `None` without TLS.
    pub async fn certificate(&mut self) -> Option<Vec<u8>> {
        caught(self.ldap.get_peer_certificate()).await.ok().flatten()
    }

    /// When that certificate ends, in seconds since 1970.
    pub async fn certificate_end(&mut self) -> Option<i64> {
        let der = self.certificate().await?;
        let (_, certificate) = parse_x509_certificate(&der).ok()?;
        Some(certificate.validity().not_after.timestamp())
    }

    /// Is who the server's operating system says (RFC 4422 appendix A).
    pub async fn external_bind(&mut self) -> Result<LdapResult, Failure> {
        caught(self.ldap.sasl_external_bind()).await
    }

    /// Searches. Aliases are not followed: they could lead anywhere.
    ///
    /// Where the server refers to others for a part of the answer, and can leave that out, it is asked once
    /// more to do so, and from then on at once: the root of a domain of Active Directory always refers to
    /// parts that hold no people.
    pub async fn search(&mut self, query: &Query<'_>) -> Result<Found, Failure> {
        let scoped = self.domain_scope.get() == Some(&true);
        let found = self.search_once(query, scoped).await?;
        if scoped || found.references.is_empty() || !self.knows_domain_scope().await? {
            return Ok(found);
        }
        self.search_once(query, true).await
    }

    /// Whether the server knows [`DOMAIN_SCOPE`], from its root DSE (RFC 4512 §5.1).
    async fn knows_domain_scope(&mut self) -> Result<bool, Failure> {
        if let Some(known) = self.domain_scope.get() {
            return Ok(*known);
        }
        let attributes = ["supportedControl".to_owned()];
        let filter = "(objectClass=*)";
        let root =
            Query { base: "", scope: Scope::Base, filter, attributes: &attributes, limit: 1 };
        let found = self.search_once(&root, false).await?;
        // Who may not read it today may do so tomorrow.
        let Some(root) = found.entries.first() else { return Ok(false) };
        let known = root.texts(&attributes[0]).contains(&DOMAIN_SCOPE);
        Ok(*self.domain_scope.get_or_init(|| known))
    }

    async fn search_once(&mut self, query: &Query<'_>, scoped: bool) -> Result<Found, Failure> {
        let limit = i32::try_from(query.limit).unwrap_or(i32::MAX);
        let options = SearchOptions::new().deref(DerefAliases::Never).sizelimit(limit);
        let mut ldap = self.ldap.clone();
        ldap.with_search_options(options);
        if scoped {
            ldap.with_controls(control(DOMAIN_SCOPE));
        }
        found(ldap, query).await
    }

    /// Fetches one page of a search with its cookie, and the cookie of the page after it (RFC 2696). Both
    /// cookies are empty where nothing is before or after it. A server that knows no pages sends all, of
    /// which at most `query.limit` entries are kept.
    pub async fn page(
        &mut self,
        query: &Query<'_>,
        size: i32,
        cookie: Vec<u8>,
    ) -> Result<(Found, Vec<u8>), Failure> {
        let mut controls = vec![PagedResults { size, cookie }.into()];
        // Some servers obey it and do not say so: then a part of the list would be missing without a word.
        if self.knows_domain_scope().await? {
            controls.extend(control(DOMAIN_SCOPE));
        }
        let mut ldap = self.ldap.clone();
        ldap.with_search_options(SearchOptions::new().deref(DerefAliases::Never));
        ldap.with_controls(controls);
        let found = found(ldap, query).await?;
        let control = found.result.ctrls.iter().find(|control| control.1.ctype == PAGED_RESULTS);
        let cookie = match control.filter(|control| control.1.val.is_some()) {
            Some(control) => {
                let parsed = unless_panics(async { control.1.parse::<PagedResults>() }).await;
                parsed.ok_or_else(malformed)?.cookie
            }
            None => Vec::new(),
        };
        Ok((found, cookie))
    }

    /// Changes one entry: all the modifications, in their order, or none (RFC 4511 §4.6).
    pub async fn modify(
        &mut self,
        dn: &str,
        modifications: Vec<Mod<Vec<u8>>>,
    ) -> Result<LdapResult, Failure> {
        let result = caught(self.ldap.modify(dn, modifications)).await?;
        if codes::is_out_of_service(result.rc) {
            return Err(out_of_service(&result));
        }
        Ok(result)
    }

    /// Gives an entry another password (RFC 3062). The server is asked to say what its password policy thinks.
    ///
    /// Entry and password are always named: a server makes a password up where none is sent (§2).
    pub async fn password_modify(
        &mut self,
        dn: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<LdapResult, Failure> {
        let request = PasswordModify { user_id: Some(dn), old_pass: old, new_pass: Some(new) };
        let ldap = self.ldap.with_controls(password_policy::request());
        let ExopResult(_, result) = caught(ldap.extended(request)).await?;
        if codes::is_out_of_service(result.rc) {
            return Err(out_of_service(&result));
        }
        Ok(result)
    }

    /// Makes an entry, whole or not at all (RFC 4511 §4.7).
    pub async fn add(
        &mut self,
        dn: &str,
        attributes: Vec<(Vec<u8>, HashSet<Vec<u8>>)>,
    ) -> Result<LdapResult, Failure> {
        let result = caught(self.ldap.add(dn, attributes)).await?;
        if codes::is_out_of_service(result.rc) {
            return Err(out_of_service(&result));
        }
        Ok(result)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // ldap3 would end by itself, but not while it waits to write to a server that hangs.
        self.driver.abort();
    }
}

/// What a search finds that was prepared.
async fn found(mut ldap: ldap3::Ldap, query: &Query<'_>) -> Result<Found, Failure> {
    let search = ldap.streaming_search(query.base, query.scope, query.filter, query.attributes);
    let mut stream = caught(search).await?;
    let (mut entries, mut references) = (Vec::new(), Vec::new());
    while let Some(item) = caught(stream.next()).await? {
        // Nothing was asked for that an intermediate response could tell of (RFC 4511 §4.13).
        if item.is_intermediate() {
            continue;
        }
        // A reference instead of an entry (§4.5.3).
        if item.is_ref() {
            let reference = entry::reference(item.0).ok_or_else(malformed)?;
            if references.len() < MAX_REFERENCES {
                references.push(reference.into_iter().next().unwrap_or_default());
            }
            continue;
        }
        let entry = Entry::decode(item.0).ok_or_else(malformed)?;
        // A server that goes beyond the limit does not fill our memory.
        if entries.len() < query.limit {
            entries.push(entry);
        }
    }
    let result = caught(async { Ok(stream.finish().await) }).await?;
    if codes::is_out_of_service(result.rc) {
        return Err(out_of_service(&result));
    }
    Ok(Found { entries, references, result })
}

/// A control without a value, which servers may ignore.
fn control(oid: &str) -> Vec<RawControl> {
    vec![RawControl { ctype: oid.to_owned(), crit: false, val: None }]
}

pub(super) fn out_of_service(result: &LdapResult) -> Failure {
    Failure::NotDone(Outage::Unreachable(format!(
        "the server does not serve at the moment: {}",
        codes::describe(result)
    )))
}

fn malformed() -> Failure {
    Failure::Unknown(Outage::Unclear("an answer that is no LDAP".to_owned()))
}

/// Waits for an operation of ldap3, and says what its failure means.
async fn caught<T>(operation: impl Future<Output = Result<T, LdapError>>) -> Result<T, Failure> {
    unless_panics(operation).await.ok_or_else(malformed)?.map_err(failure)
}

/// Waits for `work` of ldap3, which panics on answers that are no LDAP: then there is `None`, and
/// nothing of what it worked on may be used again.
pub(super) async fn unless_panics<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(result)) => Poll::Ready(Some(result)),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// What an error of ldap3 says about the operation.
fn failure(error: LdapError) -> Failure {
    match error {
        // Its driver had ended already when the operation was handed over. The error holds the
        // operation, so it is not shown.
        LdapError::OpSend { .. } => {
            Failure::NotDone(Outage::Unreachable("the connection is closed".to_owned()))
        }
        LdapError::FilterParsing | LdapError::AddNoValues => {
            Failure::NotDone(Outage::Setup(error.to_string()))
        }
        _ => Failure::Unknown(Outage::Unreachable("the connection broke".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use ldap3::{LdapConnSettings, StdStream};
    use tokio::io::AsyncReadExt;
    use tokio::net::UnixStream;

    use super::*;

    #[tokio::test]
    async fn a_bind_without_a_name_or_a_password_is_never_sent() {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
        let stream = StdStream::Unix(ours.into_std().expect("a socket"));
        let settings = LdapConnSettings::new().set_std_stream(stream);
        let connected = LdapConnAsync::with_settings(settings, "ldapi:///").await;
        let mut connection = Connection::new(connected.expect("a connection"));
        for (dn, password) in [("cn=a", ""), ("", "secret"), ("", "")] {
            let outcome = connection.simple_bind(dn, password).await;
            assert!(matches!(outcome, Err(Failure::NotDone(Outage::Setup(_)))));
        }
        drop(connection);
        let mut sent = Vec::new();
        theirs.read_to_end(&mut sent).await.expect("the other end has closed");
        assert!(sent.is_empty(), "{sent:?}");
    }
}
