//! `status`: what a user has enrolled, and what of it does not work.

use std::io::{self, Write};

use monk_terms::kind::Kind;
use monk_wire::manage::{Command, CredentialStatus, Outcome, Status};

use crate::cli::StatusArgs;
use crate::commands::posix::{Members, described};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{State, document, documents};
use crate::output::{Output, Plain, Style};
use crate::session::Session;
use crate::table::{Cell, Table};
use crate::talk::unexpected;
use crate::when::Moment;
use crate::words;

/// With so few backup codes left, it is time for new ones.
const FEW_CODES: u32 = 2;

/// Shows everything about a user.
pub fn show(session: &mut Session, args: &StatusArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let status = read_status(session, &user)?;
    let now = Moment::now();
    let out = &mut session.out;
    if session.json {
        let Status { user, mail, state, credentials, unreadable, posix } = &status;
        let credentials = documents(credentials, now);
        let Members { uid, gid, full_name, home, shell } = Members::of(posix.as_ref());
        out.json(&document! {
            user, mail, state, credentials, unreadable, uid, gid, full_name, home, shell
        })?;
        return Ok(Exit::Done);
    }
    heading(out, &status)?;
    if status.credentials.is_empty() {
        writeln!(out, "Nothing is enrolled.")?;
    } else {
        table(&status, now).write(out)?;
    }
    notes(out, &status, now)?;
    Ok(Exit::Done)
}

/// Asks the engine what a user has.
pub fn read_status(session: &mut Session, user: &str) -> Result<Status, Error> {
    match session.manage(user, Command::Status)? {
        Outcome::Status(status) => Ok(status),
        _ => Err(unexpected()),
    }
}

/// The state of a credential in a table.
pub fn state_cell(credential: &CredentialStatus, now: Moment) -> Cell {
    let state = State::of(credential, now);
    let style = match state {
        State::Active => Style::Good,
        State::Pending | State::Waiting | State::Expired | State::Spent => Style::Warning,
        State::Unusable => Style::Bad,
    };
    match credential.codes_left {
        Some((left, total)) if state == State::Active => {
            let style = if left <= FEW_CODES { Style::Warning } else { style };
            Cell::styled(style, &format!("{left} of {total} left"))
        }
        _ => Cell::styled(style, state.word()),
    }
}

/// Several things in one cell.
pub fn list_of<'a>(things: impl IntoIterator<Item = &'a String>) -> Cell {
    things.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ").into()
}

fn heading(out: &mut Output, status: &Status) -> io::Result<()> {
    write!(out, "{}", out.screen.paint(Style::Strong, Plain(&status.user)))?;
    if let Some(mail) = &status.mail {
        write!(out, " <{}>", Plain(mail))?;
    }
    if let Some(closed) = words::accounts::what_is_closed(status.state) {
        write!(out, ", {}: {closed}", out.screen.paint(Style::Bad, status.state.as_str()))?;
    }
    if let Some(posix) = &status.posix {
        write!(out, "\n{}", Plain(&described(posix)))?;
    }
    writeln!(out, "\n")
}

fn table(status: &Status, now: Moment) -> Table<6> {
    let mut table = Table::new(["KIND", "NAME", "STATE", "CREATED", "LAST USED", "WHERE"]);
    for one in &status.credentials {
        table.row([
            one.kind.as_str().into(),
            (&one.label).into(),
            state_cell(one, now),
            format!("{:#}", Moment(one.created)).into(),
            one.last_used.map_or_else(|| "never".into(), |used| Moment(used).to_string()).into(),
            list_of(one.last_address.iter().chain(&one.last_service)),
        ]);
    }
    table
}

/// What is not as it should be, why it matters, and what to do.
fn notes(out: &mut Output, status: &Status, now: Moment) -> io::Result<()> {
    let notes = notes_about(status, now);
    if !notes.is_empty() {
        writeln!(out)?;
    }
    notes.iter().try_for_each(|(style, note)| {
        let mark = out.screen.paint(*style, "!");
        writeln!(out, "{mark} {}", Plain(note))
    })
}

