//! The arguments behind `pam_monk.so` in `/etc/pam.d/…`: for the module, and for doctor.

use std::ffi::CStr;
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;

use monk_wire::{DEFAULT_ENGINE, DEFAULT_SOCKET};

/// Where the typed string comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstPass {
    /// The user is asked.
    #[default]
    Ask,
    /// From an earlier module of the stack; without one the user is asked.
    Try,
    /// From an earlier module only.
    Use,
}

/// What account management says of users whom the engine does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalUsers {
    /// That they are unknown.
    #[default]
    Refuse,
    /// Nothing: other modules decide.
    Ignore,
}

/// All arguments, as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// `try_first_pass`, `use_first_pass`.
    pub first_pass: FirstPass,
    /// `forward_pass`: hand the bare password to the modules that follow, after success.
    pub forward_pass: bool,
    /// `service=`: the policy of another service than the program's own.
    pub service: Option<String>,
    /// `prompt=never`: no second screen.
    pub never_prompt: bool,
    /// `local_users=ignore`.
    pub local_users: LocalUsers,
    /// `minimum_uid=`: users of this machine below it are left to other modules.
    pub minimum_uid: Option<NonZeroU32>,
    /// `use_authtok`: the new password comes from an earlier module.
    pub use_authtok: bool,
    /// `debug`: more lines in the log, never a secret.
    pub debug: bool,
    /// `socket=`: where the resident engine listens.
    pub socket: PathBuf,
    /// `engine=`: the program to start where none listens.
    pub engine: PathBuf,
    /// `config=`: the settings of an engine that is started, if not the default ones.
    pub config: Option<PathBuf>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            first_pass: FirstPass::default(),
            forward_pass: false,
            service: None,
            never_prompt: false,
            local_users: LocalUsers::default(),
            minimum_uid: None,
            use_authtok: false,
            debug: false,
            socket: DEFAULT_SOCKET.into(),
            engine: DEFAULT_ENGINE.into(),
            config: None,
        }
    }
}

/// An argument as the manual describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// What stands behind the `=`, if anything does.
    pub value: Option<&'static str>,
    /// What it does.
    pub help: &'static str,
}

/// Every argument. What is not here is not understood.
pub const ALL: [Described; 12] = [
    Described {
        name: "try_first_pass",
        value: None,
        help: "Take the string that an earlier module of the stack has asked for; ask where there is none. In a password rule, that is the old password.",
    },
    Described {
        name: "use_first_pass",
        value: None,
        help: "Take that string only, and refuse where there is none.",
    },
    Described {
        name: "forward_pass",
        value: None,
        help: "After success, hand the bare password, without the code, to the modules that follow, such as pam_unix.so with use_first_pass.",
    },
    Described {
        name: "service",
        value: Some("NAME"),
        help: "Use the policy of this service, in place of the one whose name the program gives to PAM.",
    },
    Described {
        name: "prompt",
        value: Some("auto|never"),
        help: "With never, show no second screen for the code, whatever the policy says: everything has to come in one string.",
    },
    Described {
        name: "local_users",
        value: Some("refuse|ignore"),
        help: "What account and password rules say of users whom the engine does not know: with ignore, nothing, and other modules decide.",
    },
    Described {
        name: "minimum_uid",
        value: Some("N"),
        help: "Say nothing of users of this machine whose uid is below N, such as root, so that other modules decide; the engine is not even asked. Who is in no user database of this machine, or cannot be looked up there, is left to the engine.",
    },
    Described {
        name: "use_authtok",
        value: None,
        help: "In a password rule, take the new password that an earlier module such as pam_pwquality.so has asked for, and change nothing where there is none. Other rules do not look at it.",
    },
    Described {
        name: "debug",
        value: None,
        help: "Write more lines to the log, and never a secret.",
    },
    Described { name: "socket", value: Some("PATH"), help: "Where the resident engine listens." },
    Described {
        name: "engine",
        value: Some("PATH"),
        help: "The engine that is started for one login where none listens and the program runs as root.",
    },
    Described {
        name: "config",
        value: Some("PATH"),
        help: "The settings of an engine that is started so.",
    },
];

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.value.map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

/// An argument that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = ALL.iter().map(ToString::to_string).collect();
        write!(f, "unknown argument {:?}; known are {}", self.0, known.join(", "))
    }
}

