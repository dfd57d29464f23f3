//! The portal of monk. Everything is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    monk_web::main()
}
