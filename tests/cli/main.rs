//! The real binary from the outside: arguments, lines, exit codes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of a test stop the test where it goes wrong"
)]

mod captures;
mod config;
mod dismissed;
mod doctor;
mod ended;
mod fence;
mod hung;
mod incident;
mod init;
mod killed;
mod look;
mod make_way;
mod open_run;
mod readme;
mod region;
mod replay;
mod schema;
mod secrets;
mod shell;
mod simulate;
mod simulated;
mod status;
mod support;
mod travel;
mod unread;
mod unread_journals;
mod watched;
