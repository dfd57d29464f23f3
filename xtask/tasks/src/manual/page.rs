//! One manual page, in the macros of man(7).

use roff::{Inline, Roff, bold, italic, roman};

/// A page under way.
pub struct Page {
    roff: Roff,
}

impl Page {
    /// A page with its title and the section NAME.
    pub fn new(name: &str, section: &str, about: &str) -> Self {
        let mut roff = Roff::new();
        let source = format!("monk {}", env!("CARGO_PKG_VERSION"));
        roff.control("TH", [name, section, "", source.as_str(), "monk"]);
        let mut page = Self { roff };
        page.section("NAME");
        page.roff.text([roman(format!("{name} - {about}"))]);
        page
    }

    /// Begins a section.
    pub fn section(&mut self, title: &str) {
        self.roff.control("SH", [title]);
    }

    /// Begins a part of a section.
    pub fn part(&mut self, title: &str) {
        self.roff.control("SS", [title]);
    }

    /// A paragraph; words between backquotes are bold.
    pub fn paragraph(&mut self, text: &str) {
        self.roff.control("PP", []);
        self.roff.text(marked(text));
    }

    /// A tag in bold with what it stands for, and the text that explains it.
    pub fn item(&mut self, tag: &str, value: &str, text: &str) {
        self.roff.control("TP", []);
        let mut tagged = vec![bold(tag)];
        if !value.is_empty() {
            tagged.extend([roman(" "), italic(value)]);
        }
        self.roff.text(tagged);
        self.roff.text(marked(text));
    }

    /// Lines as they are.
    pub fn example(&mut self, lines: &[&str]) {
        self.roff.control("PP", []);
        self.roff.control("in", ["+4n"]);
        self.roff.control("nf", []);
        for line in lines {
            self.roff.text([roman(*line)]);
        }
        self.roff.control("fi", []);
        self.roff.control("in", []);
    }

    /// Other pages.
    pub fn see_also(&mut self, pages: &[(&str, &str)]) {
        self.section("SEE ALSO");
        let mut line = Vec::new();
        for (position, (name, section)) in pages.iter().enumerate() {
            let comma = if position + 1 < pages.len() { ", " } else { "" };
            line.extend([bold(*name), roman(format!("({section}){comma}"))]);
        }
        self.roff.text(line);
    }

    /// The whole text.
    pub fn finish(&self) -> String {
        self.roff.render()
    }
}

/// Text with bold words between backquotes.
fn marked(text: &str) -> Vec<Inline> {
    text.split('`')
        .enumerate()
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(position, piece)| if position % 2 == 1 { bold(piece) } else { roman(piece) })
        .collect()
}
