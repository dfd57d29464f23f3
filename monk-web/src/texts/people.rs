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
        reset_lead: "Phones, passkeys, backup codes and app passwords stop working at once, on every host. The password stays. A link or a code from you lets {user} set up a phone again.",
            "Telefone, Passkeys, Backup-Codes und App-Passwörter gelten sofort nicht mehr, auf jedem Rechner. Das Passwort bleibt. Mit einem Link oder Code von Ihnen kann {user} wieder ein Telefon einrichten.";
        how: "How does the link get to {user}?", "Wie kommt der Link zu {user}?";
        how_show: "Show it to me, I’ll pass it on", "Mir zeigen, ich gebe ihn weiter";
        how_mail: "Send it to {address}", "An {address} senden";
        reset_go: "Reset second factor", "Zweiten Faktor zurücksetzen";
        leave: "Leave it as it is", "Nichts ändern";
        reset_done: "**Reset.** The old methods of {user} no longer work.", "**Zurückgesetzt.** Die alten Methoden von {user} gelten nicht mehr.";
        give_link: "Give {user} this link", "Geben Sie {user} diesen Link";
        give_code: "Give {user} this code", "Geben Sie {user} diesen Code";
        give_lead: "It works once, together with the password, until {date}. It is shown only now.",
            "Er gilt einmal, zusammen mit dem Passwort, bis {date}. Er wird nur jetzt angezeigt.";
        or_code: "Or read out this code, for the page behind “enter your set-up code”:",
            "Oder lesen Sie diesen Code vor, für die Seite hinter „Einrichtungscode eingeben“:";
        mailed: "The link was sent to {address}.", "Der Link wurde an {address} gesendet.";
        not_mailed: "The mail was not sent. Pass the link on yourself.", "Die Mail wurde nicht gesendet. Geben Sie den Link selbst weiter.";
        is_it: "Make sure that it is really {user}: call a number that you know, or meet in person. A message saying “I lost my phone” can come from anybody.",
            "Vergewissern Sie sich, dass es wirklich {user} ist: Rufen Sie eine Nummer an, die Sie kennen, oder treffen Sie sich. Eine Nachricht „Telefon verloren“ kann von jedem kommen.";
        done: "Done", "Fertig";
        copy: "Copy", "Kopieren";
        copied: "Copied", "Kopiert";
        disable_title: "Disable the account of {user}?", "Konto von {user} deaktivieren?";
        disable_lead: "Every way in closes at once: password, app passwords, passkeys, remembered logins. Nothing is deleted, and you can enable the account again.",
            "Jeder Weg hinein schließt sich sofort: Passwort, App-Passwörter, Passkeys, gemerkte Anmeldungen. Nichts wird gelöscht, und Sie können das Konto wieder aktivieren.";
        disable_go: "Disable account", "Konto deaktivieren";
        enable_title: "Enable the account of {user}?", "Konto von {user} aktivieren?";
        enable_lead: "Everything that worked before works again.", "Alles, was vorher galt, gilt wieder.";
        enable_go: "Enable account", "Konto aktivieren";
        invite_title: "Invite people", "Personen einladen";
        invite_lead: "They get an email with a link of their own and set up a phone in about two minutes. Nothing changes for them until they do.",
            "Sie bekommen eine E-Mail mit einem eigenen Link und richten in etwa zwei Minuten ein Telefon ein. Bis dahin ändert sich für sie nichts.";
        who: "Who should be invited?", "Wer soll eingeladen werden?";
        who_hint: "One user name per line, up to {most}. From a CSV file, the first column counts. For more people, use monk-enroll invite on the server.",
            "Ein Benutzername je Zeile, bis zu {most}. Aus einer CSV-Datei zählt die erste Spalte. Für mehr Personen gibt es monk-enroll invite auf dem Server.";
        missing: "Fill in those who have no phone yet", "Die einsetzen, die noch kein Telefon haben";
        how_long: "How long do the links work?", "Wie lange gelten die Links?";
        days: "{days} days", "{days} Tage";
        invite_go: "Send invitations", "Einladungen senden";
        cancel: "Cancel", "Abbrechen";
        too_many: "Too many names", "Zu viele Namen";
        too_many_why: "Up to {most} at once. Send the rest with another list.", "Bis zu {most} auf einmal. Senden Sie den Rest mit einer weiteren Liste.";
        no_names: "Nobody to invite", "Niemand einzuladen";
        no_names_why: "Type one user name per line.", "Geben Sie einen Benutzernamen je Zeile ein.";
        sent_title: "Invitations", "Einladungen";
        sent: "Sent: {sent} of {all}", "Gesendet: {sent} von {all}";
        person: "Person", "Person";
        happened: "What happened", "Was geschah";
        was_sent: "sent to {address}", "gesendet an {address}";
        no_user: "No such user: check the spelling", "Unbekannt: prüfen Sie die Schreibweise";
        has_one: "Set up already", "Schon eingerichtet";
        no_address: "No address is known: show the link instead, with Reset", "Keine Adresse bekannt: zeigen Sie den Link mit „Zurücksetzen“";
        not_sent: "Not sent. Try again, or look at the log of monk", "Nicht gesendet. Versuchen Sie es noch einmal, oder sehen Sie ins Protokoll von monk";
        back: "Back to people", "Zurück zu den Personen";
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
