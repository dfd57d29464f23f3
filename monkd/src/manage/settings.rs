//! The settings that are in force.

use monk_wire::manage::{Failure, Outcome};

use super::Task;

impl Task<'_> {
    /// Tells the settings in force, defaults included. There is no secret among them: passwords
    /// and keys are in files of their own.
    pub(super) fn settings(&self) -> Result<Outcome, Failure> {
        toml::to_string(&self.engine.settings)
            .map(Outcome::Settings)
            .map_err(|_| Failure::SettingsUnwritable)
    }
}
