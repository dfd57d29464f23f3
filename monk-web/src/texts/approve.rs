//! Texts of the page on which a login is approved.

use super::table::texts;

texts! {
    /// Approving a login.
    Approve {
        title: "Approve a login", "Anmeldung bestätigen";
        passkey_lead: "A login waits for your approval? Show with your passkey that it’s you.",
            "Wartet eine Anmeldung auf Ihre Bestätigung? Zeigen Sie mit Ihrem Passkey, dass Sie es sind.";
        passkey: "Continue with a passkey", "Weiter mit Passkey";
        no_passkey: "No passkey yet? Type a code in your terminal this time, and [add a passkey] for the next one.",
            "Noch kein Passkey? Geben Sie diesmal einen Code in Ihr Terminal ein und [fügen Sie einen Passkey hinzu] für das nächste Mal.";
        nothing: "No login waits for you", "Es wartet keine Anmeldung";
        nothing_lead: "When your terminal asks for a code, press Enter. It shows a number, and the login appears here.",
            "Drücken Sie die Eingabetaste, wenn Ihr Terminal nach einem Code fragt. Es zeigt eine Zahl, und die Anmeldung erscheint hier.";
        nothing_time: "A login waits for two minutes. After that, start it again.",
            "Eine Anmeldung wartet zwei Minuten. Danach beginnen Sie sie neu.";
        look: "Look again", "Noch einmal nachsehen";
        is_it_you: "Is this you logging in?", "Melden Sie sich gerade an?";
        account: "Account", "Konto";
        program: "Program", "Programm";
        host: "On", "Auf";
        from: "From", "Von";
        asked: "Asked", "Gefragt";
        this_network: "{address} (your address, too)", "{address} (auch Ihre Adresse)";
        this_machine: "the machine itself", "dem Rechner selbst";
        terminal: "the machine itself ({terminal})", "dem Rechner selbst ({terminal})";
        choose: "Choose the number that your terminal shows", "Wählen Sie die Zahl, die Ihr Terminal anzeigt";
        only_right: "Only the right number lets this login in. If yours is not among them, it is somebody else’s login.",
            "Nur die richtige Zahl lässt diese Anmeldung zu. Ist Ihre nicht dabei, gehört die Anmeldung jemand anderem.";
        deny: "That’s not me: refuse it", "Das bin ich nicht: ablehnen";
        done_title: "Login approved", "Anmeldung bestätigt";
        done: "**Approved.** {program} on {host} can go ahead.", "**Bestätigt.** {program} auf {host} kann weitermachen.";
        back: "Back to your terminal", "Zurück zu Ihrem Terminal";
        back_lead: "Press Enter there. You can close this page: the approval was good for that one login only.",
            "Drücken Sie dort die Eingabetaste. Diese Seite können Sie schließen: Die Bestätigung galt nur für diese eine Anmeldung.";
        denied_title: "Login refused", "Anmeldung abgelehnt";
        denied: "That login was refused", "Diese Anmeldung wurde abgelehnt";
        denied_lead: "Nobody got in, and your administrator can see the attempt. For an hour, no login can ask you again.",
            "Niemand kam hinein, und die Administration kann den Versuch sehen. Eine Stunde lang kann keine Anmeldung Sie noch einmal fragen.";
        wrong: "That was another number", "Das war eine andere Zahl";
        wrong_lead: "The login was refused. For a quarter of an hour, no login can ask you again: type a code in your terminal meanwhile.",
            "Die Anmeldung wurde abgelehnt. Eine Viertelstunde lang kann keine Anmeldung Sie noch einmal fragen: Geben Sie so lange einen Code in Ihr Terminal ein.";
        warn: "If you didn’t start it, someone may know your password",
            "Wenn Sie sie nicht begonnen haben, kennt vielleicht jemand Ihr Passwort";
        warn_change: "Change it now to shut them out. Your app passwords and passkeys go on working.",
            "Ändern Sie es jetzt, um die Person auszusperren. Ihre App-Passwörter und Passkeys gelten weiter.";
        warn_ask: "Have it changed now by the people who look after this service.",
            "Lassen Sie es jetzt von der Administration ändern.";
        change: "Change my password", "Mein Passwort ändern";
        own_mistake: "It was my own mistake", "Es war mein eigenes Versehen";
        over: "That login waits no longer", "Diese Anmeldung wartet nicht mehr";
        over_lead: "It was answered already, it has ended, or its two minutes are over. If you want in still, start it again.",
            "Sie wurde schon beantwortet, ist beendet, oder ihre zwei Minuten sind um. Wollen Sie noch hinein, beginnen Sie sie neu.";
    }
}
