//! What a page shows of the session's user.

use std::time::Instant;

use monk_core::policy::Mfa;
use monk_terms::verdict::Grant;
use monk_wire::manage::{Command, Failure, Outcome};
use monk_wire::portal::Overview;

use super::{Question, SignedIn};
use crate::manage;

/// Whether a session was opened with a second factor, and not with the code of an invitation or a reset.
pub(super) fn may_take_codes(who: &SignedIn) -> bool {
    let proof = who.session.proof;
    proof.is_fresh_code() && proof != Grant::EnrolmentCode
}

impl Question<'_> {
    pub(super) async fn overview(&self, who: &SignedIn) -> Result<Overview, Failure> {
        let (engine, name) = (self.engine, who.account.name.clone());
        let status =
            manage::carry_out(engine, self.caller, name, Command::Status, self.deadline).await?;
        let Outcome::Status(status) = status else { return Err(Failure::UserGone) };
        let settings = &engine.settings;
        let asks = |service: &&String| settings.policy_for(service).mfa == Mfa::Required;
        let services = &settings.enrolment.app_password_services;
        let mail_asks_for_more =
            services.iter().any(|service| settings.policy_for(service).mfa != Mfa::Off);
        let fresh =
            if self.is_proven(who) { who.session.fresh(Instant::now()).as_secs() } else { 0 };
        let fresh = u32::try_from(fresh).unwrap_or(u32::MAX);
        Ok(Overview {
            status,
            fresh_seconds: fresh,
            fresh_for_others: if who.session.is_spent { 0 } else { fresh },
            may_enrol_first: self.may_enrol(who),
            services_with_second_factor: settings.service.keys().filter(asks).cloned().collect(),
            mail_asks_for_more,
            may_take_codes: may_take_codes(who),
            is_administrator: self.is_administrator(who).await?,
            may_change_password: engine.directory.changes_passwords(),
            app_password_services: services.clone(),
        })
    }
}
