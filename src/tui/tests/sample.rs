//! A dashboard over a few services, armed or not.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::FixedOffset;

use crate::domain::sample::{now, orders};
use crate::domain::{Fleet, Service, Timestamp};
use crate::tui::app::arming::{Arming, NotArmed};
use crate::tui::app::model::Again;
use crate::tui::app::themes::{ThemeLine, ThemeList};
use crate::tui::app::{Model, Setup, Size};
use crate::tui::keymap::KeyMap;
use crate::tui::theme::Theme;

fn one_hour_east(_: Timestamp) -> FixedOffset {
    FixedOffset::east_opt(3600).unwrap()
}

fn themes() -> ThemeList {
    let line = |name: &str| ThemeLine { name: name.to_owned(), about: String::new(), file: None };
    ThemeList { lines: Theme::names().map(line).collect(), palette: "256", ..ThemeList::default() }
}

/// How a program is called again that lacks what arms it, which lies beside its config.
pub(crate) fn again(look: &str) -> Again {
    let (program, rest) = look.split_once(' ').unwrap_or((look, ""));
    let act = format!("{program} --arm {rest} --config break-glass.toml").replace("  ", " ");
    Again::new(look, act)
}

pub(crate) fn model(armed: bool, size: Size) -> Model {
    let missing = |source: &str| NotArmed {
        lines: vec![format!("not armed for {source}")],
        command: Some(format!("arm {source}\n")),
    };
    let state = |source: &str| if armed { Ok(()) } else { Err(missing(source)) };
    let setup = Setup {
        fleet: "payments".to_owned(),
        demo: false,
        read_only: false,
        arming: Arming {
            sources: ["west", "east", "pg-east"].map(|name| (name.to_owned(), state(name))).into(),
            together: if armed { NotArmed::default() } else { missing("all") },
        },
        who: "anna@jump2".to_owned(),
        verify: BTreeMap::new(),
        bindings: Vec::new(),
        stale_after: Duration::from_secs(120).into(),
        offset_at: one_hour_east,
        criteria: BTreeMap::new(),
        not_saved: None,
        keys: KeyMap::default(),
        themes: themes(),
        again: Some(again("lifeboat")),
    };
    let never_read =
        Service { id: "日本語-service".to_owned(), primary: None, secondary: None, ..orders() };
    let many = (0..30).map(|index| Service { id: format!("service-{index}"), ..orders() });
    let fleet = Fleet::new([orders(), never_read].into_iter().chain(many));
    Model::new(setup, fleet, now(), size)
}
