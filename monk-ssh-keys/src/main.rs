//! Prints the ssh keys of a user. Everything is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    monk_ssh_keys::main()
}
