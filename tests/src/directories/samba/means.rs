//! How an Active Directory domain closes an account.

use std::time::Duration;

use super::{Bound, CONFIG, FOLDER, Samba};
use crate::directories::State;
use crate::wait;

/// All means by which the state of an account can be seen in its entry.
pub(super) const ALL: [(&str, State); 6] = [
    ("userAccountControl", State::Disabled),
    ("accountExpires", State::Expired),
    ("lockoutTime", State::Locked),
    ("lockoutDuration", State::Locked),
    ("pwdLastSet", State::MustChange),
    ("maxPwdAge", State::PasswordExpired),
];

/// A day in 2017, in steps of 100 ns since 1601: long ago, and after the year 2000.
const LONG_AGO: u64 = 131_500_000_000_000_000;

/// What stands for "without end" in a duration: the lowest number of 64 bits.
const FOR_EVER: i64 = i64::MIN;

/// Half an hour, as a duration: negative, in steps of 100 ns.
const HALF_AN_HOUR: i64 = -18_000_000_000;

/// Wrong passwords in a row that lock an account, where the policy says so.
const THRESHOLD: u32 = 2;

/// How long a change below all rules may take until the server sees it.
const SEEN_LIMIT: Duration = Duration::from_secs(10);

#[track_caller]
pub(super) fn put(samba: &Samba, name: &str, means: &str) {
    match means {
        // NORMAL_ACCOUNT and ACCOUNTDISABLE.
        "userAccountControl" => samba.replace(name, means, ": 514"),
        "accountExpires" => samba.replace(name, means, &format!(": {LONG_AGO}")),
        // For half an hour, and until an administrator opens it.
        "lockoutTime" => lock(samba, name, HALF_AN_HOUR),
        "lockoutDuration" => lock(samba, name, FOR_EVER),
        // "User must change password at next logon".
        "pwdLastSet" => samba.replace(name, means, ": 0"),
        "maxPwdAge" => let_the_password_age(samba, name),
        "logonHours" => samba.replace(name, means, ":: AAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        "userWorkstations" => samba.replace(name, means, ": OTHERPC"),
        _ => panic!("{means} is no means of an Active Directory domain"),
    }
}

/// Locks an account as a guesser does, under a policy of its own (a password settings object, MS-ADTS
/// §3.1.1.4.5.32).
#[track_caller]
fn lock(samba: &Samba, name: &str, duration: i64) {
    let (suffix, dn) = (Samba::SUFFIX, samba.dn(name));
    samba.add(&format!(
        "dn: CN=lock {name},CN=Password Settings Container,CN=System,{suffix}\n\
         objectClass: msDS-PasswordSettings\n\
         msDS-PasswordSettingsPrecedence: 1\n\
         msDS-PasswordReversibleEncryptionEnabled: FALSE\n\
         msDS-PasswordHistoryLength: 0\n\
         msDS-PasswordComplexityEnabled: FALSE\n\
         msDS-MinimumPasswordLength: 0\n\
         msDS-MinimumPasswordAge: 0\n\
         msDS-MaximumPasswordAge: {FOR_EVER}\n\
         msDS-LockoutThreshold: {THRESHOLD}\n\
         msDS-LockoutObservationWindow: {HALF_AN_HOUR}\n\
         msDS-LockoutDuration: {duration}\n\
         msDS-PSOAppliesTo: {dn}\n"
    ));
    for _ in 0..THRESHOLD {
        assert_eq!(samba.bind(&dn, "a guess"), Bound::Data("52e".to_owned()));
    }
    assert_eq!(samba.bind(&dn, "a guess"), Bound::Data("775".to_owned()), "{name} is not locked");
}

/// Makes the password older than the domain's maximum age, which is 42 days.
#[track_caller]
fn let_the_password_age(samba: &Samba, name: &str) {
    let dn = samba.dn(name);
    // Not through the rules of the domain, which take no such value.
    let partition = format!("{FOLDER}/private/sam.ldb.d/DC=EXAMPLE,DC=ORG.ldb");
    let change =
        format!("dn: {dn}\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: {LONG_AGO}\n");
    let command = samba.world.command("ldbmodify").args(["-H", &partition]);
    let command = command.env("LDB_MODULES_DISABLE_ALL", "1").env("SMB_CONF_PATH", CONFIG);
    command.stdin(change).run().expect_success();
    let computed = || {
        let found =
            samba.search(&dn, "(objectClass=user)", &["msDS-User-Account-Control-Computed"]);
        let computed = found.first()?.value("msDS-User-Account-Control-Computed")?;
        // UF_PASSWORD_EXPIRED.
        (computed.parse::<u32>().ok()? & 0x0080_0000 != 0).then_some(())
    };
    wait::until(SEEN_LIMIT, computed).expect("the server sees that the password is too old");
}
