//! A directory that is to be used.

use monk_wire::manage::{DirectoryCommand, DirectoryOutcome, Failure, Outcome};

use super::Task;
use crate::directory::kinds;

impl Task<'_> {
    /// Asks a server what it is. Changes nothing.
    pub(super) async fn directory(&self, command: DirectoryCommand) -> Result<Outcome, Failure> {
        let DirectoryCommand::Detect(asked) = command;
        let detected = kinds::detect(&asked, &self.engine.keys, self.deadline).await?;
        Ok(Outcome::Directory(DirectoryOutcome::Detected(detected)))
    }
}
