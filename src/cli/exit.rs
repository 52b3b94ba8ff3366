//! Exit codes: one table, used by all commands and printed by `--help`.

use std::process::ExitCode;

use crate::runbook::RunResult;

/// What a command says by its exit code. `status` and `check` have rules of their own (S34).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Finished, but an objective was missed.
    Missed = 1,
    /// Failed.
    Failed = 2,
    /// Outcome unknown, not verified, or a person is needed.
    Unsure = 3,
    /// Wrong use of the command line.
    Usage = 64,
    /// Nothing reachable.
    Unreachable = 69,
    /// Not armed.
    Refused = 77,
    /// Wrong or no config.
    Config = 78,
    /// Interrupted by a signal.
    Interrupted = 130,
}

impl Exit {
    /// The code of a run that is over (S24).
    pub const fn of(result: RunResult) -> Self {
        match result {
            RunResult::Passed => Self::Done,
            RunResult::ObjectiveMissed => Self::Missed,
            RunResult::Failed => Self::Failed,
            RunResult::NotVerified => Self::Unsure,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The table, as `--help` shows it.
pub const TABLE: &str = "\
Exit codes:
    0  done
    1  finished, but an objective was missed
    2  failed
    3  outcome unknown, not verified, or a person is needed
   64  wrong use of the command line
   69  nothing reachable
   77  not armed
   78  wrong config, or none
  130  interrupted by a signal; the run is journaled
status: 0 every source answered, 3 some did not, 69 none did, 2 the file of --write was not written
check:  0 ok, 1 warning, 2 critical, 3 unknown; always one line on standard output";
