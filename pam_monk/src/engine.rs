//! The engine that the arguments of the rule name.

use std::time::Duration;

use monk_client::{Conversation, WireError};
use monk_one_shot::Endpoint;
use monk_pam_arguments::Arguments;

/// Opens a conversation.
///
/// # Errors
/// As [`monk_one_shot::open`].
pub fn open(arguments: &Arguments, budget: Duration) -> Result<Conversation, WireError> {
    let Arguments { socket, engine, config, .. } = arguments.clone();
    monk_one_shot::open(&Endpoint { socket, engine, config }, budget)
}
