//! A server that is to be used: what it is, which settings fit, and what they find.
//!
//! The settings that are told are those that were tried: they are written first, and read as monk reads its
//! own file.

mod root_dse;

use std::sync::Arc;

use monk_core::keys::Keyring;
use monk_wire::manage::{Detected, Detection, FoundUser, Product, Tried};
use serde::Serialize;
use zeroize::Zeroizing;

pub(super) use self::root_dse::RootDse;

use super::chosen::setup;
use super::connect::connect;
use super::service_account::ServiceAccount;
use super::settings::LdapSettings;
use super::uri::Endpoint;
use super::{Ldap, tls};
use crate::deadline::Deadline;
use crate::directory::{Directory, Lookup};
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
    let proposal = Proposal {
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
        },
    };
    let written = |error: toml::ser::Error| setup(&error.to_string());
    let settings = toml::to_string(&proposal).map_err(written)?;
    let section = toml::to_string(&proposal.ldap).map_err(written)?;
    let tried = match (&asked.user, &asked.account) {
        (Some(user), Some(_)) => Some(find(&section, asked, user, keys, deadline).await),
        _ => None,
    };
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
    };
    let written = toml::to_string(&proposed).map_err(|error| setup(&error.to_string()))?;
    toml::from_str(&written).map_err(|error| setup(error.message()))
}

/// What the proposed settings find.
async fn find(
    section: &str,
    asked: &Detection,
    user: &str,
    keys: &Arc<Keyring>,
    deadline: Deadline,
) -> Tried {
    let directory = || -> Result<Ldap, Outage> {
        let settings: LdapSettings =
            toml::from_str(section).map_err(|error| setup(error.message()))?;
        let password = asked.account.as_ref().and_then(|(_, password)| password.expose_str());
        let password = password.map(|password| Zeroizing::new(password.to_owned()));
        Ok(Ldap::new(&settings, password, Arc::clone(keys))?.without_credentials())
    };
    let found = match directory() {
        Ok(directory) => directory.find(user, deadline).await,
        Err(outage) => Err(outage),
    };
    match found {
        Ok(Lookup::One(account)) => Tried::Found(FoundUser {
            name: account.name,
            id: account.id,
            mail: account.mail,
            locator: account.locator,
            state: account.state,
        }),
        Ok(Lookup::None) => Tried::Nobody,
        Ok(Lookup::Several) => Tried::Several,
        Err(outage) => Tried::Failed(outage.told()),
    }
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
