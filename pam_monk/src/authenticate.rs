//! `pam_sm_authenticate`: the engine's questions to the user, and its answer to PAM.

use std::time::{Duration, Instant};

use monk_client::{Conversation, WireError};
use monk_wire::{Denial, Login, Reply, Request, Secret};
use pam::constants::PamResultCode;

use crate::engine;
use crate::grant::Grant;
use crate::host::{Answer, Host, Level};
use crate::minimum_uid;
use monk_pam_arguments::{Arguments, FirstPass};

/// Longest time that everything together may take, people's typing not counted. Mail programs
/// give up after 30 s or more; sshd's users think it hangs after ten.
pub const BUDGET: Duration = Duration::from_secs(10);

/// Screens that one login may show. The engine shows two; an engine that asks for ever is broken.
const MAX_SCREENS: usize = 8;

/// The variable in which sshd names the methods that have succeeded in this login.
const SSH_METHODS: &str = "SSH_AUTH_INFO_0";

/// Says something to the engine, and hears its reply.
pub trait Engine {
    /// One request, one reply.
    fn call(&mut self, request: &Request) -> Result<Reply, WireError>;
}

impl Engine for Conversation {
    fn call(&mut self, request: &Request) -> Result<Reply, WireError> {
        Conversation::call(self, request)
    }
}

/// Authenticates the user of `host`.
pub fn authenticate(host: &mut impl Host, arguments: &Arguments) -> PamResultCode {
    if minimum_uid::leaves_to_others(host, arguments) {
        return PamResultCode::PAM_IGNORE;
    }
    // What was granted before says nothing about this login.
    host.keep(None);
    let Some(login) = describe(host, arguments) else {
        host.log(Level::Error, "pam_monk: the program names no user or service");
        return PamResultCode::PAM_AUTH_ERR;
    };
    match engine::open(arguments, BUDGET) {
        Ok(mut engine) => converse(host, &mut engine, arguments, login),
        Err(error) => unavailable(host, &error),
    }
}

/// The login, as far as the program and the stack know it.
pub fn describe(host: &mut impl Host, arguments: &Arguments) -> Option<Login> {
    let user = host.user()?;
    let service = arguments.service.clone().or_else(|| host.service())?;
    let typed = match arguments.first_pass {
        FirstPass::Ask => None,
        FirstPass::Try => host.first_pass(),
        // Where there must be one, an empty one says that there is none; the engine refuses it.
        FirstPass::Use => Some(host.first_pass().unwrap_or_default()),
    };
    Some(Login {
        user,
        service,
        address: host.remote_host(),
        terminal: host.terminal(),
        person: person(host),
        typed: typed.map(|bytes| Secret::new(&bytes)),
        can_ask: !arguments.never_prompt,
        publickey: host.environment(SSH_METHODS).is_some_and(|methods| has_publickey(&methods)),
        forward: arguments.forward_pass,
        budget_ms: u32::try_from(BUDGET.as_millis()).unwrap_or(u32::MAX),
    })
}

/// The person on this host who has started a program that runs with root's rights. su and sudo name
/// that person (`PAM_RUSER`), and su also keeps the real uid. Where an address is stated, the name is
/// one on the other machine (rlogind).
pub fn person(host: &mut impl Host) -> Option<u32> {
    match host.real_uid() {
        0 if host.remote_host().is_none() => {
            host.remote_user().and_then(|name| host.uid_of(&name)).filter(|&uid| uid != 0)
        }
        0 => None,
        uid => Some(uid),
    }
}

/// Whether sshd has accepted a public key: one line for each method, "publickey TYPE KEY"
/// (sshd_config(5), `ExposeAuthInfo`).
fn has_publickey(methods: &str) -> bool {
    methods.lines().any(|line| line.split(' ').next() == Some("publickey"))
}

