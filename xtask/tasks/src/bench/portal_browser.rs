//! A browser for measuring: one connection a request, cookies, and the time to the first byte.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use monk_tests::portal::ORIGIN;

/// Where the portal of tests listens.
const PORT: u16 = 8080;

/// A browser of one user.
#[derive(Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

/// An answer.
pub struct Reply {
    /// The first byte came so long after the request was begun, the connection included.
    first_byte: Duration,
    /// The status and the headers.
    pub head: String,
    /// What comes behind.
    pub body: String,
}

impl Reply {
    /// Nanoseconds to the first byte.
    pub fn nanos(&self) -> u64 {
        u64::try_from(self.first_byte.as_nanos()).unwrap_or(u64::MAX)
    }

    /// The value of a hidden field.
    pub fn value(&self, field: &str) -> String {
        let rest = self.body.split_once(&format!("name=\"{field}\" value=\""));
        let value = rest.and_then(|(_, rest)| rest.split('"').next());
        value.unwrap_or_else(|| panic!("no {field}: {}", self.head)).to_owned()
    }
}

impl Browser {
    /// One with these cookies already.
    pub fn with(cookies: &str) -> Self {
        let mut browser = Self::default();
        cookies.split("; ").for_each(|cookie| browser.keep(cookie));
        browser
    }

    /// The cookies, as a header has them.
    pub fn cookies(&self) -> String {
        let all = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        all.collect::<Vec<_>>().join("; ")
    }

    /// Asks for a page.
    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "")
    }

    /// Sends a form.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let encoded = |text: &str| -> String {
            let byte = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            };
            text.bytes().map(byte).collect()
        };
        let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        self.send("POST", path, &pairs.collect::<Vec<_>>().join("&"))
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let host = ORIGIN.trim_start_matches("http://");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {ORIGIN}\r\nConnection: close\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.cookies(),
            body.len()
        );
        let start = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", PORT)).expect("the portal listens");
        stream.write_all(request.as_bytes()).expect("it takes requests");
        let mut bytes = vec![0];
        stream.read_exact(&mut bytes).expect("it answers");
        let first_byte = start.elapsed();
        stream.read_to_end(&mut bytes).expect("it answers to the end");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        for line in head.lines() {
            if let Some(cookie) = line.strip_prefix("set-cookie: ") {
                self.keep(cookie);
            }
        }
        Reply { first_byte, head: head.to_owned(), body: body.to_owned() }
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
