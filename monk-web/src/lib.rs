//! The portal of monk: a page where people without a shell look after their own second factors.
//!
//! It speaks HTTP to browsers and monk-wire to the engine, and holds nothing: no key, no directory, no database, no
//! session. What somebody may do is decided in the engine, question by question.
//!
//! | module | what it does |
//! |---|---|
//! | `settings` | `/etc/monk-web/web.toml` |
//! | `server` | connections, their limits, TLS, the headers of each answer |
//! | `app` | the checks before every page: host, origin, size, token |
//! | `handlers` | what each address does |
//! | `pages` | HTML, as functions of what they show |
//! | `texts` | every text, English and German |
//! | `session`, `guard` | cookies, and whether a form is ours |
//! | `engine` | questions to the engine |

mod address;
mod app;
mod assets;
mod certificates;
mod engine;
mod form;
mod guard;
mod handlers;
mod log;
mod mail_setup;
mod pages;
mod program;
mod responses;
mod server;
mod session;
mod settings;
mod texts;
mod visit;

pub use program::{Options, main};
pub use settings::DEFAULT_FILE;

#[cfg(test)]
mod tests;
