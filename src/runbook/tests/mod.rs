//! Tests of the run as a whole, without I/O.

mod kill;
mod property;
mod rules;
