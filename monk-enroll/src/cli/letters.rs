//! `letters`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

/// `letters`.
#[derive(Debug, Args)]
#[command(override_usage = "monk-enroll letters [OPTIONS] --out <FILE> [USER]...")]
#[command(group = ArgGroup::new("addressees").required(true).multiple(true))]
pub struct LettersArgs {
    /// Login names
    #[arg(value_name = "USER", group = "addressees")]
    pub users: Vec<String>,
    /// Everybody in this group who has no second factor; repeatable
    #[arg(long, value_name = "GROUP", group = "addressees")]
    pub group: Vec<String>,
    /// The users of a file, as for user import; - is stdin
    #[arg(long, value_name = "FILE", group = "addressees")]
    pub csv: Option<PathBuf>,
    /// Everybody who has no second factor
    #[arg(long, group = "addressees")]
    pub without_second_factor: bool,
    /// A new file for the letters; - is stdout
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The language of the letters
    #[arg(long, value_enum, value_name = "en|de", hide_possible_values = true, default_value_t = LetterLanguage::En)]
    pub language: LetterLanguage,
    /// The text of the letters, in place of the one that is shipped
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// What the organisation is called [default: as mails show it]
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// Days that the codes are good
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u8).range(1..=30))]
    pub days: u8,
    /// Also users who have an invitation that is good; it ends
    #[arg(long)]
    pub again: bool,
}

/// A language of letters.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LetterLanguage {
    /// English.
    En,
    /// German.
    De,
}
