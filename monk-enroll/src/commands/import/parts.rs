//! The conversation with the engine: check all parts, enrol all parts, or take back what was
//! enrolled.

use std::io::Write;
use std::ops::Range;
use std::thread;
use std::time::Duration;

use monk_wire::manage::{
    Command, DeviceResult, DeviceStep, DeviceVerdict, Import, Imported, Outcome,
};

use super::interruption::Interruption;
use super::list::{List, Remark};
use crate::commands::progress::Progress;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Plain;
use crate::session::Session;
use crate::talk::unexpected;
use crate::words::failures;
use monk_import::shown;

/// Devices of a part: a directory that is slow has done with them in a second or two.
const MOST_DEVICES: usize = 100;

/// Scratch codes of a part: each costs the engine some 20 ms, and a part has 20 s.
const MOST_CODES: usize = 50;

/// How often parts are taken back before we give up, and the pause before each further try: a
/// service that was restarted is back by then.
const TRIES: usize = 6;
const PAUSE: Duration = Duration::from_secs(5);

/// Until we look once more: what was on its way to the directory when an engine died, or gave up
/// waiting, may arrive after everything was taken back.
const LATE: Duration = Duration::from_secs(1);

/// Devices that are named where they could not be taken back.
const MOST_NAMED: usize = 20;

/// The import, cut into parts.
pub struct Parts<'a> {
    /// What is imported.
    pub list: &'a mut List,
    token: [u8; 16],
}

impl<'a> Parts<'a> {
    /// The parts of a list.
    pub fn new(list: &'a mut List) -> Result<Self, Error> {
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|error| {
            Error::new(Exit::Unavailable, format!("the system gives no random numbers: {error}"))
        })?;
        Ok(Self { list, token })
    }

    /// Lets the engine check everything. What it refuses becomes a problem of its line.
    pub fn check(&mut self, session: &mut Session) -> Result<(), Error> {
        let mut progress = Progress::new("checked", self.list.devices.len());
        for part in self.ranges() {
            let indices: Vec<usize> = part.clone().collect();
            let results = self.send(session, DeviceStep::Check, &indices)?;
            for (index, result) in indices.into_iter().zip(results) {
                let device = &mut self.list.devices[index];
                let why = match &result.verdict {
                    DeviceVerdict::Refused(why) => Some(failures::sentence(why)),
                    DeviceVerdict::UnknownUser => {
                        Some(format!("the directory has no such user: {}", device.remedy))
                    }
                    _ => None,
                };
                if let Some(message) = why {
                    let (user, place) = (Some(shown(&device.item.user)), device.place.clone());
                    self.list.problems.push(Remark { place, user, device: None, message });
                }
                device.result = Some(result);
            }
            progress.show(session, part.end);
        }
        progress.clear(session);
        Ok(())
    }

    /// Enrols everything that was checked before. If that breaks off, it is taken back.
    pub fn enrol(&mut self, session: &mut Session) -> Result<(), Error> {
        let mut progress = Progress::new("imported", self.list.devices.len());
        let mut begun: Vec<Vec<usize>> = Vec::new();
        let interruption = Interruption::keep();
        for part in self.ranges() {
            let indices: Vec<usize> = part.clone().filter(|&index| self.is_new(index)).collect();
            if indices.is_empty() {
                continue;
            }
            begun.push(indices.clone());
            let enrolled = self
                .send(session, DeviceStep::Enrol, &indices)
                .and_then(|results| self.keep(&indices, results))
                .and_then(|()| match &interruption {
                    Some(one) if one.came() => Err(Error::new(Exit::Cancelled, "interrupted")),
                    _ => Ok(()),
                });
            if let Err(error) = enrolled {
                progress.clear(session);
                return Err(self.take_back(session, begun, error));
            }
            progress.show(session, part.end);
        }
        progress.clear(session);
        Ok(())
    }

    fn is_new(&self, index: usize) -> bool {
        let result = self.list.devices[index].result.as_ref();
        result.is_some_and(|result| result.verdict == DeviceVerdict::Enrolled)
    }

    fn keep(&mut self, indices: &[usize], results: Vec<DeviceResult>) -> Result<(), Error> {
        for (&index, result) in indices.iter().zip(results) {
            let device = &mut self.list.devices[index];
            let why = match &result.verdict {
                DeviceVerdict::Refused(why) => Some(failures::sentence(why)),
                DeviceVerdict::UnknownUser => Some("the directory has no such user".to_owned()),
                _ => None,
            };
            if let Some(why) = why {
                let place = &device.place;
                let message = format!(
                    "{}:{}: {}: changed since it was checked: {why}",
                    place.file, place.line, device.item.user
                );
                return Err(Error::new(Exit::Invalid, message));
            }
            device.result = Some(result);
        }
        Ok(())
    }

    /// Takes back what was enrolled, and says what cannot be.
    fn take_back(&self, session: &mut Session, mut parts: Vec<Vec<usize>>, cause: Error) -> Error {
        let last: Vec<usize> = parts.last().cloned().unwrap_or_default();
        for attempt in 0..TRIES {
            if attempt > 0 {
                let left = (TRIES - attempt) * PAUSE.as_secs() as usize;
                let _ = writeln!(
                    session.errors,
                    "monk-enroll: {}; waiting up to {left} s to take the import back",
                    Plain(&cause.message)
                );
                thread::sleep(PAUSE);
            }
            session.engine.hang_up();
            // The last one first, as one takes back.
            while let Some(part) = parts.last() {
                if self.send(session, DeviceStep::Withdraw, part).is_err() {
                    break;
                }
                parts.pop();
            }
            if parts.is_empty() {
                thread::sleep(LATE);
                if self.send(session, DeviceStep::Withdraw, &last).is_err() {
                    parts.push(last.clone());
                    continue;
                }
                let message = format!("{}; nothing was imported", cause.message);
                return Error { message, ..cause };
            }
        }
        let left: Vec<usize> = parts.into_iter().flatten().collect();
        let mut names: Vec<String> = left
            .iter()
            .take(MOST_NAMED)
            .map(|&index| &self.list.devices[index].item)
            .map(|item| format!("{} ({})", item.user, item.label))
            .collect();
        if left.len() > MOST_NAMED {
            names.push(format!("{} more", left.len() - MOST_NAMED));
        }
        let message = format!(
            "{}; what was imported could not be taken back, and these devices may be there: {}",
            cause.message,
            names.join(", ")
        );
        Error { message, ..cause }.remedy(
            "When it answers again, run the same import once more: what is there is recognised, and the rest comes.",
        )
    }

    fn send(
        &self,
        session: &mut Session,
        step: DeviceStep,
        indices: &[usize],
    ) -> Result<Vec<DeviceResult>, Error> {
        let items = indices.iter().map(|&index| self.list.devices[index].item.clone()).collect();
        let import = Import::Devices { step, token: self.token, items };
        match session.manage("", Command::Import(import))? {
            Outcome::Imported(Imported::Devices(results)) if results.len() == indices.len() => {
                Ok(results)
            }
            _ => Err(unexpected()),
        }
    }

    /// The parts, each small enough for one command.
    fn ranges(&self) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let (mut start, mut codes) = (0, 0);
        for (index, device) in self.list.devices.iter().enumerate() {
            let more = device.item.scratch_codes.len();
            let full = index - start == MOST_DEVICES || codes + more > MOST_CODES;
            if full && index > start {
                ranges.push(start..index);
                (start, codes) = (index, 0);
            }
            codes += more;
        }
        ranges.push(start..self.list.devices.len());
        ranges.retain(|range| !range.is_empty());
        ranges
    }
}
