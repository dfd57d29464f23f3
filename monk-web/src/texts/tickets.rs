//! Texts of tickets.

use super::table::texts;

texts! {
    /// Tickets.
    TicketTexts {
        title: "Without your password", "Ohne Ihr Passwort";
        how: "A ticket takes the place of your password: it opens one login, at the place that you choose here. Nobody there sees your password.",
            "Ein Ticket steht anstelle Ihres Passworts: Es öffnet eine Anmeldung, und zwar dort, wo Sie es hier wählen. Ihr Passwort sieht dort niemand.";
        where_to: "Where do you want to log in?", "Wo möchten Sie sich anmelden?";
        get: "Get a ticket", "Ticket holen";
        get_for: "Get a ticket for {service}", "Ticket für {service} holen";
        passkey_first: "For a ticket, [sign in again with your passkey], and come back.",
            "Für ein Ticket [melden Sie sich noch einmal mit Ihrem Passkey an] und kommen Sie zurück.";
        not_there: "No tickets for that place", "Dort gelten keine Tickets";
        not_there_why: "It takes none at the moment, or not from you. Choose another place, or get a one-time code.",
            "Zurzeit werden dort keine angenommen, oder nicht von Ihnen. Wählen Sie etwas anderes, oder holen Sie einen Einmalcode.";
        yours: "Your ticket", "Ihr Ticket";
        yours_for: "For one login: **{service}**, as **{user}**.", "Für eine einzige Anmeldung: **{service}**, als **{user}**.";
        type_it: "Type this in place of your password, and nothing else", "Geben Sie nur dies anstelle Ihres Passworts ein";
        dashes: "You can leave out the dashes. No code is asked for. An old ticket of yours works no more.",
            "Die Striche können Sie weglassen. Nach einem Code werden Sie nicht gefragt. Ein älteres Ticket von Ihnen gilt nicht mehr.";
        once: "It works once. Keep it to yourself: nobody at {organisation} will ever ask you for it.",
            "Es gilt einmal. Behalten Sie es für sich: Niemand bei {organisation} wird Sie je danach fragen.";
        another: "Get another ticket", "Ein anderes Ticket holen";
        open: "Still open", "Noch offen";
        open_code: "A one-time code works until {time}.", "Ein Einmalcode gilt bis {time}.";
        open_ticket: "A ticket for **{service}** works until {time}.", "Ein Ticket für **{service}** gilt bis {time}.";
        withdraw_code: "Withdraw the code", "Code zurückziehen";
        withdraw_ticket: "Withdraw the ticket", "Ticket zurückziehen";
        mail: "Mail ({name})", "E-Mail ({name})";
        sending: "Sending mail ({name})", "E-Mail senden ({name})";
        shell: "Remote shell ({name})", "Shell auf dem Server ({name})";
        root: "Commands as administrator ({name})", "Befehle als Administrator ({name})";
    }
}
