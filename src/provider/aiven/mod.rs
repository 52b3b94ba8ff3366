//! Aiven: services whose backups the provider copies to another region, read and forked through its
//! HTTP API.

mod settings;

pub use settings::{ApiUrl, ForkNetwork, Settings};
