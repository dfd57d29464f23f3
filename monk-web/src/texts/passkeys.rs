//! Texts of passkeys.

use super::table::texts;

texts! {
    /// Passkeys.
    Passkeys {
        sign_in: "Sign in with a passkey", "Mit Passkey anmelden";
        not_signed_in: "No passkey was used", "Es wurde kein Passkey benutzt";
        not_signed_in_why: "The browser’s window was closed, or this device has no passkey for this page. Try again, or sign in with your password.",
            "Das Fenster des Browsers wurde geschlossen, oder dieses Gerät hat keinen Passkey für diese Seite. Versuchen Sie es noch einmal, oder melden Sie sich mit Ihrem Passwort an.";
        title: "Passkeys", "Passkeys";
        what: "Your fingerprint, face or PIN instead of password and code. Works on this page only.",
            "Fingerabdruck, Gesicht oder PIN statt Passwort und Code. Gilt nur auf dieser Seite.";
        add: "Add a passkey", "Passkey hinzufügen";
        none: "No passkey yet", "Noch kein Passkey";
        none_what: "The quickest way in here, and no fake site can trick you out of it.",
            "Der schnellste Weg hier hinein, und keine gefälschte Seite kann ihn Ihnen entlocken.";
        add_lead: "You sign in here with your fingerprint, your face or a PIN. No password, no code, and no fake site can trick you out of it.",
            "Sie melden sich hier mit Fingerabdruck, Gesicht oder PIN an. Kein Passwort, kein Code, und keine gefälschte Seite kann ihn Ihnen entlocken.";
        add_where: "It is kept by this phone or computer, by your password manager, or by a security key that you plug in.",
            "Ihn bewahrt dieses Telefon oder dieser Computer auf, Ihr Passwortmanager oder ein Sicherheitsschlüssel, den Sie einstecken.";
        name: "Name", "Name";
        name_hint: "So that you recognise it later.", "Damit Sie ihn später wiedererkennen.";
        usual_name: "This computer", "Dieser Computer";
        create: "Create passkey", "Passkey erstellen";
        again: "Try again", "Noch einmal versuchen";
        browser: "Your browser asks next. Follow its instructions.",
            "Als Nächstes fragt Ihr Browser. Folgen Sie seinen Anweisungen.";
        script: "Passkeys need JavaScript. Everything else here works without it.",
            "Passkeys brauchen JavaScript. Alles andere hier geht ohne.";
        not_added: "No passkey was added", "Es kam kein Passkey hinzu";
        not_added_why: "The browser’s window was closed, or nothing happened for a few minutes. You can simply try again.",
            "Das Fenster des Browsers wurde geschlossen, oder es geschah einige Minuten lang nichts. Versuchen Sie es einfach noch einmal.";
        still: "It still doesn’t work", "Es geht immer noch nicht";
        still_lock: "Switch on the screen lock of your phone or computer: passkeys need a PIN, fingerprint or face.",
            "Schalten Sie die Bildschirmsperre Ihres Telefons oder Computers ein: Passkeys brauchen PIN, Fingerabdruck oder Gesicht.";
        still_key: "Security key: take it out, plug it in again, and touch it when it blinks.",
            "Sicherheitsschlüssel: ziehen Sie ihn heraus, stecken Sie ihn wieder ein und berühren Sie ihn, wenn er blinkt.";
        still_there: "This device may hold a passkey for you already. Then there is nothing to add.",
            "Vielleicht hat dieses Gerät schon einen Passkey für Sie. Dann ist nichts hinzuzufügen.";
        added: "**“{name}” is added.**", "**„{name}“ wurde hinzugefügt.**";
        added_title: "Passkey added", "Passkey hinzugefügt";
        added_next: "Next time, just tap “Sign in with a passkey”",
            "Tippen Sie beim nächsten Mal einfach auf „Mit Passkey anmelden“";
        added_lead: "No user name, no password. Your phone and its codes go on working as before.",
            "Kein Benutzername, kein Passwort. Ihr Telefon und seine Codes gelten weiter wie bisher.";
        lose: "You can no longer sign in with it. Remove it from your device or password manager as well.",
            "Sie können sich damit nicht mehr anmelden. Entfernen Sie ihn auch von Ihrem Gerät oder aus Ihrem Passwortmanager.";
        kind: "Passkey", "Passkey";
        prove_with: "Confirm with a passkey", "Mit Passkey bestätigen";
        or_typed: "Or type your password and a code:", "Oder geben Sie Passwort und Code ein:";
        browser_asks: "Your browser asks for your passkey when you go on.", "Ihr Browser fragt nach Ihrem Passkey, wenn Sie weitergehen.";
        not_used: "No passkey was used. Try again, or plug in the device that has it.",
            "Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal, oder schließen Sie das Gerät an, das ihn hat.";
        prove: "Before that, confirm that it’s you: [sign in again with your passkey], and come back.",
            "Bestätigen Sie vorher, dass Sie es sind: [melden Sie sich noch einmal mit Ihrem Passkey an] und kommen Sie zurück.";
    }
}
