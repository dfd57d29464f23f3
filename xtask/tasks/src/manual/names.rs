//! The page of the NSS module.

use monk_wire::names::{LEAST_ID, MAP, MEMORY_SOCKET, SOCKET};

use super::page::Page;

/// libnss_monk(8).
pub fn page() -> String {
    let mut page = Page::new("libnss_monk", "8", "users and groups of monk's directory");
    page.section("SYNOPSIS");
    page.example(&["passwd:  files monk", "group:   files monk", "shadow:  files monk"]);
    page.section("DESCRIPTION");
    page.paragraph(
        "With these lines in /etc/nsswitch.conf, the users and groups of monk's directory exist on this host for \
         every program: as owners of files, in `id` and `getent`, and for logins. The C library loads \
         `libnss_monk.so.2` into each program that looks up a user or a group. The module reads the answers that \
         the engine, monkd, keeps in a file for everybody, and asks the engine for everything else.",
    );
    page.paragraph(
        "It serves login names, uids, group names, gids, and the groups of a user. Programs of root also see the \
         ageing of passwords. There is never a hash: the password of every user and group is `*`, and \
         pam_monk(8) checks passwords.",
    );
    page.paragraph(
        "Keep `files` in front of `monk`. Names that are in /etc/passwd or /etc/group belong to this host, and \
         monk never serves them.",
    );
    page.section("WHO IS FOUND");
    page.item("Names", "", "Only the spelling that the directory uses: `Alice` is not `alice`.");
    page.item(
        "Numbers",
        "",
        &format!(
            "From {LEAST_ID} up to 4294967294. Lower numbers are the host's own, and asking for them costs nothing."
        ),
    );
    page.item(
        "Lists",
        "",
        "`getent passwd` and `getent group` without a name list nobody of the directory unless `enumerate` is on \
         in the section `[names]` of monk.toml(5).",
    );
    page.section("WHILE THE ENGINE OR THE DIRECTORY IS AWAY");
    page.paragraph(
        "Users and groups that were looked up before stay known for `keep_hours`, see monk.toml(5). Groups whose \
         answer exceeds 2 KiB, and users in more than 500 groups, are not kept. For a name that is not known, a \
         program waits 200 milliseconds at most. It does so once: as long as the engine shows no sign of life, the \
         same program does not wait again.",
    );
    page.section("RETURN VALUES");
    page.item("NSS_STATUS_SUCCESS", "", "The user or group exists.");
    page.item(
        "NSS_STATUS_NOTFOUND",
        "",
        "The directory says that it does not exist, or monk never serves such a name or number.",
    );
    page.item("NSS_STATUS_TRYAGAIN", "ERANGE", "The program's buffer is too small.");
    page.item(
        "NSS_STATUS_UNAVAIL",
        "ENOENT",
        "No engine runs on this host. Most programs treat this like a name that does not exist.",
    );
    page.item(
        "NSS_STATUS_UNAVAIL",
        "EAGAIN",
        "An engine runs here, but it cannot tell, or did not answer in time. A mail server that gets this error \
         delivers later instead of rejecting the recipient.",
    );
    page.item(
        "NSS_STATUS_UNAVAIL",
        "EACCES",
        "The program asked for the ageing of a password, and is not root's.",
    );
    page.section("FILES");
    page.item(MAP, "", "The answers that the engine keeps for everybody. Nothing secret is in it.");
    page.item(
        MEMORY_SOCKET,
        "",
        "Where the engine lends the same answers as memory to programs that look up many names.",
    );
    page.item(SOCKET, "", "Where the engine answers questions about names.");
    page.section("NOTES");
    page.paragraph(
        "You need no nscd(8), and should not run one: it would keep answers for longer than the engine does. The \
         module keeps no descriptor between two calls, and no mapping but that of the memory which the engine lends; \
         it starts no thread, writes no output and sends no signal. It reads no environment variable, so setuid programs can use it.",
    );
    page.section("EXAMPLES");
    page.example(&["$ getent passwd alice", "$ id alice", "# getent shadow alice"]);
    page.see_also(&[
        ("monkd", "8"),
        ("pam_monk", "8"),
        ("monk.toml", "5"),
        ("nsswitch.conf", "5"),
        ("getent", "1"),
    ]);
    page.finish()
}
