//! Texts of setting up a phone, and of backup codes.

use super::table::texts;

texts! {
    /// Setting up a phone, and backup codes.
    Setup {
        progress: "Progress", "Fortschritt";
        step_scan: "Scan", "Scannen";
        step_confirm: "Confirm", "Bestätigen";
        step_backup: "Backup codes", "Backup-Codes";
        done: "(done)", "(erledigt)";
        add_title: "Add a phone", "Telefon hinzufügen";
        add_lead: "The phones you have go on working. You can remove an old one when the new one is set up.",
            "Die Telefone, die Sie haben, gehen weiter. Ein altes können Sie entfernen, wenn das neue eingerichtet ist.";
        add_first_title: "Set up your phone", "Telefon einrichten";
        add_first_lead: "You scan a picture, type the code your phone shows, and save six backup codes. It takes about two minutes.",
            "Sie scannen ein Bild, geben den Code ein, den Ihr Telefon zeigt, und speichern sechs Backup-Codes. Das dauert etwa zwei Minuten.";
        show_picture: "Show the picture", "Bild anzeigen";
        scan_title: "Set up your phone: scan", "Telefon einrichten: scannen";
        scan: "Scan this with your phone", "Mit dem Telefon scannen";
        scan_app: "Open your **authenticator app**. If you have none, install one first: Google Authenticator, Microsoft Authenticator, 2FAS and Aegis all work, and so does the Passwords app on an iPhone.",
            "Öffnen Sie Ihre **Authenticator-App**. Noch keine da? Google Authenticator, Microsoft Authenticator, 2FAS und Aegis funktionieren, auf dem iPhone auch die App „Passwörter“.";
        scan_plus: "Tap **+**, then **Scan a QR code**.",
            "Tippen Sie auf **+** und dann auf **QR-Code scannen**.";
        scan_point: "Point the camera at the picture. The app adds “{issuer}” and shows {digits} digits.",
            "Halten Sie die Kamera auf das Bild. Die App fügt „{issuer}“ hinzu und zeigt {digits} Ziffern.";
        scan_here: "Reading this on that phone? [Tap here to add it to your app].",
            "Lesen Sie das auf diesem Telefon? [Hier tippen, um es der App hinzuzufügen].";
        scan_qr: "QR code for your authenticator app. The same key is written out below.",
            "QR-Code für Ihre Authenticator-App. Derselbe Schlüssel steht unten als Text.";
        scan_private: "Keep this picture to yourself.", "Behalten Sie dieses Bild für sich.";
        scan_type: "Can’t scan it? Type this key instead", "Scannen geht nicht? Schlüssel eintippen";
        scan_type_how: "In the app, choose **Enter a setup key**, and leave the type at “time-based”.",
            "Wählen Sie in der App **Einrichtungsschlüssel eingeben** und lassen Sie die Art auf „zeitbasiert“.";
        scan_next: "My app shows a code", "Die App zeigt einen Code";
        confirm_title: "Set up your phone: confirm", "Telefon einrichten: bestätigen";
        confirm: "Type the code your phone shows", "Code vom Telefon eingeben";
        confirm_lead: "This checks that your phone and your account agree. Nothing changes until the code is right.",
            "So prüfen wir, ob Telefon und Konto zusammenpassen. Bis der Code stimmt, ändert sich nichts.";
        confirm_code: "Code from the app", "Code aus der App";
        confirm_hint: "If it is about to change, wait for the next one.",
            "Wechselt er gleich, warten Sie auf den nächsten.";
        confirm_name: "Name of this phone", "Name des Telefons";
        confirm_name_hint: "So that you recognise it later.", "Damit Sie es später wiedererkennen.";
        confirm_go: "Confirm", "Bestätigen";
        confirm_back: "Back to the picture", "Zurück zum Bild";
        my_phone: "My phone", "Mein Telefon";
        wrong_code: "That code doesn’t match", "Der Code passt nicht";
        wrong_code_why: "Wait until the app shows a new code, then type that one. If it never matches, go back to the picture and scan it once more.",
            "Warten Sie, bis die App einen neuen Code zeigt, und geben Sie den ein. Passt keiner, gehen Sie zurück zum Bild und scannen Sie es noch einmal.";
        clock_slow: "Your phone’s clock is {time} slow", "Die Uhr Ihres Telefons geht {time} nach";
        clock_fast: "Your phone’s clock is {time} fast", "Die Uhr Ihres Telefons geht {time} vor";
        clock_why: "That code was right, but for another time. Codes depend on the time, so let the phone set its clock by itself:",
            "Der Code stimmt, gehört aber zu einer anderen Zeit. Die Codes hängen von der Uhrzeit ab. Lassen Sie das Telefon die Uhr selbst stellen:";
        clock_iphone: "**iPhone:** Settings › General › Date & Time › Set Automatically",
            "**iPhone:** Einstellungen › Allgemein › Datum & Uhrzeit › Automatisch einstellen";
        clock_android: "**Android:** Settings › System › Date & time › Set time automatically",
            "**Android:** Einstellungen › System › Datum & Uhrzeit › Uhrzeit automatisch einstellen";
        clock_then: "Then type the code that the app shows now.",
            "Geben Sie danach den Code ein, den die App jetzt zeigt.";
        clock_here: "This code is from {there}. Here it is {here}.",
            "Dieser Code ist von {there}. Hier ist es {here}.";
        backup_title: "Set up your phone: backup codes", "Telefon einrichten: Backup-Codes";
        backup_new_title: "Your backup codes", "Ihre Backup-Codes";
        phone_is_set_up: "**Your phone is set up.** One last thing, for the day it is lost or broken.",
            "**Ihr Telefon ist eingerichtet.** Noch eines, für den Tag, an dem es weg oder kaputt ist.";
        backup: "Save your backup codes", "Backup-Codes aufbewahren";
        backup_lead: "Each of these opens one login when your phone can’t. They are shown only now.",
            "Jeder dieser Codes öffnet eine Anmeldung, wenn Ihr Telefon nicht kann. Sie sind nur jetzt zu sehen.";
        backup_replaced: "The codes you had before no longer work: throw them away.",
            "Die Codes, die Sie vorher hatten, gelten nicht mehr: Werfen Sie sie weg.";
        paper: "{organisation}: backup codes for {user}", "{organisation}: Backup-Codes für {user}";
        paper_how: "Made on {date}. Sign in with your password and one of these codes.",
            "Erstellt am {date}. Melden Sie sich mit Ihrem Passwort und einem dieser Codes an.";
        paper_once: "Each works once; cross it off afterwards.",
            "Jeder gilt einmal; streichen Sie ihn danach durch.";
        print: "Print", "Drucken";
        download: "Download", "Herunterladen";
        without_script: "Print this page with your browser, or write the codes down.",
            "Drucken Sie diese Seite mit dem Browser, oder schreiben Sie die Codes ab.";
        backup_where: "A printout in a drawer at home is a good place. Your mailbox is not: that is what the codes are meant to open.",
            "Ein Ausdruck in einer Schublade zu Hause ist gut. Ihr Postfach nicht: Das sollen die Codes ja öffnen.";
        saved: "I have printed or saved these codes", "Ich habe diese Codes ausgedruckt oder gespeichert";
        finish: "Finish", "Fertig";
        renew_title: "New backup codes", "Neue Backup-Codes";
        renew: "Get six new backup codes?", "Sechs neue Backup-Codes holen?";
        renew_lead: "The old set stops working at once, including the codes you have not used. The new ones are shown once, to print or save.",
            "Die alten gelten sofort nicht mehr, auch die nicht, die Sie noch nicht benutzt haben. Die neuen sehen Sie einmal, zum Drucken oder Speichern.";
        renew_go: "Replace my backup codes", "Backup-Codes ersetzen";
        first_codes: "Get six backup codes", "Sechs Backup-Codes holen";
        first_codes_lead: "Each opens one login when your phone can’t. They are shown once, to print or save.",
            "Jeder öffnet eine Anmeldung, wenn Ihr Telefon nicht kann. Sie sehen sie einmal, zum Drucken oder Speichern.";
        first_codes_go: "Show my backup codes", "Backup-Codes anzeigen";
        keep_old: "Keep the old ones", "Die alten behalten";
    }
}
