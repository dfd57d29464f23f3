//! Trying out the servers for `doctor`: what each of them answers, to whom. Nothing is changed.
//!
//! What may be written is found out by a change that cannot be made: it removes a value that is
//! not there. A server looks at the access rules first (`insufficientAccessRights`), and at the
//! value afterwards (`noSuchAttribute`); and it makes a change as a whole or not at all (RFC 4511
//! §4.6).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use ldap3::Mod;
use monk_core::credential::UseSwap;
use monk_core::random::Random;
use monk_wire::Secret;
use monk_wire::manage::Product;

use super::hidden::Hidden;
use super::lockout::Lockout;
use super::probe_clock::Clock;
use super::schema::Schema;
use crate::clock::SystemRandom;
use crate::directory::ldap::account::OBJECT_CLASS;
use crate::directory::ldap::connection::{Connection, Failure};
use crate::directory::ldap::detect::RootDse;
use crate::directory::ldap::search::{ENOUGH, Search, entry_itself};
use crate::directory::ldap::servers::{Operation, Purpose, Server};
use crate::directory::ldap::store::Modify;
use crate::directory::ldap::uri::{Protection, Transport};
use crate::directory::ldap::{Ldap, codes, service_account};
use crate::outage::Outage;

/// How long one server may take for everything. All are tried at the same time.
const PER_SERVER: Duration = Duration::from_secs(6);

/// The attribute of password hashes (RFC 4519 §2.41).
const USER_PASSWORD: &str = "userPassword";

/// Numbers that nobody has both of: these attributes have one value (RFC 2307 §3). Servers look at the syntax first,
/// and Active Directory's integers end here.
const NO_IDS: [&str; 2] = ["2147483646", "2147483647"];

/// What is known of one server.
#[derive(Debug)]
pub struct Report {
    /// Its address, as it is written in the settings.
    pub uri: String,
    /// Whether it decides what has been used.
    pub decides: bool,
    /// Whether nothing protects the connection.
    pub cleartext: bool,
    /// How long it took to be connected.
    pub connected: Result<Duration, Outage>,
    /// The certificate that it has shown, in DER.
    pub certificate: Option<Vec<u8>>,
    /// What followed, if monk's own account is let in.
    pub visit: Result<Visit, Outage>,
}

/// What monk's own account and others see and may do on one server.
#[derive(Debug, Default)]
pub struct Visit {
    /// Which product the server is, as far as it tells.
    pub product: Option<Product>,
    /// Attributes of an account's state that monk's own account may not see; `None` where that cannot be told.
    pub hidden_state: Option<Hidden>,
    /// When it locks accounts, where it has such a thing.
    pub lockout: Option<Lockout>,
    /// Parts of the schema that are missing; `None` where the server does not show it.
    pub schema_lacks: Option<Vec<String>>,
    /// The server's clock, as far as it tells.
    pub clock: Option<Clock>,
    /// The entry that the access rules were tried on.
    pub sample: Option<String>,
    /// Whether a use may be recorded.
    pub use_write: Option<MayWrite>,
    /// Whether a credential may be written.
    pub credential_write: Option<MayWrite>,
    /// Whether an entry may be marked as enrolled, where a credential may be written.
    pub class_write: Option<MayWrite>,
    /// What anybody can read: attributes, and the entry.
    pub anonymous: Vec<(String, String)>,
    /// Whether anybody may write a user's mail address.
    pub anonymous_mail: Option<MayWrite>,
    /// Whether anybody may write a user's numbers: the attributes.
    pub anonymous_ids: Vec<(String, MayWrite)>,
    /// What the user of the examination can do.
    pub user: Option<Result<UserVisit, Outage>>,
    /// Whether the entry of `decoy_dn` is there, where one is set.
    pub decoy: Option<bool>,
}

