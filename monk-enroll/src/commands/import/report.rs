//! What has come of an import of devices, for people and for programs.

use std::collections::BTreeSet;
use std::io::Write;

use monk_wire::manage::{DeviceVerdict, ScratchCodes};

use super::list::{Device, List, Remark};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::json::import::{DeviceLine, Result as Word};
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::table::{Cell, Table};
use crate::words::old_systems;

/// Tells of the lines that are wrong: nothing was imported.
pub fn problems(session: &mut Session, list: &List) -> Result<Exit, Error> {
    if session.json {
        let devices = list.problems.iter().map(|one| line_of(one, Word::Error));
        let devices = devices.collect::<Vec<_>>();
        let old_systems = system_names(list);
        session.out.json(&document! { dry_run: false, imported: 0, devices, old_systems })?;
        return Ok(Exit::Invalid);
    }
    let mut problems: Vec<&Remark> = list.problems.iter().collect();
    problems.sort_by_key(|one| (one.place.number, one.place.line));
    for Remark { place, user, device, message } in problems {
        let who = match (user, device) {
            (Some(user), Some(device)) => format!("{user} ({device}): "),
            (Some(name), None) | (None, Some(name)) => format!("{name}: "),
            (None, None) => String::new(),
        };
        let (file, line) = (Plain(&place.file), place.line);
        // As compilers do, so that editors find the place.
        let _ = writeln!(session.errors, "{file}:{line}: {}{}", Plain(&who), Plain(message));
    }
    let count = list.problems.len();
    let lines = if count == 1 { "1 line is wrong" } else { &format!("{count} lines are wrong") };
    Err(Error::new(Exit::Invalid, format!("{lines}; nothing was imported")))
}

/// Tells what was imported, or would be.
pub fn done(session: &mut Session, list: &List, dry_run: bool) -> Result<Exit, Error> {
    if session.json {
        let devices = list
            .devices
            .iter()
            .map(|device| device_line(device, dry_run))
            .chain(list.left_out.iter().map(|one| line_of(one, Word::LeftOut)))
            .collect::<Vec<_>>();
        let imported = new_ones(list).count();
        let old_systems = system_names(list);
        session.out.json(&document! { dry_run, imported, devices, old_systems })?;
        return Ok(Exit::Done);
    }
    table(list, dry_run).write(&mut session.out)?;
    writeln!(session.out)?;
    for device in &list.devices {
        for warning in &device.warnings {
            let word = session.out.screen.paint(Style::Warning, "warning");
            let (file, line) = (Plain(&device.place.file), device.place.line);
            writeln!(session.out, "{file}:{line}: {word}: {}", Plain(warning))?;
        }
    }
    summary(session, list, dry_run)?;
    Ok(Exit::Done)
}

fn table(list: &List, dry_run: bool) -> Table<5> {
    let mut table = Table::new(["FILE", "LINE", "USER", "DEVICE", "WHAT"]);
    // One file needs no naming.
    let several = list.files > 1;
    let file = |name: &str| Cell::from(if several { name } else { "" });
    for device in &list.devices {
        let user = device.result.as_ref().map_or(&device.item.user, |result| &result.user);
        table.row([
            file(&device.place.file),
            device.place.line.to_string().into(),
            user.into(),
            (&device.item.label).into(),
            what(device, dry_run),
        ]);
    }
    for Remark { place, user, device, message } in &list.left_out {
        let what = Cell::styled(Style::Warning, message);
        let cell = |text: &Option<String>| Cell::from(text.as_deref().unwrap_or_default());
        let line = place.line.to_string().into();
        table.row([file(&place.file), line, cell(user), cell(device), what]);
    }
    table
}

fn what(device: &Device, dry_run: bool) -> Cell {
    let Some(result) = &device.result else { return Cell::default() };
    let codes = device.item.scratch_codes.len();
    let added = if dry_run { "would be added" } else { "added" };
    match (&result.verdict, result.scratch_codes) {
        (DeviceVerdict::Enrolled, ScratchCodes::Enrolled) => {
            Cell::styled(Style::Good, &format!("{added}, with {codes} scratch codes"))
        }
        (DeviceVerdict::Enrolled, ScratchCodes::LeftOut) => Cell::styled(
            Style::Warning,
            &format!("{added}; scratch codes left out, there are backup codes"),
        ),
        (DeviceVerdict::Enrolled, ScratchCodes::None) => Cell::styled(Style::Good, added),
        _ => "already there".into(),
    }
}

