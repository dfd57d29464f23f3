//! What the package libnss-monk does to `/etc/nsswitch.conf`: its script, with one file after another.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/debian/nsswitch");

/// A folder with a file nsswitch.conf.
struct Etc(tempfile::TempDir);

impl Etc {
    fn new(text: &str) -> Self {
        let etc = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::write(etc.file(), text).expect("it can be written");
        etc
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("nsswitch.conf")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("it is there")
    }

    /// Runs the script, which must succeed and leave nothing beside the file.
    #[track_caller]
    fn run(&self, what: &str) -> Output {
        let output = run(what, &self.file());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let names = fs::read_dir(self.0.path()).expect("a folder").flatten();
        assert_eq!(names.count(), 1, "only the file itself is there: {said}");
        output
    }
}

fn run(what: &str, file: &Path) -> Output {
    Command::new("sh").arg(SCRIPT).arg(what).arg(file).output().expect("there is a shell")
}

/// What an administrator may have in the file, and what the script makes of it.
const FILES: [(&str, &str, &str); 12] = [
    (
        "Debian's own",
        "# /etc/nsswitch.conf\n#\n\npasswd:         files systemd\ngroup:          files systemd\n\
         shadow:         files systemd\ngshadow:        files systemd\n\nhosts:          files dns\n",
        "# /etc/nsswitch.conf\n#\n\npasswd:         files systemd monk\n\
         group:          files systemd monk\nshadow:         files systemd monk\n\
         gshadow:        files systemd\n\nhosts:          files dns\n",
    ),
    (
        "comments, blanks and tabs",
        "passwd:\tfiles\t# as ever\ngroup: files#none\n  shadow:files  \t\n#passwd: db\n",
        "passwd:\tfiles monk\t# as ever\ngroup: files monk#none\n  shadow:files monk  \t\n#passwd: db\n",
    ),
    (
        "a comment that speaks of monk",
        "passwd: files # no monk here\ngroup: files #monk\nshadow: files\n",
        "passwd: files monk # no monk here\ngroup: files monk #monk\nshadow: files monk\n",
    ),
    (
        "actions",
        "passwd: files [NOTFOUND=return] sss\ngroup: files [SUCCESS=merge] sss [!UNAVAIL=return]\n\
         shadow: files[NOTFOUND = return]\n",
        "passwd: files [NOTFOUND=return] sss monk\n\
         group: files [SUCCESS=merge] sss [!UNAVAIL=return] monk\n\
         shadow: files[NOTFOUND = return] monk\n",
    ),
    (
        "compat, and what it asks",
        "passwd: compat\npasswd_compat: nis\ngroup: compat\nshadow: compat\n",
        "passwd: compat monk\npasswd_compat: nis\ngroup: compat monk\nshadow: compat monk\n",
    ),
    (
        "initgroups of its own",
        "passwd: files sss\ngroup: files sss\ninitgroups: files [SUCCESS=continue] sss\nshadow: files\n",
        "passwd: files sss monk\ngroup: files sss monk\n\
         initgroups: files [SUCCESS=continue] sss monk\nshadow: files monk\n",
    ),
    (
        "no final newline",
        "group: files\nshadow: files\npasswd: files",
        "group: files monk\nshadow: files monk\npasswd: files monk",
    ),
    (
        "missing lines",
        "passwd: files\nhosts: files dns\n",
        "passwd: files monk\nhosts: files dns\n\
         group:          files monk # added by libnss-monk\n\
         shadow:         files monk # added by libnss-monk\n",
    ),
    (
        "missing lines and no final newline",
        "hosts: files dns",
        "hosts: files dns\npasswd:         files monk # added by libnss-monk\n\
         group:          files monk # added by libnss-monk\n\
         shadow:         files monk # added by libnss-monk",
    ),
    (
        "nothing at all",
        "",
        "passwd:         files monk # added by libnss-monk\n\
         group:          files monk # added by libnss-monk\n\
         shadow:         files monk # added by libnss-monk\n",
    ),
    (
        "lines without services",
        "passwd:\ngroup:   # none\nshadow\t: files\n",
        "passwd: monk\ngroup: monk   # none\nshadow\t: files monk\n",
    ),
    (
        "the ends of lines of another system, and names that only begin so",
        "passwd: files\r\ngroup: files monkey\r\nshadow: files simonk\r\n",
        "passwd: files monk\r\ngroup: files monkey monk\r\nshadow: files simonk monk\r\n",
    ),
];

#[test]
fn the_word_comes_last_in_its_lines_and_nothing_else_changes() {
    for (name, before, after) in FILES {
        let etc = Etc::new(before);
        etc.run("add");
        assert_eq!(etc.text(), after, "{name}");
        etc.run("add");
        assert_eq!(etc.text(), after, "{name}, once more");
    }
}

