//! Two 389 Directory Servers that replicate to each other, both of which take writes, and the network between
//! them.
//!
//! ```text
//!   hosts of side A ──────▶ A ◀──┐      ┌──▶ B ◀────── hosts of side B
//!          │                     └──✂──┘     ▲                 │
//!          └───────────────────────✂─────────┘  (and across) ──┘
//! ```
//!
//! A partition cuts everything that crosses: the replication, and each side's hosts from the other
//! side's server. [`Mirror`](crate::Mirror) is the same of OpenLDAP.

use std::cell::Cell;
use std::time::Duration;

use super::Ds389;
use super::ds389::SUFFIX;
use crate::World;
use crate::fault_proxy::{Fault, FaultProxy};
use crate::mirror::Side;
use crate::wait;

/// Where the servers listen: ldap and ldaps.
const PORTS: [(u16, u16); 2] = [(389, 636), (1389, 1636)];

/// The account with which the servers write to each other, and its password.
const MANAGER: (&str, &str) = ("cn=replication manager,cn=config", "replicate");

/// How long the servers may take until they hold the same.
const CONVERGENCE_LIMIT: Duration = Duration::from_secs(60);

/// Entries in which each server leaves a mark, for the other one to show it.
const MARKED: [&str; 2] = ["ou=services,dc=example,dc=org", "ou=moved,ou=people,dc=example,dc=org"];

/// The servers, and what lies between them.
pub struct Suppliers {
    servers: [Ds389; 2],
    /// Replication to A and to B, and the hosts' way to the other side's server.
    crossings: [FaultProxy; 4],
    marks: Cell<u32>,
}

impl Suppliers {
    /// Starts a second server beside `first`, which gets all that is in it.
    #[track_caller]
    pub fn of(world: &World, first: Ds389) -> Self {
        let second = Ds389::create(world, "two", PORTS[1], true);
        let proxy = |port| FaultProxy::start(world, port);
        let crossings =
            [proxy(PORTS[1].0), proxy(PORTS[0].0), proxy(PORTS[1].1), proxy(PORTS[0].1)];
        let suppliers = Self { servers: [first, second], crossings, marks: Cell::new(0) };
        for (server, number) in suppliers.servers.iter().zip(["1", "2"]) {
            let role = ["--role", "supplier", "--replica-id", number];
            let manager = ["--bind-dn", MANAGER.0, "--bind-passwd", MANAGER.1];
            let enable = ["replication", "enable", "--suffix", SUFFIX];
            server.own("dsconf", &[&enable[..], &role, &manager].concat());
            // Else a server waits for up to five minutes before it tries again after a partition.
            let replica = "cn=replica,cn=dc\\3Dexample\\2Cdc\\3Dorg,cn=mapping tree,cn=config";
            server.set(replica, "nsds5ReplicaBackoffMin", "1");
            server.set(replica, "nsds5ReplicaBackoffMax", "1");
        }
        suppliers.agree(Side::A, true);
        let status = || {
            let agreements = "(objectClass=nsds5ReplicationAgreement)";
            let status = "nsds5ReplicaLastInitStatus";
            let found = suppliers.server(Side::A).search("cn=config", agreements, &[status]);
            found.iter().find_map(|found| found.value(status)).unwrap_or_default()
        };
        let filled = || status().contains("Total update succeeded").then_some(());
        let filled = wait::until(CONVERGENCE_LIMIT, filled);
        filled.unwrap_or_else(|| panic!("the second server is not filled: {}", status()));
        suppliers.agree(Side::B, false);
        suppliers.converge();
        suppliers
    }

    /// One of the servers.
    pub fn server(&self, side: Side) -> &Ds389 {
        &self.servers[side as usize]
    }

    /// The URI under which hosts of a side reach a server.
    pub fn uri(&self, from: Side, to: Side) -> String {
        let [_, _, to_second, to_first] = &self.crossings;
        let port = match (from, to) {
            (Side::A, Side::A) => PORTS[0].1,
            (Side::B, Side::B) => PORTS[1].1,
            (Side::A, Side::B) => to_second.port(),
            (Side::B, Side::A) => to_first.port(),
        };
        let name = if to == Side::A { "ldap" } else { "ldap2" };
        format!("ldaps://{name}.example.org:{port}")
    }

    /// Cuts everything between the two sides.
    #[track_caller]
    pub fn part(&self) {
        self.crossings.iter().for_each(|crossing| crossing.set(Fault::Down));
    }

    /// Joins the sides again, and waits until both servers hold the same.
    #[track_caller]
    pub fn heal(&self) {
        self.crossings.iter().for_each(|crossing| crossing.set(Fault::None));
        self.converge();
    }

    /// Waits until each server has all that has been written to the other one: changes are sent in their
    /// order, so the last one stands for those before.
    #[track_caller]
    pub fn converge(&self) {
        let mark = format!("mark {}", self.marks.replace(self.marks.get() + 1));
        for (server, entry) in self.servers.iter().zip(MARKED) {
            server.set(entry, "description", &mark);
        }
        let is_marked = |server: &Ds389, entry: &str| {
            let found = server.search(entry, "(objectClass=*)", &["description"]);
            found.iter().any(|found| found.value("description").as_ref() == Some(&mark))
        };
        let equal = || {
            let all = self
                .servers
                .iter()
                .all(|server| MARKED.iter().all(|entry| is_marked(server, entry)));
            all.then_some(())
        };
        let equal = wait::until(CONVERGENCE_LIMIT, equal);
        equal.expect("the servers agree");
    }

    /// Lets a server send its changes to the other one, and first of all everything where `fills`.
    #[track_caller]
    fn agree(&self, from: Side, fills: bool) {
        let port = self.crossings[from as usize].port().to_string();
        let agreement = ["repl-agmt", "create", "--suffix", SUFFIX, "--host", "127.0.0.1"];
        let way = ["--port", &port, "--conn-protocol", "LDAP", "--bind-method", "SIMPLE"];
        let manager = ["--bind-dn", MANAGER.0, "--bind-passwd", MANAGER.1];
        let init: &[&str] = if fills { &["--init"] } else { &[] };
        let arguments = [&agreement[..], &way, &manager, init, &["across"]].concat();
        self.server(from).own("dsconf", &arguments);
    }
}
