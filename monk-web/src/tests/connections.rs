//! The server itself, over loopback.

use std::sync::Arc;
use std::time::Duration;

use monk_wire::Reply;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::fake::{ORIGIN, World};
use crate::server::limits::{self, CONNECTIONS, CONNECTIONS_OF_NETWORK, TIMES, Times};
use crate::server::tls::Certificate;
use crate::server::{listen::Listener, serve};
use crate::settings::{Listen, Tls};

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _world: World,
}

async fn server(times: Times) -> Server {
    server_with("", times).await
}

/// Behind a proxy on this machine, which names the addresses of browsers.
async fn behind_a_proxy(times: Times) -> Server {
    server_with("trusted_proxies = [\"127.0.0.1/32\"]", times).await
}

async fn server_with(settings: &str, times: Times) -> Server {
    server_of(settings, times, None).await
}

/// With TLS of its own.
async fn with_tls(times: Times) -> Server {
    let made = rcgen::generate_simple_self_signed(vec!["login.example.org".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = Tls { certificate: folder.path().join("c.pem"), key: folder.path().join("k.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    server_of("", times, Some(Arc::new(Certificate::load(&files).unwrap()))).await
}

async fn server_of(settings: &str, times: Times, tls: Option<Arc<Certificate>>) -> Server {
    let world = World::with(settings, Some(ORIGIN), |_| Reply::Unavailable);
    let listener = Listener::open(&Listen::Address("127.0.0.1:0".parse().unwrap())).await.unwrap();
    let address = listener.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let app = Arc::clone(&world.app);
    let task = tokio::spawn(serve(app, listener, tls, times, async {
        let _stopped = stopped.await;
    }));
    Server { address, stop, task, _world: world }
}

/// The head of a form that a browser sends, with one more line.
fn form(line: &str) -> String {
    format!(
        "POST /sign-in HTTP/1.1\r\nHost: login.example.org\r\nOrigin: {ORIGIN}\r\nConnection: close\r\n{line}\r\n\r\n"
    )
}

/// A form that never comes whole, of a browser behind the proxy.
async fn slow_form(server: &Server, browser: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = form(&format!("X-Forwarded-For: {browser}\r\nContent-Length: 100"));
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn rest_of(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let _reset = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

async fn answer_to(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    rest_of(stream).await
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
async fn a_form_that_never_ends_is_told_so_and_one_that_cannot_be_right_at_once() {
    let server = server(Times { body: Duration::from_millis(50), ..TIMES }).await;
    for (line, body, status) in [
        ("Content-Length: 100", "token=", "408 Request Timeout"),
        ("Transfer-Encoding: chunked", "5\r\ntoken", "408 Request Timeout"),
        ("Content-Length: 1000000000", "", "413 Payload Too Large"),
        ("Transfer-Encoding: chunked", "no number\r\n", "400 Bad Request"),
    ] {
        let text = answer_to(&server, (form(line) + body).as_bytes()).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{line}: {text}");
        assert!(text.contains("\r\ncontent-security-policy: "), "{line}: {text}");
    }
    let long = format!("{}5000\r\n{}", form("Transfer-Encoding: chunked"), "x".repeat(0x5000));
    let text = answer_to(&server, long.as_bytes()).await;
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 413 "), "{text}");
}

#[tokio::test]
async fn behind_a_proxy_slow_forms_of_one_network_keep_nobody_else_out() {
    let server = behind_a_proxy(TIMES).await;
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS_OF_NETWORK {
        held.push(slow_form(&server, "2001:db8:1:2::3").await);
    }
    let text = rest_of(slow_form(&server, "2001:db8:1:ffff::4").await).await;
    assert!(text.starts_with("HTTP/1.1 429 "), "the same customer of a provider: {text}");
    let page = |browser: &str| {
        format!(
            "GET /sign-in HTTP/1.1\r\nHost: login.example.org\r\nConnection: close\r\n\
             X-Forwarded-For: {browser}\r\n\r\n"
        )
    };
    let text = answer_to(&server, page("2001:db8:2::3").as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    // The others in the network of the slow ones have not long to wait either: the oldest form makes room.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let text = answer_to(&server, page("2001:db8:1:2::3").as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    let text = rest_of(held.remove(0)).await;
    assert!(text.starts_with("HTTP/1.1 429 "), "the oldest one: {text}");
}

#[tokio::test]
async fn slow_forms_of_many_networks_make_room_for_whoever_comes() {
    let server = behind_a_proxy(TIMES).await;
    let mut held = Vec::new();
    for n in 0..CONNECTIONS {
        held.push(slow_form(&server, &format!("192.0.2.{}", n % 200)).await);
    }
    let get = b"GET /sign-in HTTP/1.1\r\nHost: login.example.org\r\nConnection: close\r\n\
        X-Forwarded-For: 198.51.100.7\r\n\r\n";
    for _ in 0..10 {
        let text = answer_to(&server, get).await;
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    }
    drop(held);
}

#[tokio::test]
async fn who_does_not_read_the_answers_is_cut_off() {
    let times = Times { answer: Duration::from_millis(100), ..TIMES };
    let server = server(times).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let get = b"GET /style.css HTTP/1.1\r\nHost: login.example.org\r\n\r\n";
    // Far more answers than the kernel keeps; writing fails because the server has gone.
    let asking = async { while stream.write_all(get).await.is_ok() {} };
    timeout(Duration::from_secs(8), asking).await.expect("it is cut off");
}

#[tokio::test]
async fn handshakes_that_never_end_are_cut_off_and_make_room_before() {
    let server = with_tls(Times { handshake: Duration::from_secs(3), ..TIMES }).await;
    let connect = || async { TcpStream::connect(server.address).await.unwrap() };
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS_OF_NETWORK {
        held.push(connect().await);
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    held.push(connect().await);
    let mut byte = [0; 1];
    let oldest = timeout(Duration::from_secs(1), held[0].read(&mut byte)).await;
    assert_eq!(oldest.expect("it makes room").unwrap_or_default(), 0);
    let next = timeout(Duration::from_millis(100), held[1].read(&mut byte)).await;
    assert!(next.is_err(), "one is enough");
    let next = timeout(Duration::from_secs(8), held[1].read(&mut byte)).await;
    assert_eq!(next.expect("it has had its time").unwrap_or_default(), 0);
}

#[tokio::test]
async fn every_answer_has_the_headers_also_one_that_refuses() {
    let server = server(TIMES).await;
    for (request, status) in [
        ("GET /style.css", "200"),
        ("GET /sign-in", "200"),
        ("GET /no-such-page", "404"),
        ("GET /mail/config-v1.1.xml", "200"),
        ("GET /methods", "303"),
        ("PUT /sign-in", "405"),
        ("POST /sign-in", "403"),
        ("POST /sign-in HTTP/1.1\r\nContent-Length: 1000000000\r\nX:", "413"),
    ] {
        let request =
            format!("{request} HTTP/1.1\r\nHost: login.example.org\r\nConnection: close\r\n\r\n");
        let text = answer_to(&server, request.as_bytes()).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {text}");
        let head = text.split("\r\n\r\n").next().unwrap();
        for name in ["strict-transport-security", "content-security-policy", "x-frame-options"] {
            assert!(head.contains(&format!("\r\n{name}: ")), "{request} lacks {name}: {head}");
        }
    }
    // Another name is not the portal's to decide about; all else holds there, too.
    for path in ["/sign-in", "/mail/config-v1.1.xml"] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: example.net\r\nConnection: close\r\n\r\n");
        let text = answer_to(&server, request.as_bytes()).await;
        assert!(text.contains("\r\nx-frame-options: "), "{text}");
        assert!(!text.contains("\r\nstrict-transport-security: "), "{text}");
    }
}

/// Browsers take a backslash for a slash, so that such a link would lead to another host.
#[tokio::test]
async fn no_page_links_to_a_path_with_a_backslash() {
    let server = server(TIMES).await;
    let get = b"GET /\\evil.example/1/rename HTTP/1.1\r\nHost: login.example.org\r\nConnection: close\r\n\
        Sec-Fetch-Site: cross-site\r\n\r\n";
    let text = answer_to(&server, get).await;
    assert!(text.starts_with("HTTP/1.1 404 ") && !text.contains("evil"), "{text}");
}
