//! Texts of what a user has, and of changing it.

use super::table::texts;

texts! {
    /// My methods.
    Methods {
        hello: "Hello {user}", "Guten Tag, {user}";
        well_done: "Well done, {user}. You’re set up.", "Geschafft, {user}. Alles ist eingerichtet.";
        all_set: "All set. Nothing to do.", "Alles in Ordnung. Nichts zu tun.";
        need_phone: "What you need now: your phone", "Jetzt nötig: Ihr Telefon";
        need_phone_why: "Without it, a stolen password is enough to read your mail. Setting it up takes about two minutes.",
            "Ohne reicht ein gestohlenes Passwort, um Ihre Mail zu lesen. Das Einrichten dauert etwa zwei Minuten.";
        need_phone_do: "Set up my phone", "Mein Telefon einrichten";
        need_invitation_why: "The first phone needs a set-up code beside your password. Ask the people who look after this service for one.",
            "Das erste Telefon braucht neben Ihrem Passwort einen Einrichtungscode. Fragen Sie die Administration danach.";
        need_backup: "What you need now: backup codes", "Jetzt nötig: Backup-Codes";
        need_backup_why: "If your phone gets lost, they let you back in. Without them, only an administrator can.",
            "Ist Ihr Telefon weg, kommen Sie damit wieder hinein. Ohne sie kann Ihnen nur die Administration helfen.";
        need_backup_do: "Get backup codes", "Backup-Codes holen";
        need_app: "What you need now: an app password for your mail", "Jetzt nötig: ein App-Passwort für Ihre Mail";
        need_app_why: "Your mail program can’t ask for a code. Give it an app password instead, and it goes on working without you having to do anything.",
            "Ihr Mailprogramm kann nicht nach einem Code fragen. Geben Sie ihm stattdessen ein App-Passwort, dann läuft es von selbst weiter.";
        need_app_do: "Set up a mail program", "Mailprogramm einrichten";
        few_codes: "What you need now: new backup codes", "Jetzt nötig: neue Backup-Codes";
        few_codes_why: "You have {left} of {all} left. Once they are used and your phone gets lost, only an administrator can let you back in.",
            "Nur noch {left} von {all} sind übrig. Sind sie verbraucht und Ihr Telefon weg, kann Ihnen nur noch die Administration helfen.";
        few_codes_do: "Get new backup codes", "Neue Backup-Codes holen";
        ends_soon: "What you need now: a new app password", "Jetzt nötig: ein neues App-Passwort";
        ends_soon_why: "“{name}” ends on {date}. Make a new one before that, and remove the old one.",
            "„{name}“ endet am {date}. Machen Sie vorher ein neues und entfernen Sie das alte.";
        ends_soon_do: "Add an app password", "App-Passwort hinzufügen";
        tasks: "Common tasks", "Häufige Aufgaben";
        task_mail: "Read mail on a phone or computer", "Mail auf Telefon oder Computer lesen";
        task_mail_how: "Get an app password", "App-Passwort holen";
        task_phone: "Got a new phone?", "Neues Telefon?";
        task_phone_how: "Add it, then remove the old one", "Hinzufügen, dann das alte entfernen";
        phones: "Phones", "Telefone";
        phones_what: "The authenticator app that shows your 6-digit codes.",
            "Die Authenticator-App, die Ihre 6-stelligen Codes anzeigt.";
        add_phone: "Add a phone", "Telefon hinzufügen";
        no_phone: "No phone yet", "Noch kein Telefon";
        no_phone_what: "Your phone shows the code that nobody else has.",
            "Ihr Telefon zeigt den Code, den sonst niemand hat.";
        apps: "App passwords", "App-Passwörter";
        apps_what: "One for each mail program. It never needs a code.",
            "Eines für jedes Mailprogramm. Es braucht nie einen Code.";
        add_app: "Add an app password", "App-Passwort hinzufügen";
        no_app: "No app password yet", "Noch kein App-Passwort";
        no_app_what: "You need one for each phone or computer that reads your mail.",
            "Sie brauchen eines für jedes Telefon und jeden Computer, der Ihre Mail liest.";
        codes: "Backup codes", "Backup-Codes";
        codes_what: "Your way in when the phone is lost.", "So kommen Sie hinein, wenn das Telefon weg ist.";
        codes_left: "{left} of {all} left", "{left} von {all} übrig";
        no_codes: "No backup codes yet", "Noch keine Backup-Codes";
        no_codes_what: "Six codes on paper, for the day the phone is lost.",
            "Sechs Codes auf Papier, für den Tag, an dem das Telefon weg ist.";
        get_codes: "Get backup codes", "Backup-Codes holen";
        replace: "Replace", "Ersetzen";
        mail: "Email address", "E-Mail-Adresse";
        mail_what: "For codes by email, and to tell you about changes here.",
            "Für Codes per E-Mail und Nachrichten über Änderungen hier.";
        no_mail: "No address yet", "Noch keine Adresse";
        no_mail_what: "Choose one outside this mailbox, so that you can read it when you can’t get in here.",
            "Nehmen Sie eine außerhalb dieses Postfachs, damit Sie sie lesen können, wenn Sie hier nicht hineinkommen.";
        add_mail: "Add an address", "Adresse hinzufügen";
        change: "Change", "Ändern";
        enter_mail_code: "Enter the code", "Code eingeben";
        set_up_code: "Set-up code", "Einrichtungscode";
        set_up_code_what: "From your invitation. It ends when your phone is set up.",
            "Aus Ihrer Einladung. Er endet, wenn Ihr Telefon eingerichtet ist.";
        rename: "Rename", "Umbenennen";
        remove: "Remove", "Entfernen";
        finish_set_up: "Finish setting up", "Einrichtung abschließen";
        badge_new: "new", "neu";
        badge_fresh: "fresh", "frisch";
        badge_few: "running out", "fast aufgebraucht";
        badge_none: "used up", "aufgebraucht";
        badge_confirmed: "confirmed", "bestätigt";
        badge_pending: "not confirmed yet", "noch nicht bestätigt";
        badge_until: "until {date}", "bis {date}";
        badge_ended: "ended", "abgelaufen";
        badge_unusable: "can’t be checked", "nicht prüfbar";
        badge_idle: "not used since {month}", "seit {month} unbenutzt";
        idle_what: "If you no longer have it, remove it: the password stops working at once.",
            "Haben Sie es nicht mehr? Dann entfernen: Das Passwort gilt sofort nicht mehr.";
        added: "Added {when}", "Hinzugefügt {when}";
        made: "Made {when}", "Erstellt {when}";
        for_services: "For {services} · added {when}", "Für {services} · hinzugefügt {when}";
        no_end: "no end date", "unbefristet";
        not_used: "Not used yet", "Noch nicht benutzt";
        none_used: "None used yet", "Noch keiner benutzt";
        last_used: "Last used {when}", "Zuletzt benutzt {when}";
        last_used_for: "Last used {when} for {service}", "Zuletzt benutzt {when} für {service}";
        last_used_from: "Last used {when} for {service}, from {address}",
            "Zuletzt benutzt {when} für {service}, von {address}";
        this_network: "{address} (this network)", "{address} (dieses Netz)";
        unreadable: "Some of what you have can’t be read at the moment. Tell the people who look after this service.",
            "Einiges von dem, was Sie haben, lässt sich gerade nicht lesen. Sagen Sie es der Administration.";
        today: "today at {time}", "heute um {time}";
        yesterday: "yesterday at {time}", "gestern um {time}";
        minutes_ago: "{minutes} minutes ago", "vor {minutes} Minuten";
        minute_ago: "a minute ago", "vor einer Minute";
        just_now: "just now", "gerade eben";
        on_day: "on {date}", "am {date}";
        day: "{day} {month} {year}", "{day}. {month} {year}";
        time: "{time}", "{time} Uhr";
        months: "January February March April May June July August September October November December",
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember";
        minutes: "{minutes} minutes", "{minutes} Minuten";
        seconds: "{seconds} seconds", "{seconds} Sekunden";
        hours: "{hours} hours", "{hours} Stunden";
    }
}

