//! The engine of monk.
//!
//! It alone opens directories, stores and keys. It runs *resident* ([`service`]) or *one-shot*
//! ([`one_shot`]), with the same code behind both: one connection is one conversation
//! ([`conversation`]), which is a login ([`login`]), a question of account management
//! ([`account`]), one for the keys of a user ([`ssh_keys`]), one of the portal ([`portal`]) or of
//! [`metrics`], or administration ([`administration`]).

pub mod account;
mod account_answer;
pub mod address;
pub mod administration;
pub mod allocator;
mod approvals;
pub mod audit;
pub mod backup;
pub mod caller;
pub mod clock;
pub mod clock_watch;
pub mod compared_app_passwords;
pub mod control_group;
pub mod conversation;
pub mod deadline;
pub mod directory;
pub mod doctor;
pub mod door;
pub mod engine;
pub mod hashing;
pub mod holder;
pub mod kept_answer;
pub mod kept_counts;
pub mod keys;
pub mod local_accounts;
pub mod local_groups;
pub mod login;
pub mod mail;
pub mod manage;
pub mod metrics;
pub mod names;
pub mod noticed;
pub mod notices;
mod observations;
pub mod one_shot;
pub mod options;
mod other_password;
pub mod outage;
pub mod pam_password;
pub mod pass_rights;
pub mod password_change;
pub mod places;
pub mod portal;
pub mod portal_state;
pub mod porter;
pub mod privileges;
pub mod process_watch;
mod programs;
pub mod proven_just_now;
pub mod recent_grants;
pub mod recent_refusals;
pub mod remembered;
pub mod removed_app_passwords;
pub mod sent_codes;
pub mod sent_notices;
pub mod service;
pub mod service_manager;
pub mod settings;
pub mod sqlite;
pub mod ssh_keys;
pub mod tally;
pub mod throttle;
pub mod trusted_file;
pub mod watched_file;
