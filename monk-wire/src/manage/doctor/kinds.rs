//! What `doctor` looks for.

use super::Severity;

/// Defines [`Kind`]: each with its id, its usual severity and what it means.
macro_rules! kinds {
    ($($name:ident $id:literal $severity:ident $meaning:literal)+) => {
        /// What is looked for. The ids are documented in `docs/doctor.md` and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $meaning] $name,)+ }

        impl Kind {
            /// All of them, area by area.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The kind with this id.
            #[must_use]
            pub fn with_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.id() == id)
            }

            /// The id. Its first word is the area.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// How bad it is as a rule.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// What it means.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

kinds! {
    PamPasswordAlone "pam-password-alone" Error "A PAM stack lets a password alone through, without asking monk."
    PamRefusalIgnored "pam-refusal-ignored" Error "A PAM stack lets people in whom monk has refused."
    PamOutageIgnored "pam-outage-ignored" Error "A PAM stack lets people in when monk cannot answer."
    PamUnknownUserIgnored "pam-unknown-user-ignored" Note "Users whom monk does not know get in with a password of another module (a warning where that one may know them by several names)."
    PamMinimumUid "pam-minimum-uid" Note "Users of this machine below minimum_uid are not asked by monk (a warning where people may be among them)."
    PamOtherFactor "pam-other-factor" Warning "A module that does not check passwords lets users in without monk."
    PamNotAsked "pam-not-asked" Note "A condition in the stack decides that some users are not asked by monk."
    PamCodeAlone "pam-code-alone" Error "The policy leaves the password to another module, and the stack has none that must agree."
    PamNobodyGetsIn "pam-nobody-gets-in" Error "No login through this stack can succeed."
    PamAccountMissing "pam-account-missing" Note "The stack has no account line of monk; public-key logins of sshd pass nothing else (a warning there)."
    PamAccountIgnored "pam-account-ignored" Warning "The account lines let in users whom monk refuses."
    PamAccountOnly "pam-account-only" Warning "monk is asked about accounts only, never for a code."
    PamModuleMissing "pam-module-missing" Error "The module that a stack names is not installed there."
    PamArgumentUnknown "pam-argument-unknown" Error "An argument of pam_monk.so is not understood, which refuses every login."
    PamFileCapitals "pam-file-capitals" Warning "A PAM file has capitals in its name, and libpam never reads it."
    PamFileUnreadable "pam-file-unreadable" Error "A PAM file, or one that it includes, cannot be read."
    PamLineUnreadable "pam-line-unreadable" Error "libpam does not understand a line of a stack."
    PamFallback "pam-fallback" Warning "/etc/pam.d/other asks monk, and so do all services without a file."
    PamForwardToNobody "pam-forward-to-nobody" Note "`forward_pass` is set, but no later module could use the password."
    PamNothingForwarded "pam-nothing-forwarded" Warning "A module after monk wants the password that monk does not hand on."
    PamUnused "pam-unused" Note "No service asks monk."
    PamSiblingWithoutMonk "pam-sibling-without-monk" Warning "A service asks monk, and the one that the same program asks for login shells does not."
    PamCarriageReturn "pam-carriage-return" Error "A line of a PAM file ends in a carriage return, which libpam takes for a part of its last word."
    PamCircle "pam-circle" Error "A PAM file includes itself, which crashes the programs that use it, or refuses everybody."
    PamTooLarge "pam-too-large" Warning "A stack has more rules, includes or ways than doctor follows."
    PamFactorBeside "pam-factor-beside" Warning "Another module asks for a code of its own beside monk."
    PamServiceMissing "pam-service-missing" Error "A program asks a PAM service that has no file, and /etc/pam.d/other does not ask monk."
    PamServiceWithoutMonk "pam-service-without-monk" Warning "A mail program asks a PAM service that does not ask monk, although the other mail services do."
    PolicySiblingsDiffer "policy-siblings-differ" Warning "One program asks two services, and their policies differ."
    PolicyForNobody "policy-for-nobody" Warning "The settings have a section for a service that does not use monk."
    PolicyMfaOff "policy-mfa-off" Note "A service asks for no second factor."
    DovecotAuthCache "dovecot-auth-cache" Error "Dovecot's cache accepts a spent code again."
    DovecotCacheSetting "dovecot-cache-setting" Note "One of the two settings of Dovecot's cache is on. If the other is turned on too, used codes work again."
    DovecotServiceMissing "dovecot-service-missing" Error "Dovecot asks a PAM service that has no file, and /etc/pam.d/other does not ask monk."
    DovecotServiceWithoutMonk "dovecot-service-without-monk" Error "Dovecot asks a PAM service that does not ask monk."
    DovecotPasswordAlone "dovecot-password-alone" Error "Another passdb of Dovecot accepts a password alone."
    DovecotMechanism "dovecot-mechanism" Error "Dovecot offers a mechanism that cannot go through PAM, and programs that choose it cannot log in."
    DovecotMasterUsers "dovecot-master-users" Note "A master passdb of Dovecot opens all mailboxes without monk."
    DovecotBackEndOpen "dovecot-back-end-open" Error "A passdb of Dovecot takes any password from everywhere, as only a back end behind a proxy may."
    DovecotProxyForwards "dovecot-proxy-forwards" Warning "A Dovecot that asks monk and passes users on hands their passwords and codes to the back end."
    DovecotFailureMessages "dovecot-failure-messages" Note "Dovecot tells clients the messages of PAM."
    DovecotNotExamined "dovecot-not-examined" Note "Dovecot's configuration could not be read (a warning where a part of it could not be followed)."
    DovecotAnyPassword "dovecot-any-password" Error "A setting of a passdb lets in whomever monk has refused, with any password."
    DovecotNobodyGetsIn "dovecot-nobody-gets-in" Error "No login through Dovecot's passdbs can succeed."
    DovecotTicketAlone "dovecot-ticket-alone" Warning "A mechanism of Dovecot opens mailboxes without asking PAM (a note for tokens of another sign-in)."
    DovecotUserdbMissing "dovecot-userdb-missing" Error "Dovecot has no userdb, so no user can open a mailbox after logging in."
    DovecotCleartext "dovecot-cleartext" Warning "Dovecot takes passwords without TLS."
    DovecotBroken "dovecot-broken" Error "Dovecot refuses its own configuration."
    SshdPamOff "sshd-pam-off" Error "sshd does not use PAM at all."
    SshdPamNotAsked "sshd-pam-not-asked" Warning "sshd offers no method that asks PAM."
    SshdNoSecondScreen "sshd-no-second-screen" Warning "sshd cannot show a second screen."
    SshdKeyAlone "sshd-key-alone" Warning "A public key alone opens sshd, where the policy wants a second factor (else a note)."
    SshdPasswordAndScreens "sshd-password-and-screens" Note "sshd offers the one-line password next to the screens."
    SshdEmptyPasswords "sshd-empty-passwords" Warning "sshd permits empty passwords."
    SshdRootLogin "sshd-root-login" Note "root may log in with a password."
    SshdGraceTime "sshd-grace-time" Note "The time to log in is short for a password and a code."
    SshdTries "sshd-tries" Note "One mistyped code ends the connection."
    SshdMatchBlocks "sshd-match-blocks" Note "Match blocks change sshd's settings for some logins."
    SshdMethodAlone "sshd-method-alone" Warning "Another method than a key opens sshd without an auth rule of PAM, where the policy wants a second factor (else a note)."
    SshdTwoLogins "sshd-two-logins" Error "sshd asks monk for two logins in a row, and a code opens only one (a warning where other ways in are left)."
    SshdSettingsOld "sshd-settings-old" Warning "sshd has not read its settings since they were changed."
    SshdSettingsBroken "sshd-settings-broken" Error "sshd would not start again with its settings."
    SshdNotExamined "sshd-not-examined" Note "sshd's configuration could not be read."
    SshdKeysCommand "sshd-keys-command" Error "sshd does not run the program that finds the keys of users."
    SshdKeysUser "sshd-keys-user" Error "sshd runs the program that finds keys as a user whom the engine does not answer (only a warning if that user is root)."
    PostfixCleartext "postfix-cleartext" Warning "Postfix takes passwords without TLS."
    PostfixWithoutPam "postfix-without-pam" Error "Postfix has Cyrus SASL check passwords by itself, and PAM is not asked."
    PostfixNotExamined "postfix-not-examined" Note "Postfix's configuration could not be read."
    PostfixServiceMissing "postfix-service-missing" Error "Postfix asks a PAM service that has no file, and /etc/pam.d/other does not ask monk."
    PostfixServiceWithoutMonk "postfix-service-without-monk" Error "Postfix asks a PAM service that does not ask monk."
    PostfixMechanism "postfix-mechanism" Error "Postfix offers a mechanism that cannot go through PAM, or offers only such mechanisms (a warning if `mech_list` is not set)."
    SaslauthdCache "saslauthd-cache" Error "saslauthd keeps answers, and accepts a spent code again."
    SaslauthdWithoutPam "saslauthd-without-pam" Error "saslauthd checks passwords without PAM."
    PostgresqlCleartext "postgresql-cleartext" Warning "PostgreSQL takes passwords for PAM without TLS."
    NginxEachRequest "nginx-each-request" Note "nginx asks for each request, and a code opens only one."
    NginxNotExamined "nginx-not-examined" Note "nginx's configuration could not be read."
    RoundcubeEachClick "roundcube-each-click" Note "Roundcube logs in with each click, and a code opens one login only."
    VsftpdCleartext "vsftpd-cleartext" Warning "vsftpd takes passwords without TLS."
    SudoNotAsked "sudo-not-asked" Note "Rules of sudo let people become root without asking PAM each time."
    SudoNotExamined "sudo-not-examined" Note "The rules of sudo could not be read."
    FileMissing "file-missing" Error "A file that monk needs is not there."
    FileOpen "file-open" Error "A file of monk can be read or changed by others."
    FileOwner "file-owner" Error "A file of monk belongs to somebody who should not be able to change it."
    FileNotForEngine "file-not-for-engine" Error "The engine cannot read or write a file that it needs."
    FileNotExamined "file-not-examined" Note "It is not known which files the engine needs, and as whom."
    EngineSilent "engine-silent" Error "The engine does not answer."
    EngineOneShot "engine-one-shot" Note "No engine is resident: programs that are not root's cannot log anybody in."
    EngineOld "engine-old" Warning "The engine that runs is not the one that is installed."
    EngineSettingsOld "engine-settings-old" Warning "The settings were changed after the engine has read them."
    EngineSettingsBroken "engine-settings-broken" Error "The engine would not start again with the settings as they are now."
    EngineStoreReplaced "engine-store-replaced" Error "The engine works on a store that is not the one in the file system any more."
    EngineStopped "engine-stopped" Warning "The service of the engine is installed, and is stopped, or is not started with the machine."
    EngineAsRoot "engine-as-root" Note "The engine runs as root, because its user does not exist."
    EngineNeeded "engine-needed" Error "A program that is not root asks monk, and no engine is resident."
    LdapUnreachable "ldap-unreachable" Error "A directory server does not answer (a warning while another one does)."
    LdapTls "ldap-tls" Error "The TLS connection to a directory server cannot be trusted."
    LdapCertificateExpired "ldap-certificate-expired" Error "The certificate of a directory server has expired."
    LdapCertificateExpires "ldap-certificate-expires" Warning "The certificate of a directory server expires soon."
    LdapCleartext "ldap-cleartext" Warning "Passwords cross the network in the clear."
    LdapAccountRefused "ldap-account-refused" Error "The directory refuses monk's own account."
    LdapBase "ldap-base" Error "People cannot be searched for."
    LdapSchemaMissing "ldap-schema-missing" Error "The directory does not have monk's schema."
    LdapSchemaHidden "ldap-schema-hidden" Note "The directory does not show its schema."
    LdapUseNotWritable "ldap-use-not-writable" Error "monk's account may not record that a code was used."
    LdapWriterReadOnly "ldap-writer-read-only" Error "The server that decides takes no changes."
    LdapReplicaWritable "ldap-replica-writable" Warning "With write_fail_over, a second server would accept a code once more."
    LdapMayEnrol "ldap-may-enrol" Error "monk's account may enrol on a host that only checks logins (with --role check)."
    LdapMayNotEnrol "ldap-may-not-enrol" Error "monk's account may not enrol (with --role enrol)."
    LdapNotTried "ldap-not-tried" Note "There is no entry of a user to try the access rules on."
    LdapAnonymousReads "ldap-anonymous-reads" Error "Anybody can read credentials or password hashes without logging in."
    LdapUserReads "ldap-user-reads" Error "An ordinary user can read credentials or password hashes (with --as)."
    LdapUserWrites "ldap-user-writes" Error "An ordinary user can change credentials or their use (with --as)."
    LdapMailWritable "ldap-mail-writable" Error "Users can change the address that codes are sent to (with --as)."
    LdapMailNotTried "ldap-mail-not-tried" Note "Whether users can change the address that codes are sent to is not known."
    LdapIdsWritable "ldap-ids-writable" Error "Users can change their own uid or primary group (with --as)."
    LdapIdsNotTried "ldap-ids-not-tried" Note "Whether users can change their own uid or primary group is not known."
    LdapUserNotTried "ldap-user-not-tried" Warning "The user of --as cannot log in to the directory (a note without --as: what users may read was not tried)."
    LdapDecoyMissing "ldap-decoy-missing" Note "Without decoy_dn, the time of a refusal may tell who exists."
    LdapDecoyGone "ldap-decoy-gone" Warning "The entry of decoy_dn is not there."
    LdapNobody "ldap-nobody" Error "The directory shows no user, so nobody can log in."
    LdapPreset "ldap-preset" Error "The preset of the settings is not that of the server (a warning where OpenLDAP may stand in front of another one; a note where no preset is set)."
    LdapStateHidden "ldap-state-hidden" Error "monk's account may not read what says who is disabled, locked or expired (a warning for shadow attributes)."
    LdapLockout "ldap-lockout" Warning "The directory locks accounts after fewer wrong passwords than `[throttle]` assumes, or counts them for a longer time (a note where monk's account cannot read it)."
    LdapReferences "ldap-references" Warning "For a part of `base`, the directory refers to other servers, so a login with a name that is not found here is unavailable, and not unknown."
    LdapLoginsFail "ldap-logins-fail" Error "Users are in the directory, and looking them up as a login does fails (a warning where it is some of them)."
    LdapGroups "ldap-groups" Error "A group that a policy names cannot be found or read (a warning where the service lets in other groups as well)."
    LdapRulesOpen "ldap-rules-open" Error "The access rules of a directory server on this host let users or strangers read or write what monk keeps."
    LdapStoreSentinel "ldap-store-sentinel" Error "A server of the credential store does not show the sentinel entry. Without it, monk cannot tell whether a user has nothing enrolled or whether access rules hide it, and refuses."
    LdapIndexMissing "ldap-index-missing" Warning "A directory server on this host has no index of what each login searches for."
    AccountInBoth "account-in-both" Error "A name is in /etc/passwd and in the directory, and passwd_is_local leaves it to other modules: no second factor is asked for."
    AccountNeedsDirectory "account-needs-directory" Note "While the directory is down, accounts that only this machine has are refused as well, and so are their cron jobs."
    ClockNotSynchronized "clock-not-synchronized" Note "No time service keeps this host's clock right."
    ClockDiffers "clock-differs" Error "This host's clock and the directory's differ (a warning below 30 s)."
    KeyMissing "key-missing" Error "Records were made with a key that this host does not hold."
    KeyUnused "key-unused" Note "A key is held that no record needs."
    KeyGone "key-gone" Error "A key that the running engine holds is not in the folder any more: with the next restart it is lost."
    KeyAmbiguous "key-ambiguous" Error "The engine would not start again with the keys that are in the folder."
    KeyNotRead "key-not-read" Warning "The folder holds a key that the engine has not read."
    MailServer "mail-server" Error "The mail server for codes cannot be reached, or does not take monk's mail."
    StoreNotWritable "store-not-writable" Error "The embedded store cannot be written."
    StoreOfThisHost "store-of-this-host" Note "Users are in an LDAP directory, and credentials in a file of this host: several such hosts have several stores, and a code opens one login on each."
    StoreSectionUnused "store-section-unused" Warning "There is a section `credential_store`, and credentials does not choose it."
    StoreDamaged "store-damaged" Error "The embedded store is damaged."
    UserRecordAltered "user-record-altered" Error "A record was altered, removed, put back or copied from another user."
    UserRecordUnreadable "user-record-unreadable" Error "Records of users cannot be read."
    UserRecordsHidden "user-records-hidden" Error "An entry is marked as enrolled and shows no credentials."
    UserUseMissing "user-use-missing" Error "A credential lacks the record of its use, and is refused."
    UserWithoutFactor "user-without-factor" Warning "Users have no second factor, and the policy asks for one."
    UserSecretWeak "user-secret-weak" Warning "A device's secret has less than 80 bits."
    UserSecretShort "user-secret-short" Note "A device's secret has less than the 128 bits of RFC 4226."
    UserAppPasswordExpired "user-app-password-expired" Note "App passwords have expired."
    UserPasskeyLost "user-passkey-lost" Warning "Users have passkeys for another host than that of `origin`; these passkeys no longer work."
    UserListCut "user-list-cut" Note "Not all users could be looked at."
    UserRecordsOrphaned "user-records-orphaned" Note "Records of users who are gone are still there."
    NamesModuleMissing "names-module-missing" Error "`/etc/nsswitch.conf` names monk, and its module is not installed."
    NamesNotUsed "names-not-used" Warning "The module for names is installed, and `/etc/nsswitch.conf` does not name it."
    NamesOrder "names-order" Error "monk is asked for names before this host's own files."
    NamesHalf "names-half" Warning "monk is asked for users and not for groups, or the other way round."
    NamesNeverAsked "names-never-asked" Warning "A lookup ends before monk is asked, because of an action in brackets."
    NamesBeside "names-beside" Note "Another service has users of a directory, too."
    NamesCached "names-cached" Warning "nscd caches names from monk for longer than monk does."
    NamesNoHome "names-no-home" Note "Nobody makes home folders for users of the directory."
    NamesClash "names-clash" Warning "This machine and the directory, or two users of the directory, have the same name or uid."
    NamesNobody "names-nobody" Warning "The directory shows no user who has a uid."
    NamesUnserved "names-unserved" Note "Users of the directory have a uid, and this host does not have them."
    NamesCut "names-cut" Note "Not all uids could be compared."
    NamesMap "names-map" Warning "The file of monk's answers is missing, or its engine is stuck or gone."
    PortalSettingsBroken "portal-settings-broken" Error "monk-web would not start with its settings, for example because it listens on the network without TLS."
    PortalOrigin "portal-origin" Warning "The portal has no public address, or one that browsers elsewhere cannot reach."
    PortalProxiesWide "portal-proxies-wide" Error "monk-web believes everybody about the addresses of browsers (a warning where it believes a large network)."
    PortalProxyUnnamed "portal-proxy-unnamed" Warning "monk-web is behind a web server that it does not know, and takes all browsers for one."
    PortalCertificate "portal-certificate" Error "The certificate of monk-web cannot be used: it is unreadable, has expired, or is for another name."
    PortalCertificateExpires "portal-certificate-expires" Warning "The certificate of monk-web expires within two weeks."
    PortalUser "portal-user" Error "monk-web does not run as the account that the engine takes for the portal, or has the rights of root or of the engine."
    PortalGroups "portal-groups" Error "The account of monk-web is in a group that gives it more than a page needs."
    PolicyReported "policy-reported" Warning "What a section of the settings says is only reported for now, and not enforced."
    PolicyReportOver "policy-report-over" Note "A section of the settings was only reported until a day that is over: it is enforced."
    PortalApproval "portal-approval" Warning "The settings allow users to approve logins on the portal, but no user can."
    PortalAdministrators "portal-administrators" Warning "Nobody is in a group of the portal's administrators, or it does not exist."
    PortalMail "portal-mail" Note "There is a portal, and monk cannot send mail: invitations and notices do not reach anybody."
    PortalTickets "portal-tickets" Warning "A service accepts tickets, but nobody can get one, or one login is not enough for it."
    SelfTestFailed "self-test-failed" Error "A test login with a temporary user did not end as expected."
    DoctorIgnoresUnknown "doctor-ignores-unknown" Warning "The settings ignore a finding that does not exist."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_made_of_plain_words() {
        for (index, kind) in Kind::ALL.iter().enumerate() {
            let id = kind.id();
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '-') && id.contains('-'));
            assert!(Kind::ALL[..index].iter().all(|other| other.id() != id), "{id}");
            assert!(kind.severity() > Severity::Ok, "{id}");
            assert!(kind.meaning().ends_with('.'), "{id}");
        }
    }

    /// The page has a row for each kind, with these words and a remedy, and no others.
    #[test]
    fn the_page_about_doctor_lists_them_all() {
        let page = include_str!("../../../../docs/doctor.md");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        let rows = rows.iter().filter(|row| !row.starts_with("| `--"));
        let documented: Vec<Vec<&str>> =
            rows.map(|row| row.trim_matches(['|', ' ']).split(" | ").collect()).collect();
        assert_eq!(documented.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let id = format!("`{}`", kind.id());
            let row = documented.iter().find(|row| row[0] == id);
            let row = row.unwrap_or_else(|| panic!("docs/doctor.md has no {id}"));
            assert_eq!(row[1..3], [kind.severity().word(), kind.meaning()], "{id}");
            assert!(!row[3].is_empty(), "{id}");
        }
    }
}
