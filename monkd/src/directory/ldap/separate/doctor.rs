//! What `doctor` asks of the servers of the store.

use std::sync::Arc;

use monk_terms::account_state::AccountState;
use monk_wire::manage::doctor::Kind;

use super::settings::CredentialStoreSettings;
use super::{SECTION, SeparateStore};
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::directory::ldap::doctor::{clocks, servers};
use crate::directory::ldap::servers::{Server, Servers};
use crate::directory::section::{Circumstances, Examined};
use crate::observations::Observations;
use crate::outage::Outage;

/// The id of a user who has nothing, in no directory.
const NOBODY: &str = "monk-doctor";

/// Examines the servers with connections of its own, so that nothing of a login is held up.
pub async fn examine(
    settings: &CredentialStoreSettings,
    opened: Result<SeparateStore, Outage>,
    circumstances: &Circumstances<'_>,
) -> Examined {
    let mut findings = Observations::default();
    let opened = opened.and_then(|store| Ok((store, settings.as_directory()?)));
    let (store, directory) = match opened {
        Ok(opened) => opened,
        Err(outage) => {
            let remedy = "Correct the settings or the password file; monkd --check reads them.";
            findings.report(Kind::LdapAccountRefused, SECTION, &outage, remedy);
            return Examined { findings, ..Examined::default() };
        }
    };
    let sentinels = sentinels(&store, circumstances.deadline).await;
    let reports = Arc::new(store.ldap).probe(None).await;
    servers::judge_each(&reports, &directory, circumstances.examination, &mut findings);
    clocks::examine_servers(&reports, &mut findings);
    findings.0.extend(sentinels.0);
    Examined { findings, ..Examined::default() }
}

/// Whether each server shows its sentinel.
async fn sentinels(store: &SeparateStore, deadline: Deadline) -> Observations {
    let mut findings = Observations::default();
    let decider = &store.ldap.writers.0[0];
    let others = store.ldap.readers.0.iter().filter(|server| !Arc::ptr_eq(server, decider));
    for server in std::iter::once(decider).chain(others) {
        let uri = server.endpoint().to_string();
        match as_nobody(store, server, deadline).await {
            Ok(()) => findings.ok(Kind::LdapStoreSentinel, uri, "the sentinel shows all of itself"),
            Err(outage @ Outage::Refused(_)) => findings.report(
                Kind::LdapStoreSentinel,
                uri,
                &outage,
                "Load /usr/share/monk/ldap/store.ldif, and correct the access rules after \
                 store-access.ldif beside it.",
            ),
            // Whatever else keeps a server from answering is told as such.
            Err(_) => {}
        }
    }
    findings
}

/// Reads what somebody has who has nothing.
async fn as_nobody(
    store: &SeparateStore,
    server: &Arc<Server>,
    deadline: Deadline,
) -> Result<(), Outage> {
    let nobody = Account {
        id: NOBODY.to_owned(),
        name: String::new(),
        mail: None,
        state: AccountState::Enabled,
        created: None,
        password_end: None,
        locator: String::new(),
        credentials: None,
    };
    let only = Servers(vec![Arc::clone(server)]);
    store.read(&only, &nobody, deadline).await.map(drop)
}