/// What an ordinary user may do.
#[derive(Debug, Default)]
pub struct UserVisit {
    /// What the user can read: attributes, and the entry.
    pub reads: Vec<(String, String)>,
    /// Attributes of the own entry that the user can write.
    pub writes: Vec<String>,
    /// Whether the user may write the own mail address.
    pub mail: Option<MayWrite>,
    /// Whether the user may write their own uid and primary group: the attributes.
    pub ids: Vec<(String, MayWrite)>,
}

/// Whether something may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MayWrite {
    /// It may.
    Yes,
    /// The access rules forbid it.
    No(String),
    /// The server takes no changes.
    ReadOnly(String),
    /// It cannot be told.
    Unclear(String),
}

impl Ldap {
    /// Tries out all servers at once. `user`: a login name and password to try as well.
    pub async fn probe(self: &Arc<Self>, user: Option<(String, Secret)>) -> Vec<Report> {
        let decider = &self.writers.0[0];
        let others = self.readers.0.iter().filter(|server| !Arc::ptr_eq(server, decider));
        let servers = std::iter::once(decider).chain(others);
        let visits: Vec<_> = servers
            .map(|server| {
                let (ldap, server, user) = (Arc::clone(self), Arc::clone(server), user.clone());
                tokio::spawn(async move { ldap.visit(&server, user.as_ref()).await })
            })
            .collect();
        let mut reports = Vec::with_capacity(visits.len());
        for visit in visits {
            reports.extend(visit.await);
        }
        reports
    }

    async fn visit(&self, server: &Server, user: Option<&(String, Secret)>) -> Report {
        let start = Instant::now();
        let endpoint = server.endpoint();
        let protection = match &endpoint.transport {
            Transport::Tcp { protection, .. } => Some(*protection),
            Transport::Unix(_) => None,
        };
        let mut report = Report {
            uri: endpoint.to_string(),
            decides: std::ptr::eq(server, &raw const *self.writers.0[0]),
            cleartext: protection == Some(Protection::Cleartext),
            connected: Ok(Duration::ZERO),
            certificate: None,
            visit: Err(Outage::Timeout("the examination of this server")),
        };
        let limit = server.patience();
        let mut stranger = match server.connect(Purpose::Users, limit).await {
            Ok(connection) => connection,
            Err(failure) => {
                report.connected = Err(failure.into_outage());
                return report;
            }
        };
        report.connected = Ok(start.elapsed());
        report.certificate = stranger.certificate().await;
        let left = PER_SERVER.saturating_sub(start.elapsed());
        let work = async {
            let mut own = server.connect(Purpose::Service, limit).await?;
            let mut visit = self.look(server, &mut own).await?;
            if let Some(sample) = visit.sample.clone() {
                visit.anonymous = self.readable(&mut stranger, &sample).await;
                let mail = &self.attributes.mail;
                visit.anonymous_mail = Some(self.may_write(&mut stranger, &sample, mail).await);
                visit.anonymous_ids = self.may_write_ids(&mut stranger, &sample).await;
            }
            if let Some((name, password)) = user {
                let other = visit.sample.as_deref();
                visit.user =
                    Some(self.visit_as(&mut own, &mut stranger, name, password, other).await);
            }
            Ok::<_, Failure>(visit)
        };
        if let Ok(visit) = tokio::time::timeout(left, work).await {
            report.visit = visit.map_err(Failure::into_outage);
        }
        report
    }

