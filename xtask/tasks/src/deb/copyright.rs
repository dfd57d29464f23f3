//! debian/copyright: the template, and a paragraph for each crate that is shipped, in the form of
//! <https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>.
//!
//! Who holds the copyright stands in the licence files of each crate; the words of a licence stand
//! once. A crate without a licence file, or with a licence whose words nobody has, is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::at;
use super::crates::Crate;
use crate::cargo::workspace;
use crate::failure::Failure;

/// Crates whose archives lack the licence files, and why they are shipped nevertheless.
const WITHOUT_FILE: [(&str, &str); 1] =
    [("maud", "its licence files, of the usual words, lie beside the folder that is published")];

/// How the names of licence files begin.
const FILES: [&str; 5] = ["license", "licence", "copying", "copyright", "notice"];

/// Licences whose words Debian has; everything else is spelt out.
const COMMON: [&str; 1] = ["Apache-2.0"];

/// What is named where a crate leaves the choice, in place of all that is offered.
const CHOSEN: [&str; 2] = ["MIT", "Apache-2.0"];

/// The last words of a text that Debian has; what a file says after them is kept.
const END_OF_APACHE: &str = "END OF TERMS AND CONDITIONS";

/// Words by which the text of a licence is known.
const WORDS: [(&str, &str); 8] = [
    ("0BSD", "with or without fee is hereby granted."),
    ("Apache-2.0", "Apache License"),
    ("BSD-3-Clause", "Neither the name"),
    ("ISC", "provided that the above copyright notice and this permission notice appear"),
    ("MIT", "The above copyright notice and this permission notice"),
    ("Unicode-3.0", "UNICODE LICENSE V3"),
    ("Unlicense", "This is free and unencumbered software"),
    ("Zlib", "must not be misrepresented; you must not claim"),
];

/// The whole file: the template, then the crates, then the words of their licences.
///
/// # Errors
/// When a licence file or the words of a licence are missing.
pub fn text(template: &str, crates: &[Crate]) -> Result<String, Failure> {
    let mut text = template.trim_end().to_owned();
    let mut words = BTreeMap::new();
    let mut named = BTreeSet::new();
    for one in crates {
        let files = licence_files(one)?;
        for (_, file) in &files {
            if let Some(licence) = licence_of(file) {
                keep_shortest(&mut words, licence, file);
            }
        }
        // Those of the workspace are in the template.
        if !one.folder.starts_with(workspace()) {
            let licence = named_licence(&one.licence);
            named.extend(licences_in(&licence).map(str::to_owned));
            text.push_str(&paragraph(one, &licence, &files));
        }
    }
    for licence in named.iter().filter(|licence| !template.contains(&header(licence))) {
        let words = match words.get(licence.as_str()) {
            _ if COMMON.contains(&licence.as_str()) => {
                format!("On Debian systems, the text is in /usr/share/common-licenses/{licence}.")
            }
            Some(words) => without_holders(words),
            None => return Err(Failure(format!("no crate has the text of the licence {licence}"))),
        };
        text.push_str(&format!("{}{}", header(licence), continued(&words)));
    }
    Ok(text)
}

/// How the paragraph with the words of a licence begins.
fn header(licence: &str) -> String {
    format!("\n\nLicense: {licence}\n")
}

fn paragraph(one: &Crate, licence: &str, files: &[(String, String)]) -> String {
    let (name, version) = &one.id;
    let mut holders: Vec<String> = Vec::new();
    for line in files.iter().flat_map(|(_, text)| text.lines()).filter_map(holder) {
        if !holders.contains(&line) {
            holders.push(line);
        }
    }
    if holders.is_empty() {
        holders.push(match one.authors.as_slice() {
            [] => format!("the authors of {name}"),
            authors => authors.join(", "),
        });
    }
    let mut text = format!("\n\nFiles: crates/{name}-{version}/*\n");
    text.push_str(&format!("Copyright: {}\n", holders.join("\n           ")));
    text.push_str(&format!("License: {licence}\n"));
    let source = one.repository.as_deref().unwrap_or("no repository is named");
    text.push_str(&format!("Comment: {source}"));
    // Where nothing can be chosen, what is no licence that we know says which file is under which.
    let is_choice = !licences_in(licence).any(|one| !CHOSEN.contains(&one));
    for (file, words) in files.iter().filter(|(_, words)| licence_of(words).is_none() && !is_choice)
    {
        let words = words.split_once(END_OF_APACHE).map_or(words.as_str(), |(_, rest)| rest);
        text.push_str(&format!(
            "\n .\n Its file {file}, without the text of Apache-2.0 itself:\n .\n"
        ));
        text.push_str(&continued(words));
    }
    text
}

