//! Texts of the pages for administrators.

use super::table::texts;

texts! {
    /// The pages for administrators.
    People {
        nav: "People", "Personen";
        title: "People", "Personen";
        find_label: "Find by user name or address", "Nach Benutzername oder Adresse suchen";
        find: "Find", "Suchen";
        found: "Found: {count}", "Gefunden: {count}";
        found_cut: "The first {count}. Type more of the name.", "Die ersten {count}. Geben Sie mehr vom Namen ein.";
        nobody: "Nobody matches.", "Niemand passt.";
        without: "Show people who have not set up a phone yet", "Personen zeigen, die noch kein Telefon eingerichtet haben";
        invite_them: "Invite people", "Personen einladen";
        user_name: "User name", "Benutzername";
        address: "Address", "Adresse";
        state: "State", "Zustand";
        set_up: "set up", "eingerichtet";
        not_set_up: "not set up yet", "noch nicht eingerichtet";
        invited: "invited", "eingeladen";
        active: "active", "aktiv";
        disabled: "disabled", "deaktiviert";
        expired: "expired", "abgelaufen";
        locked: "locked", "gesperrt";
        other_state: "closed", "geschlossen";
        all: "All people", "Alle Personen";
        refusals: "Recent refusals", "Letzte Ablehnungen";
        no_refusals: "No login was refused lately.", "In letzter Zeit wurde keine Anmeldung abgelehnt.";
        when: "When", "Wann";
        service: "Service", "Dienst";
        from: "From", "Von";
        reason: "Reason", "Grund";
        methods: "Methods", "Methoden";
        no_methods: "None yet", "Noch keine";
        name: "Name", "Name";
        kind: "Kind", "Art";
        last_used: "Last used", "Zuletzt benutzt";
        never: "never", "nie";
        reset: "Reset second factor …", "Zweiten Faktor zurücksetzen …";
        disable: "Disable account …", "Konto deaktivieren …";
        enable: "Enable account …", "Konto aktivieren …";
        reset_title: "Reset the second factor of {user}?", "Zweiten Faktor von {user} zurücksetzen?";
        reset_lead: "Phones, passkeys, backup codes and app passwords stop working at once, on every host. The password stays. With a new code, {user} can set up a phone again.",
            "Telefone, Passkeys, Backup-Codes und App-Passwörter gelten sofort nicht mehr, auf jedem Rechner. Das Passwort bleibt. Mit einem neuen Code kann {user} wieder ein Telefon einrichten.";
        how: "How does the code get to {user}?", "Wie kommt der Code zu {user}?";
        how_me: "Send it to me at {address}, I’ll pass it on", "An mich senden ({address}), ich gebe ihn weiter";
        how_mail: "Send it to {address}", "An {address} senden";
        no_mailbox: "There is no mailbox for the code", "Es gibt kein Postfach für den Code";
        no_mailbox_why: "Codes go by mail only, so that this page never shows one. Ask those who run the server: they can reset people there, with monk-enroll reset.",
            "Codes gehen nur per Mail, damit diese Seite nie einen zeigt. Fragen Sie die, die den Server betreiben: Dort setzt monk-enroll reset Personen zurück.";
        why_confirm: "We ask before each change about somebody else.", "Wir fragen vor jeder Änderung, die jemand anderen betrifft.";
        reset_go: "Reset second factor", "Zweiten Faktor zurücksetzen";
        leave: "Leave it as it is", "Nichts ändern";
        reset_done: "**Reset.** The old methods of {user} no longer work.", "**Zurückgesetzt.** Die alten Methoden von {user} gelten nicht mehr.";
        give_lead: "The code works once, together with the password, until {date}.",
            "Der Code gilt einmal, zusammen mit dem Passwort, bis {date}.";
        mailed: "The code was sent to {address}", "Der Code wurde an {address} gesendet";
        mailed_me: "The code is in your mail at {address}", "Der Code ist in Ihrer Mail an {address}";
        not_mailed: "The mail was not sent", "Die Mail wurde nicht gesendet";
        not_mailed_why: "Nobody has the code, so {user} cannot set up a phone yet. Reset once more, or look at the log of monk.",
            "Niemand hat den Code, also kann {user} noch kein Telefon einrichten. Setzen Sie noch einmal zurück, oder sehen Sie ins Protokoll von monk.";
        try_again: "Reset once more", "Noch einmal zurücksetzen";
        is_it: "Make sure that it is really {user}: call a number that you know, or meet in person. A message saying “I lost my phone” can come from anybody.",
            "Vergewissern Sie sich, dass es wirklich {user} ist: Rufen Sie eine Nummer an, die Sie kennen, oder treffen Sie sich. Eine Nachricht „Telefon verloren“ kann von jedem kommen.";
        done: "Done", "Fertig";
        disable_title: "Disable the account of {user}?", "Konto von {user} deaktivieren?";
        disable_lead: "Every way in closes at once: password, app passwords, passkeys, remembered logins. Nothing is deleted, and you can enable the account again.",
            "Jeder Weg hinein schließt sich sofort: Passwort, App-Passwörter, Passkeys, gemerkte Anmeldungen. Nichts wird gelöscht, und Sie können das Konto wieder aktivieren.";
        disable_go: "Disable account", "Konto deaktivieren";
        enable_title: "Enable the account of {user}?", "Konto von {user} aktivieren?";
        enable_lead: "Everything that worked before works again.", "Alles, was vorher galt, gilt wieder.";
        enable_go: "Enable account", "Konto aktivieren";
        r_wrong_password: "Wrong password", "Falsches Passwort";
        r_wrong_code: "Wrong code", "Falscher Code";
        r_replayed: "The code was used before", "Der Code war schon benutzt";
        r_expired_code: "The code had ended", "Der Code war abgelaufen";
        r_missing: "Password without a second factor", "Passwort ohne zweiten Faktor";
        r_app_wrong: "Unknown app password: mistyped or removed", "Unbekanntes App-Passwort: vertippt oder entfernt";
        r_app_needed: "The service takes app passwords only", "Der Dienst nimmt nur App-Passwörter";
        r_app_scope: "The app password is not for this service or place", "Das App-Passwort gilt nicht für diesen Dienst oder Ort";
        r_app_ended: "The app password has ended", "Das App-Passwort ist abgelaufen";
        r_not_enrolled: "No second factor set up", "Kein zweiter Faktor eingerichtet";
        r_group: "Not in the group of the service", "Nicht in der Gruppe des Dienstes";
        r_throttled: "Slowed down after wrong tries", "Nach falschen Versuchen gebremst";
        r_passkey: "Wrong passkey", "Der Passkey war nicht richtig";
        r_not_approved: "Not approved on the portal", "Nicht im Portal bestätigt";
        r_denied: "Refused on the portal", "Im Portal abgelehnt";
        r_closed: "The account was closed", "Das Konto war geschlossen";
    }
}
