//! App passwords: made, with what to type into a mail program beside them.

use ipnet::IpNet;
use monk_core::credential::{Change, CredentialSet};
use monk_core::enrol::{self, NewAppPassword};
use monk_core::factors::app_password::{ANY_SERVICE, AppPasswordRecord, Scope};
use monk_terms::kind::Kind;
use monk_wire::Secret;
use monk_wire::manage::{Failure, MailProgram, Outcome, Unfit};

use super::{Task, check_label};
use crate::clock::{self, SystemRandom};
use crate::directory::Account;
use crate::settings::enrolment::{EnrolmentSettings, MailUser};

impl Task<'_> {
    /// Makes an app password.
    pub(super) async fn create_app_password(
        &self,
        label: &str,
        services: Option<Vec<String>>,
        networks: &[String],
        expires: Option<u64>,
    ) -> Result<Outcome, Failure> {
        let scope = self.scope(label, services, networks, expires)?;
        self.change(|account, set| {
            check_free(set, label)?;
            let new = NewAppPassword {
                user: &account.id,
                label,
                scope: scope.clone(),
                expires,
                now: clock::now(),
            };
            let (credential, password) =
                enrol::app_password(new, set, &self.engine.keys, &mut SystemRandom);
            let change = Change {
                add_credentials: vec![credential.to_record(self.author(account))],
                ..Change::default()
            };
            let outcome = Outcome::AppPassword {
                credential: credential.id.as_str().to_owned(),
                password: Secret::new(password.shown().as_bytes()),
                services: scope.services.clone(),
                mail: mail_program(&self.engine.settings.enrolment, account, &scope.services),
            };
            Ok((change, outcome))
        })
        .await
    }

    /// What a new app password is to open, if what is wanted makes sense.
    pub(super) fn scope(
        &self,
        label: &str,
        services: Option<Vec<String>>,
        networks: &[String],
        expires: Option<u64>,
    ) -> Result<Scope, Failure> {
        check_label(label)?;
        let services = services
            .unwrap_or_else(|| self.engine.settings.enrolment.app_password_services.clone());
        check_services(&services)?;
        if expires.is_some_and(|end| end <= clock::now()) {
            return Err(Unfit::EndInPast.into());
        }
        Ok(Scope { services, networks: parse_networks(networks)? })
    }
}

/// What to type into a mail program, of the servers that an app password for these services opens.
pub(crate) fn mail_program(
    enrolment: &EnrolmentSettings,
    account: &Account,
    services: &[String],
) -> Option<MailProgram> {
    let servers: Vec<_> = enrolment
        .servers()
        .filter(|(protocol, _)| {
            let names = protocol.services();
            services.iter().any(|one| one == ANY_SERVICE || names.contains(&one.as_str()))
        })
        .map(|(protocol, server)| server.shown(protocol))
        .collect();
    let user = match enrolment.mail_user {
        MailUser::Name => account.name.clone(),
        MailUser::Mail => account.mail.clone().unwrap_or_else(|| account.name.clone()),
    };
    (!servers.is_empty()).then_some(MailProgram { user, servers })
}

/// Refuses a name that another app password has.
pub(super) fn check_free(set: &CredentialSet, label: &str) -> Result<(), Failure> {
    let mut all = set.all_of::<AppPasswordRecord>();
    match all.any(|(stored, _)| stored.value.label == label) {
        true => Err(Failure::LabelTaken { kind: Kind::AppPassword, label: label.to_owned() }),
        false => Ok(()),
    }
}

fn check_services(services: &[String]) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let valid = |name: &String| {
        name == ANY_SERVICE || (!name.is_empty() && name.len() <= 64 && name.chars().all(plain))
    };
    match services.iter().find(|name| !valid(name)) {
        _ if services.is_empty() => Err(Unfit::NoServices.into()),
        Some(name) => Err(Unfit::Service { service: name.clone() }.into()),
        None => Ok(()),
    }
}

fn parse_networks(networks: &[String]) -> Result<Vec<IpNet>, Failure> {
    let parse = |text: &String| {
        let network = text.parse::<IpNet>().ok();
        let address = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
        network.or_else(address).ok_or_else(|| Unfit::Network { network: text.clone() }.into())
    };
    networks.iter().map(parse).collect()
}
