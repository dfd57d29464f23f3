//! debian/copyright: the template, and paragraphs for all crates that are shipped, in the form of
//! <https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>.
//!
//! Where a crate leaves the choice, its licence is MIT or Apache-2.0, whose words are in the template, as are those
//! of MPL-2.0; for any other licence its own files are the words. Crates with the same holders and words share a paragraph. A crate
//! without a licence file is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::at;
use super::crates::Crate;
use crate::cargo::workspace;
use crate::failure::Failure;

/// Crates whose archives lack the licence files, and why they are shipped nevertheless.
const WITHOUT_FILE: [(&str, &str); 6] = [
    ("maud", "its licence files, of the usual words, lie beside the folder that is published"),
    ("kbkdf", "its licence files, of the usual words, lie beside the folder that is published"),
    ("crypto-glue", "MPL-2.0, which Debian has"),
    ("webauthn-attestation-ca", "MPL-2.0, which Debian has"),
    ("webauthn-rs-core", "MPL-2.0, which Debian has"),
    ("webauthn-rs-proto", "MPL-2.0, which Debian has"),
];

/// How the names of licence files begin.
const FILES: [&str; 5] = ["license", "licence", "copying", "copyright", "notice"];

/// What is named where a crate leaves the choice, in place of all that is offered.
const CHOSEN: [&str; 3] = ["MIT", "Apache-2.0", "MPL-2.0"];

/// The last words of Apache-2.0, which Debian has; what a file says after them is kept.
const END_OF_APACHE: &str = "END OF TERMS AND CONDITIONS";

/// Where Debian has it.
const APACHE: &str = "(Apache-2.0: see /usr/share/common-licenses/Apache-2.0)";

/// The whole file: the template, then the crates.
///
/// # Errors
/// When a crate has no licence file.
pub fn text(template: &str, crates: &[Crate]) -> Result<String, Failure> {
    let mut paragraphs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    // Those of the workspace are in the template.
    for one in crates.iter().filter(|one| !one.folder.starts_with(workspace())) {
        let files = licence_files(one)?;
        let terms = (licence(one, &files), holders(one, &files).join("\n           "));
        let (name, version) = &one.id;
        paragraphs.entry(terms).or_default().push(format!("crates/{name}-{version}/*"));
    }
    let mut text = template.trim_end().to_owned();
    for ((licence, holders), crates) in paragraphs {
        let crates = crates.join("\n       ");
        text.push_str(&format!("\n\nFiles: {crates}\nCopyright: {holders}\nLicense: {licence}"));
    }
    Ok(text)
}

/// Its name, and its words where the template has not got them.
fn licence(one: &Crate, files: &[(String, String)]) -> String {
    let offered: Vec<&str> = one.licence.split(" OR ").collect();
    let chosen: Vec<&str> = CHOSEN.into_iter().filter(|one| offered.contains(one)).collect();
    if !chosen.is_empty() {
        return chosen.join(" or ");
    }
    let words = files.iter().map(|(name, words)| {
        let rest = words.split_once(END_OF_APACHE).map(|(_, rest)| format!("{APACHE}\n{rest}"));
        format!("[{name}]\n\n{}", rest.as_deref().unwrap_or(words).trim())
    });
    let words = words.collect::<Vec<_>>().join("\n\n");
    let name = one.licence.replace(['(', ')'], "").replace(' ', "-");
    format!("{name}\n{}", continued(&words))
}

/// Who holds the copyright, as the licence files say; the authors where they do not.
fn holders(one: &Crate, files: &[(String, String)]) -> Vec<String> {
    let mut holders: Vec<String> = Vec::new();
    for line in files.iter().flat_map(|(_, text)| text.lines()).filter_map(holder) {
        if !holders.contains(&line) {
            holders.push(line);
        }
    }
    if holders.is_empty() {
        holders.push(match one.authors.as_slice() {
            [] => format!("the authors of {}", one.id.0),
            authors => authors.join(", "),
        });
    }
    holders
}

/// The folder of a crate that follows the REUSE specification: each file in it is a licence.
const REUSE_FOLDER: &str = "LICENSES";

/// The licence files of a crate, by name.
fn licence_files(one: &Crate) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    for name in names(&one.folder)? {
        let lower = name.to_lowercase().replace("unlicense", "license");
        let path = one.folder.join(&name);
        if path.is_file() && FILES.iter().any(|known| lower.starts_with(known)) {
            files.push((name, text_of(&path)?));
        }
    }
    let reuse = one.folder.join(REUSE_FOLDER);
    if reuse.is_dir() {
        for name in names(&reuse)? {
            let text = text_of(&reuse.join(&name))?;
            files.push((format!("{REUSE_FOLDER}/{name}"), text));
        }
    }
    files.sort();
    let (name, version) = &one.id;
    let is_known = WITHOUT_FILE.iter().any(|(known, _)| known == name);
    if files.is_empty() && !is_known && !one.folder.starts_with(workspace()) {
        return Err(Failure(format!(
            "the crate {name} {version} brings no licence file: find its licence, and name it in \
             WITHOUT_FILE of {} with the reason",
            file!()
        )));
    }
    Ok(files)
}

/// What is in a folder.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| at(folder, &error))?;
    entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()
        .map_err(|error| at(folder, &error))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| at(path, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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

    fn invented(folder: &Path, licence: &str) -> Crate {
        Crate {
            id: ("invented".into(), "1.2.3".into()),
            licence: licence.into(),
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
        for one in crates.iter().filter(|one| !one.folder.starts_with(workspace())) {
            let (name, version) = &one.id;
            assert!(text.contains(&format!(" crates/{name}-{version}/*\n")), "{name}");
        }
        for paragraph in text.split("\n\n").filter(|one| one.contains("\nLicense: ")) {
            let (_, licence) = paragraph.split_once("\nLicense: ").unwrap();
            let is_chosen = licence.split(" or ").all(|one| CHOSEN.contains(&one));
            assert!(is_chosen || licence.contains("\n "), "{licence}");
        }
        assert!(text.contains("Copyright (c) 2014 Chris Wong"));
    }

    #[test]
    fn a_crate_without_a_licence_file_fails_and_words_of_its_own_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let refused = text(TEMPLATE, &[invented(folder.path(), "MIT")]);
        assert!(refused.unwrap_err().0.contains("invented 1.2.3 brings no licence file"));
        let licence = "Copyright (c) 2020 Somebody\n\nAll rights.\nSome\nmore.";
        fs::write(folder.path().join("LICENSE"), licence).unwrap();
        let text = text(TEMPLATE, &[invented(folder.path(), "Apache-2.0 AND ISC")]).unwrap();
        let expected =
            "Copyright: Copyright (c) 2020 Somebody\nLicense: Apache-2.0-AND-ISC\n [LICENSE]\n";
        assert!(
            text.contains(expected) && text.ends_with("\n All rights.\n Some\n more."),
            "{text}"
        );
    }

    #[test]
    fn of_a_choice_the_usual_licences_are_named() {
        let of = |licence: &str| super::licence(&invented(Path::new("/"), licence), &[]);
        assert_eq!(of("MIT OR Zlib OR Apache-2.0"), "MIT or Apache-2.0");
        assert_eq!(of("Unlicense OR MIT"), "MIT");
        assert!(
            of("(MIT OR Apache-2.0) AND Unicode-3.0")
                .starts_with("MIT-OR-Apache-2.0-AND-Unicode-3.0\n")
        );
    }
}
