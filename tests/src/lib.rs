//! Private machines in which monk is tested with the real programs.
//!
//! A [`World`] is a machine of its own: its own files, network, processes and log, made from the
//! programs that are installed on this one. Nothing a test does in it reaches this machine, any
//! number of worlds run at the same time on the same ports, and a world ends with the process that
//! made it, however that process ends.
//!
//! A test puts real servers into a world ([`Slapd`], [`Dovecot`], [`Sshd`]), and logs in with real
//! clients ([`clients`]). Worlds need root, and Linux 5.12 or later; [`packages::ensure`] installs
//! the programs.
//!
//! ```no_run
//! use monk_tests::clients::{Curl, Login};
//! use monk_tests::{Dovecot, DovecotOptions, World};
//!
//! let world = World::new();
//! world.write("/etc/pam.d/dovecot", "auth required pam_deny.so\n", 0o644);
//! let dovecot = Dovecot::start(&world, DovecotOptions::default());
//!
//! let login = Curl::new(&world, &dovecot.imaps_url(), "alice", "secret;123456").login();
//! assert!(matches!(login, Login::Refused(_)));
//! ```
//!
//! # When something goes wrong
//!
//! This is a library for tests: what the harness itself cannot do ends in a panic that points at
//! the test's own line, says what was attempted, and shows the end of the log of the program
//! concerned. What is under test, such as a refused login or the exit status of a command, is
//! returned as a value. [`packages::ensure`] alone returns its errors, because it also serves
//! programs.

pub mod certificates;
pub mod chromium;
pub mod clients;
pub mod conformance;
pub mod directories;
pub mod figures;
pub mod fresh;
pub mod host_cost;
pub mod installation;
pub mod leftovers;
pub mod nss;
pub mod packages;
pub mod program;
pub mod site;
pub mod tour;

mod command;
mod dovecot;
mod fault_proxy;
mod footprint;
mod freeradius;
mod ldap_proxy;
mod ldif;
mod load;
mod loopback;
mod mail_server;
mod mirror;
mod mounts;
mod namespace;
mod nginx;
mod openvpn;
pub mod page;
pub mod portal;
mod postfix;
mod postgresql;
mod process;
mod roundcube;
mod saslauthd;
mod slapd;
mod slapd_build;
mod slapd_config;
mod sockets;
mod sshd;
mod statistics;
mod syslog;
mod system_calls;
mod transcript;
mod typist;
mod uninstalled;
mod unpacked;
mod users;
mod vsftpd;
mod wait;
mod watch;
mod world;

pub use command::{Command, Output, Status};
pub use dovecot::{Dovecot, DovecotOptions};
pub use fault_proxy::{Fault, FaultProxy};
pub use footprint::Footprint;
pub use freeradius::Freeradius;
pub use ldap_proxy::{Held, LdapOperation, LdapProxy};
pub use ldif::Entry;
pub use mail_server::{Mail, MailMode, MailServer, MailServerOptions};
pub use mirror::{Mirror, Side};
pub use nginx::Nginx;
pub use openvpn::Openvpn;
pub use postfix::Postfix;
pub use postgresql::Postgresql;
pub use process::{Process, Signal};
pub use roundcube::Roundcube;
pub use saslauthd::Saslauthd;
pub use site::Site;
pub use slapd::{Operations, Slapd};
pub use slapd_build::SlapdBuild;
pub use slapd_config::SlapdOptions;
pub use sshd::{Sshd, SshdOptions};
pub use statistics::Sample;
pub use syslog::LogLine;
pub use typist::{Part, Screen, Typist};
pub use unpacked::Archives;
pub use vsftpd::Vsftpd;
pub use wait::until;
pub use watch::Watch;
pub use world::World;