texts! {
    /// Names, removals, addresses.
    Changes {
        rename_title: "Rename", "Umbenennen";
        rename: "Rename “{name}”", "„{name}“ umbenennen";
        rename_lead: "Only you and the administrators see the name.",
            "Nur Sie und die Administration sehen den Namen.";
        new_name: "New name", "Neuer Name";
        save_name: "Save name", "Namen speichern";
        name_taken: "You already have one with this name", "Diesen Namen gibt es schon";
        name_taken_why: "Choose another one, so that you can tell them apart.",
            "Nehmen Sie einen anderen, damit Sie sie unterscheiden können.";
        name_unfit: "This can’t be a name", "Das geht nicht als Name";
        name_unfit_why: "A name has up to 64 characters, no blanks around it, and doesn’t look like a password or a code.",
            "Ein Name hat bis zu 64 Zeichen, keine Leerzeichen am Rand und sieht nicht wie ein Passwort oder ein Code aus.";
        remove_title: "Remove", "Entfernen";
        remove: "Remove “{name}”?", "„{name}“ entfernen?";
        remove_codes: "Remove your backup codes?", "Ihre Backup-Codes entfernen?";
        remove_go: "Remove it", "Entfernen";
        keep: "Keep it", "Behalten";
        what: "What", "Was";
        last_used: "Last used", "Zuletzt benutzt";
        never: "Not used yet", "Noch nicht benutzt";
        what_phone: "Phone with an authenticator app", "Telefon mit Authenticator-App";
        what_app: "App password", "App-Passwort";
        what_codes: "Backup codes", "Backup-Codes";
        what_mail: "Email address", "E-Mail-Adresse";
        what_other: "Set-up code", "Einrichtungscode";
        lose_phone: "Its codes stop working at once. You are signed out everywhere but here.",
            "Seine Codes gelten sofort nicht mehr. Überall außer hier werden Sie abgemeldet.";
        lose_app: "The program that uses it stops working at once and will ask for a password. Your mail and your other devices stay as they are.",
            "Das Programm, das es benutzt, verliert sofort den Zugang und fragt nach einem Passwort. Ihre Mail und Ihre anderen Geräte bleiben, wie sie sind.";
        lose_codes: "None of the codes on your paper works any more. If your phone gets lost, only an administrator can let you back in.",
            "Keiner der Codes auf Ihrem Blatt gilt mehr. Ist Ihr Telefon weg, kann Ihnen nur die Administration helfen.";
        lose_mail: "No more codes go to this address, and no more notes about changes here.",
            "An diese Adresse gehen keine Codes mehr und keine Nachrichten über Änderungen hier.";
        lose_other: "It opens nothing any more.", "Er öffnet dann nichts mehr.";
        last_title: "This one has to stay", "Das muss bleiben";
        last: "“{name}” has to stay for now", "„{name}“ muss vorerst bleiben";
        last_why: "It is your only second step, and {services} asks for one. Without it you could not log in there.",
            "Es ist Ihr einziger zweiter Schritt, und {services} verlangt einen. Ohne könnten Sie sich dort nicht anmelden.";
        last_why_some: "It is your only second step, and a service here asks for one. Without it you could not log in there.",
            "Es ist Ihr einziger zweiter Schritt, und ein Dienst hier verlangt einen. Ohne könnten Sie sich dort nicht anmelden.";
        last_way: "Got a new phone? Add it first. Then you can remove this one.",
            "Neues Telefon? Fügen Sie es zuerst hinzu. Danach können Sie dieses entfernen.";
        last_do: "Add another phone", "Weiteres Telefon hinzufügen";
        mail_title: "Email address", "E-Mail-Adresse";
        mail: "Add an email address", "E-Mail-Adresse hinzufügen";
        mail_lead: "We send a code there to make sure that it’s yours. After that it can receive sign-in codes.",
            "Wir senden einen Code dorthin, um sicher zu sein, dass es Ihre ist. Danach kann sie Codes zum Anmelden empfangen.";
        mail_field: "Address", "Adresse";
        mail_hint: "Ideally one outside this mailbox, so that you can read it when you can’t get in here.",
            "Am besten eine außerhalb dieses Postfachs, damit Sie sie lesen können, wenn Sie hier nicht hineinkommen.";
        mail_send: "Send the code", "Code senden";
        mail_unfit: "We can’t send anything there", "Dorthin können wir nichts senden";
        mail_unfit_why: "Check the address for typing mistakes.", "Sehen Sie nach, ob die Adresse einen Tippfehler hat.";
        mail_often: "A code was sent only a moment ago", "Ein Code ist gerade erst gesendet worden";
        mail_often_why: "Use that one, or wait a while before you ask for another.",
            "Benutzen Sie den, oder warten Sie eine Weile, bevor Sie noch einen anfordern.";
        mail_code_lead: "A code is on its way to **{address}**. It usually arrives within a minute.",
            "Ein Code ist unterwegs an **{address}**. Er kommt meist innerhalb einer Minute an.";
        mail_code_hint: "6 digits. If it doesn’t come, look among the junk mail.",
            "6 Ziffern. Wenn nichts kommt, sehen Sie im Spam-Ordner nach.";
        mail_code_go: "Confirm the address", "Adresse bestätigen";
        mail_wrong: "That’s not the code we sent", "Das ist nicht der Code, den wir gesendet haben";
        mail_wrong_why: "Take the one from the newest message. After a few tries, a new code is needed.",
            "Nehmen Sie den aus der neuesten Nachricht. Nach einigen Versuchen brauchen Sie einen neuen.";
        mail_again: "Use another address or send it again", "Andere Adresse, oder noch einmal senden";
    }
}
