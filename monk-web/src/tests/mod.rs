//! The portal with an engine that says what a test wants.

mod connections;
mod entry;
mod fake;
