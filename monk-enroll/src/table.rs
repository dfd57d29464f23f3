//! Tables for people: columns as wide as their widest cell, two blanks between them.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::output::{Output, Plain, Style};

/// One cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell with a style.
    #[must_use]
    pub fn styled(style: Style, text: &str) -> Self {
        // Made harmless before it is measured.
        Self { text: Plain(text).to_string(), style }
    }

    fn columns(&self) -> usize {
        self.text.width()
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(Style::Usual, text.as_ref())
    }
}

/// A table with `COLUMNS` columns.
pub struct Table<const COLUMNS: usize> {
    rows: Vec<[Cell; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with nothing but its heading.
    #[must_use]
    pub fn new(heading: [&str; COLUMNS]) -> Self {
        Self { rows: vec![heading.map(|text| Cell::styled(Style::Strong, text))] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [Cell; COLUMNS]) {
        self.rows.push(cells);
    }

    /// Writes it. A column without any content below its heading is left out: nobody needs to
    /// read past it.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&self, out: &mut Output) -> io::Result<()> {
        let shown: Vec<(usize, usize)> = (0..COLUMNS)
            .filter(|&column| self.rows.iter().skip(1).any(|row| !row[column].text.is_empty()))
            .map(|column| {
                (column, self.rows.iter().map(|row| row[column].columns()).max().unwrap_or(0))
            })
            .collect();
        for row in &self.rows {
            let last = shown.iter().rposition(|&(column, _)| !row[column].text.is_empty());
            for (position, &(column, width)) in shown.iter().enumerate() {
                let cell = &row[column];
                let painted = out.screen.paint(cell.style, &cell.text);
                if Some(position) >= last {
                    // No blanks at the end of a line.
                    write!(out, "{painted}")?;
                    break;
                }
                write!(out, "{painted}{:1$}", "", width - cell.columns() + 2)?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Screen;
    use crate::scripted::Captured;

    fn written<const N: usize>(table: &Table<N>, screen: Screen) -> String {
        let captured = Captured::default();
        let mut out = Output::new(Box::new(captured.clone()), screen);
        table.write(&mut out).unwrap();
        out.flush().unwrap();
        captured.text()
    }

    #[test]
    fn columns_stand_under_each_other_whatever_the_names_are() {
        let mut table = Table::new(["NAME", "EMPTY", "STATE", "FROM"]);
        table.row(["Phone".into(), "".into(), "active".into(), "".into()]);
        table.row(["手机".into(), "".into(), "pending".into(), "::1".into()]);
        table.row(["a\u{301}\x07".into(), "".into(), "".into(), "x".into()]);
        let expected = "NAME   STATE    FROM\n\
                        Phone  active\n\
                        手机   pending  ::1\n\
                        a\u{301}\u{fffd}              x\n";
        assert_eq!(written(&table, Screen::NONE), expected);
    }

    #[test]
    fn colours_take_no_room() {
        let mut table = Table::new(["A", "B"]);
        table.row([Cell::styled(Style::Bad, "xx"), "y".into()]);
        let screen = Screen { colours: true, columns: 80 };
        let expected = "\x1b[1mA\x1b[0m   \x1b[1mB\x1b[0m\n\x1b[1;31mxx\x1b[0m  y\n";
        assert_eq!(written(&table, screen), expected);
    }
}
