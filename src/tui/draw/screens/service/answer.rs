//! The rows that answer: if I restore there to this point.

use super::Screen;
use crate::domain::words;
use crate::tui::app::timeline::{Can, sentences};
use crate::tui::draw::canvas::{Canvas, brief, piece, pieces_width, width};
use crate::tui::draw::widgets::tone;
use crate::tui::keymap::Action;
use crate::tui::theme::Role;

const LABEL: u16 = 11;

/// Whether it can be restored, after the instant in UTC and the operator's time.
pub(super) fn can(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    let Some(answer) = &screen.answer else {
        none(screen, canvas);
        return;
    };
    let cursor = canvas.glyphs().cursor;
    let (tone, text) = sentences::can(answer, screen.view.now);
    let offset = (screen.model.setup.offset_at)(answer.at);
    let local = answer.rounded().with_timezone(&offset).format("   %H:%M:%S %:z").to_string();
    let mut pieces = vec![
        piece(Role::Accent, format!("{cursor} ")),
        piece(Role::Title, answer.instant()),
        piece(Role::Muted, local),
        piece(tone::role(tone), format!("   {text}")),
    ];
    if pieces_width(&pieces) + 1 > canvas.width() {
        pieces.remove(2);
    }
    if canvas.width() < 60 {
        let short = words::newest(answer.rounded(), screen.view.now);
        pieces = vec![
            piece(Role::Accent, format!("{cursor} ")),
            piece(Role::Title, short),
            piece(tone::role(tone), format!("   {text}")),
        ];
    }
    if let Some(last) = pieces.pop() {
        let x = canvas.pieces(1, 0, &pieces);
        let mut text = last.text;
        // Its region stands above, too; how old the reading is stands only here.
        if let Some(region) = answer.region.as_ref().filter(|_| x + width(&text) >= canvas.width()) {
            text = text.replacen(&format!(" in {region}"), "", 1);
        }
        canvas.put(x, 0, u16::MAX, last.role, &whole_words(&text, x, canvas));
    }
}

/// That there is no point to answer for, and why.
fn none(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    let (role, text) = match screen.view.no_point() {
        Some(Can::Not(why)) if screen.view.service.secondary.is_none() => {
            (screen.role_of_none(), format!("CANNOT be restored: {why}"))
        }
        Some(Can::Not(why)) => (Role::Critical, format!("CANNOT be restored: {why}")),
        Some(Can::Unknown(why)) => (Role::Unknown, format!("NOT KNOWN: {why}")),
        // The cursor is on the newest point, and which that is, is not known.
        Some(Can::Be(_)) | None => (Role::Unknown, "NOT KNOWN: which point is the newest there".to_owned()),
    };
    canvas.put(1, 0, u16::MAX, role, &whole_words(&text, 1, canvas));
}

/// A text from a column on, cut behind a word where it does not fit.
fn whole_words(text: &str, x: u16, canvas: &Canvas<'_>) -> String {
    brief(text, canvas.width().saturating_sub(x + 1), canvas.glyphs().more)
}

fn labelled(label: &str, role: Role, text: &str, canvas: &mut Canvas<'_>) -> u16 {
    canvas.put(1, 0, u16::MAX, Role::Heading, label);
    let x = if canvas.width() < 60 { width(label) + 2 } else { LABEL + 1 };
    canvas.put(x, 0, u16::MAX, role, &whole_words(text, x, canvas))
}

/// What is given up.
pub(super) fn gives_up(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    if let Some(answer) = &screen.answer {
        labelled("gives up", Role::Text, &sentences::gives_up(answer), canvas);
    }
}

/// How long it takes.
pub(super) fn takes(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    if let Some(answer) = &screen.answer {
        let (known, policy) = (screen.view.known, &screen.view.service.policy);
        let fits = |text: &String| LABEL + 2 + width(text) <= canvas.width();
        let [whole, short, shortest] = sentences::takes_in_ways(answer, known, policy);
        let text = [whole, short].into_iter().find(fits).unwrap_or(shortest);
        labelled("takes", Role::Text, &text, canvas);
    }
}

/// What it starts from.
pub(super) fn from(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    if let Some(answer) = &screen.answer {
        labelled("from", Role::Text, &sentences::from(answer), canvas);
    }
}

/// The neighbours.
pub(super) fn nearest(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    if let Some(answer) = &screen.answer {
        labelled("nearest", Role::Text, &sentences::nearest(answer, screen.view.now), canvas);
    }
}

/// The bad moment.
pub(super) fn bad_moment(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    if let Some(answer) = &screen.answer {
        let sets = screen.model.key(Action::BadMoment);
        let (tone, text) = sentences::bad_moment(answer, screen.timeline.bad, sets, screen.view.now);
        labelled("bad moment", tone::role(tone), &text, canvas);
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::sample::{now, orders};
    use crate::domain::{Fleet, Outcome};
    use crate::tui::app::{Model, Size};
    use crate::tui::tests::{model, text, type_keys};

    #[test]
    fn s2_how_old_the_reading_is_is_not_cut_from_the_answer() {
        let mut service = orders();
        let copy = service.secondary.as_mut().unwrap();
        (copy.attempt.outcome, copy.region) = (Outcome::Unreachable, Some("aws-eu-central-1".to_owned()));
        for (width, says) in [
            (80, "CAN BE RESTORED, as read 0s ago, grade: "),
            (120, "CAN BE RESTORED in aws-eu-central-1, as read 0s ago, grade: "),
        ] {
            let size = Size { width, height: 24 };
            let fleet = Fleet::new([service.clone()]);
            let mut model = Model::new(model(true, size).setup, fleet, now(), size);
            type_keys(&mut model, "\r");
            assert!(text(&mut model).contains(says), "{}", text(&mut model));
        }
    }
}
