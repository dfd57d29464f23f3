//! The server itself, over loopback.

use std::sync::Arc;
use std::time::Duration;

use monk_wire::Reply;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::fake::World;
use crate::server::limits::{self, TIMES, Times};
use crate::server::{listen::Listener, serve};
use crate::settings::Listen;

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _world: World,
}

async fn server(times: Times) -> Server {
    let world = World::new(|_| Reply::Unavailable);
    let listener = Listener::open(&Listen::Address("127.0.0.1:0".parse().unwrap())).await.unwrap();
    let address = listener.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let app = Arc::clone(&world.app);
    let task = tokio::spawn(serve(app, listener, None, times, async {
        let _stopped = stopped.await;
    }));
    Server { address, stop, task, _world: world }
}

async fn answer_to(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut text = Vec::new();
    let _reset = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn pages_come_over_http_and_nonsense_is_refused() {
    let server = server(TIMES).await;
    let get = b"GET /sign-in HTTP/1.1\r\nHost: login.example.org\r\nConnection: close\r\n\r\n";
    let text = answer_to(&server, get).await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let text = answer_to(&server, b"nonsense\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 400 "), "{text}");
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(limits::HEADERS));
    let text = answer_to(&server, long.as_bytes()).await;
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "it listens no more");
}

#[tokio::test]
async fn a_client_that_sends_its_headers_slowly_is_cut_off() {
    let server = server(Times { headers: Duration::from_millis(50), ..TIMES }).await;
    // It comes back only because the server ends the connection.
    let text = answer_to(&server, b"GET /sign-in HTTP/1.1\r\nHost: login.exa").await;
    assert!(!text.contains("200 OK"), "{text}");
}

#[tokio::test]
async fn a_form_that_never_ends_is_cut_off() {
    let server = server(Times { request: Duration::from_millis(50), ..TIMES }).await;
    let head = b"POST /sign-in HTTP/1.1\r\nHost: login.example.org\r\nOrigin: https://login.example.org\r\n\
        Connection: close\r\nContent-Length: 100\r\n\r\ntoken=";
    let text = answer_to(&server, head).await;
    assert!(text.starts_with("HTTP/1.1 503 "), "{text}");
}
