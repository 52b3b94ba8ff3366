//! Tests of the run as a whole, without I/O.

mod clocks;
mod concluded;
mod either;
mod fencing;
mod forks;
mod kill;
mod losses;
mod measured;
mod moved;
mod not_taken;
mod off_before;
mod passes;
mod people;
mod property;
mod put_down;
mod support;
mod time;
