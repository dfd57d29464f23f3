//! `letters`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

/// Days that a letter is good for: twice as long as an invitation by mail. The letters are printed, posted and
/// delivered first, and people are away for a week.
const LETTER_DAYS: u8 = 14;

/// `letters`.
#[derive(Debug, Args)]
#[command(override_usage = "monk-enroll letters [OPTIONS] --out <FILE> [USER]...")]
#[command(group = ArgGroup::new("addressees").required(true).multiple(true))]
pub struct LettersArgs {
    /// Login names
    #[arg(value_name = "USER", group = "addressees")]
    pub users: Vec<String>,
    /// Members of this group without a second factor; can be repeated
    #[arg(long, value_name = "GROUP", group = "addressees")]
    pub group: Vec<String>,
    /// The users in a file, as for user import; - is stdin
    #[arg(long, value_name = "FILE", group = "addressees")]
    pub csv: Option<PathBuf>,
    /// All users without a second factor
    #[arg(long, group = "addressees")]
    pub without_second_factor: bool,
    /// Write the letters to this new file; - is stdout
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The language of the letters
    #[arg(long, value_enum, value_name = "en|de", hide_possible_values = true, default_value_t = LetterLanguage::En)]
    pub language: LetterLanguage,
    /// Use this HTML instead of the shipped text
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Name of the organisation [default: as in mails]
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// Put a pending device into each letter, and no code
    #[arg(long)]
    pub device: bool,
    /// A pending device is confirmed by its first good login
    #[arg(long, requires = "device")]
    pub confirm_by_login: bool,
    /// How many days the codes or devices are valid
    #[arg(long, value_name = "N", default_value_t = LETTER_DAYS, value_parser = clap::value_parser!(u8).range(1..=30))]
    pub days: u8,
    /// Also users with a valid invitation or letter: replace it
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
