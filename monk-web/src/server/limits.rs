//! What strangers can use up, and how little of it.

use std::time::Duration;

/// Longest body of a request. The longest form, with backup codes for a download, has less than 1 KiB.
pub const BODY: usize = 16 * 1024;

/// Longest line and headers of a request together: browsers send 1 to 2 KiB, proxies add some more.
pub const HEADERS: usize = 16 * 1024;

/// What may take how long.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The headers of a request, and the wait of a connection for the next request.
    pub headers: Duration,
    /// The body of a request, from its headers on: forms are short.
    pub body: Duration,
    /// The work for an answer: more than the engine may take, so that people see the page that says so.
    pub request: Duration,
    /// The reading of an answer that the kernel does not take at once: pages are, and a large logo comes this long
    /// over a line of 100 kbit/s.
    pub answer: Duration,
    /// A handshake of TLS.
    pub handshake: Duration,
    /// A connection, until it takes no further requests.
    pub connection: Duration,
}

/// The times that hold outside of tests.
pub const TIMES: Times = Times {
    headers: Duration::from_secs(10),
    body: Duration::from_secs(10),
    request: Duration::from_secs(30),
    answer: Duration::from_secs(20),
    handshake: Duration::from_secs(10),
    connection: Duration::from_secs(60),
};

/// Connections at once. Each costs up to 100 KiB with TLS, so that all of them fit in 100 MiB.
pub const CONNECTIONS: usize = 1024;

/// Connections at once from one network, and behind a proxy its requests: a browser opens 6, and an office shares an
/// address.
pub const CONNECTIONS_OF_NETWORK: usize = 64;
