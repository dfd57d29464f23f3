//! `Match` blocks: sshd is asked about somebody whom each of them fits.

use std::path::{Path, PathBuf};

use monk_wire::manage::doctor::{Facts, Kind, ServicePolicy};

use super::judge::Case;
use super::keys_command;
use super::remedy::Program;
use crate::finding::Findings;
use crate::machine::Machine;

/// Where the settings begin.
pub const FILE: &str = "/etc/ssh/sshd_config";

/// Most files that are read.
const MAX_FILES: usize = 100;

/// Most blocks that sshd is asked about: each takes it some ten milliseconds.
const MAX_BLOCKS: usize = 16;

/// A name, an address and a host that no pattern names, but `*` fits.
const ANYBODY: [(&str, &str); 3] =
    [("user", "somebody"), ("host", "somewhere"), ("addr", "192.0.2.1")];

/// One block.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// File and line.
    pub place: String,
    /// What stands behind `Match`.
    pub criteria: String,
}

/// The files of sshd.
#[derive(Debug, Default)]
pub struct Config {
    pub files: Vec<PathBuf>,
    /// Folders from which all files of some name are included.
    pub folders: Vec<PathBuf>,
    pub blocks: Vec<Block>,
}

impl Config {
    /// Reads a file with all that it includes.
    pub fn read(machine: &Machine, file: &str) -> Self {
        let mut config = Self::default();
        let mut open = vec![PathBuf::from(file)];
        while let Some(path) = open.pop().filter(|_| config.files.len() < MAX_FILES) {
            if config.files.contains(&path) {
                continue;
            }
            let Ok(text) = machine.read(&path) else { continue };
            for (index, line) in text.lines().enumerate() {
                let (word, rest) = first_word(line);
                if word.eq_ignore_ascii_case("match") {
                    let place = format!("{}:{}", path.display(), index + 1);
                    config.blocks.push(Block { place, criteria: rest.to_owned() });
                } else if word.eq_ignore_ascii_case("include") {
                    open.extend(rest.split_whitespace().flat_map(|it| config.named(machine, it)));
                }
            }
            config.files.push(path);
        }
        config
    }

    /// The files of a pattern that may have one `*` in its last part.
    fn named(&mut self, machine: &Machine, pattern: &str) -> Vec<PathBuf> {
        let path = absolute(pattern.trim_matches('"'));
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return vec![] };
        let name = name.to_string_lossy();
        let Some((before, after)) = name.split_once('*') else { return vec![path.clone()] };
        self.folders.push(folder.to_owned());
        let mut names = machine.names(folder);
        names.retain(|name| name.len() >= before.len() + after.len());
        names.retain(|name| name.starts_with(before) && name.ends_with(after));
        names.into_iter().map(|name| folder.join(name)).collect()
    }
}

/// A path as sshd reads it: what is not absolute is below its folder.
fn absolute(path: &str) -> PathBuf {
    Path::new("/etc/ssh").join(path)
}

/// The first word of a line of sshd, which a `=` may follow, and the rest without a comment.
fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim();
    let end = line.find(|char: char| char.is_whitespace() || char == '=').unwrap_or(line.len());
    let rest = line[end..].trim_start_matches(|char: char| char.is_whitespace() || char == '=');
    (&line[..end], rest.split('#').next().unwrap_or_default().trim())
}

/// Judges each block by its own settings.
pub fn examine(
    sshd: &Program<'_>,
    config: &Config,
    policy: ServicePolicy,
    facts: &Facts,
    findings: &mut Findings,
) {
    let known: Vec<String> = findings.0.iter().map(|one| one.id.clone()).collect();
    let mut unknown = Vec::new();
    for (index, block) in config.blocks.iter().enumerate() {
        let connection = connection(&block.criteria, &|group| member(sshd.machine, group));
        let settings = connection.filter(|_| index < MAX_BLOCKS).and_then(|it| sshd.of(&it).ok());
        let Some(settings) = settings else {
            unknown.push(format!("{}: Match {}", block.place, block.criteria));
            continue;
        };
        let mut own = Findings::default();
        let case = Case {
            subject: format!("{}: Match {}", block.place, block.criteria),
            settings: &settings,
            policy,
            trial: &|edit| Ok(settings.with(edit)),
            prefix: "In this block: ",
        };
        case.ways(&mut own);
        keys_command::examine(sshd.machine, &settings, facts, &case.subject, &mut own);
        // What is wrong for everybody has been told.
        findings.0.extend(own.0.into_iter().filter(|one| !known.contains(&one.id)));
    }
    if let Some(first) = unknown.first() {
        findings.report(
            Kind::SshdMatchBlocks,
            FILE,
            format!(
                "what {} of the Match blocks change was not found out, such as {first}",
                unknown.len()
            ),
            "Try one: sshd -T -C user=NAME,host=HOST,addr=ADDRESS",
        );
    }
}