impl Arguments {
    /// Understands all arguments or none.
    ///
    /// # Errors
    /// [`Mistake`] names the first that is not understood.
    pub fn parse(args: &[&CStr]) -> Result<Self, Mistake> {
        let mut parsed = Self::default();
        for arg in args {
            let text = arg.to_string_lossy();
            parsed.take(&text).ok_or_else(|| Mistake(text.into_owned()))?;
        }
        Ok(parsed)
    }

    fn take(&mut self, text: &str) -> Option<()> {
        match text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value))) {
            ("try_first_pass", None) => self.first_pass = FirstPass::Try,
            ("use_first_pass", None) => self.first_pass = FirstPass::Use,
            ("forward_pass", None) => self.forward_pass = true,
            ("use_authtok", None) => self.use_authtok = true,
            ("debug", None) => self.debug = true,
            ("prompt", Some("auto")) => self.never_prompt = false,
            ("prompt", Some("never")) => self.never_prompt = true,
            ("local_users", Some("refuse")) => self.local_users = LocalUsers::Refuse,
            ("local_users", Some("ignore")) => self.local_users = LocalUsers::Ignore,
            ("minimum_uid", Some(number)) => self.minimum_uid = Some(decimal(number)?),
            ("service", Some(name)) if !name.is_empty() => self.service = Some(name.to_owned()),
            ("socket", Some(path)) => self.socket = absolute(path)?,
            ("engine", Some(path)) => self.engine = absolute(path)?,
            ("config", Some(path)) => self.config = Some(absolute(path)?),
            _ => return None,
        }
        Some(())
    }
}

/// A relative path would be one of the host program's current folder.
fn absolute(path: &str) -> Option<PathBuf> {
    path.starts_with('/').then(|| path.into())
}

/// A number above 0 as people write it. Signs and leading zeros are no mistake to Rust, but may be one
/// of the administrator's.
fn decimal(text: &str) -> Option<NonZeroU32> {
    text.starts_with(|first| matches!(first, '1'..='9')).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&CStr]) -> Result<Arguments, Mistake> {
        Arguments::parse(args)
    }

    #[test]
    fn every_argument_is_understood() {
        let parsed = parse(&[
            c"try_first_pass",
            c"forward_pass",
            c"service=imap",
            c"prompt=never",
            c"local_users=ignore",
            c"minimum_uid=1000",
            c"use_authtok",
            c"debug",
            c"socket=/run/other.sock",
            c"engine=/opt/monkd",
            c"config=/etc/other.toml",
        ])
        .unwrap();
        assert_eq!(parsed.first_pass, FirstPass::Try);
        assert!(parsed.forward_pass && parsed.never_prompt && parsed.debug && parsed.use_authtok);
        assert_eq!(parsed.service.as_deref(), Some("imap"));
        assert_eq!(parsed.local_users, LocalUsers::Ignore);
        assert_eq!(parsed.minimum_uid, NonZeroU32::new(1000));
        assert_eq!(parsed.engine, PathBuf::from("/opt/monkd"));
        assert_eq!(parse(&[]).unwrap(), Arguments::default());
    }

    #[test]
    fn what_the_manual_describes_is_understood() {
        for described in ALL {
            let values = match described.value {
                None => vec![described.name.to_owned()],
                Some("PATH") => vec![format!("{}=/x", described.name)],
                Some("N") => vec![format!("{}=1", described.name)],
                Some(values) => {
                    values.split('|').map(|value| format!("{}={value}", described.name)).collect()
                }
            };
            for text in values {
                let text = std::ffi::CString::new(text).unwrap();
                assert!(parse(&[&text]).is_ok(), "{text:?}");
            }
        }
    }

    #[test]
    fn whatever_is_not_understood_is_a_mistake() {
        for argument in [
            c"try_first_passs",
            c"prompt=sometimes",
            c"local_users=yes",
            c"minimum_uid",
            c"minimum_uid=",
            c"minimum_uid=0",
            c"minimum_uid=01000",
            c"minimum_uid=+1000",
            c"minimum_uid=-1",
            c"minimum_uid=1000 ",
            c"minimum_uid=0x3e8",
            c"minimum_uid=4294967296",
            c"service=",
            c"socket=run/monkd.sock",
            c"debug=1",
            c"nullok",
            c"",
            c"\xff",
        ] {
            assert!(parse(&[argument]).is_err(), "{argument:?}");
        }
    }
}
