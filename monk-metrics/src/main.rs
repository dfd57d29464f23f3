//! What the engine counts, for Prometheus. Everything is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    monk_metrics::main()
}
