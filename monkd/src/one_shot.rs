//! `monkd --one-shot`: the engine for one conversation, started by a root caller where no
//! resident engine listens (containers, rescue shells, a crashed service).
//!
//! The caller's end of a socket pair is its standard input.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;

use tokio::net::UnixStream;

use crate::audit::occasion::Occasion;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::outage::Outage;
use crate::privileges;
use crate::settings::Settings;
use crate::throttle::Register;
use crate::{allocator, control_group, kept_counts, tally};

/// Serves the conversation on standard input.
///
/// # Errors
/// [`Outage::Setup`] when standard input is no socket or the engine cannot be opened. The caller
/// sees the socket close and refuses.
pub fn run(settings: Settings) -> Result<(), Outage> {
    let stream = standard_input().map_err(|error| {
        Outage::Setup(format!(
            "standard input is no socket ({error}): --one-shot is for programs, people start `monkd`"
        ))
    })?;
    allocator::share_one_heap();
    // As root, and before anything is opened: from here on nobody but root can stop this engine.
    control_group::leave()?;
    privileges::leave_caller()?;
    privileges::become_user(&settings.engine.user)?;
    let engine = Arc::new(Engine::start(settings, Register::File)?);
    engine.names.are_for_one_command();
    // One conversation needs no threads but those that hash and write.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Outage::Setup(error.to_string()))?;
    let result = runtime.block_on(async {
        let conversation = UnixStream::from_std(stream)
            .and_then(Conversation::new)
            .map_err(|error| Outage::Setup(error.to_string()))?;
        let occasion = Occasion::new(conversation.process());
        occasion.of(conversation.serve(Arc::clone(&engine))).await;
        engine.notices.finish().await;
        Ok(())
    });
    // The caller has its answer.
    if engine.settings.metrics.enabled {
        kept_counts::add(&engine.settings.counts_path(), &tally::counts());
    }
    // A look-up of a name that nobody answers would otherwise keep the process for minutes.
    runtime.shutdown_background();
    result
}

fn standard_input() -> io::Result<StdUnixStream> {
    let stream = StdUnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    stream.peer_addr()?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}
