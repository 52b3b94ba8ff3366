//! One file a screen.

pub(super) mod fleet;
pub(super) mod overlay;
