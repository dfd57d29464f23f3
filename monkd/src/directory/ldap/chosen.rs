//! The servers that the settings name, and who monk is there.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::pool::MAX_OPEN;
use super::presets::Preset;
use super::servers::{Access, Server, Servers};
use super::service_account::ServiceAccount;
use super::settings::LdapSettings;
use super::tls;
use super::uri::Endpoint;
use crate::outage::Outage;

/// Most connections to one server for names of users and groups. Programs look up thousands of them at a time,
/// and what is left of the server's threads is for logins.
const FOR_NAMES: usize = 4;

/// The servers, by what they are asked. Those for names are asked on connections of their own.
pub(super) struct Chosen {
    /// For searches and binds.
    pub readers: Servers,
    /// For changes: the one that decides what has been used comes first.
    pub writers: Servers,
    /// For names of users and groups.
    pub names: Servers,
}

/// The servers of the settings.
pub(super) fn servers(
    settings: &LdapSettings,
    password: Option<Zeroizing<String>>,
) -> Result<Chosen, Outage> {
    let parse = |uri: &String| Endpoint::parse(uri, settings);
    let uris = settings.uris.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let first = uris.first().ok_or_else(|| setup("uris names no server"))?.clone();
    let decider = settings.write_uri.as_ref().map_or(Ok(first), parse)?;
    if settings.connect_timeout_ms == 0 {
        return Err(setup("connect_timeout_ms must not be 0"));
    }

    let all = || uris.iter().chain([&decider]);
    let account = service_account(settings, password)?;
    if matches!(account, ServiceAccount::External) && !all().all(Endpoint::is_local_socket) {
        return Err(setup("sasl_external = true needs ldapi:// for all servers"));
    }
    let tls = all().any(Endpoint::uses_tls);
    let tls = tls.then(|| tls::config(settings.ca_file.as_deref())).transpose()?;
    let access = Arc::new(Access { tls, account, connect_timeout: settings.connect_timeout() });
    let is_active_directory = settings.preset == Some(Preset::ActiveDirectory);
    let with_room = |endpoint: Endpoint, room: usize| {
        let server = Server::new(endpoint, Arc::clone(&access), room);
        if is_active_directory {
            server.knows_domain_scope();
        }
        Arc::new(server)
    };
    let names = uris.iter().map(|uri| with_room(uri.clone(), FOR_NAMES)).collect();
    let server = |endpoint: Endpoint| with_room(endpoint, MAX_OPEN);
    let readers: Vec<_> = uris.into_iter().map(server).collect();

    let same = readers.iter().find(|reader| reader.endpoint().transport == decider.transport);
    let mut writers = vec![same.map_or_else(|| server(decider.clone()), Arc::clone)];
    if settings.write_fail_over {
        let others = readers.iter().filter(|reader| !Arc::ptr_eq(reader, &writers[0]));
        let others: Vec<_> = others.map(Arc::clone).collect();
        writers.extend(others);
    }
    Ok(Chosen { readers: Servers(readers), writers: Servers(writers), names: Servers(names) })
}

fn service_account(
    settings: &LdapSettings,
    password: Option<Zeroizing<String>>,
) -> Result<ServiceAccount, Outage> {
    match (settings.sasl_external, &settings.bind_dn, password) {
        (true, None, None) => Ok(ServiceAccount::External),
        (true, ..) => Err(setup("sasl_external = true takes no bind_dn and no password_file")),
        (false, Some(dn), Some(password)) if !dn.is_empty() && !password.is_empty() => {
            Ok(ServiceAccount::Simple { dn: dn.clone(), password })
        }
        (false, ..) => Err(setup(
            "set bind_dn and password_file, or sasl_external = true: neither may be empty",
        )),
    }
}

/// A setting of `[ldap]` that cannot work.
pub(super) fn setup(what: &str) -> Outage {
    Outage::Setup(format!("[ldap] {what}"))
}
