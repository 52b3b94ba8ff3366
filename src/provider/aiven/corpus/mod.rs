//! Every field of every recorded answer, spoiled in every way, one at a time (S1, S3): what comes of it
//! says so, claims nothing that the whole answer does not, and hides nothing else.

mod board;
mod looks;
mod offers;
mod spoil;
