//! The commands: one file for each group.

mod account;
mod app_password;
mod backup;
mod backup_codes;
mod check;
mod config;
mod credentials;
mod directory;
mod doctor;
mod email;
mod engine_program;
mod group;
mod import;
mod invitations;
mod invite;
mod key;
mod letters;
mod list;
mod moving;
mod orphans;
mod overview;
mod passkey;
mod password;
mod posix;
mod progress;
mod report;
mod reset;
mod restored;
mod sheet;
mod ssh_key;
mod status;
mod throttle;
mod totp;
mod user;
mod user_guide;

use std::io::Write;

use crate::cli::{
    AppPasswordCommand, BackupCodesCommand, Cli, ConfigCommand, CredentialsCommand,
    DirectoryCommand, Group, GroupCommand, InvitationsCommand, KeyCommand, PasskeyCommand,
    ThrottleCommand, TotpCommand, UserCommand,
};
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;

/// Whether the engine takes a command from root alone. Others hear so before they are asked for anything.
fn is_for_root(group: &Group) -> bool {
    match group {
        // To set somebody else's is for root, as the engine says.
        Group::User(UserCommand::Passwd(_)) => false,
        // Users manage their own keys.
        Group::User(UserCommand::SshKey(_)) => false,
        Group::Reset(_)
        | Group::Invite(_)
        | Group::Report(_)
        | Group::Invitations(_)
        | Group::Letters(_)
        | Group::User(_)
        | Group::Group(_)
        | Group::Throttle(_)
        | Group::Key(_)
        | Group::Import(_)
        | Group::Credentials(_)
        | Group::Backup(_)
        | Group::Restore(_)
        | Group::UserGuide(_)
        | Group::Directory(_)
        | Group::Config(ConfigCommand::Show) => true,
        // To try strings would be to guess.
        Group::Check(args) => args.password_stdin,
        Group::Status(args) => args.all,
        // What doctor needs root for it says itself.
        Group::Doctor(_)
        | Group::Config(ConfigCommand::Check)
        | Group::Totp(_)
        | Group::AppPassword(_)
        | Group::BackupCodes(_)
        | Group::Passkey(_)
        | Group::Email(_) => false,
    }
}

/// Carries out a command and reports its end.
pub fn run(session: &mut Session, cli: &Cli) -> Exit {
    let result = carry_out(session, cli);
    // What was written before an error stays true.
    match (result, session.out.flush()) {
        (Ok(exit), Ok(())) => exit,
        (Ok(_), Err(error)) => session.report(&error.into()),
        (Err(error), _) => session.report(&error),
    }
}

fn carry_out(session: &mut Session, cli: &Cli) -> Result<Exit, Error> {
    if is_for_root(&cli.group) && !session.root {
        let error = Error::new(Exit::NotPermitted, "only root may do this");
        return Err(error.remedy("Try it with sudo."));
    }
    match &cli.group {
        Group::Totp(TotpCommand::Add(args)) => totp::add(session, args),
        Group::Totp(TotpCommand::Confirm(args)) => totp::confirm(session, args),
        Group::Totp(TotpCommand::ShowQr(args)) => totp::show_qr(session, args),
        Group::Totp(TotpCommand::List(args)) => totp::list(session, args),
        Group::Totp(TotpCommand::Rename(args)) => totp::rename(session, args),
        Group::Totp(TotpCommand::Remove(args)) => totp::remove(session, args),
        Group::AppPassword(AppPasswordCommand::Create(args)) => app_password::create(session, args),
        Group::AppPassword(AppPasswordCommand::List(args)) => app_password::list(session, args),
        Group::AppPassword(AppPasswordCommand::Rename(args)) => app_password::rename(session, args),
        Group::AppPassword(AppPasswordCommand::Revoke(args)) => app_password::revoke(session, args),
        Group::Passkey(PasskeyCommand::List(args)) => passkey::list(session, args),
        Group::Passkey(PasskeyCommand::Rename(args)) => passkey::rename(session, args),
        Group::Passkey(PasskeyCommand::Remove(args)) => passkey::remove(session, args),
        Group::Passkey(PasskeyCommand::Withdraw(args)) => passkey::withdraw(session, args),
        Group::BackupCodes(BackupCodesCommand::Generate(args)) => {
            backup_codes::generate(session, args)
        }
        Group::BackupCodes(BackupCodesCommand::Status(args)) => backup_codes::status(session, args),
        Group::BackupCodes(BackupCodesCommand::Remove(args)) => backup_codes::remove(session, args),
        Group::Email(command) => email::run(session, command),
        Group::Status(args) if args.all => overview::show(session, args),
        Group::Status(args) => status::show(session, args),
        Group::Report(args) => report::run(session, args),
        Group::Check(args) => check::check(session, args),
        Group::Invite(args) => invite::invite(session, args),
        Group::Invitations(InvitationsCommand::List(args)) => invitations::list(session, args),
        Group::Invitations(InvitationsCommand::Bounced(args)) => {
            invitations::bounced(session, args)
        }
        Group::Letters(args) => letters::write(session, args),
        Group::Reset(args) => reset::reset(session, args),
        Group::User(UserCommand::Add(args)) => user::add(session, args),
        Group::User(UserCommand::List(args)) => list::users(session, args),
        Group::User(UserCommand::Set(args)) => posix::set(session, args),
        Group::User(UserCommand::SshKey(command)) => ssh_key::run(session, command),
        Group::User(UserCommand::Passwd(args)) => password::passwd(session, args),
        Group::User(UserCommand::Disable(args)) => account::enable(session, args, false),
        Group::User(UserCommand::Enable(args)) => account::enable(session, args, true),
        Group::User(UserCommand::Expire(args)) => account::expire(session, args),
        Group::User(UserCommand::Remove(args)) => user::remove(session, args),
        Group::User(UserCommand::Import(args)) => import::users(session, args),
        Group::Group(GroupCommand::List) => group::list(session),
        Group::Group(GroupCommand::Add(args)) => group::add(session, args),
        Group::Group(GroupCommand::Remove(args)) => group::remove(session, args),
        Group::Group(GroupCommand::Delete(args)) => group::delete(session, args),
        Group::Throttle(ThrottleCommand::List) => throttle::list(session),
        Group::Throttle(ThrottleCommand::Clear(args)) => throttle::clear(session, args),
        Group::Credentials(CredentialsCommand::Orphans) => orphans::list(session),
        Group::Credentials(CredentialsCommand::Sweep(args)) => orphans::sweep(session, args),
        Group::Key(KeyCommand::Create) => key::create(session),
        Group::Key(KeyCommand::List) => key::list(session),
        Group::Key(KeyCommand::Rotate(args)) => key::rotate(session, args),
        Group::Key(KeyCommand::Retire(args)) => key::retire(session, args),
        Group::Doctor(args) => doctor::doctor(session, args),
        Group::Config(ConfigCommand::Show) => config::show(session),
        Group::Config(ConfigCommand::Check) => config::check(session, &cli.options),
        Group::Directory(DirectoryCommand::Detect(args)) => directory::detect(session, args),
        Group::Import(args) => import::devices(session, args),
        Group::Credentials(CredentialsCommand::Move(args)) => moving::run(session, args),
        Group::Credentials(CredentialsCommand::Restored) => restored::run(session),
        Group::UserGuide(args) => user_guide::write(session, args),
        Group::Backup(args) => backup::save(session, args, &cli.options),
        Group::Restore(args) => backup::restore(session, args, &cli.options),
    }
}
