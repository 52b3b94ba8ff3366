//! Every screen as it is drawn, at four sizes, in colour, without, and in ASCII.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod budget;
mod cost;
mod fleet;
mod journal;
mod keys;
mod large;
mod picture;
mod run;
mod sample;
mod service;
mod sizes;
mod states;
mod themes;