    /// What monk's own account sees and may do.
    async fn look(&self, server: &Server, own: &mut Connection) -> Result<Visit, Failure> {
        let mut visit = Visit { clock: Some(self.clock_of(own).await), ..Visit::default() };
        visit.sample = self.sample(server, own).await?;
        let root = RootDse::read(own).await?;
        visit.product = root.as_ref().and_then(RootDse::product);
        // That of Active Directory is megabytes, and not needed.
        let is_read = self.with_credentials || visit.product != Some(Product::ActiveDirectory);
        let schema = if is_read { Schema::read(own).await } else { None };
        if let Some(dn) = &visit.sample {
            visit.hidden_state = self.hidden(own, visit.product, schema.as_ref(), dn).await?;
            if let Some(root) = &root {
                visit.lockout = self.lockout_of(own, root, dn).await;
            }
        }
        if self.with_credentials {
            visit.schema_lacks = schema.map(|schema| self.lacking(&schema));
            if let Some(dn) = &visit.sample {
                visit.use_write = Some(self.may_write(own, dn, &self.attributes.usage).await);
                let credential = &self.attributes.credential;
                let may = self.may_write(own, dn, credential).await;
                if may == MayWrite::Yes {
                    visit.class_write = Some(self.may_mark(own, dn).await);
                }
                visit.credential_write = Some(may);
            }
        }
        if self.has_decoy {
            let nothing = ["1.1".to_owned()];
            let found = own.search(&entry_itself(&self.decoy, &nothing)).await?;
            visit.decoy = Some(!found.entries.is_empty());
        }
        Ok(visit)
    }

    /// The entry of a user: one with credentials if there is one, and another one than monk's own, to which
    /// other rules apply than to those of users.
    async fn sample(
        &self,
        server: &Server,
        own: &mut Connection,
    ) -> Result<Option<String>, Failure> {
        let enrolled = format!("(objectClass={})", self.attributes.class);
        let names = service_account::NAMES.map(str::to_owned);
        let enrolled = self.with_credentials.then_some(enrolled);
        let mut last_resort = None;
        for filter in enrolled.into_iter().chain([self.filters.of_everybody()]) {
            let found = own.search(&self.people(&filter, &names, 2)).await?;
            let (its_own, others): (Vec<_>, Vec<_>) =
                found.entries.into_iter().partition(|entry| server.is_own(entry));
            if let Some(entry) = others.into_iter().next() {
                return Ok(Some(entry.dn));
            }
            if let Some(entry) = its_own.into_iter().next() {
                last_resort = Some(entry.dn);
                continue;
            }
            if found.result.rc != codes::SUCCESS {
                let why = codes::describe(&found.result);
                return Err(Failure::NotDone(Outage::Refused(format!(
                    "the search below {:?} failed ({why}): check base, filter and the access rules",
                    self.base
                ))));
            }
        }
        Ok(last_resort)
    }

    /// Whether the account behind a connection may change an attribute of an entry.
    async fn may_write(&self, connection: &mut Connection, dn: &str, attribute: &str) -> MayWrite {
        let value = || format!("monk-doctor-{}", HEXLOWER.encode(&SystemRandom.bytes::<16>()));
        let swap = UseSwap { held: Vec::new(), remove: vec![value()], add: value() };
        self.may_modify(connection, dn, self.attributes.swap_in(attribute, &swap)).await
    }

    /// Whether the account behind a connection may change the numbers of an entry, where they are attributes. Two
    /// values are to be taken away, and there is one at most.
    async fn may_write_ids(
        &self,
        connection: &mut Connection,
        dn: &str,
    ) -> Vec<(String, MayWrite)> {
        let mut found = Vec::new();
        for attribute in self.posix.number_attributes() {
            let values = NO_IDS.map(|id| id.as_bytes().to_vec());
            let modifications =
                vec![Mod::Delete(attribute.as_bytes().to_vec(), HashSet::from(values))];
            let rights = self.may_modify(connection, dn, modifications).await;
            found.push((attribute.to_owned(), rights));
        }
        found
    }

    /// Whether the class that marks entries may be added and taken away. The value that is not there comes
    /// first, so that nothing is left of the change anywhere.
    async fn may_mark(&self, connection: &mut Connection, dn: &str) -> MayWrite {
        let value = format!("monk-doctor-{}", HEXLOWER.encode(&SystemRandom.bytes::<16>()));
        let class = HashSet::from([self.attributes.class.clone().into_bytes()]);
        let modifications = vec![
            Mod::Delete(
                self.attributes.credential.clone().into_bytes(),
                HashSet::from([value.into_bytes()]),
            ),
            Mod::Delete(OBJECT_CLASS.as_bytes().to_vec(), class),
        ];
        self.may_modify(connection, dn, modifications).await
    }

