//! Devices in letters: made one after the other, each for a user without a second factor.

use monk_wire::manage::{Command, DeviceLetter, Outcome, Repeat};

use super::Written;
use crate::commands::invite::{LeftOut, Person};
use crate::commands::progress::Progress;
use crate::error::Error;
use crate::exit::Exit;
use crate::guide::letters::Handed;
use crate::session::Session;
use crate::talk::unexpected;
use crate::when::Moment;

/// What the device is called in lists.
const NAME: &str = "Letter";

/// Writes the letter to one user.
type Write<'a> = dyn FnMut(&mut Session, &str, Handed<'_>, Moment) -> Result<(), Error> + 'a;

/// Makes the devices. Users who have a second factor are left out, and those keep their letter whose device can still be
/// confirmed, unless `again` or their own name asks for another one.
pub(super) fn hand_out(
    session: &mut Session,
    people: Vec<Person>,
    (seconds, by_login): (u64, bool),
    write: &mut Write<'_>,
) -> Result<Written, Error> {
    let mut written = Written::default();
    let mut progress = Progress::new("written", people.len());
    let mut people = people.into_iter();
    while let Some(Person { name, repeat }) = people.next() {
        let again = repeat == Repeat::Again;
        let letter = DeviceLetter { label: NAME.to_owned(), seconds, by_login, again };
        match session.manage(&name, Command::TotpLetter(letter)) {
            Ok(Outcome::LetterDevice(device)) => {
                let (Some(key), Some(uri)) = (device.secret.expose_str(), device.uri.expose_str())
                else {
                    return Err(unexpected());
                };
                let holds = Handed::Device { key, uri, by_login };
                write(session, &name, holds, Moment(device.expires))?;
                written.users.push(name);
                progress.show(session, written.users.len());
            }
            Ok(Outcome::InvitationKept(_)) => written.kept += 1,
            Ok(_) => return Err(unexpected()),
            Err(error) if error.exit != Exit::Unavailable => {
                written.exit = error.exit;
                progress.clear(session);
                written.left_out.push(LeftOut::told(session, name, error.message)?);
            }
            // The same for everybody.
            Err(error) if written.users.is_empty() => return Err(error),
            Err(error) => {
                (written.stopped, written.exit) = (Some(error.message), error.exit);
                written.left = people.len() + 1;
                break;
            }
        }
    }
    progress.clear(session);
    Ok(written)
}
