//! Logins in an installed monk: each one is compared with the one line that it leaves in the audit.

use std::time::Duration;

use super::{AuditLine, Site};
use crate::clients::{Pam, PamAnswer};
use crate::process::Signal;
use crate::wait;
use crate::{Dovecot, DovecotOptions};

/// How long the line of a login that has ended may be on its way.
const LOG_LIMIT: Duration = Duration::from_secs(10);

impl Site {
    /// Adds a user with a device that is confirmed.
    #[track_caller]
    pub fn user_with_device(&self, name: &str, password: &str) -> super::Device {
        self.add_user(name, password);
        self.device(name, "Phone")
    }

    /// Starts a Dovecot of its own ports whose PAM service is `service`, with nothing but monk in
    /// it.
    #[track_caller]
    pub fn imap_of(&self, service: &str) -> Dovecot {
        self.pam_service(service, "");
        let options = DovecotOptions {
            name: service.to_owned(),
            imap_port: self.world.free_port(),
            imaps_port: self.world.free_port(),
            pam_service: service.to_owned(),
            ..DovecotOptions::default()
        };
        Dovecot::start(&self.world, options)
    }

    /// A program that asks the PAM service `service` about `user`; [`Site::pam_service`] or the
    /// test itself has written its rules.
    pub fn pam(&self, service: &str, user: &str) -> Pam {
        Pam::new(&self.world, service, user)
    }

    /// The lines of the audit about logins after the first `read` lines of the log, which grows by what
    /// is looked through here.
    pub fn logins_since(&self, read: &mut usize) -> Vec<AuditLine> {
        let log = self.world.log_since(*read);
        *read += log.len();
        super::audit::logins(&log)
    }

    /// Carries out one login, and waits for its line in the audit.
    ///
    /// # Panics
    /// When the audit does not have exactly one more line afterwards.
    #[track_caller]
    pub fn audited<T>(&self, login: impl FnOnce() -> T) -> (T, AuditLine) {
        let before = self.logins().len();
        let outcome = login();
        let new = wait::until(LOG_LIMIT, || {
            let lines = self.logins().split_off(before);
            (!lines.is_empty()).then_some(lines)
        });
        match new.unwrap_or_default().as_slice() {
            [line] => (outcome, line.clone()),
            lines => panic!("one login has left {} lines: {lines:#?}", lines.len()),
        }
    }

    /// Logs in with curl, which must succeed; what opened the door.
    #[track_caller]
    pub fn opens(&self, imap: &Dovecot, user: &str, typed: &str) -> String {
        let (logged_in, line) = self.audited(|| self.imap_login(imap, user, typed));
        assert!(
            logged_in && line.verdict == "granted",
            "{logged_in}: {}\n{}\n{}",
            line.text,
            imap.log(),
            self.story()
        );
        line.reason
    }

    /// Logs in with curl, which must be refused; why the door stayed closed.
    #[track_caller]
    pub fn refuses(&self, imap: &Dovecot, user: &str, typed: &str) -> String {
        let (logged_in, line) = self.audited(|| self.imap_login(imap, user, typed));
        assert!(
            !logged_in && line.says_no(),
            "{logged_in}: {}\n{}\n{}",
            line.text,
            imap.log(),
            self.story()
        );
        line.reason
    }

    /// Authenticates through PAM, which must succeed; what opened the door.
    #[track_caller]
    pub fn grants(&self, pam: Pam) -> String {
        let (login, line) = self.audited(|| pam.authenticate());
        assert_eq!(login.answer, PamAnswer::Success, "{}\n{}", line.text, self.story());
        assert_eq!(line.verdict, "granted", "{}\n{}", line.text, self.story());
        line.reason
    }

    /// Authenticates through PAM, which must be refused with the words for a wrong password, or,
    /// where there is no such user, with those; why the door stayed closed.
    #[track_caller]
    pub fn denies(&self, pam: Pam) -> String {
        let (login, line) = self.audited(|| pam.authenticate());
        let expected = match line.reason.as_str() {
            "unknown-user" => PamAnswer::UserUnknown,
            _ => PamAnswer::AuthErr,
        };
        assert_eq!(login.answer, expected, "{}\n{}", line.text, self.story());
        assert!(line.says_no(), "{}\n{}", line.text, self.story());
        line.reason
    }

    /// All that the engine has said so far: what led to a login that ended otherwise than it should.
    fn story(&self) -> String {
        let log = self.world.log().into_iter().filter(|line| line.tag == "monkd");
        log.map(|line| format!("{line}\n")).collect()
    }

    /// Tells the resident engine to read its settings again (SIGHUP), and waits until it has.
    ///
    /// Returns the line in which it says what came of it.
    #[track_caller]
    pub fn reload_engine(&self) -> String {
        let said = || {
            let lines = self.world.log().into_iter();
            let about_settings = |text: &str| text.starts_with("settings ");
            lines
                .filter(|line| line.tag == "monkd" && about_settings(&line.text))
                .collect::<Vec<_>>()
        };
        let before = said().len();
        self.engine.borrow_mut().as_mut().expect("the engine is resident").kill(Signal::SIGHUP);
        let line = wait::until(LOG_LIMIT, || said().split_off(before).pop());
        line.expect("the engine says that it has read its settings").text
    }

    /// Tells the engine to read its settings again, where it is resident; another one reads them
    /// at every login.
    #[track_caller]
    pub fn reload_if_resident(&self) {
        if self.engine.borrow().is_some() {
            self.reload_engine();
        }
    }

    /// Whether there is a resident engine.
    pub fn is_resident(&self) -> bool {
        self.engine.borrow().is_some()
    }

    /// What the resident engine has written to its standard output and error.
    #[track_caller]
    pub fn engine_log(&self) -> String {
        self.engine.borrow().as_ref().expect("the engine is resident").log()
    }
}
