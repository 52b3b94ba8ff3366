//! The config of a dashboard over a running simulator: made in memory, so that the demo goes through the
//! same reading, arming and checking as a real fleet (S18).

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use crate::config::{Config, ConfigError, Overrides, SourceSettings, from_texts};
use crate::secret::{ExposeSecret as _, SecretRef};
use crate::simulator::Running;
use crate::simulator::scenario::ServiceSpec;

/// The name of the source in the demo's config.
pub const SOURCE: &str = "cloud";

/// Objectives of the invented fleet, as one writes them in a config.
const PROMISES: &str = r#"
fleet = "demo"

[tiers.1]
rpo = "15m"
rto = "1h"

[tiers.2]
rpo = "2h"
rto = "4h"

[tiers.3]
rto = "24h"

[arming]
allow = true
"#;

/// A config whose one source is this simulator, which may be armed, and whose services have probes and
/// checks. Its tokens are in memory; its ledger lies in `state_dir`.
///
/// # Errors
/// The config's own mistakes; for a scenario that was loaded there are none.
pub fn demo_config(running: &Running, state_dir: &Path) -> Result<Config, ConfigError> {
    let text = text(running);
    let over = Overrides { state_dir: Some(state_dir.to_owned()), ..Overrides::default() };
    let mut config = from_texts(&[("demo".to_owned(), text)], &over, &|_| None)?.config;
    let token = SecretRef::in_memory(running.token().expose_secret());
    for source in config.sources.values_mut() {
        if let SourceSettings::Aiven(settings) = &mut source.settings {
            settings.token = token.clone();
            settings.acting_token = Some(token.clone());
        }
    }
    Ok(config)
}

fn text(running: &Running) -> String {
    let mut text = PROMISES.to_owned();
    // The tokens named here are replaced by those in memory.
    let source = format!(
        "\n[sources.{SOURCE}]\nkind = \"aiven\"\nproject = {:?}\nurl = {:?}\ntoken = {{ env = \"IN_MEMORY\" }}\n\
         \n[discover.{SOURCE}]\ntier_from_tag = \"tier\"\nowner_from_tag = \"owner\"\n",
        running.project,
        running.url(),
    );
    text.push_str(&source);
    for spec in &running.services {
        text.push_str(&service(spec, running.addr, running.probe(&spec.name)));
    }
    text
}

fn service(spec: &ServiceSpec, api: SocketAddr, probe: Option<SocketAddr>) -> String {
    let mut text = format!("\n[services.{}]\nsource = \"{SOURCE}\"\n", spec.name);
    let mut line = |line: String| writeln!(text, "{line}").is_ok();
    if let Some(tier) = spec.tier {
        line(format!("tier = {tier}"));
    }
    if let Some(owner) = &spec.owner {
        line(format!("owner = {owner:?}"));
    }
    if let Some(probe) = probe {
        line(format!("probe = \"tcp://{probe}\""));
    }
    if spec.kind.has_backups() {
        for (name, pointer, expect) in
            [("newest row", "/newest_row", "newest_row = true"), ("rows", "/rows", "at_least = 1")]
        {
            line(format!(
                "[[services.{}.checks]]\nname = \"{name}\"\nhttp = \"http://{api}/_sim/data/{{name}}\"\n\
                 pointer = \"{pointer}\"\nexpect = {{ {expect} }}",
                spec.name
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::clock::Clock;
    use crate::domain::Expectation;
    use crate::secret::SecretString;
    use crate::simulator::{Simulator, scenario};

    #[test]
    fn every_embedded_scenario_makes_a_config_that_can_be_armed_and_holds_no_secret() {
        for name in scenario::names() {
            let scenario = scenario::load(name).unwrap();
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let clock = Clock::system();
            let running = Simulator::start(&scenario, clock, any, SecretString::from("s3cret")).unwrap();
            let config = demo_config(&running, Path::new("/nowhere")).unwrap();
            assert!(config.arming_allowed);
            assert_eq!(config.services.len(), scenario.services.len());
            assert!(!text(&running).contains("s3cret"));
            assert!(!format!("{config:?}").contains("s3cret"));
            let SourceSettings::Aiven(settings) = &config.sources[SOURCE].settings else {
                panic!("{config:?}")
            };
            assert!(settings.is_loopback() && settings.acting_token.is_some());
            let service = &config.services["orders-db"];
            assert!(service.probe.is_some());
            assert_eq!(service.checks[0].expect, Some(Expectation::NewestRow));
        }
    }
}
