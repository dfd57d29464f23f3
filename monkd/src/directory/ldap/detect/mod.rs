//! A server that is to be used: what it is, which settings fit, and what they find.
//!
//! The settings that are told are those that were tried: they are written first, and read as monk reads its
//! own file.

mod root_dse;
mod sid;

use std::sync::Arc;

use monk_core::keys::Keyring;
use monk_wire::manage::{Detected, Detection, FoundUser, OnHosts, Product, Tried};
use serde::Serialize;
use zeroize::Zeroizing;

pub(super) use self::root_dse::RootDse;

use self::sid::IdsFromSids;
use super::chosen::setup;
use super::connect::connect;
use super::service_account::ServiceAccount;
use super::settings::LdapSettings;
use super::uri::Endpoint;
use super::{Ldap, tls};
use crate::deadline::Deadline;
use crate::directory::names::{Key, Names};
use crate::directory::{Account, Directory, Lookup};
use crate::outage::Outage;

/// Where the proposed settings look for the password of monk's account.
const PASSWORD_FILE: &str = "/etc/monk/ldap.password";

/// The settings that are proposed.
#[derive(Serialize)]
struct Proposal<'a> {
    directory: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<&'static str>,
    ldap: ProposedServer<'a>,
}

#[derive(Serialize)]
struct ProposedServer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    preset: Option<&'static str>,
    uris: [&'a str; 1],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    starttls: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<&'a str>,
    base: &'a str,
    bind_dn: &'a str,
    password_file: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<IdsFromSids>,
}

/// Asks the server, and tries the settings.
///
/// # Errors
/// [`Outage`] where it cannot be asked at all.
pub async fn detect(
    asked: &Detection,
    keys: &Arc<Keyring>,
    deadline: Deadline,
) -> Result<Detected, Outage> {
    let root = deadline.bound("the server's root DSE", ask(asked)).await?;
    let product = root.product();
    let bases = root.bases();
    let base = match (&asked.base, bases.first()) {
        (Some(base), _) => base.clone(),
        (None, Some(suffix)) => people(product, suffix),
        (None, None) => {
            return Err(setup("the server names no suffix: say with a base where people are"));
        }
    };
    let mut proposal = Proposal {
        directory: "ldap",
        credentials: keeps_no_credentials(product).then_some("embedded"),
        ldap: ProposedServer {
            preset: product.map(Product::preset),
            uris: [&asked.uri],
            starttls: asked.starttls,
            ca_file: asked.ca_file.as_deref(),
            base: &base,
            bind_dn: asked.account.as_ref().map_or("cn=monk,…", |(dn, _)| dn),
            password_file: PASSWORD_FILE,
            names: None,
        },
    };
    let written = |error: toml::ser::Error| setup(&error.to_string());
    let mut tried = None;
    if let (Some(user), Some(_)) = (&asked.user, &asked.account) {
        let section = toml::to_string(&proposal.ldap).map_err(written)?;
        let mut found = find(&section, asked, user, keys, deadline).await;
        if let Some(ids) = found.ids_from_sids.take().filter(|_| product.is_some_and(has_sids)) {
            proposal.ldap.names = Some(ids);
            let section = toml::to_string(&proposal.ldap).map_err(written)?;
            found = find(&section, asked, user, keys, deadline).await;
        }
        tried = Some(found.tried);
    }
    let settings = toml::to_string(&proposal).map_err(written)?;
    Ok(Detected { vendor: root.vendor(), product, bases, settings, tried })
}

/// The root DSE. Many servers show it to everybody; others after a login.
async fn ask(asked: &Detection) -> Result<RootDse, Outage> {
    let settings = server(asked)?;
    let endpoint = Endpoint::parse(&asked.uri, &settings)?;
    let tls = endpoint.uses_tls().then(|| tls::config(settings.ca_file.as_deref())).transpose()?;
    let limit = settings.connect_timeout();
    let mut connection = connect(&endpoint, tls.as_ref(), limit).await?;
    let shown = RootDse::read(&mut connection).await.ok().flatten();
    if let Some(root) = shown.filter(|root| !root.bases().is_empty()) {
        return Ok(root);
    }
    let hidden =
        || setup("the server shows its root DSE to nobody: name an account that may read it");
    let (dn, password) = asked.account.as_ref().ok_or_else(hidden)?;
    let password = Zeroizing::new(password.expose_str().unwrap_or_default().to_owned());
    let mut connection = connect(&endpoint, tls.as_ref(), limit).await?;
    let account = ServiceAccount::Simple { dn: dn.clone(), password };
    account
        .bind(&mut connection, &asked.uri)
        .await
        .map_err(super::connection::Failure::into_outage)?;
    let root = RootDse::read(&mut connection).await;
    root.map_err(super::connection::Failure::into_outage)?.ok_or_else(hidden)
}

