use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// Serves at some port what `ask` says; where, and how often it was asked.
fn served(
    times: Times,
    ask: impl Fn() -> Told + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = Listener::open("127.0.0.1:0").unwrap();
    let Listener::Address(socket) = &listener else { panic!("{listener:?}") };
    let address = socket.local_addr().unwrap().to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(serve(listener, times, move || {
        counted.fetch_add(1, Ordering::SeqCst);
        ask()
    }));
    (address, asked)
}

fn a_page() -> Told {
    Told::Page("monk_up 1\n".to_owned())
}

/// Sends a head, and reads until the other end hangs up.
async fn says(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Somebody who is hung up on may hear of it as a reset.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
}

#[tokio::test]
async fn the_page_is_at_its_path_and_a_connection_is_good_for_one_request() {
    let (address, _) = served(TIMES, a_page);
    let answer = says(&address, &get("/metrics").repeat(2)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"),
        "{answer}"
    );
    assert_eq!(answer.matches("monk_up 1\n").count(), 1, "{answer}");
    assert!(says(&address, &get("/")).await.starts_with("HTTP/1.1 404"));
    let post = get("/metrics").replace("GET", "POST");
    assert!(says(&address, &post).await.starts_with("HTTP/1.1 405"));
}

#[tokio::test]
async fn where_metrics_are_off_the_page_says_what_to_do() {
    let (address, _) = served(TIMES, || Told::Off);
    let answer = says(&address, &get("/metrics")).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("enabled = true"), "{answer}");
}

#[tokio::test]
async fn a_page_of_somebody_else_cannot_ask_under_its_own_name() {
    let (address, asked) = served(TIMES, a_page);
    for (host, status) in [
        ("localhost:9914", 200),
        ("127.0.0.1:9914", 200),
        ("[::1]:9914", 200),
        ("192.0.2.7", 200),
        ("rebound.example.org:9914", 421),
        ("localhost.example.org", 421),
        ("", 421),
    ] {
        let head = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = says(&address, &head).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn however_often_it_is_asked_the_engine_is_asked_once_in_a_while() {
    let (address, asked) = served(TIMES, || {
        std::thread::sleep(Duration::from_millis(50));
        a_page()
    });
    let all = (0..5).map(|_| {
        let address = address.clone();
        tokio::spawn(async move { says(&address, &get("/metrics")).await })
    });
    for answer in all.collect::<Vec<_>>() {
        assert!(answer.await.unwrap().contains("monk_up 1"));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn connections_that_are_held_open_end_and_keep_nobody_out() {
    let times = Times { head: Duration::from_secs(60), connection: Duration::from_secs(60) };
    let (address, _) = served(times, a_page);
    let mut held = Vec::new();
    for _ in 0..3 * CONNECTIONS {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\n").await.unwrap();
        held.push(stream);
    }
    assert!(says(&address, &get("/metrics")).await.contains("monk_up 1"));
    // Those beyond the limit were hung up on, without a time being over.
    let mut ended = 0;
    for stream in &mut held {
        let mut byte = [0; 1];
        let read = timeout(Duration::from_millis(200), stream.read(&mut byte));
        ended += usize::from(read.await.is_ok());
    }
    assert!(ended > 2 * CONNECTIONS - 1 && ended <= 2 * CONNECTIONS + 1, "{ended}");
}

#[tokio::test]
async fn a_head_or_an_answer_that_takes_too_long_ends_the_connection() {
    let quick = Duration::from_millis(100);
    let slow = Times { head: quick, connection: Duration::from_secs(60) };
    let (address, _) = served(slow, a_page);
    assert_eq!(says(&address, "GET /metrics HTTP/1.1\r\n").await, "");
    let times = Times { head: Duration::from_secs(60), connection: quick };
    let (address, _) = served(times, a_page);
    assert_eq!(says(&address, "").await, "");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let (address, asked) = served(TIMES, a_page);
    let head = format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(2 * HEAD));
    let answer = says(&address, &head).await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
