//! Every screen as it is drawn, at four sizes, in colour, without, and in ASCII.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod alerts;
mod begin;
mod budget;
mod copying;
mod cost;
mod dismiss;
mod driven;
mod explain;
mod faces;
mod fleet;
mod held;
mod journal;
mod keys;
mod large;
mod leave;
mod make_way;
mod matrix;
mod memory;
mod open_runs;
mod picture;
mod run;
mod runs;
mod runs_told;
mod sample;
mod service;
mod sizes;
mod states;
mod steer;
mod themes;
mod told;
mod typing;
