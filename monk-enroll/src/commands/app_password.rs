//! `app-password`: generated passwords, one for each program.

use std::io::{self, Write};

use monk_terms::kind::Kind;
use monk_wire::manage::{Command, MailProgram, MailServer, Outcome};

use crate::cli::{AppPasswordCreateArgs, AppPasswordRenameArgs, AppPasswordRevokeArgs, UserArgs};
use crate::commands::credentials::{self, of_kind};
use crate::commands::status::{list_of, read_status, state_cell};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::{document, documents};
use crate::output::{Output, Plain, Style};
use crate::session::Session;
use crate::table::Table;
use crate::talk::unexpected;
use crate::when::Moment;

/// Makes one and shows it.
pub fn create(session: &mut Session, args: &AppPasswordCreateArgs) -> Result<Exit, Error> {
    let AppPasswordCreateArgs { name, networks, .. } = args;
    let user = &session.user(args.user.as_ref())?;
    let expires = args.expires.map(|span| Moment::now().after(span));
    let command = Command::AppPasswordCreate {
        label: name.clone(),
        services: (!args.services.is_empty()).then(|| args.services.clone()),
        networks: networks.clone(),
        expires: expires.map(|moment| moment.0),
    };
    let Outcome::AppPassword { credential, password, services, mail } =
        session.manage(user, command)?
    else {
        return Err(unexpected());
    };
    let password = password.expose_str().ok_or_else(unexpected)?;
    let out = &mut session.out;
    if session.json {
        let id = credential;
        let mail = mail.as_ref().map(|mail| {
            let servers = mail.servers.iter().map(|server| {
                let MailServer { protocol, host, port, security } = server;
                document! { protocol, host, port, security }
            });
            document! { user: &mail.user, servers: servers.collect::<Vec<_>>() }
        });
        out.json(&document! { user, id, name, password, services, networks, expires, mail })?;
        return Ok(Exit::Done);
    }
    writeln!(out, "App password “{}” of {}:\n", Plain(name), Plain(user))?;
    writeln!(out, "    {}\n", out.screen.paint(Style::Strong, Plain(password)))?;
    if let Some(mail) = &mail {
        write_mail_program(out, mail)?;
    }
    let services = match services.as_slice() {
        [] => "no service".to_owned(),
        services if services.iter().any(|service| service == "*") => "every service".to_owned(),
        services => services.join(", "),
    };
    write!(out, "It opens {}", Plain(&services))?;
    if !networks.is_empty() {
        write!(out, " from {}", Plain(&networks.join(", ")))?;
    }
    match expires {
        Some(expires) => writeln!(out, " until {expires} UTC.")?,
        None => writeln!(out, " until it is revoked.")?,
    }
    writeln!(
        out,
        "Type it in place of the password, without a code. Upper and lower case, blanks"
    )?;
    writeln!(out, "and dashes do not matter. It is shown this once.")?;
    Ok(Exit::Done)
}

/// What to type into a mail program beside it.
fn write_mail_program(out: &mut Output, mail: &MailProgram) -> io::Result<()> {
    let mut table = Table::new(["IN THE MAIL PROGRAM", "SERVER", "PORT", "SECURITY", "USER"]);
    for server in &mail.servers {
        table.row([
            (&server.protocol).into(),
            (&server.host).into(),
            server.port.to_string().into(),
            (&server.security).into(),
            (&mail.user).into(),
        ]);
    }
    table.write(out)?;
    writeln!(out)
}

