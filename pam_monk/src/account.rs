//! `pam_sm_acct_mgmt`: is this a user that the engine knows and lets in? And with this password?
//!
//! A program that hears `PAM_NEW_AUTHTOK_REQD` has the password changed (`new_password`), and lets the user in if
//! that succeeds.

use monk_wire::{AccountQuery, Denial, Reply, Request};
use pam::constants::PamResultCode;

use crate::authenticate::{BUDGET, Engine, denied, grant, person, unavailable};
use crate::engine;
use crate::grant::Grant;
use crate::host::{Host, Level};
use crate::minimum_uid;
use monk_pam_arguments::{Arguments, LocalUsers};

/// Asks the engine about the user of `host`.
pub fn manage(host: &mut impl Host, arguments: &Arguments) -> PamResultCode {
    if minimum_uid::leaves_to_others(host, arguments) {
        return PamResultCode::PAM_IGNORE;
    }
    if is_granted(host, arguments) {
        return PamResultCode::PAM_SUCCESS;
    }
    let (Some(user), Some(service)) =
        (host.user(), arguments.service.clone().or_else(|| host.service()))
    else {
        host.log(Level::Error, "pam_monk: the program names no user or service");
        return PamResultCode::PAM_AUTH_ERR;
    };
    let query = AccountQuery {
        user,
        service,
        address: host.remote_host(),
        terminal: host.terminal(),
        person: person(host),
        budget_ms: u32::try_from(BUDGET.as_millis()).unwrap_or(u32::MAX),
    };
    match engine::open(arguments, BUDGET) {
        Ok(mut engine) => answer(host, &mut engine, arguments, query),
        Err(error) => unavailable(host, &error),
    }
}

/// Whether the engine has answered this question a moment ago, when it granted the login.
fn is_granted(host: &mut impl Host, arguments: &Arguments) -> bool {
    let Some(kept) = host.kept() else { return false };
    grant(host, arguments).is_some_and(|now| kept.answers_for(&now))
}

