//! What the modules of other people are for, and what they can answer.

use std::ffi::CString;
use std::num::NonZeroU32;

use monk_pam_arguments::Arguments;

use super::control::Code;
use super::phase::Phase;
use super::stack::Rule;

/// What a module is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// monk itself.
    Monk,
    /// It checks a password.
    Password,
    /// It sorts logins: by group, by address, by time, by who asks.
    Condition,
    /// It never lets anybody in by itself.
    Helper,
    /// Anything else: another factor, or something that we do not know.
    Other,
}

/// Modules that check a password.
const PASSWORDS: [&str; 14] = [
    "pam_unix.so",
    "pam_sss.so",
    "pam_ldap.so",
    "pam_krb5.so",
    "pam_winbind.so",
    "pam_userdb.so",
    "pam_pwdfile.so",
    "pam_mysql.so",
    "pam_pgsql.so",
    "pam_extrausers.so",
    "pam_systemd_home.so",
    "pam_radius_auth.so",
    "pam_himmelblau.so",
    "pam_kanidm.so",
];

/// Modules that sort logins.
const CONDITIONS: [&str; 8] = [
    "pam_succeed_if.so",
    "pam_localuser.so",
    "pam_rootok.so",
    "pam_listfile.so",
    "pam_access.so",
    "pam_time.so",
    "pam_wheel.so",
    "pam_usertype.so",
];

/// Modules that do something else on the way, besides [`TAKERS`].
const HELPERS: [&str; 18] = [
    "pam_env.so",
    "pam_cap.so",
    "pam_group.so",
    "pam_faildelay.so",
    "pam_motd.so",
    "pam_mail.so",
    "pam_nologin.so",
    "pam_securetty.so",
    "pam_shells.so",
    "pam_faillock.so",
    "pam_tally2.so",
    "pam_issue.so",
    "pam_warn.so",
    "pam_echo.so",
    "pam_lastlog.so",
    "pam_limits.so",
    "pam_abl.so",
    "pam_shield.so",
];

/// Modules that make something of a password that was typed, without judging it: they open a volume,
/// a folder or a store of passwords with it, or hand it to a program.
const TAKERS: [&str; 12] = [
    "pam_gnome_keyring.so",
    "pam_mount.so",
    "pam_ecryptfs.so",
    "pam_encfs.so",
    "pam_fscrypt.so",
    "pam_zfs_key.so",
    "pam_kwallet.so",
    "pam_kwallet5.so",
    "pam_kwallet6.so",
    "pam_cifscreds.so",
    "pam_smbpass.so",
    EXEC,
];

/// Runs a program, which gets the password with `expose_authtok`.
const EXEC: &str = "pam_exec.so";

/// Modules that ask for a code or a key of their own.
const FACTORS: [&str; 13] = [
    "pam_google_authenticator.so",
    "pam_oath.so",
    "pam_duo.so",
    "pam_u2f.so",
    "pam_yubico.so",
    "pam_otpw.so",
    "pam_opie.so",
    "pam_mobile_otp.so",
    "pam_privacyidea.so",
    "pam_multiotp.so",
    "pam_totp.so",
    "pam_rsa_securid.so",
    "pam_barada.so",
];

/// Whether a rule asks for a second factor that is not monk's.
pub fn is_other_factor(rule: &Rule) -> bool {
    rule.module().is_some_and(|name| FACTORS.contains(&name))
}

/// Whether a module makes something of the password, without judging it.
pub fn uses_password(rule: &Rule) -> bool {
    let name = rule.module().filter(|name| TAKERS.contains(name));
    name.is_some_and(|name| name != EXEC || rule.has("expose_authtok"))
}

/// Whether a module wants the password that an earlier one has asked for, and gets nowhere, or asks
/// once more, without it.
pub fn wants_first_password(rule: &Rule) -> bool {
    uses_password(rule) || role(rule) == Role::Password && rule.has("use_first_pass")
}