/// Lists those of a user.
pub fn list(session: &mut Session, args: &UserArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    let status = read_status(session, &user)?;
    let now = Moment::now();
    let ours = of_kind(&status, Kind::AppPassword);
    if session.json {
        let app_passwords = documents(ours, now);
        session.out.json(&document! { user: &status.user, app_passwords })?;
        return Ok(Exit::Done);
    }
    let out = &mut session.out;
    if ours.is_empty() {
        writeln!(out, "{} has no app passwords.", Plain(&status.user))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new([
        "NAME",
        "ID",
        "STATE",
        "OPENS",
        "FROM",
        "ENDS",
        "CREATED",
        "LAST USED",
        "WHERE",
    ]);
    for one in ours {
        table.row([
            (&one.label).into(),
            (&one.id).into(),
            state_cell(one, now),
            list_of(&one.services),
            list_of(&one.networks),
            one.expires.map_or_else(String::new, |end| format!("{:#}", Moment(end))).into(),
            format!("{:#}", Moment(one.created)).into(),
            one.last_used.map_or_else(|| "never".into(), |used| Moment(used).to_string()).into(),
            list_of(one.last_address.iter().chain(&one.last_service)),
        ]);
    }
    table.write(out)?;
    Ok(Exit::Done)
}

/// Gives one another name.
pub fn rename(session: &mut Session, args: &AppPasswordRenameArgs) -> Result<Exit, Error> {
    let user = session.user(args.user.as_ref())?;
    credentials::rename(session, &user, Kind::AppPassword, &args.app_password, &args.to)
}

/// Revokes one, and without a question: who revokes has lost something, and is in a hurry.
pub fn revoke(session: &mut Session, args: &AppPasswordRevokeArgs) -> Result<Exit, Error> {
    let app_password = &args.app_password;
    let user = &session.user(args.user.as_ref())?;
    let command =
        Command::Remove { kind: Kind::AppPassword, credential: Some(app_password.clone()) };
    let Outcome::Removed { .. } = session.manage(user, command)? else {
        return Err(unexpected());
    };
    if session.json {
        session.out.json(&document! { user, revoked: app_password })?;
    } else {
        let (name, user) = (Plain(app_password), Plain(user));
        writeln!(session.out, "App password “{name}” of {user} is revoked; it opens nothing now.")?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use monk_wire::Secret;
    use monk_wire::manage::{CredentialStatus, Failure, MailServer};

    use super::*;
    use crate::commands::status::tests::{credential, status};
    use crate::scripted::{Scene, Step, done, failed};

    const NAME: &str = "iPhone Mail";

    fn removed() -> Step {
        let (credential, label) = ("5f0c1d2e3a4b5968".into(), NAME.into());
        done(Outcome::Removed { credential, label, last: false })
    }

    fn made(services: &[&str]) -> Step {
        made_with(services, None)
    }

    fn made_with(services: &[&str], mail: Option<MailProgram>) -> Step {
        done(Outcome::AppPassword {
            mail,
            credential: "5f0c1d2e3a4b5968".into(),
            password: Secret::new(b"k3tn-p7wq-2mzx-c9dh-v4ra"),
            services: services.iter().map(ToString::to_string).collect(),
        })
    }

    fn one() -> CredentialStatus {
        CredentialStatus {
            kind: Kind::AppPassword,
            label: NAME.into(),
            last_used: Some(1_795_284_000),
            last_address: Some("192.0.2.7".into()),
            last_service: Some("imap".into()),
            services: vec!["imap".into(), "smtp".into()],
            networks: vec!["192.0.2.0/24".into()],
            expires: Some(4_102_444_800),
            ..credential()
        }
    }

    #[test]
    fn it_is_shown_with_what_it_opens() {
        let seen = Scene::new([made(&["imap", "smtp"])]).run_words(&[
            "app-password",
            "create",
            "alice",
            "--name",
            NAME,
            "--scope",
            "imap,smtp",
            "--network",
            "192.0.2.0/24",
            "--network",
            "2001:db8::/32",
            "--expires",
            "90d",
        ]);
        let [Command::AppPasswordCreate { label, services, networks, expires }] =
            &seen.commands()[..]
        else {
            panic!("{:?}", seen.requests)
        };
        assert_eq!(label, NAME);
        assert_eq!(services.as_deref(), Some(&["imap".to_owned(), "smtp".to_owned()][..]));
        assert_eq!(networks[..], ["192.0.2.0/24", "2001:db8::/32"]);
        let ahead = expires.unwrap() - Moment::now().0;
        assert!(ahead.abs_diff(90 * 86_400) < 60, "{ahead}");
        assert!(seen.out.contains("\n    k3tn-p7wq-2mzx-c9dh-v4ra\n"), "{}", seen.out);
        assert!(seen.out.contains("It opens imap, smtp from 192.0.2.0/24, 2001:db8::/32 until 2"));
    }

    #[test]
    fn the_settings_decide_where_nothing_is_said() {
        let scene = Scene::new([made(&["*"])]);
        let seen = scene.run("app-password create alice --name Mail");
        assert!(matches!(
            &seen.commands()[..],
            [Command::AppPasswordCreate { services: None, expires: None, .. }]
        ));
        assert!(seen.out.contains("It opens every service until it is revoked."), "{}", seen.out);
    }

    #[test]
    fn the_mail_settings_stand_beside_it_where_they_are_known() {
        let server = |protocol: &str, port, security: &str| MailServer {
            protocol: protocol.into(),
            host: "mail.example.org".into(),
            port,
            security: security.into(),
        };
        let mail = MailProgram {
            user: "alice@example.org".into(),
            servers: vec![server("IMAP", 993, "SSL/TLS"), server("SMTP", 587, "STARTTLS")],
        };
        let seen = Scene::new([made_with(&["imap", "smtp"], Some(mail.clone()))])
            .run("app-password create alice --name Mail");
        let table = "\
IN THE MAIL PROGRAM  SERVER            PORT  SECURITY  USER
IMAP                 mail.example.org  993   SSL/TLS   alice@example.org
SMTP                 mail.example.org  587   STARTTLS  alice@example.org
";
        assert!(seen.out.contains(table), "{}", seen.out);
        let words = ["app-password", "create", "alice", "--name", NAME, "--json"];
        Scene::new([made_with(&["imap", "smtp"], Some(mail))])
            .run_words(&words)
            .assert_documented("app-password create");
    }

    #[test]
    fn another_name_is_told() {
        let line = "app-password rename alice Mail --to Phone";
        let seen = Scene::new([done(Outcome::Done)]).run(line);
        let (kind, credential, label) = (Kind::AppPassword, "Mail".into(), "Phone".into());
        assert_eq!(seen.commands(), [Command::Rename { kind, credential, label }]);
        assert_eq!(seen.out, "“Mail” of alice is called “Phone” now.\n");
        let seen = Scene::new([done(Outcome::Done)]).run(&format!("{line} --json"));
        seen.assert_documented("app-password rename");
    }

    #[test]
    fn the_list_shows_app_passwords_only() {
        let everything = status(vec![credential(), one()]);
        let seen =
            Scene::new([done(Outcome::Status(everything.clone()))]).run("app-password list alice");
        let expected = "\
NAME         ID                STATE   OPENS       FROM          ENDS        CREATED     LAST USED         WHERE
iPhone Mail  5f0c1d2e3a4b5968  active  imap, smtp  192.0.2.0/24  2100-01-01  2026-11-21  2026-11-21 18:00  192.0.2.7, imap
";
        assert_eq!(seen.out, expected);
        Scene::new([done(Outcome::Status(everything))])
            .run("app-password list alice --json")
            .assert_documented("app-password list");
        let none = Scene::new([done(Outcome::Status(status(vec![])))]);
        assert_eq!(none.run("app-password list alice").out, "alice has no app passwords.\n");
    }

    #[test]
    fn revoking_says_so() {
        let words = ["app-password", "revoke", "alice", NAME, "--json"];
        let seen = Scene::new([removed()]).run_words(&words);
        let (kind, credential) = (Kind::AppPassword, Some(NAME.into()));
        assert_eq!(seen.commands(), [Command::Remove { kind, credential }]);
        seen.assert_documented("app-password revoke");
        let seen = Scene::new([removed()]).run_words(&words[..4]);
        assert_eq!(
            seen.out,
            "App password “iPhone Mail” of alice is revoked; it opens nothing now.\n"
        );
        let gone =
            failed(Failure::NoSuchCredential { kind: Kind::AppPassword, wanted: Some("x".into()) });
        assert_eq!(Scene::new([gone]).run("app-password revoke alice x").exit, Exit::NotFound);
    }
}
