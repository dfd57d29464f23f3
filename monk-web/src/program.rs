//! The program: its options, and its life from start to stop.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::interval;

use crate::app::App;
use crate::assets::Assets;
use crate::certificates;
use crate::engine::Engine;
use crate::log;
use crate::mail_setup::sign::Signer;
use crate::server::limits::TIMES;
use crate::server::listen::Listener;
use crate::server::tls::{self, Certificate};
use crate::settings::{DEFAULT_FILE, Settings};
use crate::visit::Shared;

/// A page where people look after their own second factors
///
/// Answers browsers, or a proxy in front of it, and asks the engine of monk. Where it listens and what it looks like is in
/// its settings; its public address is `origin` in the section `[portal]` of monk.toml.
#[derive(Debug, Parser)]
#[command(name = "monk-web", version)]
pub struct Options {
    /// The settings file
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub config: PathBuf,

    /// Check the settings and the files that they name, and exit
    #[arg(long)]
    pub check: bool,
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            log::line(&format!("monk-web: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let settings = Settings::load(&options.config)?;
    let certificate = settings.tls.as_ref().map(Certificate::load).transpose()?.map(Arc::new);
    settings.profile_signature.as_ref().map(Signer::load).transpose()?;
    let assets = Assets::of(&settings)?;
    if options.check {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let listener = Listener::open(&settings.listen).await?;
        let stop = stop().map_err(|error| error.to_string())?;
        if let Some(certificate) = &certificate {
            tokio::spawn(renew(Arc::clone(certificate)));
        }
        let engine = Engine::at(settings.engine_socket.clone());
        let teller = Engine::at(settings.engine_socket.clone());
        tokio::spawn(certificates::tell(teller, settings.clone(), certificate.clone()));
        let app = Arc::new(App::new(Shared { settings, engine, assets }));
        crate::server::serve(app, listener, certificate, TIMES, stop).await;
        Ok(())
    })
}

/// Ends when the service is told to stop.
fn stop() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Looks for a new certificate, for ever.
async fn renew(certificate: Arc<Certificate>) {
    let mut looks = interval(tls::LOOK);
    let mut told = None;
    loop {
        looks.tick().await;
        match certificate.renew() {
            Ok(false) => {}
            Ok(true) => log::line("the new certificate is in use"),
            Err(why) if told.as_ref() == Some(&why) => continue,
            Err(why) => {
                log::line(&format!("the old certificate stays in use: {why}"));
                told = Some(why);
                continue;
            }
        }
        told = None;
    }
}
