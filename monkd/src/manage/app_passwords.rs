//! App passwords: made and revoked.

use ipnet::IpNet;
use monk_core::app_password::{self, ANY_SERVICE, NewAppPassword, Scope};
use monk_core::credential::{Change, Credential, CredentialSet, Factor};
use monk_wire::Secret;
use monk_wire::manage::{Failure, FailureKind, Outcome};

use super::{Task, check_label, failure, pick};
use crate::clock::{self, SystemRandom};

impl Task<'_> {
    /// Makes an app password.
    pub(super) async fn create_app_password(
        &self,
        label: &str,
        services: Option<Vec<String>>,
        networks: &[String],
        expires: Option<u64>,
    ) -> Result<Outcome, Failure> {
        check_label(label)?;
        let services = services
            .unwrap_or_else(|| self.engine.settings.enrolment.app_password_services.clone());
        check_services(&services)?;
        if expires.is_some_and(|end| end <= clock::now()) {
            return Err(failure(FailureKind::Invalid, "the end lies in the past"));
        }
        let scope = Scope { services, networks: parse_networks(networks)? };
        self.change(|account, set| {
            if has_app_password(set, label) {
                return Err(failure(
                    FailureKind::Exists,
                    format!(
                        "there is an app password {label:?} already: give this one another name"
                    ),
                ));
            }
            let new = NewAppPassword {
                user: &account.id,
                label,
                scope: scope.clone(),
                expires,
                now: clock::now(),
            };
            let (credential, password) =
                app_password::create(new, set, &self.engine.keys, &mut SystemRandom);
            let change =
                Change { add_credentials: vec![credential.to_record()], ..Change::default() };
            let outcome = Outcome::AppPassword {
                credential: credential.id.as_str().to_owned(),
                password: Secret::new(password.shown().as_bytes()),
                services: scope.services.clone(),
            };
            Ok((change, outcome))
        })
        .await
    }

    /// Removes an app password. No host asks anything but the store, so it is dead at once
    /// everywhere.
    pub(super) async fn revoke_app_password(&self, wanted: &str) -> Result<Outcome, Failure> {
        self.change(|_, set| {
            let stored = pick(set, wanted, "app password", is_app_password)?;
            Ok((set.removal(stored), Outcome::Done))
        })
        .await
    }
}

fn is_app_password(credential: &Credential) -> bool {
    matches!(credential.factor, Factor::AppPassword(_))
}

fn has_app_password(set: &CredentialSet, label: &str) -> bool {
    set.credentials
        .iter()
        .any(|stored| stored.value.label == label && is_app_password(&stored.value))
}

fn check_services(services: &[String]) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let valid = |name: &String| {
        name == ANY_SERVICE || (!name.is_empty() && name.len() <= 64 && name.chars().all(plain))
    };
    match services.iter().find(|name| !valid(name)) {
        _ if services.is_empty() => {
            Err(failure(FailureKind::Invalid, "name at least one service, or \"*\" for all"))
        }
        Some(name) => Err(failure(
            FailureKind::Invalid,
            format!("{name:?} is no PAM service: they are lower case, like imap or sshd"),
        )),
        None => Ok(()),
    }
}

fn parse_networks(networks: &[String]) -> Result<Vec<IpNet>, Failure> {
    let parse = |text: &String| {
        let network = text.parse::<IpNet>().ok();
        let address = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
        network.or_else(address).ok_or_else(|| {
            failure(
                FailureKind::Invalid,
                format!("{text:?} is no network: write 192.0.2.0/24 or 2001:db8::/32"),
            )
        })
    };
    networks.iter().map(parse).collect()
}
