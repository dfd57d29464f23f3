//! All pages, and those of the commands, the engine and the PAM module.

use clap::CommandFactory;
use monk_enroll::cli::Cli;
use monk_enroll::exit::Exit;
use monk_ssh_keys::{EXIT_CODES, Options as KeyOptions};
use monk_wire::{DEFAULT_CONFIG, DEFAULT_ENGINE, DEFAULT_SOCKET};
use monkd::options::Options;

use super::commands;
use super::metrics;
use super::names;
use super::page::Page;
use super::settings;
use super::web;

/// Where the package has `monk-ssh-keys`: sshd wants its whole path.
const KEYS_PROGRAM: &str = "/usr/libexec/monk/monk-ssh-keys";

/// All pages by their file names.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("monk-enroll.1", enroll()),
        ("monkd.8", engine()),
        ("pam_monk.8", module()),
        ("monk-ssh-keys.8", ssh_keys()),
        ("libnss_monk.8", names::page()),
        ("monk-web.8", web::page()),
        ("monk-metrics.8", metrics::page()),
        ("monk.toml.5", settings::page()),
    ]
}

fn enroll() -> String {
    let command = Cli::command();
    let mut page = Page::new("monk-enroll", "1", "second factors for logins through PAM");
    page.section("SYNOPSIS");
    page.paragraph("`monk-enroll` GROUP COMMAND [USER] [OPTIONS]");
    page.section("DESCRIPTION");
    page.paragraph(
        "Enrols devices that show codes, app passwords and backup codes, and looks after them. \
         The engine, monkd, does the work: `monk-enroll` asks it over its socket or, run by root \
         where none listens, starts one.",
    );
    page.paragraph(
        "Ordinary users look after their own account, and name nobody. Before a change they are \
         asked for their password and, where they have one, for a code. Root names a user, and is \
         asked for nothing.",
    );
    page.paragraph(
        "Secrets are never arguments: they are typed on the terminal, or read from standard input \
         with the options that end in `-stdin`. Without a terminal nothing is asked: a command \
         that needs an answer fails and says which option gives it.",
    );
    page.section("COMMANDS");
    commands::leaves(&command, "", &mut |words, leaf| {
        page.part(&commands::synopsis(words.trim_start(), leaf));
        page.paragraph(&format!(
            "{}.",
            leaf.get_about().map(ToString::to_string).unwrap_or_default()
        ));
        commands::arguments(&mut page, leaf);
    });
    page.section("OPTIONS");
    page.paragraph("Every command has these.");
    for argument in command.get_arguments().filter(|one| one.is_global_set()) {
        commands::option(&mut page, argument);
    }
    page.section("EXIT CODES");
    for exit in Exit::ALL {
        page.item(&exit.code().to_string(), "", &format!("{}.", exit.meaning()));
    }
    page.section("ENVIRONMENT");
    page.item("NO_COLOR", "", "Set to anything: no colours.");
    page.section("EXAMPLES");
    page.example(&[
        "# monk-enroll user add alice --mail alice@example.org",
        "# monk-enroll totp add alice",
        "$ monk-enroll app-password create --name \"iPhone Mail\" --scope imap,smtp --expires 90d",
        "$ monk-enroll backup-codes generate",
        "# monk-enroll check alice --service imap",
        "# monk-enroll invite alice --mail",
        "# monk-enroll invite --without-second-factor --mail --wave 200",
        "# monk-enroll letters --group staff --out /root/letters.html",
        "# monk-enroll reset alice",
    ]);
    page.see_also(&[("monkd", "8"), ("pam_monk", "8"), ("monk.toml", "5")]);
    page.finish()
}

fn engine() -> String {
    let command = Options::command();
    let mut page = Page::new("monkd", "8", "the engine of monk");
    page.section("SYNOPSIS");
    page.paragraph("`monkd` [`--config` FILE] [`--one-shot` | `--setup` | `--check`]");
    page.section("DESCRIPTION");
    page.paragraph(
        "Checks passwords, codes and app passwords against a directory, and keeps what has been \
         used. Without an option it stays, and listens on its socket for `pam_monk.so` and \
         monk-enroll. Programs of root need no service: where none listens they start an engine \
         of their own for one login.",
    );
    page.paragraph(
        "Started by root it becomes the user that the settings name, `monk`, where that user \
         exists.",
    );
    page.section("OPTIONS");
    commands::arguments(&mut page, &command);
    page.section("SIGNALS");
    page.item("SIGHUP", "", "Reads settings and keys again; where they are wrong, the old ones stay in force, and the log says why.");
    page.item("SIGTERM, SIGINT", "", "Ends, after the logins under way.");
    page.section("SERVICE MANAGER");
    page.paragraph(
        "The engine that stays tells a service manager (sd_notify(3), `Type=notify`) when its socket \
         answers, which waits for no directory, when it reads its settings again and that it ends. \
         With `WatchdogSec=` it gives a sign of life twice in that time, from the loop that takes \
         connections. It may be started as the user of the settings instead of as root: then that \
         user needs to read the settings, and a folder for the socket (`RuntimeDirectory=monk`).",
    );
    page.section("LOG");
    page.paragraph(
        "One line for each login and for each change, in the facility `auth`: the event, then \
         KEY=VALUE for user, service, terminal and by (the uid of the person behind su, sudo or a \
         program that is not root's) where there are any, address, verdict, reason, credential, ms, id (the same in all lines of one login) and pid. \
         Values with other characters than those of names and addresses stand in quotes, with \
         \\u{HEX} for what could be mistaken. The verdict is granted, refused, ignored (monk does \
         not know the name, and another module may), unavailable, abandoned, done or not-done. \
         Nothing secret is in it.",
    );
    page.section("FILES");
    page.item(DEFAULT_CONFIG, "", "The settings, see monk.toml(5).");
    page.item("/etc/monk/keys", "", "The host keys: 0700, each file 0400, the same on all hosts of a fleet. The file `primary` names the one that makes new values.");
    page.item("/var/lib/monk/monk.db", "", "The embedded directory.");
    page.item(DEFAULT_SOCKET, "", "The socket.");
    page.see_also(&[
        ("monk-enroll", "1"),
        ("pam_monk", "8"),
        ("libnss_monk", "8"),
        ("monk.toml", "5"),
    ]);
    page.finish()
}

