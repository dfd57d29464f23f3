//! What has to be switched off in the old system after an import, so that it does not ask for a code of its own.

use monk_import::System;

/// Lines for people, without a line end.
pub fn to_switch_off(system: System) -> &'static str {
    match system {
        System::FreeIpa => {
            "FreeIPA still checks these tokens in the bind of each user whose authentication type is otp:
until you switch that off, no password of theirs is right for monk. For each user:
    ipa user-mod USER --user-auth-type=password
or disable each token: ipa otptoken-mod ID --disabled=TRUE
FreeIPA's own logins (kinit, its web pages) then ask for the password alone."
        }
        System::OathLdap => {
            "OpenLDAP's overlay otp, or the listener of OATH-LDAP, still checks these tokens in every bind:
until you switch that off, no password of these users is right for monk. Remove oathTOTPToken
and the object class oathTOTPUser from each user, or take the overlay out of the database."
        }
        System::LdapUserManager => {
            "ldap-user-manager does not check codes in the bind, so nothing has to be switched off there.
Replace pam_ldap_totp_auth.so in /etc/pam.d. The web pages of ldap-user-manager go on asking for
codes until you remove totpSecret from each user."
        }
    }
}
