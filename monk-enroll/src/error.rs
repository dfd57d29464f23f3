//! What went wrong, in the words that people see.

use std::io;

use crate::exit::Exit;

/// Why a command was not carried out: what is wrong, and what to do about it.
#[derive(Debug)]
pub struct Error {
    /// How the command ends.
    pub exit: Exit,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it, where that is not plain from the message.
    pub remedy: Option<String>,
}

impl Error {
    /// An error whose message says it all.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), remedy: None }
    }

    /// The same with what to do.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// The same with what to do, unless it says that already.
    #[must_use]
    pub fn or_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: self.remedy.or_else(|| Some(remedy.into())), ..self }
    }

    /// A question that nobody is there to answer; `option` answers it beforehand.
    #[must_use]
    pub fn nobody_to_ask(wanted: &str, option: &str) -> Self {
        Self::new(Exit::Usage, format!("{wanted} is needed, and there is no terminal to ask on"))
            .remedy(format!("Use {option}."))
    }
}

/// The only I/O whose errors are passed up with `?` is that of standard output.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::new(Exit::Unwritten, format!("what was done could not be written out: {error}"))
    }
}
