//! Why a user of an import cannot be added, as data.

use serde::{Deserialize, Serialize};

use super::posix::Clash;
use super::unfit::Unfit;

/// Why a user of an import cannot be added. No [`Failure`](super::Failure) stands in another one:
/// programs decode them on small stacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowFault {
    /// This cannot be the name of a user.
    Name,
    /// Another user has the name or the mail address.
    Taken,
    /// Something else of it makes no sense.
    Unfit(Unfit),
    /// It cannot have a name or a number.
    Clash(Clash),
}

impl From<Clash> for RowFault {
    fn from(clash: Clash) -> Self {
        match clash {
            Clash::User => Self::Taken,
            clash => Self::Clash(clash),
        }
    }
}

impl From<Unfit> for RowFault {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}
