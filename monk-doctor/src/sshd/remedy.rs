//! Settings that would mend something. None is given that sshd would not start with, that leaves nobody a
//! way in, or that does not help.

use std::path::Path;

use super::settings::Settings;
use crate::machine::Machine;

/// Lines of `sshd_config`.
pub type Edit = Vec<String>;

/// The sshd of this host.
pub struct Program<'a> {
    pub machine: &'a Machine,
    pub program: &'a Path,
}

impl Program<'_> {
    /// What the settings would be with other lines before all others, if sshd started with them. Options
    /// of the command line go before the file, so that nothing has to be written.
    ///
    /// # Errors
    /// What sshd says of them.
    pub fn with(&self, edit: &Edit) -> Result<Settings, String> {
        let options: Vec<String> = edit.iter().map(|line| line.replacen(' ', "=", 1)).collect();
        let options = options.iter().flat_map(|option| ["-o", option.as_str()]);
        let arguments = |what| -> Vec<&str> { [what].into_iter().chain(options.clone()).collect() };
        self.machine.output(self.program, &arguments("-t"))?;
        let text = self.machine.output(self.program, &arguments("-T"))?;
        Ok(Settings::parse(&text))
    }

    /// The settings of somebody whom a `Match` block fits.
    ///
    /// # Errors
    /// What sshd says of them.
    pub fn of(&self, connection: &str) -> Result<Settings, String> {
        let text = self.machine.output(self.program, &["-T", "-C", connection])?;
        Ok(Settings::parse(&text))
    }
}

/// Tries what is told, the first that helps: as words for people.
pub fn choose(
    trial: &dyn Fn(&Edit) -> Result<Settings, String>,
    edits: &[Edit],
    prefix: &str,
    is_mended: &dyn Fn(&Settings) -> bool,
) -> String {
    let mut refused = None;
    for edit in edits {
        match trial(edit) {
            Ok(settings) if !settings.ways().is_empty() && is_mended(&settings) => {
                return format!("{prefix}Write: {}", edit.join(", and "));
            }
            Ok(_) => {}
            Err(why) => refused = refused.or(Some((edit, why))),
        }
    }
    match refused {
        Some((edit, why)) => format!(
            "Not `{}`, with which sshd would not start ({why}): change AuthenticationMethods as well, and \
             try it with sshd -t before you restart sshd.",
            edit.join("`, `")
        ),
        None => "Change AuthenticationMethods and the methods that are switched on together, and try it \
                 with sshd -t before you restart sshd."
            .to_owned(),
    }
}
