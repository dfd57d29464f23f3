//! Texts of profiles for iPhones, on the computer and on the phone.

use super::table::texts;

texts! {
    /// The picture with the link to a profile, and the page that it leads to.
    ProfileTexts {
        lead: "Nothing to type: your iPhone gets everything from this picture.",
            "Nichts abzutippen: Ihr iPhone bekommt alles aus diesem Bild.";
        with_camera: "Set-up with the camera", "Einrichten mit der Kamera";
        camera: "Open the **Camera** on the iPhone, point it at the picture and tap the link.",
            "Öffnen Sie auf dem iPhone die **Kamera**, halten Sie sie auf das Bild und tippen Sie auf den Link.";
        allow: "Tap **Download the profile**, then **Allow**.",
            "Tippen Sie auf **Profil herunterladen** und dann auf **Zulassen**.";
        install: "Open **Settings**. Near the top, tap **Profile Downloaded**, then **Install**.",
            "Öffnen Sie die **Einstellungen**. Tippen Sie oben auf **Profil geladen** und dann auf **Installieren**.";
        open_mail: "Open **Mail**. Your messages are there.", "Öffnen Sie **Mail**. Ihre Nachrichten sind da.";
        here: "Reading this on the iPhone itself?", "Lesen Sie das auf dem iPhone selbst?";
        download: "Download the profile", "Profil herunterladen";
        picture: "QR code with a link to your mail profile", "QR-Code mit dem Link zu Ihrem Mailprofil";
        works_until: "Works once, until {time}", "Gilt einmal, bis {time} Uhr";
        type_it: "Or type it yourself", "Oder selbst eintippen";
        phone_title: "Your mail account", "Ihr Mailkonto";
        phone_heading: "Set up Mail on this iPhone", "Mail auf diesem iPhone einrichten";
        phone_lead: "The profile holds your mail account and its app password. It can be downloaded once.",
            "Das Profil enthält Ihr Mailkonto und dessen App-Passwort. Es lässt sich einmal herunterladen.";
        phone_allow: "Tap the button, then **Allow**.", "Tippen Sie auf den Knopf und dann auf **Zulassen**.";
        phone_warning: "Did somebody send you this link? Then close this page: it would set up their mail account here.",
            "Hat Ihnen jemand diesen Link geschickt? Dann schließen Sie diese Seite: Sonst wird hier ein fremdes Mailkonto eingerichtet.";
        no_script: "This page needs JavaScript. Without it, type what the page on the computer shows into the settings of Mail.",
            "Diese Seite braucht JavaScript. Ohne geben Sie in den Einstellungen von Mail ein, was die Seite am Computer zeigt.";
        unsigned: "The iPhone will say that the profile is not signed. That’s all right.",
            "Das iPhone wird sagen, dass das Profil nicht signiert ist. Das ist in Ordnung.";
        gone: "This link leads nowhere any more", "Dieser Link führt nicht mehr weiter";
        gone_why: "It works once, for ten minutes. Is the profile on this iPhone already? Then open **Settings** and tap **Profile Downloaded**.",
            "Er gilt einmal, zehn Minuten lang. Ist das Profil schon auf diesem iPhone? Dann öffnen Sie die **Einstellungen** und tippen Sie auf **Profil geladen**.";
        gone_do: "If not, type what the page on the computer shows, or make a new app password there and remove the old one.",
            "Wenn nicht, tippen Sie ab, was die Seite am Computer zeigt, oder erstellen Sie dort ein neues App-Passwort und entfernen Sie das alte.";
    }
}
