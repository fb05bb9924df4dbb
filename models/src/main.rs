//! The command `quorate`; see [`quorate_models::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    quorate_models::cli::main()
}