/// The settings that say how the server is reached.
fn server(asked: &Detection) -> Result<LdapSettings, Outage> {
    let proposed = ProposedServer {
        preset: None,
        uris: [&asked.uri],
        starttls: asked.starttls,
        ca_file: asked.ca_file.as_deref(),
        base: "",
        bind_dn: "",
        password_file: PASSWORD_FILE,
        names: None,
    };
    let written = toml::to_string(&proposed).map_err(|error| setup(&error.to_string()))?;
    toml::from_str(&written).map_err(|error| setup(error.message()))
}

/// What the proposed settings find.
struct Search {
    tried: Tried,
    /// Further settings that would give the user a uid, where there is none.
    ids_from_sids: Option<IdsFromSids>,
}

/// Tries the proposed settings.
async fn find(
    section: &str,
    asked: &Detection,
    user: &str,
    keys: &Arc<Keyring>,
    deadline: Deadline,
) -> Search {
    let directory = || -> Result<Ldap, Outage> {
        let settings: LdapSettings =
            toml::from_str(section).map_err(|error| setup(error.message()))?;
        let password = asked.account.as_ref().and_then(|(_, password)| password.expose_str());
        let password = password.map(|password| Zeroizing::new(password.to_owned()));
        Ok(Ldap::new(&settings, password, Arc::clone(keys))?.without_credentials())
    };
    let mut ids_from_sids = None;
    let found = async {
        let directory = directory()?;
        Ok(match directory.find(user, deadline).await? {
            Lookup::One(account) => {
                let on_hosts = on_hosts(&directory, &account, deadline).await?;
                if on_hosts.is_none() {
                    ids_from_sids = sid::ids_from_sids(&directory, &account, deadline).await?;
                }
                Tried::Found(FoundUser {
                    name: account.name,
                    id: account.id,
                    mail: account.mail,
                    locator: account.locator,
                    state: account.state,
                    on_hosts,
                })
            }
            Lookup::None => Tried::Nobody,
            Lookup::Several => Tried::Several,
        })
    };
    let tried = found.await.unwrap_or_else(|outage: Outage| Tried::Failed(outage.told()));
    Search { tried, ids_from_sids }
}

/// What hosts know of a user.
async fn on_hosts(
    directory: &Ldap,
    account: &Account,
    deadline: Deadline,
) -> Result<Option<OnHosts>, Outage> {
    let names: &dyn Names = directory.names();
    let Some(user) = names.user(Key::Name(&account.name), deadline).await? else {
        return Ok(None);
    };
    let mut groups = names.groups_of(&user, deadline).await?;
    groups.retain(|gid| *gid != user.gid);
    let groups = u32::try_from(groups.len()).unwrap_or(u32::MAX);
    Ok(Some(OnHosts { uid: user.uid, gid: user.gid, groups }))
}

/// Whether the entries of a product have a SID each.
fn has_sids(product: Product) -> bool {
    product == Product::ActiveDirectory
}

/// Where a product keeps people below its suffix. Elsewhere each organisation has a place of its own.
fn people(product: Option<Product>, suffix: &str) -> String {
    match product {
        Some(Product::FreeIpa) => format!("cn=users,cn=accounts,{suffix}"),
        Some(Product::Lldap) => format!("ou=people,{suffix}"),
        Some(Product::Authentik) => format!("ou=users,{suffix}"),
        Some(Product::ActiveDirectory | Product::Ds389 | Product::OpenLdap) | None => {
            suffix.to_owned()
        }
    }
}

/// Whether a product takes no attributes of ours in its users' entries.
fn keeps_no_credentials(product: Option<Product>) -> bool {
    matches!(product, Some(Product::ActiveDirectory | Product::Lldap | Product::Authentik))
}