fn answer(
    host: &mut impl Host,
    engine: &mut impl Engine,
    arguments: &Arguments,
    query: AccountQuery,
) -> PamResultCode {
    match engine.call(&Request::Account(query)) {
        // However long ago the login was: the directory may have said so then only, and the engine that heard
        // it may be gone.
        Ok(Reply::Granted { .. }) if host.kept().is_some_and(|kept| kept.new_password) => {
            PamResultCode::PAM_NEW_AUTHTOK_REQD
        }
        Ok(Reply::Granted { notice, .. }) => {
            if let Some(notice) = notice {
                host.tell(&notice);
            }
            PamResultCode::PAM_SUCCESS
        }
        // Only a clear "no such user" may leave the decision to others, and only on request.
        Ok(Reply::Denied(Denial::UnknownUser)) if arguments.local_users == LocalUsers::Ignore => {
            PamResultCode::PAM_IGNORE
        }
        // As pam_unix does: the program has the password changed (pam_chauthtok(3)), or refuses.
        Ok(Reply::Denied(Denial::NewPasswordNeeded)) => {
            let asked = grant(host, arguments).map(|now| Grant { new_password: true, ..now });
            host.keep(asked);
            PamResultCode::PAM_NEW_AUTHTOK_REQD
        }
        Ok(Reply::Denied(Denial::AccountExpired)) => PamResultCode::PAM_ACCT_EXPIRED,
        Ok(Reply::Denied(denial)) => denied(denial),
        Ok(_) => {
            host.log(Level::Error, "pam_monk: no answer; monkd's log says why");
            PamResultCode::PAM_AUTHINFO_UNAVAIL
        }
        Err(error) => unavailable(host, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticate::tests::{Script, ScriptedHost};

    fn ask(reply: Reply, local_users: LocalUsers) -> PamResultCode {
        let arguments = Arguments { local_users, ..Arguments::default() };
        let query = AccountQuery {
            user: "alice".into(),
            service: "sshd".into(),
            address: None,
            terminal: None,
            person: None,
            budget_ms: 1,
        };
        answer(&mut ScriptedHost::default(), &mut Script::new(vec![Ok(reply)]), &arguments, query)
    }

    #[test]
    fn what_was_granted_a_moment_ago_needs_no_engine_and_nothing_else_does_without() {
        let mut arguments = Arguments {
            socket: "/nonexistent/monk".into(),
            engine: "/nonexistent/monk".into(),
            ..Arguments::default()
        };
        let login = |host: &mut ScriptedHost, reply, arguments: &Arguments| {
            let login = crate::authenticate::describe(host, arguments).unwrap();
            let mut engine = Script::new(vec![Ok(reply)]);
            crate::authenticate::converse(host, &mut engine, arguments, login)
        };
        let granted = || Reply::Granted { forward: None, notice: None, new_password: false };
        let mut host = ScriptedHost::default();
        assert_eq!(manage(&mut host, &arguments), PamResultCode::PAM_AUTHINFO_UNAVAIL);
        login(&mut host, Reply::Denied(Denial::Refused), &arguments);
        assert_eq!(manage(&mut host, &arguments), PamResultCode::PAM_AUTHINFO_UNAVAIL);
        login(&mut host, granted(), &arguments);
        assert_eq!(manage(&mut host, &arguments), PamResultCode::PAM_SUCCESS);
        arguments.service = Some("other".into());
        assert_eq!(manage(&mut host, &arguments), PamResultCode::PAM_AUTHINFO_UNAVAIL);
    }

    /// The account rule may have other arguments than the auth rule, and the engine may know nothing.
    #[test]
    fn after_a_login_with_an_old_password_the_account_rule_asks_for_a_new_one() {
        let arguments = Arguments::default();
        let granted = |new_password| Reply::Granted { forward: None, notice: None, new_password };
        for (new_password, code) in
            [(false, PamResultCode::PAM_SUCCESS), (true, PamResultCode::PAM_NEW_AUTHTOK_REQD)]
        {
            let mut host = ScriptedHost::default();
            let login = crate::authenticate::describe(&mut host, &arguments).unwrap();
            let mut engine = Script::new(vec![Ok(granted(new_password)), Ok(granted(false))]);
            let login = crate::authenticate::converse(&mut host, &mut engine, &arguments, login);
            assert_eq!(login, PamResultCode::PAM_SUCCESS);
            assert_eq!(is_granted(&mut host, &arguments), !new_password);
            let query = AccountQuery {
                user: "alice".into(),
                service: "sshd".into(),
                address: None,
                terminal: None,
                person: None,
                budget_ms: 1,
            };
            assert_eq!(answer(&mut host, &mut engine, &arguments, query), code);
        }
    }

    #[test]
    fn only_a_clear_unknown_user_is_ever_ignored_and_only_on_request() {
        let granted = || Reply::Granted { forward: None, notice: None, new_password: false };
        for local_users in [LocalUsers::Refuse, LocalUsers::Ignore] {
            assert_eq!(ask(granted(), local_users), PamResultCode::PAM_SUCCESS);
            let refused = Reply::Denied(Denial::Refused);
            assert_eq!(ask(refused, local_users), PamResultCode::PAM_AUTH_ERR);
            let old = Reply::Denied(Denial::NewPasswordNeeded);
            assert_eq!(ask(old, local_users), PamResultCode::PAM_NEW_AUTHTOK_REQD);
            let expired = Reply::Denied(Denial::AccountExpired);
            assert_eq!(ask(expired, local_users), PamResultCode::PAM_ACCT_EXPIRED);
            assert_eq!(ask(Reply::Unavailable, local_users), PamResultCode::PAM_AUTHINFO_UNAVAIL);
        }
        let unknown = || Reply::Denied(Denial::UnknownUser);
        assert_eq!(ask(unknown(), LocalUsers::Refuse), PamResultCode::PAM_USER_UNKNOWN);
        assert_eq!(ask(unknown(), LocalUsers::Ignore), PamResultCode::PAM_IGNORE);
    }

    /// That the password ends soon, for example. Somebody who comes with a key hears it nowhere else.
    #[test]
    fn what_the_engine_has_to_say_is_shown() {
        let mut host = ScriptedHost::default();
        let notice = Some("Your password expires in 2 days. Change it soon.".to_owned());
        let reply = Reply::Granted { forward: None, notice: notice.clone(), new_password: false };
        let mut engine = Script::new(vec![Ok(reply)]);
        let query = AccountQuery {
            user: "alice".into(),
            service: "sshd".into(),
            address: None,
            terminal: None,
            person: None,
            budget_ms: 1,
        };
        let code = answer(&mut host, &mut engine, &Arguments::default(), query);
        assert_eq!((code, host.told.pop()), (PamResultCode::PAM_SUCCESS, notice));
    }
}
