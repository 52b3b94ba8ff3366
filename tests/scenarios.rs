//! The simulator: its wire format and its faults over real HTTP, and each scenario played through.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of a test stop the test where it goes wrong"
)]

#[path = "scenarios/api.rs"]
mod api;
#[path = "scenarios/faults.rs"]
mod faults;
#[path = "scenarios/http.rs"]
mod http;
#[path = "scenarios/look.rs"]
mod look;
#[path = "scenarios/play.rs"]
mod play;
