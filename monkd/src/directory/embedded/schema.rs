//! What the file holds, from the first layout to this one.
//!
//! Names of users and groups, and mail addresses, compare without case in ASCII: mail programs capitalise.
//! `users.expires` is in seconds since 1970, and nothing for accounts that never end.

/// The tables of the first layout.
pub(super) const FIRST: &str = "
    CREATE TABLE users (
        id          TEXT PRIMARY KEY,
        name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
        mail        TEXT UNIQUE COLLATE NOCASE,
        password    TEXT,
        disabled    INTEGER NOT NULL DEFAULT 0,
        must_change INTEGER NOT NULL DEFAULT 0,
        expires     INTEGER,
        created     INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE credentials (
        user  TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (user, value)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE uses (
        user  TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (user, value)
    ) STRICT, WITHOUT ROWID;
";

/// Who is in which group.
pub(super) const MEMBERS: &str = "
    CREATE TABLE members (
        name TEXT NOT NULL COLLATE NOCASE,
        user TEXT NOT NULL,
        PRIMARY KEY (name, user)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX members_user ON members (user);
";

/// Numbers, home folders, shells and ssh keys.
///
/// - `groups.owner` is the user whose private group it is.
/// - Who has a group as primary one was among its `members`, until [`PRIMARY`].
/// - `given` are all numbers that users and groups ever had, so that nobody gets what belonged to another:
///   `automatic` those that were not asked for.
///
/// Users and groups of an older layout get the first numbers of the default range. A user whose name a group
/// has is not in that group for it: the primary group is one without an entry then.
pub(super) const NUMBERS: &str = "
    ALTER TABLE users RENAME TO users_before;
    ALTER TABLE members RENAME TO members_before;
    DROP INDEX members_user;
    CREATE TABLE users (
        id          TEXT PRIMARY KEY,
        name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
        mail        TEXT UNIQUE COLLATE NOCASE,
        password    TEXT,
        disabled    INTEGER NOT NULL DEFAULT 0,
        must_change INTEGER NOT NULL DEFAULT 0,
        expires     INTEGER,
        created     INTEGER NOT NULL,
        uid         INTEGER NOT NULL UNIQUE CHECK (uid BETWEEN 1 AND 4294967293),
        gid         INTEGER NOT NULL CHECK (gid BETWEEN 1 AND 4294967293),
        full_name   TEXT NOT NULL,
        home        TEXT,
        shell       TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX users_gid ON users (gid);
    CREATE TABLE groups (
        gid   INTEGER PRIMARY KEY CHECK (gid BETWEEN 1 AND 4294967293),
        name  TEXT NOT NULL UNIQUE COLLATE NOCASE,
        owner TEXT UNIQUE
    ) STRICT;
    CREATE TABLE members (
        gid  INTEGER NOT NULL,
        user TEXT NOT NULL,
        PRIMARY KEY (gid, user)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX members_user ON members (user);
    CREATE TABLE given (
        number    INTEGER PRIMARY KEY,
        automatic INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX given_automatically ON given (number) WHERE automatic;
    CREATE TABLE ssh_keys (
        place INTEGER PRIMARY KEY,
        user  TEXT NOT NULL,
        line  TEXT NOT NULL,
        UNIQUE (user, line)
    ) STRICT;
    INSERT INTO groups (gid, name)
        SELECT 65535 + (SELECT count(*) FROM users_before) + row_number() OVER (ORDER BY least COLLATE NOCASE), least
        FROM (SELECT min(name) AS least FROM members_before GROUP BY name);
    INSERT INTO users
        SELECT id, name, mail, password, disabled, must_change, expires, created,
               65535 + place,
               65535 + place,
               '', NULL, NULL
        FROM (SELECT *, row_number() OVER (ORDER BY created, id) AS place FROM users_before) AS numbered;
    INSERT INTO groups (gid, name, owner) SELECT gid, name, id FROM users
        WHERE name NOT IN (SELECT name FROM groups);
    INSERT INTO members (gid, user)
        SELECT groups.gid, before.user FROM members_before AS before
        JOIN groups ON groups.name = before.name;
    INSERT INTO given (number, automatic) SELECT uid, 1 FROM users UNION SELECT gid, 1 FROM groups;
    DROP TABLE users_before;
    DROP TABLE members_before;
";

/// `members` are those who were put into a group. Who has it as primary group is in it by `users.gid` alone, and
/// leaves it with that. From older layouts, nobody can tell who was put into the primary group as well.
pub(super) const PRIMARY: &str = "
    DELETE FROM members WHERE EXISTS (SELECT 1 FROM users WHERE users.id = members.user AND users.gid = members.gid);
";
