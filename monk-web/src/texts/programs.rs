//! Texts of app passwords and of the programs that use them.

use super::table::texts;

texts! {
    /// App passwords and mail programs.
    Programs {
        new_title: "Add an app password", "App-Passwort hinzufügen";
        new_lead: "A password that only one mail program knows. You type it once, and you can take it back at any time.",
            "Ein Passwort, das nur ein Mailprogramm kennt. Sie geben es einmal ein und können es jederzeit zurücknehmen.";
        new_lead_first: "Your phone is set up. Your mail program needs a password of its own now, which only it knows.",
            "Ihr Telefon ist eingerichtet. Jetzt braucht Ihr Mailprogramm noch ein eigenes Passwort, das nur dieses kennt.";
        later: "Not now", "Nicht jetzt";
        what_for: "What is it for?", "Wofür ist es?";
        iphone: "iPhone or iPad", "iPhone oder iPad";
        android: "Android phone or tablet", "Android-Telefon oder -Tablet";
        thunderbird: "Thunderbird on a computer", "Thunderbird am Computer";
        outlook: "Outlook", "Outlook";
        other: "Something else", "Etwas anderes";
        name: "Name", "Name";
        name_hint: "So that you know which one to remove when you sell or lose the device.",
            "Damit Sie wissen, welches Sie entfernen, wenn Sie das Gerät verkaufen oder verlieren.";
        usual_name: "My mail program", "Mein Mailprogramm";
        how_long: "How long should it work?", "Wie lange soll es gelten?";
        for_ever: "Until I remove it", "Bis ich es entferne";
        days_30: "30 days", "30 Tage";
        days_90: "90 days", "90 Tage";
        days_365: "1 year", "1 Jahr";
        what_opens: "What may it open?", "Was darf es öffnen?";
        nothing_chosen: "It has to open something", "Etwas muss es öffnen";
        nothing_chosen_why: "Choose at least one service.", "Wählen Sie mindestens einen Dienst.";
        create: "Create app password", "App-Passwort erstellen";
        iphone_title: "Set up your iPhone", "iPhone einrichten";
        iphone_heading: "Set up Mail on your iPhone", "Mail auf dem iPhone einrichten";
        iphone_open: "Open **Settings › Apps › Mail › Mail Accounts**, and tap **Add Account**, then **Other**. On older iPhones, Mail is in Settings itself.",
            "Öffnen Sie **Einstellungen › Apps › Mail › Mail-Accounts** und tippen Sie auf **Account hinzufügen**, dann auf **Andere**. Auf älteren iPhones steht Mail direkt in den Einstellungen.";
        iphone_type: "Tap **Add Mail Account**, and type your name, **{email}** and the app password.",
            "Tippen Sie auf **Mail-Account hinzufügen** und geben Sie Ihren Namen, **{email}** und das App-Passwort ein.";
        iphone_rest: "If it asks for servers, choose **IMAP** and type what stands in the table.",
            "Fragt es nach Servern, wählen Sie **IMAP** und geben Sie ein, was in der Tabelle steht.";
        android_title: "Set up your Android phone", "Android-Telefon einrichten";
        android_heading: "Set up mail on your Android phone", "Mail auf dem Android-Telefon einrichten";
        android_open: "Install **Thunderbird** from the Play Store or F-Droid, and open it. Another mail program works as well.",
            "Installieren Sie **Thunderbird** aus dem Play Store oder von F-Droid und öffnen Sie es. Ein anderes Mailprogramm geht auch.";
        android_type: "Type **{email}**, and then the app password.",
            "Geben Sie **{email}** ein und danach das App-Passwort.";
        android_rest: "If it asks for servers, type what stands in the table.",
            "Fragt es nach Servern, geben Sie ein, was in der Tabelle steht.";
        thunderbird_heading: "Set up Thunderbird", "Thunderbird einrichten";
        thunderbird_open: "In Thunderbird, choose **Menu › New account › Email**.",
            "Wählen Sie in Thunderbird **Menü › Neues Konto › E-Mail**.";
        thunderbird_type: "Type your name, **{email}** and the app password. If Thunderbird doesn’t find the rest by itself, take it from the table.",
            "Geben Sie Ihren Namen, **{email}** und das App-Passwort ein. Findet Thunderbird den Rest nicht selbst, nehmen Sie ihn aus der Tabelle.";
        thunderbird_done: "Choose **Done**.", "Wählen Sie **Fertig**.";
        outlook_heading: "Set up Outlook", "Outlook einrichten";
        outlook_open: "In Outlook, choose **File › Add account** and type **{email}**.",
            "Wählen Sie in Outlook **Datei › Konto hinzufügen** und geben Sie **{email}** ein.";
        outlook_kind: "If it asks for the kind of account, choose **IMAP**.",
            "Fragt es nach der Art des Kontos, wählen Sie **IMAP**.";
        outlook_paste: "Paste the app password and choose **Connect**.",
            "Fügen Sie das App-Passwort ein und wählen Sie **Verbinden**.";
        other_heading: "Set up your mail program", "Mailprogramm einrichten";
        other_open: "Open the account settings of the program, and type what stands in the table.",
            "Öffnen Sie die Kontoeinstellungen des Programms und geben Sie ein, was in der Tabelle steht.";
        other_password: "Where it asks for the password, type the app password.",
            "Wo es nach dem Passwort fragt, geben Sie das App-Passwort ein.";
        android_lead: "With Thunderbird or K-9 Mail there is nothing to type. For other programs, use the settings further down.",
            "Mit Thunderbird oder K-9 Mail ist nichts abzutippen. Für andere Programme nehmen Sie die Einstellungen weiter unten.";
        android_install: "Install **Thunderbird** from the Play Store or F-Droid, and open it.",
            "Installieren Sie **Thunderbird** aus dem Play Store oder von F-Droid und öffnen Sie es.";
        android_scan: "Tap **Import settings**, then **Scan QR code**. In K-9 Mail it is under **Settings › Import settings**.",
            "Tippen Sie auf **Einstellungen importieren** und dann auf **QR-Code scannen**. In K-9 Mail steht es unter **Einstellungen › Einstellungen importieren**.";
        android_point: "Point the camera at the picture and confirm. Your messages are there.",
            "Halten Sie die Kamera auf das Bild und bestätigen Sie. Ihre Nachrichten sind da.";
        picture_label: "QR code with your mail account", "QR-Code mit Ihrem Mailkonto";
        picture_holds: "It holds the app password.", "Es enthält das App-Passwort.";
        steps: "Step by step", "Schritt für Schritt";
        your_password: "Your app password", "Ihr App-Passwort";
        shown_once: "Shown only now. Spaces don’t matter. If you lose it, make a new one.",
            "Nur jetzt zu sehen. Leerzeichen sind egal. Verloren? Dann machen Sie ein neues.";
        settings: "Settings for the mail program", "Einstellungen für das Mailprogramm";
        email: "Email address", "E-Mail-Adresse";
        the_app_password: "the app password", "das App-Passwort";
        incoming: "Incoming mail ({protocol})", "Eingehende Mail ({protocol})";
        outgoing: "Outgoing mail ({protocol})", "Ausgehende Mail ({protocol})";
        server: "Server", "Server";
        port: "Port", "Port";
        security: "Security", "Sicherheit";
        ask_for_servers: "The people who look after this service can tell you the names of the servers.",
            "Die Namen der Server sagt Ihnen die Administration.";
        disappears: "The app password disappears when you leave this page.",
            "Das App-Passwort verschwindet, wenn Sie diese Seite verlassen.";
        waiting: "Waiting for the first login", "Warten auf die erste Anmeldung";
        waiting_why: "Follow the steps below. As soon as the program logs in, you’ll see it here.",
            "Folgen Sie den Schritten unten. Sobald sich das Programm anmeldet, sehen Sie es hier.";
        check_now: "Check now", "Jetzt nachsehen";
        check_now_why: "(opens a new tab, so that the password stays on this one)",
            "(in einem neuen Tab, damit das Passwort hier stehen bleibt)";
        state_title: "Has it logged in?", "Hat es sich angemeldet?";
        state_waiting: "Not yet. Load this page again in a moment.",
            "Noch nicht. Laden Sie diese Seite gleich noch einmal.";
        worked: "It worked", "Es hat geklappt";
        worked_why: "The program logged in {when}. There is nothing more to do.",
            "Das Programm hat sich {when} angemeldet. Mehr ist nicht zu tun.";
        worked_from: "The program logged in {when} from {address}. There is nothing more to do.",
            "Das Programm hat sich {when} von {address} angemeldet. Mehr ist nicht zu tun.";
        finished: "Done", "Fertig";
    }
}