fn notes_about(status: &Status, now: Moment) -> Vec<(Style, String)> {
    let user = &status.user;
    let mut notes = Vec::new();
    for one in &status.credentials {
        let CredentialStatus { id, kind, label, .. } = one;
        let name = if label.is_empty() { kind.as_str() } else { label };
        match State::of(one, now) {
            State::Unusable => notes.push((
                Style::Bad,
                format!(
                    "{name} cannot be checked by this host, so every login with it is refused: \
                     the key is not here, or the record was changed or copied from elsewhere. It \
                     still counts as a second factor."
                ),
            )),
            State::Pending if *kind == Kind::Email => notes.push((
                Style::Warning,
                format!("{name} waits for its code: monk-enroll email confirm {user}"),
            )),
            State::Pending if one.expires.is_some() => notes.push((
                Style::Warning,
                format!(
                    "{name} was handed out by letter, and waits to be confirmed: by the first login \
                     where the letter says so, or by root with monk-enroll totp confirm {user} --name {id}"
                ),
            )),
            State::Pending => notes.push((
                Style::Warning,
                format!("{name} waits for a code: monk-enroll totp confirm {user} --name {id}"),
            )),
            State::Waiting => notes.push((
                Style::Warning,
                format!(
                    "{name} works from {} UTC. If you did not add it: monk-enroll totp remove {user} {id}",
                    Moment(one.usable_from.unwrap_or_default())
                ),
            )),
            State::Expired if *kind == Kind::EnrolmentCode => notes.push((
                Style::Bad,
                format!("The enrolment code has ended. A new one: monk-enroll invite {user}"),
            )),
            // It lives for minutes, and the next one takes its place.
            State::Expired | State::Spent if kind.opens_once() => {}
            State::Expired => notes.push((
                Style::Warning,
                format!("{name} has ended: monk-enroll app-password revoke {user} {id}"),
            )),
            State::Spent => notes.push((
                Style::Warning,
                format!("No backup code is left: monk-enroll backup-codes generate {user}"),
            )),
            State::Active => {
                if let Some((left, _)) = one.codes_left.filter(|&(left, _)| left <= FEW_CODES) {
                    notes.push((
                        Style::Warning,
                        format!(
                            "Backup codes left: {left}. New ones: \
                             monk-enroll backup-codes generate {user}"
                        ),
                    ));
                }
            }
        }
    }
    if status.unreadable > 0 {
        notes.push((
            Style::Bad,
            format!(
                "Records that this host cannot read: {}. A newer monk wrote them, or they are \
                 damaged. They count as second factors, so that damage never lets anybody in.",
                status.unreadable
            ),
        ));
    }
    notes
}

#[cfg(test)]
pub mod tests {
    use monk_terms::account_state::AccountState;

    use super::*;
    use crate::output::Screen;
    use crate::scripted::{Scene, done};

    /// A device in use.
    pub fn credential() -> CredentialStatus {
        CredentialStatus {
            id: "5f0c1d2e3a4b5968".into(),
            kind: Kind::Totp,
            label: "Phone".into(),
            created: 1_795_284_000,
            last_used: None,
            last_address: None,
            last_service: None,
            pending: false,
            usable_from: None,
            usable: true,
            services: vec![],
            networks: vec![],
            expires: None,
            codes_left: None,
        }
    }

    /// Alice, who has these.
    pub fn status(credentials: Vec<CredentialStatus>) -> Status {
        Status {
            user: "alice".into(),
            mail: Some("alice@example.org".into()),
            state: AccountState::Enabled,
            credentials,
            unreadable: 0,
            posix: None,
        }
    }

    fn everything() -> Status {
        let app_password = CredentialStatus {
            kind: Kind::AppPassword,
            label: "iPhone Mail".into(),
            last_used: Some(1_795_284_000),
            last_address: Some("192.0.2.7".into()),
            last_service: Some("imap".into()),
            ..credential()
        };
        let codes = CredentialStatus {
            kind: Kind::BackupCodes,
            label: "Backup codes".into(),
            codes_left: Some((5, 6)),
            ..credential()
        };
        status(vec![
            CredentialStatus { last_used: Some(1_795_287_600), ..credential() },
            app_password,
            codes,
        ])
    }

