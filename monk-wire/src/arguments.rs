//! The arguments behind `pam_monk.so` in `/etc/pam.d/…`: for the module, and for whoever judges its stacks.

use std::ffi::CStr;
use std::fmt;
use std::path::PathBuf;

use crate::client::Endpoint;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// `debug`: more lines in the log, never a secret.
    pub debug: bool,
    /// `socket=`, `engine=`, `config=`.
    pub endpoint: Endpoint,
}

/// An argument that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown argument {:?}; known are try_first_pass, use_first_pass, forward_pass, service=NAME, prompt=auto|never, local_users=refuse|ignore, debug, socket=PATH, engine=PATH, config=PATH",
            self.0
        )
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
            ("debug", None) => self.debug = true,
            ("prompt", Some("auto")) => self.never_prompt = false,
            ("prompt", Some("never")) => self.never_prompt = true,
            ("local_users", Some("refuse")) => self.local_users = LocalUsers::Refuse,
            ("local_users", Some("ignore")) => self.local_users = LocalUsers::Ignore,
            ("service", Some(name)) if !name.is_empty() => self.service = Some(name.to_owned()),
            ("socket", Some(path)) => self.endpoint.socket = absolute(path)?,
            ("engine", Some(path)) => self.endpoint.engine = absolute(path)?,
            ("config", Some(path)) => self.endpoint.config = Some(absolute(path)?),
            _ => return None,
        }
        Some(())
    }
}

/// A relative path would be one of the host program's current folder.
fn absolute(path: &str) -> Option<PathBuf> {
    path.starts_with('/').then(|| path.into())
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
            c"debug",
            c"socket=/run/other.sock",
            c"engine=/opt/monkd",
            c"config=/etc/other.toml",
        ])
        .unwrap();
        assert_eq!(parsed.first_pass, FirstPass::Try);
        assert!(parsed.forward_pass && parsed.never_prompt && parsed.debug);
        assert_eq!(parsed.service.as_deref(), Some("imap"));
        assert_eq!(parsed.local_users, LocalUsers::Ignore);
        assert_eq!(parsed.endpoint.engine, PathBuf::from("/opt/monkd"));
        assert_eq!(parse(&[]).unwrap(), Arguments::default());
    }

    #[test]
    fn whatever_is_not_understood_is_a_mistake() {
        for argument in [
            c"try_first_passs",
            c"prompt=sometimes",
            c"local_users=yes",
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