/// Shows the engine's screens until it decides.
pub fn converse(
    host: &mut impl Host,
    engine: &mut impl Engine,
    arguments: &Arguments,
    login: Login,
) -> PamResultCode {
    let mut request = Request::Login(login);
    let mut first = None;
    for _ in 0..=MAX_SCREENS {
        request = match engine.call(&request) {
            Ok(Reply::Ask { text, echo }) => {
                let answer = match host.ask(&text, echo) {
                    Answer::Typed(bytes) => Some(Secret::new(&bytes)),
                    Answer::None => None,
                };
                first.get_or_insert_with(|| answer.clone());
                Request::Answer(answer)
            }
            Ok(Reply::Granted { forward, notice, new_password }) => {
                let code = granted(host, arguments, forward, notice.as_deref());
                if code == PamResultCode::PAM_SUCCESS {
                    let grant = grant(host, arguments);
                    host.keep(grant.map(|grant| Grant { new_password, ..grant }));
                }
                return code;
            }
            Ok(Reply::Denied(denial)) => {
                if arguments.debug {
                    host.log(Level::Debug, "pam_monk: refused; monkd's log says why");
                }
                if let (Denial::UnknownUser, Some(Some(typed))) = (denial, first) {
                    // Where the stack goes on with users whom monk does not know, the module that
                    // knows them need not ask again (pam_get_authtok(3)). If it cannot be kept, it
                    // asks.
                    host.set_pass(typed.expose());
                }
                return denied(denial);
            }
            Ok(Reply::Unavailable) => {
                host.log(Level::Error, "pam_monk: no answer; monkd's log says why");
                return PamResultCode::PAM_AUTHINFO_UNAVAIL;
            }
            Ok(
                Reply::Done(_)
                | Reply::Failed(_)
                | Reply::Part(_)
                | Reply::Keys(_)
                | Reply::NotChanged(_)
                | Reply::Portal(_)
                | Reply::Metrics(_),
            ) => {
                host.log(Level::Error, "pam_monk: the engine answers another question");
                return PamResultCode::PAM_AUTHINFO_UNAVAIL;
            }
            Err(error) => return unavailable(host, &error),
        };
    }
    host.log(Level::Error, "pam_monk: the engine asks without end");
    PamResultCode::PAM_AUTHINFO_UNAVAIL
}

fn granted(
    host: &mut impl Host,
    arguments: &Arguments,
    forward: Option<Secret>,
    notice: Option<&str>,
) -> PamResultCode {
    if let (true, Some(password)) = (arguments.forward_pass, forward)
        && !host.set_pass(password.expose())
    {
        host.log(Level::Error, "pam_monk: the password could not be handed on");
        return PamResultCode::PAM_AUTH_ERR;
    }
    if arguments.debug {
        host.log(Level::Debug, "pam_monk: granted");
    }
    if let Some(notice) = notice {
        host.tell(notice);
    }
    PamResultCode::PAM_SUCCESS
}

/// A grant of this moment; none where the program does not name user and service.
pub fn grant(host: &mut impl Host, arguments: &Arguments) -> Option<Grant> {
    Some(Grant {
        user: host.user()?,
        service: arguments.service.clone().or_else(|| host.service())?,
        address: host.remote_host(),
        arguments: arguments.clone(),
        at: Instant::now(),
        new_password: false,
    })
}

/// The one place where a no to a login becomes a PAM code.
pub fn denied(denial: Denial) -> PamResultCode {
    match denial {
        Denial::Refused | Denial::NewPasswordNeeded | Denial::AccountExpired => {
            PamResultCode::PAM_AUTH_ERR
        }
        Denial::UnknownUser => PamResultCode::PAM_USER_UNKNOWN,
    }
}

/// The one place where an outage becomes a PAM code.
pub fn unavailable(host: &mut impl Host, error: &WireError) -> PamResultCode {
    host.log(Level::Error, &format!("pam_monk: {error}"));
    PamResultCode::PAM_AUTHINFO_UNAVAIL
}

#[cfg(test)]
#[path = "authenticate_tests.rs"]
pub(crate) mod tests;
