//! Texts around the sign-in, and what goes wrong.

use super::table::texts;

texts! {
    /// What several pages say.
    Common {
        skip: "Skip to content", "Zum Inhalt";
        main_nav: "Main", "Hauptmenü";
        my_methods: "My methods", "Meine Methoden";
        sign_out: "Sign out", "Abmelden";
        need_a_hand: "Need a hand?", "Fragen?";
        please_check: "Please check: {title}", "Bitte prüfen: {title}";
        cancel: "Cancel", "Abbrechen";
        next: "Continue", "Weiter";
        back_to_methods: "Back to my methods", "Zurück zu meinen Methoden";
        user_name: "User name", "Benutzername";
        password: "Password", "Passwort";
        copy: "Copy", "Kopieren";
        copied: "Copied", "Kopiert";
        confirm_you: "First, confirm that it’s you", "Bestätigen Sie zuerst, dass Sie es sind";
        code_from_phone: "Code from your phone", "Code vom Telefon";
        code_from_phone_hint: "Or one of your backup codes.", "Oder einer Ihrer Backup-Codes.";
        set_up_code: "Set-up code", "Einrichtungscode";
        set_up_code_hint: "The one from your invitation.", "Der aus Ihrer Einladung.";
        why_confirm: "We ask because this changes who can get into your account. For the next 5 minutes we won’t ask again.",
            "Wir fragen, weil das ändert, wer in Ihr Konto kommt. In den nächsten 5 Minuten fragen wir nicht noch einmal.";
        not_proven: "That didn’t match", "Das passt nicht";
        not_proven_why: "The password or the code doesn’t match. Check that Caps Lock is off, wait for a new code, then try again.",
            "Passwort oder Code passt nicht. Bitte prüfen Sie, ob die Feststelltaste aus ist, warten Sie auf einen neuen Code und versuchen Sie es noch einmal.";
    }
}