fn module() -> String {
    let mut page = Page::new("pam_monk", "8", "PAM module for a second factor");
    page.section("SYNOPSIS");
    page.paragraph("`pam_monk.so` [ARGUMENT...]");
    page.section("DESCRIPTION");
    page.paragraph(
        "Authentication: hands what was typed to monkd, which answers. `PASSWORD;CODE`, an app \
         password alone, or a password with a second screen for the code where the program can \
         show one. Account management: refuses users who are disabled, expired or locked, also where \
         a public key has let them in without authentication by PAM. It answers \
         `PAM_NEW_AUTHTOK_REQD` if the directory wants a new password, and `PAM_ACCT_EXPIRED` to \
         programs of root if the account has ended. Password: changes the password of a user in the \
         directory, after the current one and a code; root proves nothing. The first of libpam's two \
         calls spends nothing.",
    );
    page.section("ARGUMENTS");
    for argument in monk_pam_arguments::ALL {
        let (name, value) = (argument.name, argument.value.unwrap_or_default());
        let tag = if value.is_empty() { name.to_owned() } else { format!("{name}=") };
        page.item(&tag, value, argument.help);
    }
    page.paragraph("An argument that is not understood makes every login fail, and is logged.");
    page.section("RETURN VALUES");
    page.item("PAM_SUCCESS", "", "The engine has said yes.");
    page.item("PAM_AUTH_ERR", "", "The engine has said no. Why stands in its log alone.");
    page.item("PAM_USER_UNKNOWN", "", "The directory says that there is no such user.");
    page.item("PAM_IGNORE", "", "The user is one of this machine below minimum_uid, or, in account and password rules with local_users=ignore, unknown to the directory.");
    page.item(
        "PAM_AUTHTOK_ERR",
        "",
        "The directory does not take the new password, or there is none.",
    );
    page.item("PAM_PERM_DENIED", "", "The directory does not allow the change of the password.");
    page.item("PAM_TRY_AGAIN", "", "The new password was typed twice, and not the same.");
    page.item("PAM_AUTHINFO_UNAVAIL", "", "There was no answer. Never let this pass in a stack.");
    page.section("FILES");
    page.item(DEFAULT_SOCKET, "", "Where the resident engine listens.");
    page.item(DEFAULT_ENGINE, "", "The engine that programs of root start where none listens.");
    page.section("EXAMPLES");
    page.paragraph("A whole service, such as /etc/pam.d/imap:");
    page.example(&["auth     required  pam_monk.so", "account  required  pam_monk.so"]);
    page.paragraph(
        "In front of pam_unix.so, for all services: root and system users get in with their local \
         password also when nothing of monk works, and so does who is not in its directory. Whoever \
         is refused, or cannot be answered, does not.",
    );
    page.example(&[
        "auth     [success=2 ignore=ignore user_unknown=ignore default=die]  pam_monk.so minimum_uid=1000",
        "auth     [success=1 default=ignore]  pam_unix.so try_first_pass",
        "auth     requisite  pam_deny.so",
        "auth     required   pam_permit.so",
    ]);
    page.see_also(&[("monkd", "8"), ("monk-enroll", "1"), ("monk.toml", "5"), ("pam.d", "5")]);
    page.finish()
}

fn ssh_keys() -> String {
    let command = KeyOptions::command();
    let mut page = Page::new("monk-ssh-keys", "8", "prints the ssh keys of a user, for sshd");
    page.section("SYNOPSIS");
    page.paragraph(&format!("`{KEYS_PROGRAM}` [`--service` SERVICE] [`--socket` PATH] USER"));
    page.section("DESCRIPTION");
    page.paragraph(
        "Asks monkd which public keys a user has in the directory, and prints a line of \
         authorized_keys (sshd(8)) for each: with its options, and certificates as they are. sshd runs it \
         as its `AuthorizedKeysCommand`.",
    );
    page.paragraph(
        "Users have no keys here who are not in the directory under exactly this name, whose account is \
         disabled, expired or locked, or who are in none of the groups that the policy of the service lets \
         in. A password that has to be changed takes no keys away.",
    );
    page.paragraph(
        "Root and the user of `[ssh_keys]` in monk.toml may ask about everybody, other users about \
         themselves. It starts no engine: where none listens, there are no keys.",
    );
    page.section("OPTIONS");
    commands::arguments(&mut page, &command);
    page.section("EXIT CODES");
    for (code, meaning) in EXIT_CODES {
        page.item(&code.to_string(), "", &format!("{meaning}."));
    }
    page.section("FILES");
    page.item(DEFAULT_SOCKET, "", "Where the resident engine listens.");
    page.section("EXAMPLES");
    page.paragraph("In /etc/ssh/sshd_config.d/monk.conf:");
    page.example(&[
        &format!("AuthorizedKeysCommand {KEYS_PROGRAM} %u"),
        "AuthorizedKeysCommandUser monk-keys",
    ]);
    page.see_also(&[("monkd", "8"), ("monk.toml", "5"), ("sshd_config", "5")]);
    page.finish()
}
