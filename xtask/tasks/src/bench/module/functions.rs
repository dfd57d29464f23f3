//! The module's functions in which the instructions are spent.

use std::path::Path;

use monk_tests::host_cost;

use super::{grouped, host};
use crate::bench::typed::Typed;
use crate::bench::world::BenchWorld;

/// Logins of the program whose functions are listed.
const LOGINS: u32 = 10;

/// How many functions are listed.
const LISTED: usize = 10;

/// Where libpam enters the module: nothing in there costs more.
const ENTRY: &str = "pam_sm_authenticate";

/// The module with the names of its functions in it, in a world.
const NAMED: &str = "pam_monk_named.so";

/// The list. `named` is the module with names, where the shipped one has none.
#[track_caller]
pub fn list(bench: &BenchWorld, named: Option<&Path>) -> String {
    let typed = Typed::PasswordAndCode;
    let module = match named {
        Some(file) => {
            bench.world().install_pam_module(file, NAMED);
            NAMED
        }
        None => "pam_monk.so",
    };
    let service = host::service(bench, typed, module);
    let annotated = host_cost::functions(bench.world(), &service, LOGINS, &mut |host| {
        host::log_in(bench, typed, host);
    });
    let mut text = format!(
        "\nThe module's functions with `PASSWORD;CODE`, what they call included; {LOGINS} logins of \
         one program, the loading of the module not counted:\n\n| function | instructions for each login |\n|---|---|\n"
    );
    for (count, function) in functions(&annotated, module).into_iter().take(LISTED) {
        text.push_str(&format!("| `{function}` | {} |\n", grouped(count / i64::from(LOGINS))));
    }
    text
}

/// The lines of callgrind_annotate(1) about functions of one object, such as
/// `1,234 (5.67%)  src/file.rs:module::function [/usr/lib/object.so]`: the most expensive first.
fn functions(annotated: &str, object: &str) -> Vec<(i64, String)> {
    let end = format!("/{object}]");
    let lines = || annotated.lines().filter_map(|line| line.trim().strip_suffix(&end));
    let entry = lines().find(|line| line.contains(ENTRY)).and_then(counted);
    let most = entry.map_or(i64::MAX, |(count, _)| count);
    let mut functions: Vec<(i64, String)> = Vec::new();
    for (count, rest) in lines().filter_map(counted) {
        let place = rest.split_once(")  ").map_or(rest, |(_, place)| place);
        let place = place.rsplit_once(" [").map_or(place, |(place, _)| place);
        // The file's name ends with ".rs:"; the function's has "::" in it.
        let name = place.split_once(".rs:").map_or(place, |(_, name)| name);
        // A function that the program has under the same name is counted with it.
        if count > most || functions.iter().any(|(_, known)| known == name) {
            continue;
        }
        functions.push((count, name.to_owned()));
    }
    functions
}

/// Reads `1,234 (5.67%)  …`.
fn counted(line: &str) -> Option<(i64, &str)> {
    let (count, rest) = line.split_once(" (")?;
    Some((count.replace(',', "").parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_the_module_are_read_and_no_others() {
        let annotated = "\
Ir
55,311 (135.5%)  ./elf/dl-error.c:_dl_catch'2 [/usr/lib/x86_64-linux-gnu/libc.so.6]
99,999 (80.1%)  ./ops/function.rs:core::ops::call_once [/usr/lib/security/pam_monk.so]
12,345 (20.1%)  ???:pam_sm_authenticate [/usr/lib/security/pam_monk.so]
 2,345 ( 3.1%)  ./src/authenticate.rs:pam_monk::authenticate::authenticate [/usr/lib/security/pam_monk.so]
   345 ( 0.5%)  ./src/a.rs:pam_monk::authenticate::authenticate [/usr/lib/security/pam_monk.so]
";
        let expected = [
            (12_345, "???:pam_sm_authenticate".to_owned()),
            (2345, "pam_monk::authenticate::authenticate".to_owned()),
        ];
        assert_eq!(functions(annotated, "pam_monk.so"), expected);
    }
}