texts! {
    /// Signing in and out.
    SignIn {
        title: "Sign in", "Anmelden";
        lead: "Set up your phone and your mail programs, and see what has access to your account.",
            "Hier richten Sie Ihr Telefon und Ihre Mailprogramme ein und sehen, was Zugang zu Ihrem Konto hat.";
        refused: "That sign-in didn’t work", "Die Anmeldung hat nicht geklappt";
        refused_why: "The name, the password or the code doesn’t match. Check that Caps Lock is off, then try again.",
            "Name, Passwort oder Code passt nicht. Bitte prüfen Sie, ob die Feststelltaste aus ist, und versuchen Sie es noch einmal.";
        over: "You were signed out", "Sie wurden abgemeldet";
        over_why: "That happens after a while without activity, and when your account changes. Sign in again to go on.",
            "Das geschieht nach einer Weile ohne Aktivität und wenn sich Ihr Konto ändert. Melden Sie sich wieder an, um weiterzumachen.";
        stale: "This page was out of date", "Diese Seite war nicht mehr aktuell";
        stale_why: "Nothing was changed. Please fill it in once more.",
            "Nichts wurde geändert. Bitte füllen Sie sie noch einmal aus.";
        first_time: "First time here? Open the link in your invitation, or [enter your set-up code].",
            "Zum ersten Mal hier? Öffnen Sie den Link aus Ihrer Einladung oder [geben Sie Ihren Einrichtungscode ein].";
        second_title: "Second step", "Zweiter Schritt";
        second_heading: "Enter your code", "Code eingeben";
        second_lead: "Open the authenticator app on your phone and type the 6 digits it shows for {issuer}.",
            "Öffnen Sie die Authenticator-App auf Ihrem Telefon und tippen Sie die 6 Ziffern ab, die sie für {issuer} anzeigt.";
        code: "Code", "Code";
        code_hint: "A new one appears every 30 seconds.", "Alle 30 Sekunden erscheint ein neuer.";
        no_phone: "No phone to hand?", "Telefon gerade nicht da?";
        use_backup: "Use a backup code", "Backup-Code verwenden";
        use_set_up_code: "Use a set-up code", "Einrichtungscode verwenden";
        use_email: "Get a code by email", "Code per E-Mail zusenden";
        signing_in_as: "Signing in as **{user}**. [Not you?]", "Anmeldung als **{user}**. [Nicht Sie?]";
        backup_title: "Backup code", "Backup-Code";
        backup_lead: "Type one of the codes that you printed or saved when you set up your phone.",
            "Geben Sie einen der Codes ein, die Sie beim Einrichten Ihres Telefons ausgedruckt oder gespeichert haben.";
        backup_hint: "12 characters, such as k4tn-9wpx-m2rd. Capitals and dashes don’t matter.",
            "12 Zeichen, zum Beispiel k4tn-9wpx-m2rd. Groß- und Kleinschreibung und Striche sind egal.";
        backup_once: "Each code works once. Cross it off afterwards; the others still work.",
            "Jeder Code gilt einmal. Streichen Sie ihn danach durch; die anderen gelten weiter.";
        other_ways: "Other ways to sign in", "Andere Wege zur Anmeldung";
        email_title: "Code by email", "Code per E-Mail";
        email_heading: "Check your email", "Sehen Sie in Ihre E-Mail";
        email_lead: "If this account has a confirmed address, a code is on its way there. It usually arrives within a minute.",
            "Hat dieses Konto eine bestätigte Adresse, ist ein Code dorthin unterwegs. Er kommt meist innerhalb einer Minute an.";
        email_code: "Code from the email", "Code aus der E-Mail";
        email_again: "Send it again", "Noch einmal senden";
        email_newest: "If several messages come, the newest one counts.", "Kommen mehrere Nachrichten, gilt die neueste.";
        email_hint: "6 digits. If it doesn’t come, look among the junk mail.",
            "6 Ziffern. Wenn nichts kommt, sehen Sie im Spam-Ordner nach.";
        signed_out_title: "Signed out", "Abgemeldet";
        signed_out: "You’re signed out", "Sie sind abgemeldet";
        signed_out_lead: "Your mail programs go on working. On a shared computer, close this window too.",
            "Ihre Mailprogramme laufen weiter. An einem gemeinsam genutzten Computer schließen Sie bitte auch dieses Fenster.";
        sign_in_again: "Sign in again", "Wieder anmelden";
        welcome_title: "Welcome", "Willkommen";
        welcome_lead: "From now on, signing in takes your password and your phone. That way a stolen password is not enough to read your mail.",
            "Von jetzt an brauchen Sie zum Anmelden Ihr Passwort und Ihr Telefon. So reicht ein gestohlenes Passwort nicht mehr, um Ihre Mail zu lesen.";
        welcome_scan: "You scan a picture with your phone.", "Sie scannen ein Bild mit Ihrem Telefon.";
        welcome_type: "You type the code your phone shows.", "Sie geben den Code ein, den Ihr Telefon zeigt.";
        welcome_save: "You save six backup codes, in case you lose the phone.",
            "Sie speichern sechs Backup-Codes, falls das Telefon einmal weg ist.";
        welcome_time: "It takes about two minutes. Have your phone beside you.",
            "Das dauert etwa zwei Minuten. Legen Sie Ihr Telefon bereit.";
        welcome_password_hint: "The one you already use for your mail.",
            "Das, das Sie schon für Ihre Mail benutzen.";
        start: "Start", "Los geht’s";
    }
}

