//! Texts of one-time codes.

use super::table::texts;

texts! {
    /// One-time codes.
    LoginCode {
        nav: "One-time code", "Einmalcode";
        title: "Log in once, somewhere else", "Einmal woanders anmelden";
        lead: "For a single login where the box has room for a password only: webmail on a friend’s computer, for example.",
            "Für eine einzige Anmeldung, bei der nur Platz für ein Passwort ist: zum Beispiel Webmail am Computer einer Freundin.";
        how: "You get a code that works once, within ten minutes. You type it after your password. Nothing stays behind on that computer.",
            "Sie bekommen einen Code, der einmal gilt, innerhalb von zehn Minuten. Sie geben ihn hinter Ihrem Passwort ein. Auf jenem Computer bleibt nichts zurück.";
        get: "Get a code", "Code holen";
        easier: "For a phone or computer of your own, [an app password] is easier.",
            "Für Ihr eigenes Telefon oder Ihren eigenen Computer ist [ein App-Passwort] einfacher.";
        yours: "Your one-time code", "Ihr Einmalcode";
        type_it: "Type your password, a semicolon and this code", "Geben Sie Ihr Passwort, einen Strichpunkt und diesen Code ein";
        looks: "In the password box it looks like this: **PASSWORD;{code}**, with your own password in place of PASSWORD. Where a second box asks for a code, type it there alone.",
            "Im Passwortfeld sieht es so aus: **PASSWORT;{code}**, mit Ihrem eigenen Passwort anstelle von PASSWORT. Fragt ein zweites Feld nach einem Code, geben Sie dort nur diesen ein.";
        until: "Works for ten minutes, until {time}", "Gilt zehn Minuten, bis {time}";
        once: "It works once. Keep it to yourself: nobody at {organisation} will ever ask you for it.",
            "Er gilt einmal. Behalten Sie ihn für sich: Niemand bei {organisation} wird Sie je danach fragen.";
        another: "Get another code", "Einen anderen Code holen";
        done: "Done", "Fertig";
        needs_more: "Sign in with your phone or a passkey first", "Melden Sie sich zuerst mit Telefon oder Passkey an";
        needs_more_why: "A one-time code is for people who have signed in with a second factor. Set up your phone, sign out, and sign in with its code.",
            "Einmalcodes gibt es, wenn Sie sich mit einem zweiten Faktor angemeldet haben. Richten Sie Ihr Telefon ein, melden Sie sich ab und mit seinem Code wieder an.";
    }
}
