//! One conversation with a mail server.
//!
//! STARTTLS (RFC 3207) needs care: what a server, or somebody on the way, says in the clear behind
//! its answer to STARTTLS must not be taken for something that was said over TLS; those would be
//! somebody else's answers to our commands (CVE-2011-0411 and its kin). lettre reads ahead into a
//! buffer that it keeps through the handshake, so here it gets the bytes one by one until TLS
//! begins, and has nothing to keep. What was injected meets the handshake, which fails.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::{Address, Message};
use monk_wire::manage::MailFailure;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::failure;
use crate::outage::Outage;
use crate::settings::mail::{MailSettings, Protection};
use crate::trusted_file::{self, Privacy};

/// How long the server may take to say goodbye. The mail is safe by then.
const GOODBYE: Duration = Duration::from_secs(1);

/// The first byte of a TLS conversation: a record of the handshake (RFC 8446 §5.1). No command of
/// SMTP begins with it.
const HANDSHAKE: u8 = 22;

/// Whom to believe that it is the mail server: who has a certificate for its name, of an authority
/// that is trusted. Nothing weakens that.
pub(super) enum Trust {
    /// The authorities of one file, which was read at the start.
    Own(TlsParameters),
    /// Those of the system. They are read when they are needed: a hundred and more take longer
    /// than most logins, few of which send anything.
    System,
}

/// A mail server, and who monk is there.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) hello: ClientId,
    pub(super) protection: Protection,
    pub(super) trust: Trust,
    pub(super) credentials: Option<Credentials>,
}

impl Server {
    /// Sends a mail; what the server said to it. Nothing here has a limit of time but the last
    /// word.
    pub(super) async fn send(&self, mail: &Message) -> Result<Response, MailFailure> {
        let mut connection = self.log_in().await?;
        let envelope = mail.envelope();
        // Step by step: that the server takes nothing for a recipient is another thing than that it takes nothing.
        let from = Mail::new(envelope.from().cloned(), options(&connection, mail)?);
        connection.command(from).await.map_err(failure::of)?;
        for to in envelope.to() {
            let recipient = Rcpt::new(to.clone(), Vec::new());
            connection.command(recipient).await.map_err(failure::of_recipient)?;
        }
        connection.command(Data).await.map_err(failure::of)?;
        let response = connection.message(&mail.formatted()).await.map_err(failure::of)?;
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(response)
    }

    /// Does everything but send a mail: the sender is named, and taken back.
    pub(super) async fn try_out(&self, from: &Address) -> Result<(), MailFailure> {
        let mut connection = self.log_in().await?;
        connection.command(Mail::new(Some(from.clone()), Vec::new())).await.map_err(failure::of)?;
        connection.command(Rset).await.map_err(failure::of)?;
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }

    async fn log_in(&self) -> Result<AsyncSmtpConnection, MailFailure> {
        let mut connection = self.connect().await?;
        if let Some(credentials) = &self.credentials {
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .await
                .map_err(failure::of)?;
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailFailure> {
        let place = (self.host.as_str(), self.port);
        let tls = match self.protection {
            Protection::None => None,
            Protection::Tls => Some(self.tls()?),
            Protection::StartTls => {
                let stream = TcpStream::connect(place)
                    .await
                    .map_err(|error| MailFailure::Unreachable(error.to_string()))?;
                let stream = Box::new(OneByOne { stream, encrypted: false });
                let mut connection =
                    AsyncSmtpConnection::connect_with_transport(stream, &self.hello)
                        .await
                        .map_err(failure::of)?;
                // A server that does not offer it is told nothing.
                connection.starttls(self.tls()?, &self.hello).await.map_err(failure::of)?;
                return Ok(connection);
            }
        };
        AsyncSmtpConnection::connect_tokio1(place, None, &self.hello, tls, None)
            .await
            .map_err(failure::of)
    }

    fn tls(&self) -> Result<TlsParameters, MailFailure> {
        match &self.trust {
            Trust::Own(tls) => Ok(tls.clone()),
            Trust::System => {
                TlsParameters::builder(self.host.clone()).build_rustls().map_err(failure::of)
            }
        }
    }
}

/// What a mail asks of the server beyond RFC 5321. Its content is ASCII (`content.rs`), its addresses may not be
/// (RFC 6531).
fn options(
    connection: &AsyncSmtpConnection,
    mail: &Message,
) -> Result<Vec<MailParameter>, MailFailure> {
    let envelope = mail.envelope();
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    if addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        return Ok(Vec::new());
    }
    if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        let why = "the address is not ASCII, and the server has no SMTPUTF8";
        return Err(MailFailure::Unable(why.to_owned()));
    }
    Ok(vec![MailParameter::SmtpUtfEight])
}

impl Trust {
    /// What the settings say.
    ///
    /// # Errors
    /// [`Outage::Setup`] when the file of authorities cannot be used.
    pub(super) fn of(settings: &MailSettings) -> Result<Self, Outage> {
        let Some(file) = &settings.ca_file else { return Ok(Self::System) };
        let wrong = |why: &str| Outage::Setup(format!("mail.ca_file {}: {why}", file.display()));
        let pem = trusted_file::read(file, Privacy::Public)?;
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(wrong("there is no certificate in PEM form in it"));
        }
        let authority =
            Certificate::from_pem(pem.as_bytes()).map_err(|error| wrong(&error.to_string()))?;
        TlsParameters::builder(settings.host.clone())
            .certificate_store(CertificateStore::None)
            .add_root_certificate(authority)
            .build_rustls()
            .map(Self::Own)
            .map_err(|error| wrong(&failure::with_causes(&error)))
    }
}

/// A connection whose bytes come one by one until TLS begins.
#[derive(Debug)]
struct OneByOne {
    stream: TcpStream,
    encrypted: bool,
}

impl AsyncRead for OneByOne {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.encrypted || buffer.remaining() == 0 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for OneByOne {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.encrypted |= bytes.first() == Some(&HANDSHAKE);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for OneByOne {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
