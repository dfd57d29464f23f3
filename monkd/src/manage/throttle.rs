//! Who is slowed down on this host.

use monk_wire::manage::{Failure, Outcome, SlowedRow, ThrottleCommand, ThrottleOutcome};

use super::Task;

/// Most counters that are listed. Who has more is under attack, and sees the worst of it.
const MAX_LISTED: usize = 50;

impl Task<'_> {
    /// Lists or forgets failures.
    pub(super) async fn throttle(&self, command: ThrottleCommand) -> Result<Outcome, Failure> {
        let throttle = &self.engine.throttle;
        let outcome = match command {
            ThrottleCommand::List => {
                let slowed = throttle.list(self.deadline).await?;
                let rows = slowed.into_iter().take(MAX_LISTED).map(|slowed| SlowedRow {
                    scope: slowed.scope.to_owned(),
                    proof: slowed.proof,
                    user: slowed.user,
                    network: slowed.network,
                    failures: slowed.failures,
                    wait: slowed.wait,
                    at: slowed.at,
                });
                ThrottleOutcome::List(rows.collect())
            }
            ThrottleCommand::Clear { whose } => {
                let mut count = throttle.clear(whose.clone(), self.deadline).await?;
                if let (0, Some(name)) = (count, &whose) {
                    // Names that nobody has may be kept as what stands for them.
                    let shown = self.engine.shown(name, false).into_owned();
                    count = throttle.clear(Some(shown), self.deadline).await?;
                }
                if let (0, Some(whose)) = (count, whose) {
                    return Err(Failure::NobodySlowed { whose });
                }
                ThrottleOutcome::Cleared(u32::try_from(count).unwrap_or(u32::MAX))
            }
        };
        Ok(Outcome::Throttle(outcome))
    }
}
