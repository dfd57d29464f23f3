//! The whole file at once: copied for a backup, and taken over from one.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Transaction, params_from_iter};
use url::Url;

use super::{Embedded, KIND};
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::sqlite::begin;

/// Longest time for all of it: a million users take a minute.
const COPY_TIME: Duration = Duration::from_secs(900);

/// A table that is not taken over: it counts changes, and taking over is one.
const CHANGES: &str = "changes";

impl Embedded {
    /// Writes one moment of everything into an empty file. Nothing of what was deleted is in it.
    ///
    /// # Errors
    /// [`Outage::Storage`] where it cannot be read or written.
    pub fn copy_to(&self, path: &Path) -> Result<(), Outage> {
        let path = path.to_string_lossy().into_owned();
        self.database.with(Deadline::after(COPY_TIME), |connection| {
            connection.execute("VACUUM INTO ?1", [path]).map(drop)
        })
    }

    /// Whether a file is a store that this monk can take over. It is opened for reading alone, and nothing is written
    /// beside it.
    ///
    /// # Errors
    /// [`Outage::Storage`] says what is wrong with it.
    pub fn check_copy(path: &Path) -> Result<(), Outage> {
        let shown = path.display();
        let refuse = |why: String| Outage::Storage(format!("{shown}: {why}"));
        let mut uri = Url::from_file_path(path).map_err(|()| refuse("not a whole path".into()))?;
        uri.set_query(Some("immutable=1"));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let look = || -> Result<(i64, String), rusqlite::Error> {
            let connection = Connection::open_with_flags(uri.as_str(), flags)?;
            connection.pragma_update(None, "trusted_schema", false)?;
            let layout = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            let said = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            Ok((layout, said))
        };
        let newest = KIND.layout();
        match look().map_err(|error| refuse(format!("cannot be read as a store ({error})")))? {
            (layout, _) if layout > newest => Err(refuse(format!(
                "has layout {layout}, this monk knows layout {newest}: install the newer monk"
            ))),
            (layout, _) if layout < 1 => Err(refuse("is no store of monk".into())),
            (_, said) if said != "ok" => Err(refuse(format!("is damaged: {said}"))),
            _ => Ok(()),
        }
    }

    /// Takes over everything that is in `copy`, in the place of everything that is here: all of it, or nothing.
    /// Nobody else writes here from before `prepare`, which may change the copy, until the end.
    ///
    /// # Errors
    /// That of `prepare`, or [`Outage::Storage`].
    pub fn take_over<T>(
        &self,
        copy: &Self,
        prepare: impl FnOnce() -> Result<T, Outage>,
    ) -> Result<T, Outage> {
        let deadline = Deadline::after(COPY_TIME);
        let mut prepared = None;
        let done = self.database.with(deadline, |live| {
            let transaction = begin(live, deadline)?;
            let result = prepared.insert(prepare());
            if result.is_err() {
                return Ok(Ok(()));
            }
            let copied = copy.database.with(deadline, |from| copy_all(from, &transaction));
            if copied.is_ok() {
                transaction.commit()?;
            }
            Ok(copied)
        });
        done??;
        prepared.unwrap_or_else(|| Err(Outage::Storage("nothing was prepared".to_owned())))
    }
}

/// Copies the rows of all tables that both have. The layout is that of this file.
fn copy_all(from: &mut Connection, to: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    // One moment of it.
    let from = from.transaction()?;
    let tables = to
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    for table in tables.iter().filter(|table| *table != CHANGES) {
        to.execute(&format!("DELETE FROM \"{table}\""), [])?;
        let mut rows = from.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let names: Vec<String> = rows.column_names().map(|name| format!("\"{name}\"")).collect();
        let places = vec!["?"; names.len()].join(", ");
        let insert = format!("INSERT INTO \"{table}\" ({}) VALUES ({places})", names.join(", "));
        let mut insert = to.prepare(&insert)?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..names.len()).map(|index| row.get_ref(index));
            let values = values.collect::<Result<Vec<ValueRef<'_>>, _>>()?;
            insert.execute(params_from_iter(
                values.into_iter().map(rusqlite::types::ToSqlOutput::Borrowed),
            ))?;
        }
    }
    Ok(())
}
