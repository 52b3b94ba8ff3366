//! The `lifeboat` binary: arguments in, exit code out.

fn main() {}
