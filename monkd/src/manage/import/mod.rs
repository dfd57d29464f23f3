//! Taking over from other systems: devices of users, and users of the embedded directory.
//!
//! Only root may import: it concerns many users at once.

mod devices;
mod users;

use monk_wire::manage::{DeviceStep, Failure, Import, Imported, Outcome, Unfit, UserStep};

use super::Task;

/// Most devices of one part: each is compared with those before it, and looked up in the directory. The
/// command line sends 100.
const MOST_ITEMS: usize = 1_000;

/// The word in the audit, for steps that change something.
pub(crate) fn event(import: &Import) -> Option<&'static str> {
    match import {
        Import::Devices { step: DeviceStep::Enrol, .. } => Some("import"),
        Import::Devices { step: DeviceStep::Withdraw, .. } => Some("import-withdraw"),
        Import::Users { step: UserStep::Commit, .. } => Some("user-import"),
        Import::Devices { step: DeviceStep::Check, .. }
        | Import::Users { step: UserStep::Check | UserStep::Hash | UserStep::Try, .. } => None,
    }
}

impl Task<'_> {
    /// Carries out a step of an import.
    pub(super) async fn import(&self, import: &Import) -> Result<Outcome, Failure> {
        // Not only by the table of who may do what: see above.
        if !self.caller.is_root() {
            return Err(Failure::OnlyRoot { uid: self.caller.uid });
        }
        if matches!(import, Import::Devices { items, .. } if items.len() > MOST_ITEMS) {
            return Err(Unfit::TooManyDevices { limit: MOST_ITEMS }.into());
        }
        let imported = match import {
            Import::Devices { step: DeviceStep::Check, token, items } => {
                self.check_devices(token, items).await.map(Imported::Devices)?
            }
            Import::Devices { step: DeviceStep::Enrol, token, items } => {
                self.enrol_devices(token, items).await.map(Imported::Devices)?
            }
            Import::Devices { step: DeviceStep::Withdraw, token, items } => {
                self.withdraw_devices(token, items).await.map(Imported::Devices)?
            }
            Import::Users { step: UserStep::Check, rows } => {
                self.check_rows(rows).await.map(Imported::Checked)?
            }
            Import::Users { step: UserStep::Try, rows } => {
                self.try_rows(rows).await.map(Imported::Tried)?
            }
            Import::Users { step: UserStep::Hash, rows } => {
                self.hash_rows(rows).await.map(Imported::Hashed)?
            }
            Import::Users { step: UserStep::Commit, rows } => {
                self.commit_rows(rows).await?;
                Imported::Committed
            }
        };
        Ok(Outcome::Imported(imported))
    }
}

#[cfg(test)]
mod tests;
