//! Command lines, as clap knows them.

use clap::{Arg, Command};

use super::page::Page;

/// All commands below `command` that do something, with the words that lead to them.
pub fn leaves<'a>(command: &'a Command, words: &str, each: &mut dyn FnMut(&str, &'a Command)) {
    for inner in command.get_subcommands() {
        let words = format!("{words} {}", inner.get_name());
        if inner.has_subcommands() {
            leaves(inner, &words, each);
        } else {
            each(&words, inner);
        }
    }
}

/// `totp add [USER] [--name NAME]`.
pub fn synopsis(words: &str, command: &Command) -> String {
    let mut text = words.to_owned();
    for argument in command.get_positionals() {
        let name = value_of(argument);
        let shown = if argument.is_required_set() { name } else { format!("[{name}]") };
        text.push_str(&format!(" {shown}"));
    }
    for argument in own_options(command) {
        let shown = match value_of(argument) {
            value if takes_value(argument) => format!("{} {value}", flag(argument)),
            _ => flag(argument),
        };
        let shown = if argument.is_required_set() { shown } else { format!("[{shown}]") };
        text.push_str(&format!(" {shown}"));
    }
    text
}

/// Writes what arguments and options mean.
pub fn arguments(page: &mut Page, command: &Command) {
    for argument in command.get_positionals() {
        page.item(&value_of(argument), "", &help(argument));
    }
    for argument in own_options(command) {
        option(page, argument);
    }
}

/// Writes what one option means.
pub fn option(page: &mut Page, argument: &Arg) {
    let value = if takes_value(argument) { value_of(argument) } else { String::new() };
    page.item(&flag(argument), &value, &help(argument));
}

/// The options of the command itself, without those of every command.
fn own_options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|one| {
        !one.is_positional()
            && !one.is_global_set()
            && !matches!(one.get_id().as_str(), "help" | "version")
    })
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

fn flag(argument: &Arg) -> String {
    format!("--{}", argument.get_long().unwrap_or_default())
}

fn value_of(argument: &Arg) -> String {
    match argument.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => argument.get_id().as_str().to_uppercase(),
    }
}

fn help(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults = argument.get_default_values();
    if takes_value(argument) && !defaults.is_empty() {
        let shown: Vec<_> = defaults.iter().map(|one| one.to_string_lossy()).collect();
        text.push_str(&format!(" [default: {}]", shown.join(", ")));
    }
    if !text.ends_with(['.', ']']) {
        text.push('.');
    }
    text
}
