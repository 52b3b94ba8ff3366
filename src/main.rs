//! The `lifeboat` binary: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    lifeboat::cli::run(std::env::args_os())
}
