//! The settings that are in force.

use monk_wire::manage::{Failure, FailureKind, Outcome};

use super::{Task, failure};

impl Task<'_> {
    /// Tells the settings in force, defaults included. There is no secret among them: passwords
    /// and keys are in files of their own.
    pub(super) fn settings(&self) -> Result<Outcome, Failure> {
        toml::to_string(&self.engine.settings).map(Outcome::Settings).map_err(|_| {
            failure(FailureKind::Unavailable, "the settings cannot be written as TOML")
        })
    }
}
