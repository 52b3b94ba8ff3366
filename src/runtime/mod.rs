//! The edge where parts meet: catalogs and forkers out of a config, signals, the drivers of runs.

pub mod signals;