#[test]
fn what_was_added_is_taken_out_byte_for_byte() {
    for (name, before, after) in FILES {
        let etc = Etc::new(after);
        etc.run("remove");
        assert_eq!(etc.text(), before, "{name}");
        etc.run("remove");
        assert_eq!(etc.text(), before, "{name}, once more");
    }
}

/// Every line that these pieces make, each a file's last line with a newline and without.
#[test]
fn odd_lines_survive_both() {
    let mut lines = String::new();
    for start in ["", " ", "\t"] {
        for colon in [":", ": ", ":\t ", " :", " "] {
            for services in ["", "files", "files  db", "files [NOTFOUND=return]", "[A=b]x", "ä"] {
                for end in ["", " ", "\t \r", "#", " # monk", "# [monk] monk #"] {
                    for database in ["passwd", "group", "shadow", "initgroups"] {
                        lines += &format!("{start}{database}{colon}{services}{end}\n");
                    }
                }
            }
        }
    }
    for text in [lines.as_str(), lines.trim_end_matches('\n')] {
        let etc = Etc::new(text);
        etc.run("add");
        let added = etc.text();
        let pairs = text.lines().zip(added.lines());
        for (before, after) in pairs {
            let words = before.split('#').next().unwrap_or_default();
            let expected =
                before.replacen(words.trim_end(), &format!("{} monk", words.trim_end()), 1);
            assert_eq!(after, expected);
        }
        etc.run("remove");
        assert_eq!(etc.text(), text);
    }
}

#[test]
fn a_file_that_has_the_word_is_the_administrators() {
    for text in [
        "passwd: files monk\ngroup: files\nshadow: files\n",
        "passwd: files\ngroup: files [NOTFOUND=continue]monk # mine\nshadow: files\n",
        "passwd: files\ninitgroups:monk[NOTFOUND=return] files\n",
    ] {
        let etc = Etc::new(text);
        etc.run("add");
        assert_eq!(etc.text(), text);
    }
}

/// What an administrator has made of the lines, and what is left without monk.
const EDITED: [(&str, &str); 6] = [
    ("passwd: monk files\n", "passwd: files\n"),
    ("group: files monk [NOTFOUND=return] sss\n", "group: files sss\n"),
    ("group: files monk[!UNAVAIL=return][SUCCESS=merge]sss\n", "group: files sss\n"),
    ("shadow: files monk monk systemd # monk\n", "shadow: files systemd # monk\n"),
    ("passwd: files [NOTFOUND=continue]monk sss\n", "passwd: files [NOTFOUND=continue] sss\n"),
    (
        "passwd:         files monk sss # added by libnss-monk\n",
        "passwd:         files sss # added by libnss-monk\n",
    ),
];

#[test]
fn the_word_is_found_wherever_an_administrator_has_put_it() {
    for (before, after) in EDITED {
        let etc = Etc::new(before);
        etc.run("remove");
        assert_eq!(etc.text(), after, "{before}");
    }
}

#[test]
fn mode_and_owner_stay() {
    let etc = Etc::new("passwd: files\n");
    fs::set_permissions(etc.file(), Permissions::from_mode(0o640)).unwrap();
    let before = fs::metadata(etc.file()).unwrap();
    etc.run("add");
    let after = fs::metadata(etc.file()).unwrap();
    assert_eq!((after.mode(), after.uid()), (before.mode(), before.uid()));
    assert_ne!(after.ino(), before.ino(), "it is another file, put in its place at once");
}

#[test]
fn a_link_and_a_file_that_is_not_there_are_left_alone_with_a_message() {
    let etc = Etc::new("passwd: files\n");
    let link = etc.0.path().join("link");
    symlink("nsswitch.conf", &link).unwrap();
    for file in [&link, &etc.0.path().join("nowhere")] {
        for what in ["add", "remove"] {
            let output = run(what, file);
            assert!(output.status.success());
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("stays as it is"), "{said}");
        }
    }
    assert_eq!(etc.text(), "passwd: files\n");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_file_that_cannot_be_replaced_is_an_error_and_stays_whole() {
    let etc = Etc::new("passwd: files\n");
    // A folder of that name is in the way, for root, too.
    fs::create_dir(etc.0.path().join("nsswitch.conf.monk-new")).unwrap();
    assert!(!run("add", &etc.file()).status.success());
    assert_eq!(etc.text(), "passwd: files\n");
    assert_eq!(run("neither", &etc.file()).status.code(), Some(2));
}