/// What a rule's module is for.
pub fn role(rule: &Rule) -> Role {
    match rule.module() {
        _ if rule.is_monk() => Role::Monk,
        Some("pam_permit.so" | "pam_deny.so" | "pam_debug.so") | None => Role::Helper,
        Some(name) if PASSWORDS.contains(&name) => Role::Password,
        Some(name) if CONDITIONS.contains(&name) => Role::Condition,
        Some(name) if HELPERS.contains(&name) || TAKERS.contains(&name) => Role::Helper,
        Some(_) => Role::Other,
    }
}

/// Whether a module can use a password that an earlier one hands on.
pub fn takes_password(rule: &Rule) -> bool {
    role(rule) == Role::Password || role(rule) == Role::Other || uses_password(rule)
}

/// Modules whose users are those of this machine's files. Those of all others may come from a network,
/// and may be known there by several names.
const LOCAL: [&str; 4] = ["pam_unix.so", "pam_pwdfile.so", "pam_userdb.so", "pam_extrausers.so"];

/// Whether a module checks the passwords of users who are not this machine's own.
pub fn asks_network(rule: &Rule) -> bool {
    role(rule) == Role::Password && rule.module().is_some_and(|name| !LOCAL.contains(&name))
}

/// Asks the module's own code whether it understands its arguments.
pub fn understood(arguments: &[String]) -> Result<Arguments, String> {
    let arguments = arguments
        .iter()
        .map(|argument| CString::new(argument.as_str()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "an argument has a NUL in it".to_owned())?;
    let arguments: Vec<_> = arguments.iter().map(CString::as_c_str).collect();
    Arguments::parse(&arguments).map_err(|mistake| mistake.to_string())
}

/// The uid below which a rule of monk says nothing of users of this machine; 0 where there is none.
pub fn minimum_uid(rule: &Rule) -> u32 {
    let understood = rule.is_monk().then(|| understood(rule.arguments()).ok()).flatten();
    understood.and_then(|arguments| arguments.minimum_uid).map_or(0, NonZeroU32::get)
}

/// What a module can answer of a user of this machine with this uid. `typed`: an earlier one has asked
/// for a password.
pub fn answers(rule: &Rule, phase: Phase, uid: u32, typed: bool) -> Vec<Code> {
    let no = [Code::AUTH_ERR, Code::AUTHINFO_UNAVAIL, Code::USER_UNKNOWN];
    match (role(rule), rule.module()) {
        (Role::Monk, _) if uid < minimum_uid(rule) => vec![Code::IGNORE],
        (Role::Monk, _) if phase == Phase::Account && rule.has("local_users=ignore") => {
            [&[Code::SUCCESS, Code::IGNORE], &no[..2]].concat()
        }
        (Role::Monk, _) => [&[Code::SUCCESS], &no[..]].concat(),
        (_, Some("pam_permit.so")) => vec![Code::SUCCESS],
        (_, Some("pam_deny.so")) => vec![Code::AUTH_ERR],
        (_, Some("pam_debug.so")) => vec![told_to(rule, phase)],
        (_, None) => vec![Code::PERM_DENIED],
        (Role::Password, _) if phase == Phase::Auth && rule.has("use_first_pass") && !typed => {
            no.to_vec()
        }
        // Who checks passwords has an opinion, unless told to have none of some users.
        (Role::Password, _) if !rule.arguments().iter().any(|one| abstains(one)) => {
            [&[Code::SUCCESS], &no[..]].concat()
        }
        _ => [&[Code::SUCCESS, Code::IGNORE], &no[..]].concat(),
    }
}

/// Arguments of pam_sss, pam_ldap and pam_krb5 that make them say nothing of some users.
fn abstains(argument: &str) -> bool {
    argument.starts_with("ignore") || argument.starts_with("minimum_uid")
}

/// What `pam_debug.so auth=… acct=…` has been told to answer.
fn told_to(rule: &Rule, phase: Phase) -> Code {
    let prefix = match phase {
        Phase::Auth => "auth=",
        Phase::Account => "acct=",
        Phase::Password => "chauthtok=",
        Phase::Session => "open_session=",
    };
    let told = rule.arguments().iter().find_map(|argument| argument.strip_prefix(prefix));
    told.and_then(Code::named).unwrap_or(Code::SUCCESS)
}
