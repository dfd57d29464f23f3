//! The web server: connections, their limits, and answers with the headers that each has.

pub mod arriving;
pub mod headers;
pub mod limits;
pub mod listen;
pub mod places;
pub mod tls;
pub mod turns;
mod unread;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT_LANGUAGE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::arriving::NoBody;
use self::limits::Times;
use self::listen::{Listener, Stream};
use self::places::{NoPlace, Place, Places};
use self::tls::Certificate;
use self::turns::{Kind, Turn, Turns};
use self::unread::Unread;
use crate::address::{Network, Peer};
use crate::log;

/// Rest after a failure to accept, which is mostly a lack of descriptors.
const REST: Duration = Duration::from_millis(100);

/// How long the requests that are under way may go on when the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long a connection that was ended for others may take for what it is told: it is there already.
const LAST_WORD: Duration = Duration::from_millis(100);

/// Why a request is not answered as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOff {
    /// Its body has not come, or not as it has to.
    Body(NoBody),
    /// It waited, and others need its place.
    Crowded,
    /// The answer took too long.
    TooLate,
}

/// What answers requests.
pub trait Site: Send + Sync + 'static {
    /// Answers a request.
    fn answer(
        &self,
        request: Request<Bytes>,
        peer: Peer,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send;

    /// What is said where a request is not answered; `accepted` are the languages that the browser takes.
    fn cut_off(&self, why: CutOff, accepted: Option<&HeaderValue>) -> Response<Full<Bytes>>;

    /// The network of the browser that a request comes from.
    fn network(&self, peer: Peer, headers: &HeaderMap) -> Network;

    /// Whether a path is answered without asking the engine.
    fn is_file(&self, path: &str) -> bool;

    /// The network of a browser that has just connected; `None` for a proxy of ours.
    fn network_of_browser(&self, peer: Peer) -> Option<Network>;
}

/// What all connections share.
struct House<S> {
    site: Arc<S>,
    places: Arc<Places>,
    turns: Arc<Turns>,
    times: Times,
}

/// Serves a site until `stop` ends. Requests that are under way then are answered.
pub async fn serve<S: Site>(
    site: Arc<S>,
    listener: Listener,
    certificate: Option<Arc<Certificate>>,
    times: Times,
    stop: impl Future<Output = ()>,
) {
    let (places, turns) = (Arc::default(), Arc::default());
    let house = Arc::new(House { site, places, turns, times });
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
                house.places.make_room();
                sleep(REST).await;
                continue;
            }
        };
        let Ok(place) = house.places.take(house.site.network_of_browser(peer)) else { continue };
        let (house, stopped) = (Arc::clone(&house), stopped.clone());
        let certificate = certificate.clone();
        tokio::spawn(async move {
            let place = Arc::new(place);
            let Some(stream) = shake_hands(stream, certificate, &place, times).await else {
                return;
            };
            house.converse(stream, peer, place, stopped).await;
        });
    }
    drop((listener, stopped));
    stopping.send_replace(true);
    let _some_may_be_left = timeout(FAREWELL, stopping.closed()).await;
}

/// The stream that requests come on, once TLS is there where it has to be.
async fn shake_hands(
    stream: Box<dyn Stream>,
    certificate: Option<Arc<Certificate>>,
    place: &Place,
    times: Times,
) -> Option<Box<dyn Stream>> {
    let Some(certificate) = certificate else { return Some(stream) };
    let handshake = certificate.acceptor().accept(stream);
    tokio::select! {
        shaken = timeout(times.handshake, handshake) => Some(Box::new(shaken.ok()?.ok()?)),
        () = place.ended() => None,
    }
}

impl<S: Site> House<S> {
    /// Answers the requests of one connection.
    async fn converse(
        self: Arc<Self>,
        stream: Box<dyn Stream>,
        peer: Peer,
        place: Arc<Place>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let times = self.times;
        let service = service_fn(|request| {
            let (house, place) = (Arc::clone(&self), Arc::clone(&place));
            async move { Ok::<_, Infallible>(house.answer(request, peer, &place).await) }
        });
        let stream = Unread::new(stream, Arc::clone(&place), times.answer);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(times.headers)
            .max_buf_size(limits::HEADERS)
            .half_close(false)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let is_needed = tokio::select! {
            // What is wrong with a connection is the browser's business.
            _ended = &mut connection => return,
            () = place.ended() => true,
            () = sleep(times.connection) => false,
            () = told(&mut stopped) => false,
        };
        connection.as_mut().graceful_shutdown();
        if !is_needed {
            tokio::select! {
                _over = timeout(times.body + times.request + times.answer, &mut connection) => return,
                () = place.ended() => {}
            }
        }
        let _cut_off = timeout(LAST_WORD, connection).await;
    }

    /// Answers a request, or says why not.
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Peer,
        place: &Place,
    ) -> Response<Full<Bytes>> {
        let network = self.site.network(peer, request.headers());
        let accepted = request.headers().get(ACCEPT_LANGUAGE).cloned();
        let asked = async {
            place.serves(network).map_err(|NoPlace| CutOff::Crowded)?;
            let arrived = self.arrived(request, network);
            let (request, turn) = tokio::select! {
                arrived = arrived => arrived?,
                () = place.ended() => return Err(CutOff::Crowded),
            };
            place.works(network).map_err(|NoPlace| CutOff::Crowded)?;
            let house = Arc::clone(&self);
            // In a task of its own: it ends with the engine's work, and not when the browser hangs up.
            let answer = tokio::spawn(async move {
                let answer = timeout(house.times.request, house.site.answer(request, peer)).await;
                drop(turn);
                answer
            });
            answer.await.ok().and_then(Result::ok).ok_or(CutOff::TooLate)
        };
        let answer = asked.await;
        place.answers(network);
        answer.unwrap_or_else(|why| self.site.cut_off(why, accepted.as_ref()))
    }

    /// A request that has come whole, and its turn where it needs one.
    async fn arrived(
        &self,
        request: Request<Incoming>,
        network: Network,
    ) -> Result<(Request<Bytes>, Option<Turn>), CutOff> {
        let (head, body) = request.into_parts();
        let body = arriving::whole(body, self.times.body).await.map_err(CutOff::Body)?;
        let kind = if head.method == Method::POST { Kind::Change } else { Kind::Page };
        let turn = match self.site.is_file(head.uri.path()) {
            true => None,
            false => {
                let turn = timeout(self.times.request, self.turns.take(network, kind));
                Some(turn.await.map_err(|_| CutOff::Crowded)?)
            }
        };
        Ok((Request::from_parts(head, body), turn))
    }
}

/// Returns when the server is told to stop.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _gone = stopped.wait_for(|stopped| *stopped).await;
}
