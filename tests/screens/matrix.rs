//! Every face of the product in every state of what is known: what must hold of each at every size, and one
//! file of pictures a face.

use std::fmt::Write;

use lifeboat::tui::app::model::Screen;
use lifeboat::tui::app::{Message, Model, Size, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::Palette;
use unicode_width::UnicodeWidthStr;

use crate::faces::{FACES, Face, State};
use crate::picture::{buffer, look, styled, text};
use crate::sample;
use crate::states::fleet;

const STATES: [State; 7] =
    [State::Loading, State::Partial, State::Stale, State::Error, State::Empty, State::Huge, State::Wide];
/// A narrow one, the usual three, and the least there is.
const SIZES: [(u16, u16); 5] = [(44, 14), (80, 24), (120, 40), (200, 50), (40, 10)];
/// The pictures of all faces and everything else together are no larger.
const MOST_BYTES: u64 = 700_000;

fn shown(face: &Face, state: State, (width, height): (u16, u16)) -> Model {
    let mut model = Model::new(sample::setup(), fleet(state), sample::now(), Size { width, height });
    (face.show)(&mut model, state);
    model
}

/// A digit right before the mark of a cut: nobody knows what number it was.
fn cut_number(picture: &str) -> Option<&str> {
    let cut = |line: &&str| {
        let marks = line.match_indices(Glyphs::UNICODE.more);
        marks.into_iter().any(|(at, _)| line[..at].ends_with(|before: char| before.is_ascii_digit()))
    };
    picture.lines().find(cut)
}

/// What is wrong with a picture.
fn wrong(face: &Face, model: &Model, picture: &str) -> Option<String> {
    let Size { width, height } = model.size;
    if let Some(line) = picture.lines().find(|line| line.width() > usize::from(width)) {
        return Some(format!("wider than the screen: {line:?}"));
    }
    if let Some(line) = cut_number(picture) {
        return Some(format!("a number is cut: {line:?}"));
    }
    let header = picture.lines().next().unwrap_or_default();
    let says_mode = header.contains("READ-ONLY") || header.contains(" ARMED ") || model.screen == Screen::Run;
    if model.overlay.is_none() && !says_mode {
        return Some(format!("whether it can act is not whole: {header:?}"));
    }
    if (width, height) < (44, 14) {
        return None;
    }
    let help: &[&str] = &["? help"];
    // Where there is nothing to show, a face does not open.
    let whole = match (&model.overlay, face.whole.contains(&"? help")) {
        (None, _) => help,
        (Some(_), true) => return Some("something lies over it".to_owned()),
        (Some(_), false) => face.whole,
    };
    let lost = whole.iter().find(|word| !picture.contains(**word));
    lost.map(|word| format!("{word:?} is not whole"))
}

#[test]
fn every_face_holds_in_every_state_at_every_size() {
    let (rich, plain) = (look(Palette::Rich, &Glyphs::UNICODE), look(Palette::None, &Glyphs::ASCII));
    let mut all = String::new();
    for face in &FACES {
        for state in STATES {
            for size in SIZES {
                let model = shown(face, state, size);
                let picture = text(&buffer(&model, &rich));
                let ascii = text(&buffer(&model, &plain));
                let wrong = wrong(face, &model, &picture)
                    .or_else(|| (!ascii.is_ascii()).then(|| "not ASCII".to_owned()));
                if let Some(wrong) = wrong {
                    writeln!(all, "==== {} {state:?} {size:?}: {wrong}\n{picture}", face.name).unwrap();
                }
            }
        }
    }
    assert!(all.is_empty(), "{all}");
}

/// Whether a cell of the matrix is kept as a picture: every state at the usual size, and one at all of them.
/// What lies over a screen is the same in most states.
fn is_kept(face: &Face, state: State, size: (u16, u16)) -> bool {
    let screen = face.whole.contains(&"? help");
    match state {
        State::Partial => size != (40, 10) && (screen || size.0 <= 80),
        _ => size == (80, 24) && screen,
    }
}

#[test]
fn every_face_as_it_is_drawn() {
    let rich = look(Palette::Rich, &Glyphs::UNICODE);
    for face in &FACES {
        let mut all = String::new();
        let mut seen: Vec<(String, String)> = Vec::new();
        for state in STATES {
            for size in SIZES.into_iter().filter(|size| is_kept(face, state, *size)) {
                let name = format!("{state:?} {}x{}", size.0, size.1);
                let picture = styled(&buffer(&shown(face, state, size), &rich));
                match seen.iter().find(|(_, before)| *before == picture) {
                    Some((like, _)) => writeln!(all, "==== {name}: as {like}").unwrap(),
                    None => writeln!(all, "==== {name}\n{picture}").unwrap(),
                }
                seen.push((name, picture));
            }
        }
        insta::assert_snapshot!(face.name, all);
    }
}

#[test]
fn pictures_stay_few_enough_to_be_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens/snapshots");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let snapshots = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "snap"));
    let bytes: u64 = snapshots.map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes < MOST_BYTES, "{bytes} bytes of pictures: keep those that say something");
}

/// The least that each list says of its rows, from 40x10 to 400x120.
#[test]
fn lists_never_drop_what_a_row_is_about() {
    let rows: [(&str, &[&str]); 4] = [
        ("regions", &["aws-eu-west-1", "4 services", "not restorable elsewhere", "worst loss 1h 5m"]),
        ("runs", &["INCIDENT", "ledger", "open", "passed", "objective missed"]),
        ("alerts", &["ledger", "sessions"]),
        ("sources", &["pg-east", "timed out"]),
    ];
    for (name, whole) in rows {
        let face = FACES.iter().find(|face| face.name == name).unwrap();
        for width in [40, 44, 50, 59, 60, 63, 64, 76, 80, 95, 96, 120, 200, 400] {
            for height in [10, 14, 24, 40, 120] {
                let mut model = shown(face, State::Partial, (120, 40));
                let now = model.now;
                update(&mut model, Message::Resize { width, height }, now);
                for look in [look(Palette::Rich, &Glyphs::UNICODE), look(Palette::None, &Glyphs::ASCII)] {
                    let picture = text(&buffer(&model, &look));
                    for word in whole {
                        assert!(picture.contains(word), "{word:?} at {width}x{height}:\n{picture}");
                    }
                }
            }
        }
    }
}