fn new_ones(list: &List) -> impl Iterator<Item = &Device> {
    list.devices.iter().filter(|device| {
        let result = device.result.as_ref();
        result.is_some_and(|result| result.verdict == DeviceVerdict::Enrolled)
    })
}

fn summary(session: &mut Session, list: &List, dry_run: bool) -> Result<(), Error> {
    let devices = new_ones(list).count();
    let users: BTreeSet<&str> =
        new_ones(list).filter_map(|device| Some(device.result.as_ref()?.user.as_str())).collect();
    let warnings: usize = list.devices.iter().map(|device| device.warnings.len()).sum();
    let verb = if dry_run { "would be imported" } else { "imported" };
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let mut line = format!("{} of {} {verb}", count(devices, "device"), count(users.len(), "user"));
    if !list.left_out.is_empty() {
        line.push_str(&format!(", {} left out", list.left_out.len()));
    }
    if warnings > 0 {
        line.push_str(&format!(", {}", count(warnings, "warning")));
    }
    let out = &mut session.out;
    match devices {
        0 => writeln!(out, "Nothing is left to import.")?,
        _ => writeln!(out, "{line}.")?,
    }
    // Also where everything was there already: it may still be switched on.
    if !list.devices.is_empty() && !list.systems.is_empty() {
        for system in &list.systems {
            writeln!(out, "\n{}", old_systems::to_switch_off(*system))?;
        }
        writeln!(out, "\ndocs/import.md has the steps in their order.")?;
    }
    if dry_run {
        writeln!(out, "This was a dry run: nothing was changed.")?;
        return Ok(());
    }
    if devices == 0 {
        return Ok(());
    }
    writeln!(out, "\nTheir authenticator apps go on working, from the next code that they show:")?;
    writeln!(out, "PASSWORD;CODE, or the code on the second screen.")?;
    let has_codes = |device: &Device| {
        device.result.as_ref().is_some_and(|one| one.scratch_codes == ScratchCodes::Enrolled)
    };
    if new_ones(list).any(has_codes) {
        writeln!(out, "Scratch codes open once each, but are short; longer ones are made with")?;
        writeln!(out, "monk-enroll backup-codes generate USER.")?;
    }
    let place = if list.systems.is_empty() { "" } else { ", also in the old directory" };
    writeln!(
        out,
        "Now delete what was imported{place}: anybody who reads it has these second factors."
    )?;
    Ok(())
}

fn system_names(list: &List) -> Vec<&'static str> {
    list.systems.iter().map(|system| system.name()).collect()
}

fn device_line(device: &Device, dry_run: bool) -> DeviceLine<'_> {
    let result = device.result.as_ref();
    let verdict = result.map(|result| &result.verdict);
    let codes = result.is_some_and(|result| result.scratch_codes == ScratchCodes::Enrolled);
    DeviceLine {
        file: &device.place.file,
        line: device.place.line,
        user: Some(result.map_or(&device.item.user, |result| &result.user)),
        name: Some(&device.item.label),
        result: match verdict {
            Some(DeviceVerdict::Enrolled) if dry_run => Word::WouldAdd,
            Some(DeviceVerdict::Enrolled) => Word::Added,
            _ => Word::AlreadyThere,
        },
        message: None,
        scratch_codes: if codes { device.item.scratch_codes.len() } else { 0 },
        warnings: device.warnings.iter().map(String::as_str).collect(),
    }
}

fn line_of(remark: &Remark, result: Word) -> DeviceLine<'_> {
    DeviceLine {
        file: &remark.place.file,
        line: remark.place.line,
        user: remark.user.as_deref(),
        name: remark.device.as_deref(),
        result,
        message: Some(&remark.message),
        scratch_codes: 0,
        warnings: Vec::new(),
    }
}
