//! Texts of invitations by administrators.

use super::table::texts;

texts! {
    /// Invitations of one or many.
    Invitations {
        title: "Invite people", "Personen einladen";
        lead: "They get an email with a link of their own and set up a phone in about two minutes. Nothing changes for them until they do.",
            "Sie bekommen eine E-Mail mit einem eigenen Link und richten in etwa zwei Minuten ein Telefon ein. Bis dahin ändert sich für sie nichts.";
        who: "Who should be invited?", "Wer soll eingeladen werden?";
        by_name: "People of a list", "Personen einer Liste";
        by_group: "A group", "Eine Gruppe";
        missing: "Everybody who has not set up a phone yet", "Alle, die noch kein Telefon eingerichtet haben";
        names: "List", "Liste";
        names_hint: "One user name per line, up to {most}. From a CSV file, the first column counts.",
            "Ein Benutzername je Zeile, bis zu {most}. Aus einer CSV-Datei zählt die erste Spalte.";
        group: "Group", "Gruppe";
        group_hint: "As the directory calls it.", "So wie das Verzeichnis sie nennt.";
        how_long: "How long do the links work?", "Wie lange gelten die Links?";
        days: "{days} days", "{days} Tage";
        check: "Check the list", "Liste prüfen";
        check_hint: "You see who will be invited before anything is sent.", "Sie sehen vor dem Senden, wer eingeladen wird.";
        cancel: "Cancel", "Abbrechen";
        change: "Change the list", "Liste ändern";
        too_many: "Too many names", "Zu viele Namen";
        too_many_why: "The hint above the list says how many fit. Take a group, or send the rest with another list.", "Wie viele passen, steht über der Liste. Nehmen Sie eine Gruppe, oder senden Sie den Rest mit einer weiteren Liste.";
        nobody: "Nobody to invite", "Niemand einzuladen";
        nobody_why: "Type one user name per line, or the name of a group.", "Geben Sie einen Benutzernamen je Zeile ein oder den Namen einer Gruppe.";
        unfindable: "This group cannot be found", "Diese Gruppe ist nicht zu finden";
        unfindable_why: "The settings of monk do not say where groups of that kind are. Check the name, or take a list.",
            "Die Einstellungen von monk sagen nicht, wo solche Gruppen stehen. Prüfen Sie den Namen, oder nehmen Sie eine Liste.";
        no_mail: "No mail can be sent", "Es kann keine Mail gesendet werden";
        no_mail_why: "Ask those who run the server: invitations need a mail server in the settings of monk.",
            "Fragen Sie die, die den Server betreiben: Einladungen brauchen einen Mailserver in den Einstellungen von monk.";
        busy: "Others are being invited", "Andere werden gerade eingeladen";
        busy_why: "Wait until the invitations that are on their way have been sent, and try again.",
            "Warten Sie, bis die Einladungen gesendet sind, die unterwegs sind, und versuchen Sie es noch einmal.";
        preview: "Invitations to send: {count}", "Zu sendende Einladungen: {count}";
        counts: "How they stand", "Wie es steht";
        get_one: "Get an invitation", "Bekommen eine Einladung";
        have_one: "Have one already", "Haben schon eine";
        are_set_up: "Have set up their phone", "Haben ihr Telefon eingerichtet";
        are_left_out: "Cannot be invited", "Können nicht eingeladen werden";
        people: "Number", "Zahl";
        not_whole: "There are more than this page could look at.", "Es gibt mehr, als diese Seite ansehen konnte.";
        not_whole_why: "When you send, monk looks at everybody, up to {most} people.", "Beim Senden sieht monk alle an, bis zu {most} Personen.";
        first: "The first {count}", "Die ersten {count}";
        person: "Person", "Person";
        address: "Address", "Adresse";
        state: "State", "Zustand";
        again: "Also to those who have an invitation. Their old link stops working.", "Auch an die, die schon eine Einladung haben. Ihr alter Link gilt dann nicht mehr.";
        send: "Send invitations", "Einladungen senden";
        ready: "will be invited", "wird eingeladen";
        invited: "has an invitation", "hat eine Einladung";
        set_up: "has set up a phone", "hat ein Telefon eingerichtet";
        unknown: "No such user: check the spelling", "Unbekannt: prüfen Sie die Schreibweise";
        closed: "The account is closed", "Das Konto ist geschlossen";
        no_address: "No address is known: reset, and have the code sent to you", "Keine Adresse bekannt: setzen Sie zurück und lassen Sie sich den Code senden";
        administrator: "Looks after others: those who run the server invite them", "Betreut andere: die den Server betreiben, laden sie ein";
        not_sent: "The mail was not sent: try again, or look at the log of monk", "Die Mail wurde nicht gesendet: versuchen Sie es noch einmal, oder sehen Sie ins Protokoll von monk";
        progress: "Invitations", "Einladungen";
        none: "You have sent no invitations lately.", "Sie haben zuletzt keine Einladungen gesendet.";
        looking: "Looking who is to be invited …", "Es wird nachgesehen, wer eingeladen wird …";
        sent: "Sent: {sent} of {total}", "Gesendet: {sent} von {total}";
        have_before: "Set up already: {set_up}. Have an invitation: {invited}.", "Schon eingerichtet: {set_up}. Haben eine Einladung: {invited}.";
        goes_on: "You can close this page, sending goes on.", "Sie können diese Seite schließen, das Senden geht weiter.";
        time_left: "Time left: about {minutes} min.", "Noch etwa {minutes} min.";
        is_done: "All of them were sent.", "Alle wurden gesendet.";
        is_stopped: "Stopped. Send again to go on: those who have an invitation are left out.", "Angehalten. Senden Sie noch einmal, um weiterzumachen: Wer eine Einladung hat, wird ausgelassen.";
        is_broken: "It broke off: the directory or the mail server did not answer, or there are too many people. Send again to go on: those who have an invitation are left out.",
            "Abgebrochen: Verzeichnis oder Mailserver antworteten nicht, oder es sind zu viele Personen. Senden Sie noch einmal, um weiterzumachen: Wer eine Einladung hat, wird ausgelassen.";
        attention: "These got none", "Diese bekamen keine";
        happened: "What happened", "Was geschah";
        more: "And others: {count}.", "Und weitere: {count}.";
        stop: "Stop sending", "Senden anhalten";
        look: "Look again", "Noch einmal nachsehen";
        last: "How far are my last invitations?", "Wie weit sind meine letzten Einladungen?";
        back: "Back to people", "Zurück zu den Personen";
    }
}
