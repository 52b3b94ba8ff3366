//! Tests of the run as a whole, without I/O.

mod clocks;
mod kill;
mod property;
mod rules;
