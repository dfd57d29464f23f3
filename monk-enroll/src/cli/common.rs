//! What several commands have in common.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A command about one user that takes nothing else.
#[derive(Debug, Args)]
pub struct UserArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
}

/// One of a few values, each by its name.
pub fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    values: [(&'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    let value = move |name: String| values.iter().find(|(one, _)| *one == name).map(|one| one.1);
    PossibleValuesParser::new(values.map(|(name, _)| name))
        .try_map(move |name| value(name).ok_or("no such value"))
}
