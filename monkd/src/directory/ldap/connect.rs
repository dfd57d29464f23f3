//! From an endpoint to a connection that can be used, and never later than asked.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use rustls::ClientConfig;
use tokio::net::{TcpSocket, TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;

use super::connection::{Connection, unless_panics};
use super::uri::{Endpoint, Protection, Transport};
use super::{codes, tls};
use crate::outage::Outage;

/// Most addresses of one name that are tried. A name with more is served by any of them.
const MAX_ADDRESSES: usize = 4;

/// Connects, and secures the connection as the endpoint says. `limit` is for all of it: the name,
/// TCP and TLS.
pub(super) async fn connect(
    endpoint: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    limit: Duration,
) -> Result<Connection, Outage> {
    let work = async {
        let (stream, protection) = match &endpoint.transport {
            Transport::Unix(path) => (unix(path).await, None),
            Transport::Tcp { host, port, protection } => {
                (tcp(host, *port, *protection, limit).await, Some(*protection))
            }
        };
        let stream = stream.map_err(|error| Outage::Unreachable(error.to_string()))?;
        let mut settings = LdapConnSettings::new()
            .set_starttls(protection == Some(Protection::StartTls))
            .set_std_stream(stream);
        if let Some(config) = tls {
            settings = settings.set_config(Arc::clone(config));
        }
        unless_panics(LdapConnAsync::with_settings(settings, &endpoint.url()))
            .await
            .ok_or_else(|| Outage::Unclear("an answer to StartTLS that is no LDAP".to_owned()))?
            .map(Connection::new)
            .map_err(|error| explain(&error))
    };
    timeout(limit, work).await.unwrap_or_else(|_| {
        let seconds = limit.as_secs_f32();
        Err(Outage::Unreachable(format!("no connection within {seconds:.1} s")))
    })
}

async fn unix(path: &Path) -> io::Result<StdStream> {
    Ok(StdStream::Unix(UnixStream::connect(path).await?.into_std()?))
}

/// Tries the addresses of a name one after the other, each with its share of the time.
///
/// ldap3 would look the name up itself, without a limit.
async fn tcp(
    host: &str,
    port: u16,
    protection: Protection,
    limit: Duration,
) -> io::Result<StdStream> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await?.take(MAX_ADDRESSES).collect();
    let share = limit / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        if protection == Protection::Loopback && !address.ip().is_loopback() {
            last = io::Error::other("the name is not of this machine: use ldaps:// or starttls");
            continue;
        }
        match timeout(share, tcp_to(address)).await {
            Ok(Ok(stream)) => return Ok(StdStream::Tcp(stream.into_std()?)),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

async fn tcp_to(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    // An operation is one small write that waits for its answer: Nagle's algorithm would hold
    // back the second TLS record of it for a delayed acknowledgement (40 ms).
    socket.set_nodelay(true)?;
    // So that a connection to a machine that has vanished does not stay open for ever.
    socket.set_keepalive(true)?;
    socket.connect(address).await
}

fn explain(error: &LdapError) -> Outage {
    let rustls = match error {
        LdapError::Rustls { source } => Some(source),
        LdapError::Io { source } => {
            source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
        }
        _ => None,
    };
    match (rustls, error) {
        (Some(error), _) => Outage::Tls(tls::explain(error)),
        (None, LdapError::LdapResult { result }) => {
            Outage::Tls(format!("the server refuses StartTLS: {}", codes::describe(result)))
        }
        (None, LdapError::Io { source }) => Outage::Unreachable(source.to_string()),
        // The others hold parts of the request: nothing of theirs is shown.
        (None, _) => Outage::Unreachable("the connection was closed".to_owned()),
    }
}