    /// Whether a change that cannot be made would be allowed.
    async fn may_modify(
        &self,
        connection: &mut Connection,
        dn: &str,
        modifications: Vec<Mod<Vec<u8>>>,
    ) -> MayWrite {
        let result = match (Modify { dn, modifications }).run(connection).await {
            Ok(result) => result,
            Err(failure) => return MayWrite::Unclear(failure.into_outage().to_string()),
        };
        let why = codes::describe(&result);
        match result.rc {
            codes::NO_SUCH_ATTRIBUTE => MayWrite::Yes,
            codes::INSUFFICIENT_ACCESS_RIGHTS | codes::STRONGER_AUTH_REQUIRED => MayWrite::No(why),
            codes::REFERRAL | codes::UNWILLING_TO_PERFORM => {
                MayWrite::ReadOnly(format!("{why}{}", referred(&result)))
            }
            _ => MayWrite::Unclear(why),
        }
    }

    /// What a connection can read of what nobody but monk should: attributes and entries.
    async fn readable(&self, connection: &mut Connection, sample: &str) -> Vec<(String, String)> {
        let mut names = vec![USER_PASSWORD.to_owned()];
        if self.with_credentials {
            names.extend([self.attributes.credential.clone(), self.attributes.usage.clone()]);
        }
        let presence: String = names.iter().map(|name| format!("({name}=*)")).collect();
        let filter = format!("(|{presence})");
        let any = self.people(&filter, &names, 1);
        let mut read = Vec::new();
        for query in [any, entry_itself(sample, &names)] {
            // Who may not even search reads nothing.
            let Ok(found) = connection.search(&query).await else { continue };
            for entry in &found.entries {
                let shown = names.iter().filter(|name| !entry.values(name).is_empty());
                read.extend(shown.map(|name| (name.clone(), entry.dn.clone())));
            }
        }
        read.sort();
        read.dedup();
        read
    }

    /// What an ordinary user can do. The connection is the user's afterwards.
    async fn visit_as(
        &self,
        own: &mut Connection,
        stranger: &mut Connection,
        name: &str,
        password: &Secret,
        other: Option<&str>,
    ) -> Result<UserVisit, Outage> {
        let filter = self.filters.of(name);
        let names = [OBJECT_CLASS.to_owned()];
        let query = self.people(&filter, &names, ENOUGH);
        let found = Search(query).run(own).await.map_err(Failure::into_outage)?;
        let [entry] = found.entries.as_slice() else {
            return Err(Outage::Refused(format!("{name:?} is not the name of one user")));
        };
        let password = password.expose_str().unwrap_or_default();
        let result =
            stranger.simple_bind(&entry.dn, password).await.map_err(Failure::into_outage)?;
        if result.rc != codes::SUCCESS {
            return Err(Outage::Refused(codes::describe(&result)));
        }
        let reads = self.readable(stranger, &entry.dn).await;
        let mut visit = UserVisit { reads, ..UserVisit::default() };
        if let Some(other) = other.filter(|other| *other != entry.dn) {
            visit.reads.extend(self.readable(stranger, other).await);
        }
        // Everybody may know the own hash, and change the own password.
        visit.reads.retain(|(attribute, dn)| attribute != USER_PASSWORD || *dn != entry.dn);
        visit.reads.sort();
        visit.reads.dedup();
        visit.mail = Some(self.may_write(stranger, &entry.dn, &self.attributes.mail).await);
        visit.ids = self.may_write_ids(stranger, &entry.dn).await;
        if self.with_credentials {
            for attribute in [&self.attributes.credential, &self.attributes.usage] {
                if self.may_write(stranger, &entry.dn, attribute).await == MayWrite::Yes {
                    visit.writes.push(attribute.clone());
                }
            }
        }
        Ok(visit)
    }
}

/// Where a server sends those who want to change something.
fn referred(result: &ldap3::LdapResult) -> String {
    result.refs.first().map(|uri| format!("; it points to {uri}")).unwrap_or_default()
}
