//! Directory servers as organisations run them, each started from Debian's packages in a world.
//!
//! They all hold the same small organisation, so that one test can say what monk does with each of them.

mod ds389;
mod layouts;
mod openldap;
mod samba;
mod suppliers;

use crate::World;

pub use monk_terms::account_state::AccountState as State;

pub use ds389::Ds389;
pub use layouts::{Arranged, Authentik, FreeIpa, Layout, Lldap};
pub use openldap::{Installed, OpenLdap, OpenLdap26, Release, TwoSix};
pub use samba::{Bound, Samba};
pub use suppliers::Suppliers;

/// A directory server as organisations run it, with one suffix and people in it.
///
/// People are told apart by their login names. Each has the mail address `NAME@example.org`.
pub trait RealDirectory {
    /// The name in tables, which is also the name of the preset: `389ds`, `active-directory`,
    /// `openldap`.
    const NAME: &'static str;

    /// Whether its entries can hold what people enrol. Where not, monk keeps that itself.
    const KEEPS_CREDENTIALS: bool = true;

    /// Starts the server, with accounts for monk that may check and enrol, a place for groups, and a
    /// certificate that names it.
    fn start(world: &World) -> Self
    where
        Self: Sized;

    /// monk's settings for it: the lines of `[ldap]` without that head, of a host where people enrol.
    /// The file of the password that they name is written.
    fn ldap_section(&self) -> String;

    /// Adds a person with a login name, a password and a mail address.
    fn add_person(&self, name: &str, password: &str);

    /// By which of its own means the server can put a person into which state, such as
    /// `("nsAccountLock", State::Disabled)`.
    fn means(&self) -> &'static [(&'static str, State)];

    /// Puts a person into a state, by one of [`means`](Self::means).
    fn put(&self, name: &str, means: &str);

    /// Gives a person another login name. The entry is the same.
    fn rename(&self, name: &str, to: &str);

    /// Moves a person below another container inside the base.
    fn move_away(&self, name: &str);

    /// Deletes a person, and adds another one of the same name.
    fn recreate(&self, name: &str, password: &str);

    /// Adds a group. Its members are people and groups, by their names.
    fn add_group(&self, name: &str, members: &[&str]);

    /// The name of a group's entry.
    fn group_dn(&self, name: &str) -> String;

    /// Stops the server. Connections to it are refused from then on.
    fn stop(&mut self);

    /// Starts the server after [`stop`](Self::stop), with all that was in it.
    fn restart(&mut self);
}
