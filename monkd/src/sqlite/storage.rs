//! Errors of SQLite, in words: which file, what is wrong, what to do. Never the values of a statement.

use std::path::Path;

use rusqlite::{Error, ErrorCode, ffi};

use crate::outage::Outage;

/// What an error means for whoever looks after the file at `path`; `remedy` makes it, where it is not
/// there.
pub(super) fn outage(path: &Path, remedy: &str, error: &Error) -> Outage {
    let Some(code) = error.sqlite_error_code() else {
        return Outage::Storage(format!(
            "{}: SQLite answers something unexpected: restore the file from a backup, or {remedy}",
            path.display()
        ));
    };
    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
    if matches!(code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) {
        return Outage::Timeout("the write lock of the embedded store");
    }
    Outage::Storage(format!("{}: {}", path.display(), what_to_do(code, extended, path, remedy)))
}

fn what_to_do(code: ErrorCode, extended: i32, path: &Path, remedy: &str) -> String {
    let (path, folder) = (path.display(), path.parent().unwrap_or(path).display());
    match (code, extended) {
        (ErrorCode::DiskFull, _) => {
            format!("the disk is full: make room (df {folder}); logins work again by themselves")
        }
        (ErrorCode::CannotOpen, _) => format!(
            "cannot be opened; {remedy}, or mend owner and mode of the file and its folder: \
             chown monk: {folder} {path}*"
        ),
        (ErrorCode::ReadOnly, ffi::SQLITE_READONLY_DBMOVED) => {
            "was moved or replaced while the engine ran: systemctl restart monk".to_owned()
        }
        (ErrorCode::ReadOnly, _) => format!(
            "may not be written: the file system is mounted read-only (findmnt -T {folder}), or owner \
             and mode are wrong: chown monk: {folder} {path}*"
        ),
        (ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied, _) => {
            format!("may not be used: mend owner and mode: chown monk: {folder} {path}*")
        }
        (ErrorCode::NotADatabase, _) => {
            format!("is no SQLite file: restore it from a backup, or move it away and {remedy}")
        }
        (ErrorCode::DatabaseCorrupt, _) => format!(
            "is damaged: stop the engine and restore it from a backup (sqlite3 {path} .recover shows \
             what is left)"
        ),
        (ErrorCode::SystemIoFailure, _) => format!(
            "cannot be read or written ({}): look for errors of the disk (dmesg)",
            ffi::code_to_str(extended)
        ),
        (ErrorCode::OutOfMemory, _) => "no memory is left for it".to_owned(),
        (ErrorCode::FileLockingProtocolFailed | ErrorCode::NoLargeFileSupport, _) => format!(
            "cannot be locked: keep it on a disk of this machine, not on one of the network ({folder})"
        ),
        (ErrorCode::SchemaChanged | ErrorCode::ConstraintViolation | ErrorCode::Unknown, _) => {
            format!("unexpected answer of SQLite ({})", ffi::code_to_str(extended))
        }
        (other, _) => format!("{other:?} ({})", ffi::code_to_str(extended)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32) -> String {
        let error = Error::SqliteFailure(ffi::Error::new(code), Some("secret value".into()));
        outage(Path::new("/var/lib/monk/monk.db"), "make it with `monkd --setup`", &error)
            .to_string()
    }

    #[test]
    fn each_error_names_the_file_and_what_to_do() {
        for (code, words) in [
            (ffi::SQLITE_FULL, "the disk is full: make room (df /var/lib/monk)"),
            (ffi::SQLITE_CANTOPEN, "monkd --setup"),
            (ffi::SQLITE_CANTOPEN_ISDIR, "chown monk: /var/lib/monk /var/lib/monk/monk.db*"),
            (ffi::SQLITE_READONLY, "read-only (findmnt -T /var/lib/monk)"),
            (ffi::SQLITE_READONLY_DIRECTORY, "chown monk:"),
            (ffi::SQLITE_READONLY_DBMOVED, "systemctl restart monk"),
            (ffi::SQLITE_PERM, "owner and mode"),
            (ffi::SQLITE_NOTADB, "restore it from a backup"),
            (ffi::SQLITE_CORRUPT, "is damaged"),
            (ffi::SQLITE_CORRUPT_INDEX, "is damaged"),
            (ffi::SQLITE_IOERR_FSYNC, "dmesg"),
            (ffi::SQLITE_NOMEM, "memory"),
            (ffi::SQLITE_PROTOCOL, "cannot be locked"),
        ] {
            let said = said(code);
            assert!(said.starts_with("store: /var/lib/monk/monk.db: "), "{said}");
            assert!(said.contains(words) && !said.contains("secret value"), "{said}");
        }
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED] {
            assert!(said(code).contains("write lock"));
        }
    }
}
