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
        typo: "The app password had a typing mistake.", "Im App-Passwort war ein Tippfehler.";
        typo_do: "Type it once more, or copy it.", "Geben Sie es noch einmal ein, oder kopieren Sie es.";
        removed: "The app password that it sent has been removed.", "Das App-Passwort, das es gesendet hat, wurde entfernt.";
        removed_do: "Put the new one in its place, in the settings of the program.",
            "Ersetzen Sie es in den Einstellungen des Programms durch das neue.";
        unknown: "The app password has a typing mistake in it, or it is an old one.",
            "Im App-Passwort ist ein Tippfehler, oder es ist ein altes.";
        unknown_do: "Type it once more. If an old one is still in the program, put the new one in its place.",
            "Geben Sie es noch einmal ein. Hat das Programm noch ein altes, ersetzen Sie es durch das neue.";
        another: "It sent the app password “{name}”.", "Es hat das App-Passwort „{name}“ gesendet.";
        ended: "It has ended.", "Es ist abgelaufen.";
        ended_on: "It ended on {date}.", "Es ist am {date} abgelaufen.";
        ended_do: "Put a new one in its place.", "Ersetzen Sie es durch ein neues.";
        not_for: "The app password is not for {service}.", "Das App-Passwort gilt nicht für {service}.";
        not_sending: "The app password is not for sending mail.", "Das App-Passwort gilt nicht für das Senden von Mail.";
        not_for_do: "Make a new one that may open {service}.",
            "Erstellen Sie ein neues, das {service} öffnen darf.";
        from_there: "The app password may be used from {networks} only.",
            "Das App-Passwort darf nur von {networks} aus benutzt werden.";
        from_there_do: "Use it there, or make another one for elsewhere.",
            "Benutzen Sie es dort, oder erstellen Sie für anderswo ein weiteres.";
        locked_until: "After too many wrong tries, logging in is locked until {time}.",
            "Nach zu vielen falschen Versuchen ist die Anmeldung bis {time} Uhr gesperrt.";
        locked_until_do: "Close the program until {time}, then type the app password.",
            "Schließen Sie das Programm bis {time} Uhr und geben Sie dann das App-Passwort ein.";
        throttled: "There were too many wrong tries before it, so this one was not looked at.",
            "Davor gab es zu viele falsche Versuche, deshalb wurde dieser nicht geprüft.";
        throttled_do: "Close the program for a quarter of an hour, then type the app password.",
            "Schließen Sie das Programm für eine Viertelstunde und geben Sie dann das App-Passwort ein.";
        locked: "Your account is locked.", "Ihr Konto ist gesperrt.";
        locked_do: "Close the program and wait for half an hour. If it is still locked then, ask for help.",
            "Schließen Sie das Programm und warten Sie eine halbe Stunde. Ist es dann noch gesperrt, fragen Sie die Administration.";
        account_ended: "Your account has ended, or has not begun yet.",
            "Ihr Konto ist abgelaufen oder gilt noch nicht.";
        account: "Your account may not log in there at the moment.",
            "Ihr Konto darf sich dort zurzeit nicht anmelden.";
        account_do: "Ask the people who look after this service.", "Fragen Sie die Administration.";
    }
}
