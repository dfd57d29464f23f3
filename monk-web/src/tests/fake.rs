//! An engine that says what a test wants, and a browser.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{COOKIE, LOCATION, SET_COOKIE};
use hyper::{HeaderMap, Method, Request, StatusCode};
use monk_wire::frame::{self, Body};
use monk_wire::manage::MailServer;
use monk_wire::portal::{Portal, PortalAsk, PortalReply, Site};
use monk_wire::{Reply, Request as Asked, Secret, VERSION};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::address::Peer;
use crate::app::App;
use crate::assets::Assets;
use crate::engine::Engine;
use crate::settings::Settings;
use crate::visit::Shared;

pub const ORIGIN: &str = "https://login.example.org";

type Says = Arc<Mutex<dyn FnMut(&PortalAsk) -> Reply + Send>>;

/// The portal, and the engine that it asks.
pub struct World {
    pub app: Arc<App>,
    pub socket: PathBuf,
    asked: Arc<Mutex<Vec<Portal>>>,
    _folder: tempfile::TempDir,
}

impl World {
    /// An engine that answers with `says`, but for the question about the site.
    pub fn new(says: impl FnMut(&PortalAsk) -> Reply + Send + 'static) -> Self {
        Self::with("", Some(ORIGIN), says)
    }

    pub fn with(
        settings: &str,
        origin: Option<&str>,
        says: impl FnMut(&PortalAsk) -> Reply + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let site = Site {
            origin: origin.map(str::to_owned),
            issuer: "Example".to_owned(),
            sends_codes: true,
            sends_invitations: true,
            has_passkeys: true,
            has_own_directory: true,
            mail_servers: mail_servers(),
            mail_user_is_address: false,
        };
        let listener = UnixListener::bind(&socket).unwrap();
        let (says, log): (Says, _) = (Arc::new(Mutex::new(says)), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _gone = converse(stream, &site, &says, &log).await;
            }
        });
        let settings = Settings::parse(settings).expect("settings");
        let assets = Assets::of(&settings).expect("assets");
        let engine = Engine::at(socket.clone());
        let app = Arc::new(App::new(Shared { settings, engine, assets }));
        Self { app, socket, asked, _folder: folder }
    }

    /// What the engine was asked, but for the question about the site.
    pub fn asked(&self) -> Vec<Portal> {
        self.asked.lock().unwrap().clone()
    }
}

/// What the engine says of the servers for mail.
pub fn mail_servers() -> Vec<MailServer> {
    [("IMAP", 993), ("SMTP", 465)]
        .map(|(protocol, port)| MailServer {
            protocol: protocol.to_owned(),
            host: "mail.example.org".to_owned(),
            port,
            security: "SSL/TLS".to_owned(),
        })
        .into()
}

async fn converse(
    mut stream: UnixStream,
    site: &Site,
    says: &Says,
    log: &Mutex<Vec<Portal>>,
) -> std::io::Result<()> {
    let mut head = [0; frame::HEADER];
    stream.read_exact(&mut head).await?;
    let mut body = Body::new(frame::header(head, frame::MAX_REQUEST).expect("a header"));
    while let Some(part) = body.next_part() {
        stream.read_exact(part).await?;
    }
    let Ok(Asked::Portal(portal)) = frame::decode(body.bytes()) else { panic!("not the portal") };
    let reply = match &portal.ask {
        PortalAsk::Site => Reply::Portal(PortalReply::Site(Box::new(site.clone()))),
        ask => {
            let reply = says.lock().unwrap()(ask);
            log.lock().unwrap().push(*portal);
            reply
        }
    };
    let frame = frame::encode(&reply, VERSION, frame::MAX_REPLY).expect("a frame");
    stream.write_all(&frame).await
}

/// What came back.
pub struct Seen {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect()
    }

    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A browser: it keeps cookies and says where a request comes from.
pub struct Browser<'a> {
    world: &'a World,
    pub cookies: BTreeMap<String, String>,
    pub token: String,
    pub headers: Vec<(&'static str, String)>,
}

impl<'a> Browser<'a> {
    pub fn new(world: &'a World) -> Self {
        let headers = vec![("origin", ORIGIN.to_owned()), ("host", "login.example.org".to_owned())];
        Self { world, cookies: BTreeMap::new(), token: String::new(), headers }
    }

    /// A browser that is signed in.
    pub fn signed_in(world: &'a World) -> Self {
        let mut browser = Self::new(world);
        browser.cookies.insert("__Host-monk-session".to_owned(), "a-token".to_owned());
        browser
    }

    pub async fn get(&mut self, path: &str) -> Seen {
        self.send(Method::GET, path, "").await
    }

    /// Sends a form with the token of the page that was opened last.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", &self.token).extend_pairs(fields);
        self.send(Method::POST, path, &form.finish()).await
    }

    pub async fn send(&mut self, method: Method, path: &str, body: &str) -> Seen {
        let mut request = Request::builder().method(&method).uri(path);
        for (name, value) in &self.headers {
            if *name != "origin" || method == Method::POST {
                request = request.header(*name, value);
            }
        }
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = request.header(COOKIE, pairs.join("; "));
        let body = Bytes::copy_from_slice(body.as_bytes());
        let peer = Peer::Address("192.0.2.7:4711".parse().unwrap());
        let response = self.world.app.respond(request.body(body).unwrap(), peer).await;
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let seen = Seen { status: head.status, headers: head.headers, text };
        for line in seen.cookies() {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if seen.text.contains("name=\"token\"") {
            self.token = seen.field("token");
        }
        assert!(seen.text.len() <= 30 * 1024, "{path} has {} bytes", seen.text.len());
        seen
    }
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes())
}
