//! Why a mail program was refused, and what to do.

use super::table::texts;

texts! {
    /// Refusals of mail programs.
    RefusedTexts {
        heading: "It was refused", "Die Anmeldung wurde abgelehnt";
        when: "A program tried {when}.", "Ein Programm hat es {when} versucht.";
        when_from: "A program tried {when} from {address}.", "Ein Programm hat es {when} von {address} versucht.";
        to_do: "What to do: {what}", "Was tun: {what}";
        normal: "It sent your normal password.", "Es hat Ihr normales Passwort gesendet.";
        normal_do: "Type the app password in its place.", "Geben Sie stattdessen das App-Passwort ein.";
        wrong: "It sent a password that is not yours.", "Es hat ein Passwort gesendet, das nicht Ihres ist.";
        wrong_do: "Remove the password that the program has kept, and type the app password.",
            "Löschen Sie das Passwort, das sich das Programm gemerkt hat, und geben Sie das App-Passwort ein.";
        typo: "The app password had a typing mistake, or it has been removed.",
            "Im App-Passwort war ein Tippfehler, oder es wurde entfernt.";
        typo_do: "Type it once more. If an old one is still in the program, put the new one in its place.",
            "Geben Sie es noch einmal ein. Hat das Programm noch ein altes, ersetzen Sie es durch das neue.";
        ended: "The app password has ended.", "Das App-Passwort ist abgelaufen.";
        ended_do: "Make a new one, and type that.", "Erstellen Sie ein neues und geben Sie dieses ein.";
        not_for: "The app password is not for {service}, or not from there.",
            "Das App-Passwort gilt nicht für {service} oder nicht von dort aus.";
        not_for_do: "Make a new one that may open {service}.",
            "Erstellen Sie ein neues, das {service} öffnen darf.";
        locked: "There were too many wrong tries before it, so this one was not looked at.",
            "Davor gab es zu viele falsche Versuche, deshalb wurde dieser nicht geprüft.";
        locked_do: "Close the program for a quarter of an hour, then type the app password.",
            "Schließen Sie das Programm für eine Viertelstunde und geben Sie dann das App-Passwort ein.";
        account: "Your account may not log in there at the moment.",
            "Ihr Konto darf sich dort zurzeit nicht anmelden.";
        account_do: "Ask the people who look after this service.", "Fragen Sie die Administration.";
    }
}
