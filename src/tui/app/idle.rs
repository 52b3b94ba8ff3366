//! A key that does nothing where it is pressed says so for a moment, and where it would do what.

use super::keys::naming;
use super::model::Model;
use crate::tui::keymap::{Action, Binding, Context, Key};

/// Ticks for which it is said.
const MOMENT: u8 = 5;
/// Columns that the message line keeps for the way to all keys.
const BESIDE: usize = 10;
/// The same for the word that says that this is the demo.
const DEMO: usize = 6;

/// Says it.
pub(super) fn say(model: &mut Model, key: Key) {
    let told = sentence(model, key);
    for_a_moment(model, told);
}

/// Says what nobody has to act on: the keys below it come back by themselves.
pub(super) fn for_a_moment(model: &mut Model, told: String) {
    model.notice = Some(told.clone());
    model.passing = Some((told, MOMENT));
}

/// A tick has passed: what was said for a moment goes, unless something else was said since.
pub(super) fn pass(model: &mut Model) {
    let Some((told, left)) = model.passing.take() else { return };
    if left > 1 {
        model.passing = Some((told, left - 1));
    } else if model.notice.as_ref() == Some(&told) {
        model.notice = None;
        model.dirty = true;
    }
}

/// As many places as the message line has room for.
fn sentence(model: &Model, key: Key) -> String {
    let mut told = format!("{key} does nothing here");
    if model.overlay.is_some() {
        return told + &naming(model.closing_key(), |key| format!("; {key} closes this first"));
    }
    let room = usize::from(model.size.width).saturating_sub(BESIDE + if model.setup.demo { DEMO } else { 0 });
    let places = Context::ALL.into_iter().filter_map(|context| place(model, context, key));
    for place in places {
        if told.chars().count() + place.chars().count() + 2 <= room {
            told = format!("{told}; {place}");
        }
    }
    told
}

/// `on fleet (1): sort`: what a key does in another context, and how one comes there.
fn place(model: &Model, context: Context, key: Key) -> Option<String> {
    let (place, way) = match context {
        Context::Fleet => ("on fleet", Some(Action::ScreenFleet)),
        Context::Regions => ("by region", None),
        Context::Service => ("on service", Some(Action::ScreenService)),
        Context::Run => ("on run", Some(Action::ScreenRun)),
        Context::Runs => ("on runs", Some(Action::ScreenRuns)),
        Context::Alerts => ("on alerts", Some(Action::ScreenAlerts)),
        Context::Sources => ("on sources", Some(Action::ScreenSources)),
        Context::Overlay | Context::Everywhere => return None,
    };
    let does = |row: &&Binding| row.keys.contains(&key);
    let row = model.setup.keys.of(context).find(does).filter(|_| context != model.screen_context())?;
    let way = naming(way.and_then(|way| model.key(way)), |key| format!(" ({key})"));
    Some(format!("{place}{way}: {}", row.footer.unwrap_or(row.help)))
}
