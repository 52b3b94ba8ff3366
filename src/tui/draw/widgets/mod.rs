//! Parts that several screens share.

pub(super) mod footer;
pub(super) mod header;
pub(super) mod strip;
pub(super) mod text;
pub(super) mod tone;
