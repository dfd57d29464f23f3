//! Two directory servers that replicate to each other, both of which take writes (OpenLDAP's
//! mirror mode), and the network between them.
//!
//! ```text
//!   hosts of side A ──────▶ A ◀──┐      ┌──▶ B ◀────── hosts of side B
//!          │                     └──✂──┘     ▲                 │
//!          └───────────────────────✂─────────┘  (and across) ──┘
//! ```
//!
//! A partition cuts everything that crosses: the replication, and each side's hosts from the other
//! side's server.

use std::time::Duration;

use crate::fault_proxy::{Fault, FaultProxy};
use crate::site::Site;
use crate::slapd::Slapd;
use crate::wait;

/// Where the second server listens.
const SECOND_PORTS: (u16, u16) = (1389, 1636);

/// Where the first server listens.
const FIRST_PORTS: (u16, u16) = (389, 636);

/// The account with which the servers read each other.
const REPLICATOR: &str = "cn=replicator,dc=example,dc=org";

/// Its password.
const PASSWORD: &str = "replicate";

/// How long the servers may take until they hold the same.
const CONVERGENCE_LIMIT: Duration = Duration::from_secs(30);

/// Which of the two servers is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first one, that of the site.
    A,
    /// The second one.
    B,
}

/// The second server of a site, and what lies between the two.
pub struct Mirror {
    first: Replica,
    second: Slapd,
    /// Replication to A and to B, and the hosts' way to the other side's server.
    crossings: [FaultProxy; 4],
}

/// How to look at the first server, which the site keeps.
struct Replica(String);

impl Mirror {
    /// Makes the site's server one of two. What is in it comes into the second, which has been
    /// started empty, with the same schema and access rules.
    #[track_caller]
    pub fn of(site: &Site, second: Slapd) -> Self {
        let proxy = |port| FaultProxy::start(&site.world, port);
        let crossings = [
            proxy(SECOND_PORTS.0),
            proxy(FIRST_PORTS.0),
            proxy(SECOND_PORTS.1),
            proxy(FIRST_PORTS.1),
        ];
        site.slapd().add(&format!(
            "dn: {REPLICATOR}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\n\
             cn: replicator\nuserPassword: {PASSWORD}\n"
        ));
        replicate(&site.slapd(), 1, crossings[0].port());
        replicate(&second, 2, crossings[1].port());
        let mirror = Self { first: Replica(site.slapd().ldapi_uri()), second, crossings };
        mirror.converge(site);
        mirror
    }

    /// The ports of a second server, to start it with: ldap and ldaps.
    pub fn second_ports() -> (u16, u16) {
        SECOND_PORTS
    }

    /// The URI under which hosts of a side reach a server.
    pub fn uri(&self, from: Side, to: Side) -> String {
        let [_, _, to_second, to_first] = &self.crossings;
        let port = match (from, to) {
            (Side::A, Side::A) => FIRST_PORTS.1,
            (Side::B, Side::B) => SECOND_PORTS.1,
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
    pub fn heal(&self, site: &Site) {
        self.crossings.iter().for_each(|crossing| crossing.set(Fault::None));
        self.converge(site);
    }

    /// Waits until both servers have seen the same changes.
    #[track_caller]
    pub fn converge(&self, site: &Site) {
        let state = |uri: &str| {
            let search = site.world.command("ldapsearch").args(["-Q", "-Y", "EXTERNAL", "-H", uri]);
            let search = search.args(["-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b"]);
            let said = search.args([Slapd::SUFFIX, "contextCSN"]).run().stdout;
            let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let equal = || {
            let (first, second) = (state(&self.first.0), state(&self.second.ldapi_uri()));
            (first == second && first.iter().any(|line| line.starts_with("contextCSN")))
                .then_some(())
        };
        let equal = wait::until(CONVERGENCE_LIMIT, equal);
        equal.unwrap_or_else(|| panic!("the servers do not agree:\n{}", self.second.log()));
    }
}

/// Lets a server read everything from the other one, and take writes all the same
/// (slapd-config(5), slapo-syncprov(5)).
#[track_caller]
fn replicate(slapd: &Slapd, number: u8, port: u16) {
    let database = "olcDatabase={1}mdb,cn=config";
    let suffix = Slapd::SUFFIX;
    slapd.modify(&format!(
        "dn: cn=module{{0}},cn=config\nchangetype: modify\nadd: olcModuleLoad\nolcModuleLoad: syncprov\n\n\
         dn: cn=config\nchangetype: modify\nadd: olcServerID\nolcServerID: {number}\n\n\
         dn: {database}\nchangetype: modify\n\
         replace: olcRootDN\nolcRootDN: cn=admin,{suffix}\n-\n\
         add: olcAccess\nolcAccess: {{0}}to * by dn.exact=\"{REPLICATOR}\" read by * break\n"
    ));
    slapd.add(&format!(
        "dn: olcOverlay=syncprov,{database}\nobjectClass: olcOverlayConfig\n\
         objectClass: olcSyncProvConfig\nolcOverlay: syncprov\n"
    ));
    slapd.modify(&format!(
        "dn: {database}\nchangetype: modify\n\
         add: olcSyncrepl\n\
         olcSyncrepl: rid=00{number} provider=ldap://127.0.0.1:{port} searchbase=\"{suffix}\" \
         bindmethod=simple binddn=\"{REPLICATOR}\" credentials={PASSWORD} \
         type=refreshAndPersist retry=\"1 +\" network-timeout=2\n-\n\
         add: olcMultiProvider\nolcMultiProvider: TRUE\n"
    ));
}
