//! Whether users or groups have changed, whichever process did it.
//!
//! The file counts every change of what hosts are told: triggers do, so that no statement can forget it. A login
//! changes nothing of it.

use rusqlite::Connection;

/// The count, and what makes it move on. It begins anywhere, so that two files hardly ever have the same one.
pub(super) const SCHEMA: &str = "
    CREATE TABLE changes (
        one   INTEGER PRIMARY KEY CHECK (one = 1),
        count INTEGER NOT NULL
    ) STRICT;
    INSERT INTO changes VALUES (1, random() & 0xffffffffffff);
    CREATE TRIGGER user_added AFTER INSERT ON users BEGIN
        UPDATE changes SET count = count + 1;
    END;
    CREATE TRIGGER user_changed AFTER UPDATE OF name, uid, gid, full_name, home, shell ON users BEGIN
        UPDATE changes SET count = count + 1;
    END;
    CREATE TRIGGER user_removed AFTER DELETE ON users BEGIN
        UPDATE changes SET count = count + 1;
    END;
    CREATE TRIGGER group_added AFTER INSERT ON groups BEGIN
        UPDATE changes SET count = count + 1;
    END;
    CREATE TRIGGER group_changed AFTER UPDATE ON groups BEGIN
        UPDATE changes SET count = count + 1;
    END;
    CREATE TRIGGER group_removed AFTER DELETE ON groups BEGIN
        UPDATE changes SET count = count + 1;
    END;
    CREATE TRIGGER member_added AFTER INSERT ON members BEGIN
        UPDATE changes SET count = count + 1;
    END;
    CREATE TRIGGER member_removed AFTER DELETE ON members BEGIN
        UPDATE changes SET count = count + 1;
    END;
";

/// The count now.
pub(super) fn count(connection: &mut Connection) -> Result<u64, rusqlite::Error> {
    let count = connection
        .prepare_cached("SELECT count FROM changes")?
        .query_row([], |row| row.get::<_, i64>(0))?;
    Ok(u64::from_ne_bytes(count.to_ne_bytes()))
}
