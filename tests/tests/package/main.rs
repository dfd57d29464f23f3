//! The package on a Debian that never saw monk: installed, used, updated and taken away, with systemd as
//! the first process.

mod apparmor;
mod backup;
mod break_glass;
mod confined;
mod daily;
mod dovecot;
mod dovecot_proxy;
mod first_login;
mod gateways;
mod guarded;
mod healthy;
mod install;
mod invited;
mod logins;
mod machine;
mod metrics;
mod names;
mod pages;
mod paths;
mod people;
mod portal;
mod programs;
mod removal;
mod repository;
mod restart;
mod shells;
mod traces;
mod upgrade;
mod web_mail;
