//! The web server: connections, their limits, and answers with the headers that each has.

pub mod headers;
pub mod limits;
pub mod listen;
pub mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::limits::{Connections, Times};
use self::listen::{Listener, Stream};
use self::tls::Certificate;
use crate::address::Peer;
use crate::log;

/// Rest after a failure to accept, which is mostly a lack of descriptors.
const REST: Duration = Duration::from_millis(100);

/// How long the requests that are under way may go on when the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// What answers requests.
pub trait Site: Send + Sync + 'static {
    /// Answers a request.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send;

    /// What is said where answering took too long.
    fn too_late(&self) -> Response<Full<Bytes>>;

    /// Whether a peer is a proxy of ours.
    fn is_proxy(&self, peer: Peer) -> bool;
}

/// Serves a site until `stop` ends. Requests that are under way then are answered.
pub async fn serve<S: Site>(
    site: Arc<S>,
    listener: Listener,
    certificate: Option<Arc<Certificate>>,
    times: Times,
    stop: impl Future<Output = ()>,
) {
    let connections = Arc::new(Connections::default());
    // Each connection has a receiver: the sender is alone when all of them are over.
    let (stopping, stopped) = watch::channel(false);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                log::line(&format!("cannot accept a connection: {error}"));
                sleep(REST).await;
                continue;
            }
        };
        let Some(counted) = connections.enter(peer, site.is_proxy(peer)) else { continue };
        let (site, stopped) = (Arc::clone(&site), stopped.clone());
        let certificate = certificate.clone();
        tokio::spawn(async move {
            let _counted = counted;
            match certificate {
                None => converse(site, stream, peer, times, stopped).await,
                Some(certificate) => {
                    let handshake = certificate.acceptor().accept(stream);
                    if let Ok(Ok(stream)) = timeout(times.handshake, handshake).await {
                        converse(site, Box::new(stream), peer, times, stopped).await;
                    }
                }
            }
        });
    }
    drop((listener, stopped));
    stopping.send_replace(true);
    let _some_may_be_left = timeout(FAREWELL, stopping.closed()).await;
}

/// Answers the requests of one connection.
async fn converse<S: Site>(
    site: Arc<S>,
    stream: Box<dyn Stream>,
    peer: Peer,
    times: Times,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let site = Arc::clone(&site);
        async move {
            let answer = timeout(times.request, site.answer(request, peer)).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(|_| site.too_late()))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(times.headers)
        .max_buf_size(limits::HEADERS)
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // What is wrong with a connection is the browser's business.
        _ended = &mut connection => return,
        () = sleep(times.connection) => {}
        _told = stopped.wait_for(|stopped| *stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _cut_off = timeout(times.request, connection).await;
}