texts! {
    /// What goes wrong.
    Trouble {
        title: "Something went wrong", "Etwas ist schiefgegangen";
        on_us: "That’s on us", "Das liegt an uns";
        on_us_lead: "The login service isn’t answering. Nothing you typed was stored.",
            "Der Anmeldedienst antwortet nicht. Nichts von dem, was Sie eingegeben haben, wurde gespeichert.";
        unchanged: "Nothing was changed.", "Nichts wurde geändert.";
        perhaps_changed: "We can’t tell whether your change was made: look at your methods before you try again.",
            "Ob Ihre Änderung angekommen ist, lässt sich nicht sagen: Sehen Sie bei Ihren Methoden nach, bevor Sie es noch einmal versuchen.";
        wait: "Wait a minute, then try again. If it still doesn’t work, tell [{help}] this number:",
            "Warten Sie eine Minute und versuchen Sie es noch einmal. Klappt es dann immer noch nicht, nennen Sie [{help}] diese Nummer:";
        wait_nobody: "Wait a minute, then try again. If it still doesn’t work, tell the people who look after this service this number:",
            "Warten Sie eine Minute und versuchen Sie es noch einmal. Klappt es dann immer noch nicht, nennen Sie der Administration diese Nummer:";
        one_moment: "One moment, please", "Einen Moment, bitte";
        try_again: "Try again", "Noch einmal versuchen";
        not_found: "There is no such page", "Diese Seite gibt es nicht";
        not_found_lead: "Perhaps the address has a typing mistake, or what it showed has been removed.",
            "Vielleicht hat die Adresse einen Tippfehler, oder was sie zeigte, wurde entfernt.";
        go_home: "Go to my methods", "Zu meinen Methoden";
        elsewhere: "That request came from another page", "Diese Anfrage kam von einer anderen Seite";
        elsewhere_lead: "To be safe, nothing was changed. Open the page here and try again.",
            "Zur Sicherheit wurde nichts geändert. Öffnen Sie die Seite hier und versuchen Sie es noch einmal.";
        too_large: "That was too much at once", "Das war zu viel auf einmal";
        too_large_lead: "A form here is never that long. Nothing was changed.",
            "So lang ist hier kein Formular. Nichts wurde geändert.";
        too_slow: "That took too long to arrive", "Das kam nicht rechtzeitig an";
        too_slow_lead: "What you sent did not arrive whole. Nothing was changed. Check your connection, then try again.",
            "Was Sie gesendet haben, kam nicht vollständig an. Nichts wurde geändert. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.";
        crowded: "Too many at once", "Zu viele auf einmal";
        crowded_lead: "Too many requests came at once from your network. Nothing was changed. Wait a few seconds, then try again.",
            "Aus Ihrem Netz kamen zu viele Anfragen auf einmal. Nichts wurde geändert. Warten Sie ein paar Sekunden und versuchen Sie es noch einmal.";
        method: "That page can’t do this", "Diese Seite kann das nicht";
        method_lead: "Open it from my methods instead.", "Öffnen Sie sie bitte über „Meine Methoden“.";
        wrong_host: "This is not the address of this service", "Das ist nicht die Adresse dieses Dienstes";
        wrong_host_lead: "Use this one instead: [{origin}]", "Benutzen Sie bitte diese: [{origin}]";
        no_origin: "This page isn’t set up yet", "Diese Seite ist noch nicht eingerichtet";
        no_origin_lead: "The people who look after it have to write its public address into the settings of monk: origin in the section portal.",
            "Die Administration muss zuerst die öffentliche Adresse in die Einstellungen von monk schreiben: origin im Abschnitt portal.";
        not_now: "That’s not possible right now", "Das geht gerade nicht";
        not_now_lead: "Nothing was changed. If you think it should work, ask the people who look after this service.",
            "Nichts wurde geändert. Wenn Sie meinen, dass es gehen sollte, fragen Sie die Administration.";
        invitation_needed: "You need a set-up code first", "Sie brauchen zuerst einen Einrichtungscode";
        invitation_needed_lead: "The first phone needs a set-up code beside your password. It stands in your invitation; if you have none, ask the people who look after this service.",
            "Das erste Telefon braucht neben Ihrem Passwort einen Einrichtungscode. Er steht in Ihrer Einladung; wenn Sie keine haben, fragen Sie die Administration.";
        enter_set_up_code: "Enter a set-up code", "Einrichtungscode eingeben";
        first_device: "Your first phone comes first", "Zuerst kommt Ihr erstes Telefon";
        first_device_lead: "It is set up with your password alone, so it counts only after a delay in which you are told by mail. Set it up now if you have not yet, and come back when it counts.",
            "Es wird nur mit Ihrem Passwort eingerichtet und gilt deshalb erst nach einer Frist, in der Sie per E-Mail davon erfahren. Richten Sie es jetzt ein, falls noch nicht geschehen, und kommen Sie wieder, wenn es gilt.";
        changed_meanwhile: "Something changed meanwhile", "Inzwischen hat sich etwas geändert";
        changed_meanwhile_lead: "Your methods were changed in another window or by an administrator. Look at them, then try again.",
            "Ihre Methoden wurden in einem anderen Fenster oder von der Administration geändert. Sehen Sie nach und versuchen Sie es noch einmal.";
        too_many: "There is no room for more", "Mehr geht nicht";
        too_many_lead: "You have as many as one account can have. Remove what you no longer use.",
            "Sie haben so viele, wie ein Konto haben kann. Entfernen Sie, was Sie nicht mehr benutzen.";
        mail_not_sent: "The email couldn’t be sent", "Die E-Mail konnte nicht gesendet werden";
        mail_not_sent_lead: "Check the address, or try again later.", "Prüfen Sie die Adresse, oder versuchen Sie es später noch einmal.";
    }
}
