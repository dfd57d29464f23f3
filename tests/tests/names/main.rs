//! Users and groups of the directory, for every program of the host.

mod attacks;
mod engine;
mod hosts;
mod module;
mod valgrind;
mod wire;
