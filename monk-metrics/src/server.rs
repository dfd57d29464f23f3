//! HTTP for one page, and what somebody who connects can use up: little, and nothing of the engine's.
//!
//! Everybody on this machine may connect to an address of it. Each connection is good for one request and ends after
//! [`Times::connection`]; beyond [`CONNECTIONS`] the oldest one ends. However many ask, the engine is asked once in
//! [`FRESH`].

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::families;
use crate::listen::{Listener, Stream};
use crate::source::Told;

/// Connections at once. Prometheus has one, a second one while it is set up again, and somebody has a look.
const CONNECTIONS: usize = 8;

/// Longest head of a request, in bytes: the least that hyper takes. A scrape has 400.
const HEAD: usize = 8192;

/// How long an answer of the engine is passed on. Nobody scrapes more often.
const FRESH: Duration = Duration::from_secs(1);

/// Rest after a failure to accept, which is mostly a lack of descriptors.
const REST: Duration = Duration::from_millis(100);

/// The path of the page.
const PATH: &str = "/metrics";

/// What may take how long.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The head of a request: programs send it at once.
    pub head: Duration,
    /// A connection altogether, with the answer of the engine.
    pub connection: Duration,
}

/// The times that hold outside of tests.
pub const TIMES: Times =
    Times { head: Duration::from_secs(3), connection: Duration::from_secs(10) };

/// Serves for ever. `ask` asks the engine, and blocks.
pub async fn serve(
    listener: Listener,
    times: Times,
    ask: impl Fn() -> Told + Send + Sync + 'static,
) {
    let page = Arc::new(Page { ask: Arc::new(ask), last: Mutex::new(None) });
    let mut connections: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(_) => {
                sleep(REST).await;
                continue;
            }
        };
        connections.retain(|one| !one.is_finished());
        if connections.len() >= CONNECTIONS
            && let Some(oldest) = connections.pop_front()
        {
            oldest.abort();
        }
        let page = Arc::clone(&page);
        let connection = tokio::spawn(async move {
            // A client that takes longer has had enough time.
            let _ = match stream {
                Stream::Address(stream) => {
                    timeout(times.connection, page.on(TokioIo::new(stream), times)).await
                }
                Stream::Socket(stream) => {
                    timeout(times.connection, page.on(TokioIo::new(stream), times)).await
                }
            };
        });
        connections.push_back(connection.abort_handle());
    }
}

/// The one page, and the last answer of the engine.
struct Page<A> {
    ask: Arc<A>,
    last: Mutex<Option<(Instant, Told)>>,
}

impl<A: Fn() -> Told + Send + Sync + 'static> Page<A> {
    async fn on(&self, stream: impl hyper::rt::Read + hyper::rt::Write + Unpin, times: Times) {
        let answer =
            service_fn(|request| async move { Ok::<_, Infallible>(self.answer(&request).await) });
        // What goes wrong on a connection concerns its client alone.
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(times.head)
            .max_buf_size(HEAD)
            .keep_alive(false)
            .serve_connection(stream, answer)
            .await;
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !is_of_this_machine(request.headers().get(HOST)) {
            let why = "ask for localhost or an IP address: a page of somebody else's could ask under a name";
            return plain(StatusCode::MISDIRECTED_REQUEST, why);
        }
        if request.uri().path() != PATH {
            return plain(StatusCode::NOT_FOUND, "the metrics are at /metrics");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "GET it");
        }
        match self.told().await {
            Told::Page(page) => {
                let mut response = Response::new(Full::new(page.into()));
                let kind = HeaderValue::from_static(families::CONTENT_TYPE);
                response.headers_mut().insert(CONTENT_TYPE, kind);
                response
            }
            other => plain(StatusCode::SERVICE_UNAVAILABLE, other.why_not()),
        }
    }

    /// What the engine says, or has said a moment ago. Those who ask meanwhile wait for the same answer.
    async fn told(&self) -> Told {
        let mut last = self.last.lock().await;
        if let Some((at, told)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return told.clone();
        }
        let ask = Arc::clone(&self.ask);
        let told = tokio::task::spawn_blocking(move || ask()).await;
        let told = told.unwrap_or_else(|_| Told::Page(families::no_engine()));
        *last = Some((Instant::now(), told.clone()));
        told
    }
}

/// Whether a request names this machine by its address, or as localhost. A page in a browser that has its own name lead
/// here (DNS rebinding) names itself.
fn is_of_this_machine(host: Option<&HeaderValue>) -> bool {
    let Some(host) = host else { return true };
    let Ok(host) = host.to_str() else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(format!("{text}\n").into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests;
