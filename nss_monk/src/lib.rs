//! `libnss_monk.so.2`: names of the directory for every program of the host.
//!
//! The C library calls the module in whatever process asks for a user or a group (nsswitch.conf(5)). It reads
//! the engine's map or asks the engine, and lays the answer into the memory of its caller.
//!
//! ```text
//! passwd group initgroups shadow   entry points, called by the C library
//!        │
//!    look_up ──┬─ map      what was answered a moment ago ── /run/monk/names.map
//!        │     │   └─ memory   the same without a system call, for who looks up many names
//!        │     ├─ silence  whether asking is of use
//!        │     └─ engine   one question, one deadline ────── /run/monk/names.sock
//!     answer ──── room     the caller's memory
//! ```
//!
//! What never happens here: a thread, a signal, output, an allocation, a lock, a descriptor that is kept between two
//! calls, a mapping of what somebody could cut, a panic across the boundary, "there is none" as the answer to an
//! error.

mod answer;
mod boundary;
mod connection;
mod engine;
mod failure;
mod group;
mod host_groups;
mod initgroups;
mod list;
mod look_up;
mod map;
mod mapping;
mod memory;
mod name;
mod passwd;
mod places;
mod room;
mod shadow;
mod silence;
mod socket;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