/// Somebody whom the criteria of a block fit, as `-C` wants it. `member` knows one of a group.
fn connection(criteria: &str, member: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut pairs: Vec<(&str, String)> =
        ANYBODY.iter().map(|&(key, value)| (key, value.to_owned())).collect();
    let words: Vec<&str> = criteria.split_whitespace().collect();
    if words.len() == 1 && words[0].eq_ignore_ascii_case("all") {
        return Some(written(&pairs));
    }
    for pair in words.chunks(2) {
        let &[criterion, patterns] = pair else { return None };
        let value = example(patterns.trim_matches('"'))?;
        let (key, value) = match criterion.to_ascii_lowercase().as_str() {
            "user" => ("user", value),
            "group" => ("user", member(&value)?),
            "host" => ("host", value),
            "address" => ("addr", value.split('/').next().unwrap_or_default().to_owned()),
            "localaddress" => ("laddr", value.split('/').next().unwrap_or_default().to_owned()),
            "localport" => ("lport", value),
            "rdomain" => ("rdomain", value),
            _ => return None,
        };
        pairs.retain(|(known, _)| *known != key);
        pairs.push((key, value));
    }
    Some(written(&pairs))
}

fn written(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

/// Something that fits the first pattern of a list that is not negated.
fn example(patterns: &str) -> Option<String> {
    let mut patterns = patterns.split(',');
    let pattern = patterns.find(|pattern| !pattern.is_empty() && !pattern.starts_with('!'))?;
    Some(pattern.replace(['*', '?'], "x"))
}

/// A member of a group of this machine.
fn member(machine: &Machine, group: &str) -> Option<String> {
    let groups = machine.read("/etc/group").ok()?;
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let line = groups
        .lines()
        .map(fields)
        .find(|fields| fields.first().is_some_and(|name| name == group))?;
    let listed = line.get(3)?.split(',').find(|name| !name.is_empty()).map(str::to_owned);
    listed.or_else(|| {
        let users = machine.read("/etc/passwd").ok()?;
        let mut users = users.lines().map(fields);
        users.find(|user| user.get(3) == line.get(2))?.into_iter().next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_found_whom_a_block_fits() {
        let member = |group: &str| (group == "staff").then(|| "alice".to_owned());
        for (criteria, expected) in [
            ("User bob", "host=somewhere,addr=192.0.2.1,user=bob"),
            ("user !root,b*,carol", "host=somewhere,addr=192.0.2.1,user=bx"),
            ("Group staff", "host=somewhere,addr=192.0.2.1,user=alice"),
            ("Address 10.0.0.0/8,fe80::/10", "user=somebody,host=somewhere,addr=10.0.0.0"),
            ("User bob Host *.example.org", "addr=192.0.2.1,user=bob,host=x.example.org"),
            ("LocalPort 2222", "user=somebody,host=somewhere,addr=192.0.2.1,lport=2222"),
            ("all", "user=somebody,host=somewhere,addr=192.0.2.1"),
        ] {
            assert_eq!(connection(criteria, &member).as_deref(), Some(expected), "{criteria}");
        }
        for criteria in ["Group wheel", "User !root", "invalid-user", "Exec /bin/true", "User"] {
            assert_eq!(connection(criteria, &member), None, "{criteria}");
        }
    }

    #[test]
    fn blocks_are_found_in_all_files_that_are_included() {
        let first = "Include /etc/ssh/sshd_config.d/*.conf\nmatch User=bob # why\n";
        let (_root, machine) = Machine::with(&[
            (FILE, first),
            ("etc/ssh/sshd_config.d/a.conf", "Include more\n"),
            ("etc/ssh/sshd_config.d/a.conf.bak", "Match User nobody\n"),
            ("etc/ssh/more", "#Match User no\n  Match Group staff\n"),
        ]);
        let config = Config::read(&machine, FILE);
        let blocks: Vec<_> =
            config.blocks.iter().map(|one| (one.place.as_str(), one.criteria.as_str())).collect();
        let more = ("/etc/ssh/more:2", "Group staff");
        assert_eq!(blocks, [("/etc/ssh/sshd_config:2", "User=bob"), more]);
        assert_eq!(config.folders, [PathBuf::from("/etc/ssh/sshd_config.d")]);
    }
}
