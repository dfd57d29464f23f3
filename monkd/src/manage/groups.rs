//! Groups of the embedded directory.

use monk_terms::label::LONGEST;
use monk_wire::manage::{Failure, GroupCommand, GroupOutcome, Membership, Outcome, Unfit};

use super::Task;
use super::posix::{Local, check_host_name, check_id};
use crate::directory::is_dn;
use crate::directory::users::Member;

/// Rows on one page: with the longest names, it fits a reply.
const PAGE: usize = 500;

impl Task<'_> {
    /// Lists the groups, or puts the user in or out.
    pub(super) async fn group(&self, command: GroupCommand) -> Result<Outcome, Failure> {
        let users = self.users()?;
        let (group, member) = match command {
            GroupCommand::List { after } => {
                let after = after.map(|last| (last.group, last.user.unwrap_or_default()));
                let after = after.unwrap_or_default();
                // One more tells whether there are others.
                let mut rows = users.members(after, PAGE + 1, self.deadline).await?;
                let more = rows.len() > PAGE;
                rows.truncate(PAGE);
                let row = |Member { group, gid, user }| Membership { group, gid, user };
                let rows = rows.into_iter().map(row).collect();
                return Ok(Outcome::Groups(GroupOutcome::List { rows, more }));
            }
            GroupCommand::Make { group, gid } => {
                check_group(&group)?;
                gid.map_or(Ok(()), check_id)?;
                Local::now().check(&group, None, gid)?;
                let is_new = users.make_group(&group, gid, self.deadline).await??;
                return Ok(Outcome::Groups(GroupOutcome::Changed(is_new)));
            }
            GroupCommand::Delete { group } => {
                users.delete_group(&group, self.deadline).await??;
                return Ok(Outcome::Groups(GroupOutcome::Changed(true)));
            }
            GroupCommand::Join { group } => (group, true),
            GroupCommand::Leave { group } => (group, false),
        };
        check_group(&group)?;
        let id = self.find().await?.0.id;
        let changed = users.set_member(&id, &group, member, self.deadline).await??;
        Ok(Outcome::Groups(GroupOutcome::Changed(changed)))
    }
}

/// Checks the name of a group: one that a policy can name.
fn check_group(group: &str) -> Result<(), Failure> {
    let count = group.chars().count();
    let fits = (1..=LONGEST).contains(&count) && group.trim() == group;
    if fits && !group.chars().any(char::is_control) && group != "*" && !is_dn(group) {
        return Ok(check_host_name(group)?);
    }
    Err(Unfit::Group { longest: LONGEST }.into())
}