    #[test]
    fn a_healthy_user_is_a_table_and_nothing_more() {
        let seen = Scene::new([done(Outcome::Status(everything()))]).run("status alice");
        let expected = "\
alice <alice@example.org>

KIND          NAME          STATE        CREATED     LAST USED         WHERE
totp          Phone         active       2026-11-21  2026-11-21 19:00
app-password  iPhone Mail   active       2026-11-21  2026-11-21 18:00  192.0.2.7, imap
backup-code   Backup codes  5 of 6 left  2026-11-21  never
";
        assert_eq!(seen.out, expected);
    }

    #[test]
    fn what_does_not_work_is_said_with_its_consequence() {
        let status = Status {
            state: AccountState::Disabled,
            unreadable: 2,
            credentials: vec![
                CredentialStatus { usable: false, ..credential() },
                CredentialStatus { label: "Tablet".into(), pending: true, ..credential() },
                CredentialStatus {
                    kind: Kind::Email,
                    label: "a@example.org".into(),
                    pending: true,
                    ..credential()
                },
                CredentialStatus { label: "Mail".into(), expires: Some(1), ..credential() },
                CredentialStatus { codes_left: Some((0, 6)), ..credential() },
                CredentialStatus { codes_left: Some((1, 6)), ..credential() },
            ],
            ..status(vec![])
        };
        let seen = Scene::new([done(Outcome::Status(status))]).run("status alice");
        for said in [
            ", disabled: every login is refused\n",
            "! Phone cannot be checked by this host, so every login with it is refused",
            "! Tablet waits for a code: monk-enroll totp confirm alice --name 5f0c1d2e3a4b5968\n",
            "! a@example.org waits for its code: monk-enroll email confirm alice\n",
            "! Mail has ended: monk-enroll app-password revoke alice",
            "! No backup code is left: monk-enroll backup-codes generate alice\n",
            "! Backup codes left: 1. New",
            "! Records that this host cannot read: 2.",
        ] {
            assert!(seen.out.contains(said), "{said} in\n{}", seen.out);
        }
        assert_eq!(seen.exit, Exit::Done);
    }

    #[test]
    fn what_a_user_is_for_hosts_stands_below_the_name() {
        let posix = monk_wire::manage::Posix {
            uid: 65_536,
            gid: 70_000,
            full_name: "Alice Smith".into(),
            home: Some("/srv/alice".into()),
            shell: Some("/bin/zsh".into()),
        };
        let status = Status { posix: Some(posix), ..status(vec![]) };
        let seen = Scene::new([done(Outcome::Status(status))]).run("status alice");
        let expected = "\
alice <alice@example.org>
uid 65536, gid 70000, home folder /srv/alice, shell /bin/zsh, full name Alice Smith

Nothing is enrolled.
";
        assert_eq!(seen.out, expected);
    }

    #[test]
    fn a_user_with_nothing_is_told_so() {
        let seen = Scene::new([done(Outcome::Status(status(vec![])))]).run("status alice");
        assert_eq!(seen.out, "alice <alice@example.org>\n\nNothing is enrolled.\n");
    }

    #[test]
    fn programs_get_everything() {
        let seen = Scene::new([done(Outcome::Status(everything()))]).run("status alice --json");
        seen.assert_documented("status");
    }

    #[test]
    fn names_cannot_steer_the_terminal_and_colours_are_for_terminals() {
        let evil = CredentialStatus { label: "\x1b]0;x\x07".into(), ..credential() };
        let run = |screen| {
            let evil = status(vec![CredentialStatus { usable: false, ..evil.clone() }]);
            Scene::new([done(Outcome::Status(evil))]).screen(screen).run("status alice").out
        };
        assert!(!run(Screen::NONE).contains('\x1b'));
        let coloured = run(Screen { colours: true, columns: 80 });
        assert!(coloured.contains("\x1b[1;31munusable\x1b[0m") && !coloured.contains("\x1b]"));
    }
}
