//! lifeboat: what could be restored in the other region right now, and a guided fork to it.
//!
//! ```text
//!  config ──> providers ──readings──> domain (windows, loss, verdicts) ──> tui / status
//!                │                             │
//!                │ fork, only with Armed       └──> ledger (last-known, journal, runs)
//!                │                             ┌───────┘
//!  operator ──> runbook machine ──effects──> executor ──events──> journal ──> report
//! ```
//!
//! Three pure cores know neither I/O nor a clock of their own and are tested by tables and
//! properties: [`domain`] (facts and arithmetic), [`runbook`] (the run as a state machine,
//! rebuilt by replaying its journal) and [`tui::app`] (what the person sees). Everything that
//! touches the world is an edge around them.
//!
//! | module | what it is |
//! |---|---|
//! | [`domain`] | services, copies, readings, windows, loss, findings, verdicts |
//! | [`evidence`] | the report of a run, a pure function of its journal |
//! | [`config`] | files, layers, validation; mistakes with file, line and what to write |
//! | [`cli`] | arguments, one file per command, the one writer |
//! | [`poll`] | one task per source and per probe: interval, back-off, deadline |
//! | [`provider`] | where readings come from and where forks are made; one folder a kind |
//! | [`process`] | one external command: bounded, quoted, killed as a group |
//! | [`regular_file`] | a file read as a whole: bounded, and nothing else than a file |
//! | [`simulator`] | two invented regions behind the Aiven wire format, driven by scenario files |
//! | [`validate`] | checks of a restored service |
//! | [`ledger`] | journals of runs and last-known readings, on disk |
//! | [`runbook`] | one run as a state machine rebuilt from its journal |
//! | [`tui`] | the dashboard: a pure core, drawing, keys, the terminal |
//! | [`runtime`] | the loops that run, wait and listen |

pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod evidence;
pub mod ledger;
pub mod poll;
pub mod process;
pub mod provider;
pub mod regular_file;
pub mod runbook;
pub mod runtime;
pub mod secret;
pub mod simulator;
pub mod tui;
pub mod validate;
