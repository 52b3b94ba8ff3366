//! The regions of the simulated provider: their names are real, everything in them is invented.

/// One cloud region.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct Region {
    /// The provider's name of it (`aws-eu-west-1`).
    pub(in crate::simulator) cloud: &'static str,
    /// In words.
    pub(in crate::simulator) description: &'static str,
    /// Part of the world.
    pub(in crate::simulator) geo: &'static str,
    /// Degrees north and east.
    pub(in crate::simulator) place: (f64, f64),
    /// Name of the cloud provider.
    pub(in crate::simulator) provider: &'static str,
}

const fn region(
    cloud: &'static str,
    description: &'static str,
    geo: &'static str,
    place: (f64, f64),
    provider: &'static str,
) -> Region {
    Region { cloud, description, geo, place, provider }
}

const AWS: &str = "Amazon Web Services";
const GOOGLE: &str = "Google Cloud Platform";

/// Every region, nearest first.
pub(in crate::simulator) const ALL: [Region; 7] = [
    region("aws-eu-west-1", "Europe, Ireland - Amazon Web Services: Ireland", "europe", (53.3, -6.3), AWS),
    region(
        "aws-eu-central-1",
        "Europe, Germany - Amazon Web Services: Frankfurt",
        "europe",
        (50.1, 8.7),
        AWS,
    ),
    region("aws-eu-north-1", "Europe, Sweden - Amazon Web Services: Stockholm", "europe", (59.3, 18.1), AWS),
    region("google-europe-west1", "Europe, Belgium - Google Cloud: Belgium", "europe", (50.5, 3.8), GOOGLE),
    region("google-europe-west3", "Europe, Germany - Google Cloud: Frankfurt", "europe", (50.1, 8.7), GOOGLE),
    region(
        "google-us-east4",
        "United States, Virginia - Google Cloud: Northern Virginia",
        "north america",
        (39.0, -77.5),
        GOOGLE,
    ),
    region(
        "azure-germany-westcentral",
        "Europe, Germany - Azure: Germany West Central",
        "europe",
        (50.1, 8.7),
        "Microsoft Azure",
    ),
];

/// The region of this name.
pub(in crate::simulator) fn find(cloud: &str) -> Option<&'static Region> {
    ALL.iter().find(|region| region.cloud == cloud)
}

/// All names, for a message.
pub(in crate::simulator) fn listed() -> String {
    ALL.map(|region| region.cloud).join(", ")
}

/// The text before the first dash.
pub(in crate::simulator) fn provider_of(cloud: &str) -> &str {
    cloud.split_once('-').map_or(cloud, |(provider, _)| provider)
}

/// The storage provider's own name of a region: without the provider in front.
pub(in crate::simulator) fn storage_name(cloud: &str) -> &str {
    cloud.split_once('-').map_or(cloud, |(_, name)| name)
}

/// Whether backups can be copied between two regions.
pub(in crate::simulator) fn same_provider(one: &str, other: &str) -> bool {
    provider_of(one) == provider_of(other)
}
