//! Users and groups of the directory, for every program of the host.

mod hosts;
mod module;
mod valgrind;
mod attacks;
mod engine;
mod wire;
