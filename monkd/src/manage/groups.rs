//! Groups of the embedded directory.

use monk_terms::label::LONGEST;
use monk_wire::manage::{Failure, GroupCommand, GroupOutcome, Membership, Outcome, Unfit};

use super::Task;
use crate::directory::is_dn;

/// Rows on one page: with the longest names, it fits a reply.
const PAGE: usize = 500;

impl Task<'_> {
    /// Lists the groups, or puts the user in or out.
    pub(super) async fn group(&self, command: GroupCommand) -> Result<Outcome, Failure> {
        let users = self.users()?;
        let (group, member) = match command {
            GroupCommand::List { after } => {
                let after = after.map(|last| (last.group, last.user)).unwrap_or_default();
                // One more tells whether there are others.
                let mut rows = users.members(after, PAGE + 1, self.deadline).await?;
                let more = rows.len() > PAGE;
                rows.truncate(PAGE);
                let rows =
                    rows.into_iter().map(|(group, user)| Membership { group, user }).collect();
                return Ok(Outcome::Groups(GroupOutcome::List { rows, more }));
            }
            GroupCommand::Join { group } => (group, true),
            GroupCommand::Leave { group } => (group, false),
        };
        check_group(&group)?;
        let id = self.find().await?.0.id;
        let changed = users.set_member(&id, &group, member, self.deadline).await?;
        Ok(Outcome::Groups(GroupOutcome::Changed(changed)))
    }
}

/// Checks the name of a group: one that a policy can name.
fn check_group(group: &str) -> Result<(), Failure> {
    let count = group.chars().count();
    let fits = (1..=LONGEST).contains(&count) && group.trim() == group;
    if fits && !group.chars().any(char::is_control) && group != "*" && !is_dn(group) {
        return Ok(());
    }
    Err(Unfit::Group { longest: LONGEST }.into())
}
