//! The journal of systemd, by way of `journalctl`.
//!
//! Every user of a host can write lines that look like monk's (`logger -t monkd`). What the journal itself notes of
//! the writer nobody can forge (`systemd.journal-fields(7)`, "trusted journal fields"): only lines of the engine's user and
//! program count. An engine for one login can have ended before the journal looked at its program, so `_EXE` may be
//! missing; `_UID` comes with the line itself.

use std::io::{BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use monk_doctor::Machine;
use serde::Deserialize;

use super::bounded::each_line;
use super::{Extent, Record};

/// The tag of the engine's lines.
const TAG: &str = "monkd";

/// What is asked of each entry, besides its time.
const FIELDS: &str = "MESSAGE,_UID,_EXE";

/// What the kernel says of a program that was replaced while it runs.
const REPLACED: &str = " (deleted)";

/// Most that is kept of what journalctl says of an error, in bytes: a sentence.
const MOST_WORDS: u64 = 1000;

/// Whose lines are believed.
#[derive(Clone, Copy, Debug)]
pub struct Engine<'a> {
    /// The user that the engine runs as.
    pub uid: u32,
    /// Its program.
    pub program: &'a Path,
}

/// One entry, as `journalctl --output=json` writes it. A message that is no text is a list of numbers, and none of
/// the engine's.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    time: String,
    #[serde(rename = "MESSAGE")]
    message: String,
    #[serde(rename = "_UID")]
    uid: String,
    #[serde(rename = "_EXE", default)]
    program: Option<String>,
}

impl Engine<'_> {
    fn wrote(&self, entry: &Entry) -> bool {
        let name = |path: &Path| path.file_name().map(ToOwned::to_owned);
        let is_ours = |program: &String| {
            let program = program.strip_suffix(REPLACED).unwrap_or(program);
            name(Path::new(program)) == name(self.program)
        };
        entry.uid.parse() == Ok(self.uid) && entry.program.as_ref().is_none_or(is_ours)
    }
}

/// Reads what the journal has since a time, in seconds since 1970.
///
/// # Errors
/// Why there is none, in words. What was heard before is not all of it.
pub fn read(
    engine: Engine<'_>,
    since: u64,
    hear: impl FnMut(Option<u64>, &Record<'_>),
) -> Result<Extent, String> {
    let program = Machine::this().program("journalctl").ok_or("this host has no journalctl")?;
    let mut child = Command::new(program)
        .args(["--quiet", "--no-pager", "--output=json"])
        .arg(format!("--output-fields={FIELDS}"))
        .arg(format!("--identifier={TAG}"))
        .arg(format!("--since=@{since}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("journalctl: {error}"))?;
    let (out, errors) = (child.stdout.take(), child.stderr.take());
    let (Some(out), Some(errors)) = (out, errors) else {
        return Err("journalctl has no output".to_owned());
    };
    let words = std::thread::spawn(move || {
        let (mut said, mut errors) = (Vec::new(), errors);
        let _ = errors.by_ref().take(MOST_WORDS).read_to_end(&mut said);
        // It shall not wait for a reader.
        let _ = std::io::copy(&mut errors, &mut std::io::sink());
        String::from_utf8_lossy(&said).into_owned()
    });
    let extent = entries(engine, out, hear);
    if extent.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| format!("journalctl: {error}"))?;
    let said = words.join().unwrap_or_default();
    let extent = extent.map_err(|error| format!("journalctl: {error}"))?;
    match said.lines().rfind(|line| !line.trim().is_empty()) {
        _ if status.success() => Ok(extent),
        Some(said) => Err(format!("journalctl: {}", said.trim())),
        None => Err(format!("journalctl: {status}")),
    }
}

fn entries(
    engine: Engine<'_>,
    from: impl Read,
    mut hear: impl FnMut(Option<u64>, &Record<'_>),
) -> std::io::Result<Extent> {
    let mut extent = Extent::default();
    each_line(BufReader::with_capacity(128 * 1024, from), |line| {
        let Ok(entry) = serde_json::from_str::<Entry>(line) else {
            extent.forged += u64::from(!line.is_empty());
            return;
        };
        if !engine.wrote(&entry) {
            extent.forged += 1;
            return;
        }
        let at = entry.time.parse::<u64>().ok().map(|microseconds| microseconds / 1_000_000);
        extent.take(at);
        if let Some(record) = Record::read(&entry.message) {
            hear(at, &record);
        }
    })?;
    Ok(extent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &str = "login user=alice service=imap address=192.0.2.7 verdict=granted reason=totp credential=- ms=4";

    fn entry(message: &str, who: &str) -> String {
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"1795284000000001\",\"__CURSOR\":\"s=1\",\"MESSAGE\":{message:?}{who}}}\n"
        )
    }

    fn heard(text: &str) -> (Vec<(Option<u64>, String)>, Extent) {
        let engine = Engine { uid: 990, program: Path::new("/usr/libexec/monk/monkd") };
        let mut heard = Vec::new();
        let hear = |at, record: &Record<'_>| heard.push((at, record.user.to_string()));
        let extent = entries(engine, text.as_bytes(), hear).unwrap();
        (heard, extent)
    }

    #[test]
    fn lines_of_the_engine_count() {
        for who in [
            ",\"_UID\":\"990\",\"_EXE\":\"/usr/libexec/monk/monkd\"",
            // It has ended, or was replaced by an update.
            ",\"_UID\":\"990\"",
            ",\"_UID\":\"990\",\"_EXE\":null",
            ",\"_UID\":\"990\",\"_EXE\":\"/usr/libexec/monk/monkd (deleted)\"",
        ] {
            let (heard, extent) = heard(&entry(LOGIN, who));
            assert_eq!(heard, [(Some(1_795_284_000), "alice".to_owned())], "{who}");
            assert_eq!(extent, Extent { lines: 1, forged: 0, begin: Some(1_795_284_000) });
        }
        let (heard, extent) = heard(&entry("settings read again", ",\"_UID\":\"990\""));
        assert_eq!((heard.len(), extent.lines, extent.forged), (0, 1, 0));
    }

    #[test]
    fn lines_that_others_wrote_under_its_name_are_counted_and_left_out() {
        let lines = [
            entry(LOGIN, ",\"_UID\":\"1000\",\"_EXE\":\"/usr/bin/logger\""),
            entry(LOGIN, ",\"_UID\":\"1000\",\"_EXE\":\"/tmp/monkd\""),
            entry(LOGIN, ",\"_UID\":\"990\",\"_EXE\":\"/usr/bin/logger\""),
            entry(LOGIN, ",\"_UID\":\"0\",\"_EXE\":\"/usr/bin/dockerd\""),
            entry(LOGIN, ",\"_UID\":\"+990\",\"_EXE\":\"/usr/bin/logger\""),
            // The kernel does not say who it was.
            entry(LOGIN, ""),
            entry(LOGIN, ",\"_UID\":[\"990\",\"1000\"]"),
            "{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":[108,111],\"_UID\":\"990\"}\n".to_owned(),
            "no JSON\n".to_owned(),
        ];
        let (heard, extent) = heard(&lines.concat());
        assert_eq!(heard, []);
        assert_eq!(extent, Extent { lines: 0, forged: 9, begin: None });
    }
}
