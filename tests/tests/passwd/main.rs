//! `passwd` and its like, and programs that lead through a change, for users of the directory and of the machine.

mod led;
mod names;
mod policy;
mod quality;
mod scene;
mod terminal;
