//! What the engine of monk counts, for Prometheus.
//!
//! ```text
//! Prometheus ──HTTP──▶ monk-metrics ──monkd.sock──▶ monkd
//! node_exporter ◀──FILE── monk-metrics --textfile FILE
//! ```
//!
//! The engine answers with numbers ([`monk_wire::metrics`]). The format, HTTP and the clients are this program's
//! business, which is not in the way of any login: it runs as a user of its own, and holds nothing.
//!
//! | file | what it does |
//! |---|---|
//! | `source` | asks the engine, or reads the file of engines that run for one login each |
//! | `families` | numbers to metrics, in Prometheus' text format |
//! | `server` | HTTP, and what somebody who connects can use up |
//! | `listen` | where it listens |
//! | `textfile` | the file for node_exporter |

mod families;
mod listen;
mod server;
mod source;
mod textfile;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use monk_wire::DEFAULT_SOCKET;
use tokio::signal::unix::{SignalKind, signal};

use crate::listen::Listener;
use crate::source::Told;

/// Where the service listens that the package has.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:9914";

/// Where engines that run for one login each add up what they count.
pub const DEFAULT_COUNTS: &str = "/var/lib/monk/metrics.json";

/// Show what the engine of monk counts, for Prometheus
///
/// Answers GET /metrics on this machine, or writes a file for node_exporter's textfile collector. Metrics are off until
/// enabled = true stands in the section `metrics` of monk.toml.
#[derive(Debug, Parser)]
#[command(name = "monk-metrics", version)]
pub struct Options {
    /// Where to listen: an address of this machine such as 127.0.0.1:9914, or unix:PATH. By default the socket that is
    /// standard input, as systemd passes it
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["textfile", "counts"])]
    pub listen: Option<String>,

    /// Write the metrics to this file once, and exit. The name must end in .prom
    #[arg(long, value_name = "FILE")]
    pub textfile: Option<PathBuf>,

    /// With --textfile: take what engines that run for one login each have added up in this file, and ask no engine.
    /// Usually /var/lib/monk/metrics.json
    #[arg(long, value_name = "FILE", requires = "textfile")]
    pub counts: Option<PathBuf>,

    /// Where the engine listens
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
}

/// The exit codes, with what they mean.
pub const EXIT_CODES: [(u8, &str); 3] = [
    (0, "It was told to stop, or the file is written"),
    (
        1,
        "It cannot listen, or cannot write the file; or metrics are off, and the file is not written",
    ),
    (2, "The command line makes no sense"),
];

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.textfile {
        Some(file) => write(&options, file),
        None => serve(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // That it cannot be said changes nothing.
            let _ = writeln!(std::io::stderr(), "monk-metrics: {why}");
            ExitCode::from(EXIT_CODES[1].0)
        }
    }
}

fn write(options: &Options, file: &std::path::Path) -> Result<(), String> {
    let told = match &options.counts {
        Some(counts) => source::read(counts)?,
        None => source::ask(&options.socket),
    };
    match told {
        Told::Page(page) => {
            textfile::write(file, &page).map_err(|error| format!("{}: {error}", file.display()))
        }
        other => Err(other.why_not().to_owned()),
    }
}

fn serve(options: &Options) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let socket = options.socket.clone();
    let served = runtime.block_on(async {
        let listener = match &options.listen {
            Some(place) => Listener::open(place)?,
            None => Listener::of_standard_input()?,
        };
        let failed = |error: std::io::Error| error.to_string();
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let ask = move || source::ask(&socket);
        tokio::select! {
            () = server::serve(listener, server::TIMES, ask) => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    });
    // A question that is under way has its own limit, and nobody waits for it any more.
    runtime.shutdown_background();
    served
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_in_order() {
        Options::command().debug_assert();
        let parse = |words: &[&str]| Options::try_parse_from([&["monk-metrics"], words].concat());
        assert!(parse(&[]).is_ok() && parse(&["--listen", "unix:/run/x"]).is_ok());
        assert!(parse(&["--textfile", "/x/monk.prom", "--counts", "/y"]).is_ok());
        assert!(parse(&["--counts", "/y"]).is_err());
        assert!(parse(&["--listen", DEFAULT_ADDRESS, "--textfile", "/x.prom"]).is_err());
    }
}