/// The licence files of a crate, by name.
fn licence_files(one: &Crate) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    let folder = &one.folder;
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let entry = entry.map_err(|error| at(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let lower = name.to_lowercase().replace("unlicense", "license");
        if is_file && FILES.iter().any(|known| lower.starts_with(known)) {
            files.push((name, text_of(&entry.path())?));
        }
    }
    files.sort();
    let (name, version) = &one.id;
    let is_known = WITHOUT_FILE.iter().any(|(known, _)| known == name);
    if files.is_empty() && !is_known && !folder.starts_with(workspace()) {
        return Err(Failure(format!(
            "the crate {name} {version} brings no licence file: find its licence, and name it in \
             WITHOUT_FILE of {} with the reason",
            file!()
        )));
    }
    Ok(files)
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| at(path, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The licence whose text this is, if it is one that we know and no other.
fn licence_of(text: &str) -> Option<&'static str> {
    // It may stand in a comment.
    let words = text.split_whitespace().filter(|word| *word != "//");
    let text = words.collect::<Vec<_>>().join(" ");
    let mut found = WORDS.iter().filter(|(_, words)| text.contains(words));
    let (licence, _) = found.next()?;
    found.next().is_none().then_some(licence)
}

/// Of several files with the same licence, the one with the fewest words beside it.
fn keep_shortest(words: &mut BTreeMap<&str, String>, licence: &'static str, text: &str) {
    if words.get(licence).is_none_or(|kept| text.len() < kept.len()) {
        words.insert(licence, text.to_owned());
    }
}

/// "MIT OR Apache-2.0 OR Zlib" as Debian writes it, without what nobody needs.
fn named_licence(expression: &str) -> String {
    let offered: Vec<&str> = expression.split(" OR ").collect();
    let is_choice = !expression.contains(" AND ") && !expression.contains('(');
    let chosen: Vec<&str> =
        offered.iter().copied().filter(|one| CHOSEN.contains(one) && is_choice).collect();
    let named = if chosen.is_empty() { offered } else { chosen };
    named
        .join(" or ")
        .replace(") AND ", "), and ")
        .replace(" AND ", " and ")
        .replace(['(', ')'], "")
}

/// The licences in an expression as Debian writes it.
fn licences_in(expression: &str) -> impl Iterator<Item = &str> {
    expression
        .split(" or ")
        .flat_map(|part| part.split(" and "))
        .map(|one| one.trim_end_matches(','))
}

/// The line, if it says who holds the copyright, and since when.
fn holder(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches(['*', '#', '/', ' ']);
    let is_notice = line.to_lowercase().starts_with("copyright ");
    let is_form = ["[yyyy]", "{yyyy}", "<year>"].iter().any(|form| line.contains(form));
    let says_when =
        line.contains("(c)") || line.contains('©') || line.chars().any(|c| c.is_ascii_digit());
    (is_notice && !is_form && says_when)
        .then(|| line.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A text of a licence without those who hold the copyright of one crate.
fn without_holders(text: &str) -> String {
    let lines = text.lines().filter(|line| holder(line).is_none());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Lines as they continue a field: a blank before each, and a dot where there is nothing.
fn continued(text: &str) -> String {
    let lines = text.trim().lines().map(|line| match line.trim_end() {
        "" => " .".to_owned(),
        line => format!(" {line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::crates;
    use super::*;

    const TEMPLATE: &str = "Files: *\nLicense: MIT or Apache-2.0\n\nLicense: MIT\n the text\n";

    fn invented(folder: &Path) -> Crate {
        Crate {
            id: ("invented".into(), "1.2.3".into()),
            licence: "MIT OR Apache-2.0 OR Zlib".into(),
            authors: vec!["Somebody".into()],
            repository: None,
            folder: folder.to_owned(),
            checksum: None,
            uses: BTreeSet::new(),
        }
    }

    #[test]
    fn every_crate_is_named_with_its_version_and_every_licence_has_its_words() {
        let crates = crates::shipped().unwrap();
        let text = text(TEMPLATE, &crates).unwrap();
        let fetched = crates.iter().filter(|one| !one.folder.starts_with(workspace()));
        for one in fetched {
            let (name, version) = &one.id;
            assert!(text.contains(&format!("\nFiles: crates/{name}-{version}/*\n")), "{name}");
        }
        for line in text.lines().filter_map(|line| line.strip_prefix("License: ")) {
            for licence in licences_in(line) {
                assert!(text.contains(&format!("\n\nLicense: {licence}\n ")), "{licence}");
            }
        }
        assert!(text.contains("Copyright (c) 2014 Chris Wong"));
    }

    #[test]
    fn a_crate_without_a_licence_text_fails() {
        let folder = tempfile::tempdir().unwrap();
        let refused = text(TEMPLATE, &[invented(folder.path())]);
        assert!(refused.unwrap_err().0.contains("invented 1.2.3 brings no licence file"));
        let licence = "Copyright (c) 2020 Somebody\n\nAll rights.\nSome\nmore.";
        fs::write(folder.path().join("LICENSE"), licence).unwrap();
        let odd = Crate { licence: "BSD-3-Clause".into(), ..invented(folder.path()) };
        let template = format!("{TEMPLATE}\n\nLicense: BSD-3-Clause\n its words\n");
        let text = text(&template, &[odd]).unwrap();
        assert!(text.contains("Copyright: Copyright (c) 2020 Somebody\nLicense: BSD-3-Clause\n"));
        assert!(text.contains(" All rights.\n"), "words that nobody knows are kept:\n{text}");
    }

    #[test]
    fn a_licence_that_nobody_has_the_words_of_fails() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("COPYING"), "Copyright 2020 Somebody").unwrap();
        let odd = Crate { licence: "LicenseRef-Odd".into(), ..invented(folder.path()) };
        let refused = text(TEMPLATE, &[odd]);
        assert!(refused.unwrap_err().0.contains("LicenseRef-Odd"));
    }

    #[test]
    fn expressions_are_written_as_debian_does() {
        assert_eq!(named_licence("MIT OR Zlib OR Apache-2.0"), "MIT or Apache-2.0");
        assert_eq!(named_licence("Apache-2.0 AND ISC"), "Apache-2.0 and ISC");
        assert_eq!(
            named_licence("(MIT OR Apache-2.0) AND Unicode-3.0"),
            "MIT or Apache-2.0, and Unicode-3.0"
        );
        assert_eq!(named_licence("0BSD"), "0BSD");
    }
}
