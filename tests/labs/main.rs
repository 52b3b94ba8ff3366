//! Labs: the product against the real tools it drives.
//!
//! `tests/run` sets up the tools and switches the labs on with `LIFEBOAT_LABS=1`; a plain `cargo test`
//! runs none of them. Every lab brings its own servers, in a temporary folder and on free ports.
//!
//! A new lab is a module next to this file. Each of its tests starts with the tools it needs:
//!
//! ```ignore
//! use crate::support::{Lab, needs};
//!
//! #[test]
//! fn a_crash_is_seen() {
//!     needs!(PostgreSql, PgBackRest);
//!     let lab = Lab::up();
//!     lab.region_down();
//!     // ... ends by itself: dropping the lab stops its servers and deletes its folder.
//! }
//! ```

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of a test stop the test where it goes wrong, and say what they skipped"
)]

mod avn;
mod incident;
mod init;
mod operator;
mod pgbackrest;
mod protect;
mod readme;
mod smoke;
mod support;
mod validate;
