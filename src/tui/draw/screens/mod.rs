//! One file a screen.

pub(super) mod alerts;
pub(super) mod fleet;
mod lag;
pub(super) mod overlay;
pub(super) mod regions;
pub(super) mod run;
pub(super) mod runs;
pub(super) mod service;
pub(super) mod sources;
