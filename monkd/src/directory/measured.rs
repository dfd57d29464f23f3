//! A directory whose answers are timed, for metrics. Where metrics are off there is none of it.

use std::sync::Arc;

use async_trait::async_trait;
use monk_core::typed::Password;

use super::change::{Changed, Changer};
use super::names::Names;
use super::{Account, Answer, Directory, Lookup, Pages, Users};
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::tally::{Operation, timed};

/// A directory whose answers are timed.
pub struct Measured(Arc<dyn Directory>);

impl Measured {
    /// Times the answers of `directory`.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>) -> Self {
        Self(directory)
    }
}

/// Everything is passed on, also what the trait has an answer for.
#[async_trait]
impl Directory for Measured {
    async fn find(&self, name: &str, deadline: Deadline) -> Result<Lookup, Outage> {
        timed(Operation::Find, self.0.find(name, deadline)).await
    }

    async fn check_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        deadline: Deadline,
    ) -> Result<Answer, Outage> {
        timed(Operation::Password, self.0.check_password(account, password, deadline)).await
    }

    async fn is_in_group(
        &self,
        account: &Account,
        groups: &[String],
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        timed(Operation::Groups, self.0.is_in_group(account, groups, deadline)).await
    }

    async fn shows_group(&self, group: &str, deadline: Deadline) -> Result<bool, Outage> {
        self.0.shows_group(group, deadline).await
    }

    fn everybody(&self) -> Box<dyn Pages<Account> + '_> {
        self.0.everybody()
    }

    async fn has(&self, id: &str, deadline: Deadline) -> Result<bool, Outage> {
        self.0.has(id, deadline).await
    }

    async fn name_of(&self, id: &str, deadline: Deadline) -> Result<Option<String>, Outage> {
        self.0.name_of(id, deadline).await
    }

    async fn change_password(
        &self,
        account: &Account,
        changer: Changer<'_>,
        new: &Password,
        deadline: Deadline,
    ) -> Result<Changed, Outage> {
        let change = self.0.change_password(account, changer, new, deadline);
        timed(Operation::ChangePassword, change).await
    }

    fn changes_passwords(&self) -> bool {
        self.0.changes_passwords()
    }

    fn changes_expired_passwords(&self) -> bool {
        self.0.changes_expired_passwords()
    }

    async fn ssh_keys(&self, account: &Account, deadline: Deadline) -> Result<Vec<String>, Outage> {
        timed(Operation::SshKeys, self.0.ssh_keys(account, deadline)).await
    }

    fn names(&self) -> &dyn Names {
        self.0.names()
    }

    fn users(&self) -> Option<&dyn Users> {
        self.0.users()
    }
}

#[cfg(test)]
mod tests {
    /// The names of the functions of `text` between the line `begin` and the next line `}`.
    fn functions<'a>(text: &'a str, begin: &str) -> Vec<&'a str> {
        let (_, rest) = text.split_once(begin).expect("it begins there");
        let body = rest.split("\n}\n").next().unwrap_or_default();
        let lines = body
            .lines()
            .filter_map(|line| line.split_once("    fn ").or(line.split_once("    async fn ")));
        lines.filter_map(|(_, rest)| rest.split(['(', '<']).next()).collect()
    }

    /// Otherwise a directory would answer otherwise as soon as somebody wants metrics.
    #[test]
    fn what_the_trait_has_an_answer_for_is_passed_on_as_well() {
        let of_trait = functions(include_str!("mod.rs"), "pub trait Directory: Send + Sync {\n");
        let passed_on = functions(include_str!("measured.rs"), "impl Directory for Measured {\n");
        assert!(
            of_trait.contains(&"changes_expired_passwords") && of_trait.len() > 10,
            "{of_trait:?}"
        );
        assert_eq!(passed_on, of_trait);
    }
}
