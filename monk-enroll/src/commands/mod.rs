//! The commands: one file for each group.

mod app_password;
mod backup_codes;
mod check;
mod sheet;
mod status;
mod totp;
mod user;

use crate::cli::{AppPasswordCommand, BackupCodesCommand, Group, TotpCommand, UserCommand};
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;

/// Carries out a command.
pub fn run(session: &mut Session, group: &Group) -> Result<Exit, Error> {
    match group {
        Group::User(UserCommand::Add(args)) => user::add(session, args),
        Group::Totp(TotpCommand::Add(args)) => totp::add(session, args),
        Group::Totp(TotpCommand::Confirm(args)) => totp::confirm(session, args),
        Group::AppPassword(AppPasswordCommand::Create(args)) => app_password::create(session, args),
        Group::AppPassword(AppPasswordCommand::List(args)) => app_password::list(session, args),
        Group::AppPassword(AppPasswordCommand::Revoke(args)) => app_password::revoke(session, args),
        Group::BackupCodes(BackupCodesCommand::Generate(args)) => {
            backup_codes::generate(session, args)
        }
        Group::Status(args) => status::show(session, args),
        Group::Check(args) => check::check(session, args),
    }
}
