//! The logins: real curl, real ssh.

use monk_tests::site::{AuditLine, Device};
use monk_tests::{Screen, Status};

use super::PASSWORD;
use super::enrolment::show_revocation;
use super::stage::{HOST, Stage};
use super::teller::Teller;

/// curl's exit status for a login that the server refused (`CURLE_LOGIN_DENIED`).
const LOGIN_DENIED: i32 = 67;

/// What alice can log in with.
pub struct Things<'a> {
    pub phone: &'a Device,
    pub app_password: &'a str,
    pub backup_codes: Vec<String>,
}

/// How a login should end.
#[derive(Clone, Copy)]
enum Should {
    /// Alice is in, and the audit says by what.
    Open(&'static str),
    /// She is not, and the audit says why.
    Refuse(&'static str),
}

/// Password with code, app password, backup code; and ssh, which can ask. Hands back what was typed
/// first.
pub fn show_those_that_work(stage: &Stage, teller: &mut Teller, things: &Things<'_>) -> String {
    let typed = format!("{PASSWORD};{}", things.phone.code());
    teller.step(
        "IMAP over TLS, password and code in one string",
        "A mail program has one box for a secret: PASSWORD;CODE goes into it.",
    );
    imap(stage, teller, &typed, Should::Open("totp"));
    teller
        .step("IMAP with the app password", "Nothing else is asked: it opens mail, and only mail.");
    imap(stage, teller, things.app_password, Should::Open("app-password"));
    teller.step("IMAP with a backup code", "It takes the place of the code, once.");
    imap(stage, teller, &with_backup_code(things), Should::Open("backup-code"));
    teller.step(
        "ssh, the code on a second screen",
        "ssh can ask twice. The answers are not shown on a real terminal.",
    );
    let answers = [("Password:", PASSWORD), ("Code", &things.phone.code())];
    ssh(stage, teller, &answers, Should::Open("totp"));
    typed
}

/// What must not work. `used`: what has opened IMAP before.
pub fn show_those_that_are_refused(
    stage: &Stage,
    teller: &mut Teller,
    things: &Things<'_>,
    used: &str,
) {
    teller.step("The same code again", "Somebody has looked over her shoulder.");
    imap(stage, teller, used, Should::Refuse("replayed-code"));
    teller.step("The same backup code again", "");
    imap(stage, teller, &with_backup_code(things), Should::Refuse("replayed-code"));
    teller.step("The password alone", "It was the right one. Her phone is what is missing.");
    imap(stage, teller, PASSWORD, Should::Refuse("code-missing"));
    teller.step("A wrong code", "");
    let wrong = format!("{PASSWORD};{}", things.phone.wrong_code());
    imap(stage, teller, &wrong, Should::Refuse("wrong-code"));
    teller.step("A wrong code, typed into ssh", "");
    let answers = [("Password:", PASSWORD), ("Code", &things.phone.wrong_code())];
    ssh(stage, teller, &answers, Should::Refuse("wrong-code"));
    show_revocation(stage, teller);
    teller.step("The revoked app password", "");
    imap(stage, teller, things.app_password, Should::Refuse("wrong-app-password"));
}

fn with_backup_code(things: &Things<'_>) -> String {
    let code = things.backup_codes.first().map_or("", String::as_str);
    format!("{PASSWORD};{code}")
}

/// The line that logs alice in with curl.
pub fn curl_line(stage: &Stage, typed: &str) -> String {
    format!("curl -sSv --cacert {} -u 'alice:{typed}' imaps://{HOST}", stage.authority().display())
}

fn imap(stage: &Stage, teller: &mut Teller, typed: &str, should: Should) {
    let line = curl_line(stage, typed);
    teller.command(&line);
    let (screen, audit) = stage.audited(|| stage.typist(&line, teller).run());
    teller.said(&words_of_the_server(&screen.text()));
    end(teller, &screen, screen.status == Status::Code(LOGIN_DENIED), &audit, should);
}

fn ssh(stage: &Stage, teller: &mut Teller, answers: &[(&str, &str)], should: Should) {
    let line = format!(
        "ssh -o NumberOfPasswordPrompts=1 alice@{HOST} 'echo \"I am $(whoami), on $(hostname)\"'"
    );
    teller.command(&line);
    let (screen, audit) = stage.audited(|| {
        let typist = stage.typist(&line, teller);
        let typist = answers
            .iter()
            .fold(typist, |typist, (question, answer)| typist.answer(question, answer));
        typist.run()
    });
    teller.screen(&screen);
    // ssh's own failures, refusals among them, are 255.
    end(teller, &screen, screen.status == Status::Code(255), &audit, should);
}

/// Compares what the client says with what monk has logged, and both with what should be.
fn end(
    teller: &mut Teller,
    screen: &Screen,
    is_refused: bool,
    audit: &[AuditLine],
    should: Should,
) {
    audit.iter().for_each(|line| teller.logged(&line.text));
    let Some(last) = audit.last() else {
        return teller.verdict(false, "monk has logged nothing");
    };
    let is_open = screen.status == Status::Code(0);
    let (verdict, reason) = (last.verdict.as_str(), last.reason.as_str());
    match should {
        Should::Open(by) if is_open && verdict == "granted" && reason == by => {
            teller.verdict(true, &format!("alice is in: {by}"));
        }
        Should::Refuse(why) if is_refused && verdict == "refused" && reason == why => {
            teller.verdict(true, &format!("refused: {why}"));
        }
        Should::Open(reason) | Should::Refuse(reason) => {
            let wanted =
                if matches!(should, Should::Open(_)) { "let alice in" } else { "be refused" };
            let status = screen.status;
            let text = format!("this should {wanted} ({reason}); the client ended with {status:?}");
            teller.verdict(false, &text);
        }
    }
}

/// Of all that curl -v writes: the server's answer to the login, and curl's own complaint.
fn words_of_the_server(text: &str) -> String {
    let is_answer = |line: &str| {
        let words = line.strip_prefix("< ").unwrap_or(line);
        let is_tagged = words
            .strip_prefix('A')
            .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()));
        (is_tagged && line.starts_with("< ")) || line.starts_with("curl: ")
    };
    // What precedes and follows the login says nothing about it.
    let is_aside = |line: &str| line.contains("Pre-login") || line.contains("completed");
    let lines = text.lines().filter(|line| is_answer(line) && !is_aside(line));
    lines.map(|line| without_capabilities(line) + "\n").collect()
}

/// The long list of what the server can do says nothing here.
fn without_capabilities(line: &str) -> String {
    match (line.find("[CAPABILITY"), line.find("] ")) {
        (Some(begin), Some(end)) if begin < end => {
            format!("{}{}", &line[..begin], &line[end + 2..])
        }
        _ => line.to_owned(),
    }
}
