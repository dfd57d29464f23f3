//! Texts of the change of the password.

use super::table::texts;

texts! {
    /// The change of the password.
    PasswordTexts {
        nav: "Password", "Passwort";
        title: "Change your password", "Passwort ändern";
        lead: "You use it to sign in here and wherever you type it yourself. App passwords and passkeys stay as they are.",
            "Sie verwenden es, um sich hier anzumelden und überall, wo Sie es selbst eintippen. App-Passwörter und Passkeys bleiben, wie sie sind.";
        current: "Current password", "Aktuelles Passwort";
        new: "New password", "Neues Passwort";
        new_hint: "Four or five unrelated words are easy to remember and hard to guess.",
            "Vier oder fünf Wörter ohne Zusammenhang sind leicht zu merken und schwer zu erraten.";
        again: "New password, once more", "Neues Passwort, noch einmal";
        go: "Change password", "Passwort ändern";
        choose: "Nothing was changed: please choose a different password",
            "Nichts wurde geändert: Bitte wählen Sie ein anderes Passwort";
        not_now: "Nothing was changed", "Nichts wurde geändert";
        says: "The server says:", "Der Server sagt:";
        too_short: "It is too short. Take a longer one.", "Es ist zu kurz. Nehmen Sie ein längeres.";
        too_weak: "It is too easy to guess, or too short. Take a longer one with more unusual words.",
            "Es ist zu leicht zu erraten oder zu kurz. Nehmen Sie ein längeres mit ungewöhnlicheren Wörtern.";
        in_history: "You have used this password before. Choose one that you have not used here yet.",
            "Dieses Passwort hatten Sie schon einmal. Wählen Sie eines, das Sie hier noch nicht verwendet haben.";
        too_young: "You changed your password a short time ago, and it can’t be changed again yet. Try again tomorrow.",
            "Sie haben Ihr Passwort vor Kurzem geändert, und es lässt sich noch nicht wieder ändern. Versuchen Sie es morgen noch einmal.";
        not_allowed: "Your password can’t be changed here. Ask the people who look after your account.",
            "Ihr Passwort lässt sich hier nicht ändern. Fragen Sie die Administration Ihres Kontos.";
        other: "The server does not take this one.", "Der Server nimmt dieses nicht an.";
        like_app: "It looks like an app password, and would be taken for one. Change a word or two.",
            "Es sieht aus wie ein App-Passwort und würde dafür gehalten. Ändern Sie ein oder zwei Wörter.";
        unfit: "It is empty, too long, or has characters that nobody can type at a login.",
            "Es ist leer, zu lang oder enthält Zeichen, die sich bei einer Anmeldung nicht eintippen lassen.";
        differ: "The two new passwords differ", "Die beiden neuen Passwörter sind verschieden";
        differ_why: "Nothing was changed. Type the same new password twice.",
            "Nichts wurde geändert. Geben Sie dasselbe neue Passwort zweimal ein.";
        wrong: "The current password doesn’t match", "Das aktuelle Passwort passt nicht";
        wrong_why: "Nothing was changed. Check that Caps Lock is off, then try again.",
            "Nichts wurde geändert. Bitte prüfen Sie, ob die Feststelltaste aus ist, und versuchen Sie es noch einmal.";
        unknown: "Your password may have been changed", "Ihr Passwort ist vielleicht geändert";
        unknown_why: "The server did not answer in time. Try the new password first, then the old one.",
            "Der Server hat nicht rechtzeitig geantwortet. Versuchen Sie zuerst das neue Passwort, dann das alte.";
        done: "Your password is changed", "Ihr Passwort ist geändert";
        done_why: "Use the new one from now on. If you were signed in here in other browsers, you are not any more.",
            "Verwenden Sie ab jetzt das neue. In anderen Browsern sind Sie hier nicht mehr angemeldet.";
        like_code: "It ends in digits, like a password with a code behind it. If a login does not take it, wait for the screen that asks for the code, and type the code there.",
            "Es endet mit Ziffern, wie ein Passwort mit einem Code dahinter. Nimmt eine Anmeldung es nicht an, warten Sie auf die Frage nach dem Code und geben Sie den Code erst dort ein.";
    }
}
