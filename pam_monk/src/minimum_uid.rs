//! `minimum_uid=`: root and the machine's own services are left to other modules, so that they get in
//! with their local password when nothing of monk works.

use crate::host::{Host, Level};
use monk_pam_arguments::Arguments;

/// Whether the user is one of this machine with a uid below the least one that monk looks after.
///
/// Decided before any engine is asked. In doubt it is not so: who is not found is the engine's.
pub fn leaves_to_others(host: &mut impl Host, arguments: &Arguments) -> bool {
    let Some(minimum) = arguments.minimum_uid else { return false };
    let uid = host.user().and_then(|user| host.uid_of(&user));
    let below = uid.is_some_and(|uid| uid < minimum.get());
    if below && arguments.debug {
        host.log(Level::Debug, "pam_monk: below minimum_uid, left to other modules");
    }
    below
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use pam::constants::PamResultCode;

    use super::*;
    use crate::account::manage;
    use crate::authenticate::authenticate;
    use crate::authenticate::tests::ScriptedHost;

    /// What both entry points answer of a user with this uid, where no engine can be had.
    fn answers(minimum: Option<u32>, uid: Option<u32>) -> [PamResultCode; 2] {
        let nowhere = || "/nonexistent/monk".into();
        let arguments = Arguments {
            minimum_uid: minimum.and_then(NonZeroU32::new),
            socket: nowhere(),
            engine: nowhere(),
            ..Arguments::default()
        };
        let host = || ScriptedHost::of_uid(uid);
        [authenticate(&mut host(), &arguments), manage(&mut host(), &arguments)]
    }

    #[test]
    fn users_of_the_machine_below_the_minimum_are_ignored_and_nobody_else() {
        for (minimum, uid, ignored) in [
            (Some(1000), Some(0), true),
            (Some(1000), Some(999), true),
            (Some(1000), Some(1000), false),
            (Some(1000), Some(u32::MAX), false),
            (Some(1000), None, false),
            (Some(1), Some(0), true),
            (None, Some(0), false),
        ] {
            for answer in answers(minimum, uid) {
                let expected = match ignored {
                    true => PamResultCode::PAM_IGNORE,
                    false => PamResultCode::PAM_AUTHINFO_UNAVAIL,
                };
                assert_eq!(answer, expected, "{minimum:?} {uid:?}");
            }
        }
    }
}
