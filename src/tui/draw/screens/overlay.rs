//! What lies over a screen.

mod fields;

use std::ops::Range;

use super::lag;
use crate::domain::words;
use crate::tui::app::facts::facts;
use crate::tui::app::keys::naming;
use crate::tui::app::leave;
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::state::Tone;
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width, width, wrap};
use crate::tui::draw::widgets::text::{Line, wrapped};
use crate::tui::draw::widgets::tone;
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::{Action, Binding, Context, Key};
use crate::tui::theme::Role;

/// Draws an overlay.
pub(in crate::tui::draw) fn draw(model: &Model, overlay: &Overlay, canvas: &mut Canvas<'_>) {
    let close = |how: &str| naming(model.closing_key(), |key| format!("{key} {how}"));
    let take = |how: &str| {
        let take =
            naming(model.setup.keys.key_of(Context::Overlay, Action::Open), |key| format!("{key} take"));
        [take, close(how)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("   ")
    };
    let chosen = |title: &str, lines, scroll, choices, keys: &str, canvas: &mut Canvas<'_>| {
        let scroll_keys = &moves(model);
        Content { title, lines, scroll, choices, pinned: Vec::new(), scroll_keys }.draw(keys, canvas);
    };
    let boxed = |title: &str, lines: Vec<Line>, scroll, keys: &str, canvas: &mut Canvas<'_>| {
        chosen(title, lines, scroll, 0..0, keys, canvas);
    };
    match overlay {
        Overlay::Help { scroll } => {
            boxed("keys", help(model, canvas.glyphs()), *scroll, &close("close"), canvas);
        }
        Overlay::Text { title, lines, scroll, copies } => {
            let lines = lines.iter().map(|line| text(line)).collect();
            let copy = model.setup.keys.key_of(Context::Overlay, Action::Copy).filter(|_| copies.is_some());
            let copy = naming(copy, |key| format!("{key} copy the command   "));
            boxed(title, lines, *scroll, &format!("{copy}{}", close("close")), canvas);
        }
        Overlay::Plain { text, from, scroll } => {
            plain((text, *from, *scroll), (&moves(model), &close("back")), canvas);
        }
        Overlay::Form(form) => {
            let facts = facts(model, form).iter().map(|line| text(line)).collect();
            let content = Content {
                title: &form.title,
                lines: facts,
                scroll: form.scroll,
                choices: 0..0,
                pinned: fields::lines(form, canvas),
                scroll_keys: "pgup/pgdn",
            };
            content.draw(&fields::keys(form), canvas);
        }
        Overlay::Themes { selected, .. } => {
            let lines = theme_lines(model, *selected, canvas);
            let choices = 0..model.setup.themes.lines.len();
            chosen("theme", lines, 0, choices, &take("as before"), canvas);
        }
        Overlay::Leave { selected } => {
            let lines = leave_lines(model, *selected, canvas);
            let choices = lines.len() - leave::CHOICES.len()..lines.len();
            chosen("leave?", lines, 0, choices, &take("stay"), canvas);
        }
        Overlay::Lag(view) => {
            let title = format!("how far the copy of {} trailed", view.service);
            let moves = moves(model);
            let period = if moves.is_empty() { moves } else { format!("{moves} period   ") };
            let keys = format!("{period}{}", close("close"));
            let lines = lag::lines(model, view, canvas);
            // Its keys choose the period: it does not scroll.
            let (scroll, choices, pinned, scroll_keys) = (0, 0..0, Vec::new(), "");
            Content { title: &title, lines, scroll, choices, pinned, scroll_keys }.draw(&keys, canvas);
        }
        Overlay::Pick { offers, selected } => {
            let mut lines = vec![text("which of these is meant?"), Vec::new()];
            for (index, (at, how)) in offers.iter().enumerate() {
                let offset = (model.setup.offset_at)(*at);
                let local = at.with_timezone(&offset).format("%H:%M:%S %:z");
                lines.push(vec![
                    gutter(index == *selected, canvas),
                    piece(Role::Text, words::instant(*at)),
                    piece(Role::Muted, format!("   {local}   {how}")),
                ]);
            }
            let choices = lines.len() - offers.len()..lines.len();
            chosen("two readings", lines, 0, choices, &take("leave"), canvas);
        }
    }
}

/// What would be lost by leaving, and the choice.
fn leave_lines(model: &Model, selected: usize, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = leave::lost(model).iter().map(|line| text(line)).collect();
    if lines.is_empty() {
        lines.push(text("nothing is lost by it any more"));
    }
    lines.push(Vec::new());
    let choices = leave::CHOICES.into_iter().enumerate();
    lines.extend(
        choices.map(|(index, choice)| vec![gutter(index == selected, canvas), piece(Role::Text, choice)]),
    );
    lines
}

/// What marks the selected one of several choices, before each.
fn gutter(selected: bool, canvas: &Canvas<'_>) -> Piece {
    let mark = if selected { canvas.glyphs().gutter } else { " " };
    piece(Role::Accent, format!("{mark} "))
}

/// `j/k`: the keys that move in a box, the shortest to be read.
fn moves(model: &Model) -> String {
    let key = |action| {
        let keys = model.setup.keys.keys_of(Context::Overlay, action);
        keys.map(|key| key.to_string()).min_by_key(String::len)
    };
    [Action::Down, Action::Up].into_iter().filter_map(key).collect::<Vec<_>>().join("/")
}

/// A line of a text; one in capitals is a heading.
fn text(line: &str) -> Line {
    let heading =
        line.chars().any(char::is_alphabetic) && !line.starts_with(' ') && *line == line.to_uppercase();
    vec![piece(if heading { Role::Heading } else { Role::Text }, line)]
}

/// The keys of every context, those of the screen below first.
fn help(model: &Model, glyphs: &Glyphs) -> Vec<Line> {
    let here = model.screen_context();
    let mut lines = Vec::new();
    let others = Context::ALL.into_iter().filter(|context| *context != here);
    for context in std::iter::once(here).chain(others) {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.push(text(&context.title().to_uppercase()));
        for binding in model.setup.keys.of(context) {
            let keys = keys_of(model, binding, if context == Context::Everywhere { here } else { context });
            if !keys.is_empty() {
                let keys = piece(Role::Key, format!("  {keys:<12} "));
                lines.push(vec![keys, piece(Role::Text, binding.help)]);
            }
        }
        if context == here && here == Context::Fleet {
            lines.extend(signs(glyphs).map(|(sign, means)| {
                vec![piece(Role::Key, format!("  {sign:<12} ")), piece(Role::Text, means)]
            }));
        }
    }
    lines
}

/// What stands in the rows of the fleet beside words and numbers.
const fn signs(glyphs: &Glyphs) -> [(&'static str, &'static str); 5] {
    [
        ("lost 19m", "a loss counted to the loss instant: fixed, while those beside it grow"),
        ("<= >= ~", "at most, at least, about"),
        ("?", "not known, or not read since"),
        ("D I", "a drill or an incident is open"),
        (glyphs.left, "a run is open that nobody drives"),
    ]
}

/// The keys of a row that do what it says in a context: `h/left`.
fn keys_of(model: &Model, row: &Binding, context: Context) -> String {
    let does = |key: &&Key| model.setup.keys.action(context, **key) == Some(row.action);
    row.keys.iter().filter(does).map(ToString::to_string).collect::<Vec<_>>().join("/")
}

/// The themes, and one line that shows what the selected one makes of each state.
fn theme_lines(model: &Model, selected: usize, canvas: &Canvas<'_>) -> Vec<Line> {
    let themes = &model.setup.themes;
    let name = themes.lines.iter().map(|line| width(&line.name)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (index, line) in themes.lines.iter().enumerate() {
        let padded = format!("{:<width$}  ", line.name, width = usize::from(name));
        let about = line.file.as_ref().unwrap_or(&line.about);
        lines.push(vec![
            gutter(index == selected, canvas),
            piece(Role::Text, padded),
            piece(Role::Muted, about.clone()),
        ]);
    }
    lines.push(Vec::new());
    let mut states = vec![piece(Role::Text, "  ")];
    for tone in [Tone::Ok, Tone::Warning, Tone::Critical, Tone::Unknown, Tone::Exempt] {
        let role = tone::role(tone);
        states.push(piece(role, format!("{} {}", tone::glyph(tone, canvas.glyphs()), role.key())));
        states.push(piece(Role::Text, "  "));
    }
    lines.push(states);
    let colours = format!("  colours shown: {} (--palette sets others)", themes.palette);
    lines.push(vec![piece(Role::Muted, colours)]);
    lines.extend(themes.unusable.iter().map(|why| vec![piece(Role::Critical, why.clone())]));
    lines
}

/// The screen below is shown beside a box from this many columns on: fewer are scraps of words.
const LEAST_BESIDE: u16 = 24;

/// What a box shows: lines that scroll where they do not fit, and lines below that always stay.
struct Content<'a> {
    title: &'a str,
    lines: Vec<Line>,
    scroll: usize,
    /// Which of the lines are there to choose from.
    choices: Range<usize>,
    pinned: Vec<Line>,
    scroll_keys: &'a str,
}

impl Content<'_> {
    /// A box in the middle, as large as its text, with a margin where there is room.
    fn draw(self, keys: &str, canvas: &mut Canvas<'_>) {
        let most = canvas.width().saturating_sub(if canvas.width() >= 60 { 4 } else { 0 }).min(104);
        let inner = most.saturating_sub(4);
        let parts = |(index, line)| wrapped(line, inner).into_iter().map(move |part| (index, part));
        let mut lines: Vec<(usize, Line)> = self.lines.into_iter().enumerate().flat_map(parts).collect();
        let pinned: Vec<Line> = self.pinned.into_iter().flat_map(|line| wrapped(line, inner)).collect();
        let margin = if canvas.height() >= 16 { 2 } else { 0 };
        let highest = usize::from(canvas.height().saturating_sub(margin).max(3));
        // A blank line stands between what scrolls and what stays.
        let has_gap = |lines: usize| lines > 0 && !pinned.is_empty();
        let high = |lines: usize| lines + pinned.len() + 2 + usize::from(has_gap(lines));
        if high(lines.len()) > highest && !pinned.is_empty() {
            // What is to be read comes before air.
            lines.retain(|(_, line)| !line.is_empty());
        }
        let gap = has_gap(lines.len()) && high(lines.len()) <= highest;
        let height = (lines.len() + pinned.len() + usize::from(gap) + 2).clamp(3, highest);
        let page = height.saturating_sub(2 + pinned.len() + usize::from(gap)).min(lines.len());
        let first = self.scroll.min(lines.len() - page);
        let place = (lines.len() > page && !self.scroll_keys.is_empty()).then(|| {
            let to = first + page;
            format!("{} {}-{to} of {}", self.scroll_keys, first + 1, lines.len())
        });
        // What is there to choose from shows by itself that it goes on.
        let goes_on = |place: &String| width(place) + width(keys) + 5 <= inner;
        let place = place.filter(|place| self.choices.is_empty() || goes_on(place));
        let hint = hint(place.as_deref(), keys, inner);
        let all = lines.iter().map(|(_, line)| line).chain(&pinned).map(|line| pieces_width(line));
        let wide = all.max().unwrap_or(0).max(width(self.title) + 4).max(width(&hint)).min(inner) + 4;
        let beside = canvas.width().saturating_sub(wide);
        let high = u16::try_from(height).unwrap_or(u16::MAX);
        let top = canvas.height().saturating_sub(high) / 2;
        if beside < LEAST_BESIDE {
            canvas.rows(top, high).clear();
        }
        let mut frame = canvas.part(beside / 2, top, wide, high);
        frame.clear();
        frame.spot(0, high, Spot::Overlay);
        border(self.title, &mut frame);
        let mut inside = frame.part(2, 1, wide.saturating_sub(4), high.saturating_sub(2));
        let air = Vec::new();
        let shown = lines.iter().skip(first).take(page);
        for (y, (index, _)) in (0..).zip(shown.clone()).filter(|(_, (index, _))| self.choices.contains(index))
        {
            inside.spot(y, 1, Spot::Choice(index - self.choices.start));
        }
        let rows = shown.map(|(_, line)| line).chain(gap.then_some(&air)).chain(&pinned);
        for (y, line) in (0..).zip(rows) {
            inside.pieces(0, y, line);
        }
        frame.put_right(wide.saturating_sub(2), high.saturating_sub(1), Role::Muted, &hint);
    }
}

/// Where in a text one is, and the keys of its box, as much as fits: the way out, which comes last, before all, then that
/// there is more than is shown.
fn hint(place: Option<&str>, keys: &str, room: u16) -> String {
    const GAP: &str = "   ";
    let ways = || std::iter::successors(Some(keys), |keys| keys.split_once(GAP).map(|(_, rest)| rest));
    let beside = |place: &str, keys: &str| {
        let parts: Vec<&str> = [place, keys].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { String::new() } else { format!(" {} ", parts.join(GAP)) }
    };
    let placed = place.into_iter().flat_map(|place| ways().map(move |keys| beside(place, keys)));
    let mut all = placed.chain(ways().map(|keys| beside("", keys)));
    let least = beside("", ways().last().unwrap_or_default());
    all.find(|hint| width(hint) <= room).unwrap_or(least)
}

fn border(title: &str, canvas: &mut Canvas<'_>) {
    let [top_left, top_right, bottom_left, bottom_right, side] = canvas.glyphs().frame;
    let rule = canvas.glyphs().rule;
    let (wide, high) = (canvas.width(), canvas.height());
    let line = rule.repeat(usize::from(wide.saturating_sub(2)));
    canvas.put(0, 0, wide, Role::Rule, &format!("{top_left}{line}{top_right}"));
    canvas.put(0, high.saturating_sub(1), wide, Role::Rule, &format!("{bottom_left}{line}{bottom_right}"));
    for y in 1..high.saturating_sub(1) {
        canvas.put(0, y, 1, Role::Rule, side);
        canvas.put(wide.saturating_sub(1), y, 1, Role::Rule, side);
    }
    canvas.put(2, 0, wide.saturating_sub(4), Role::Title, &format!(" {title} "));
}

/// The text alone from the left edge, so that the terminal's own selection takes nothing else.
fn plain((text, from, scroll): (&str, usize, isize), (moves, back): (&str, &str), canvas: &mut Canvas<'_>) {
    canvas.clear();
    let room = canvas.width();
    let last = canvas.height().saturating_sub(1);
    canvas.spot(0, last, Spot::Overlay);
    let above: usize = text.lines().take(from).map(|line| wrap(line, room).len()).sum();
    let lines: Vec<String> = text.lines().flat_map(|line| wrap(line, room)).collect();
    let page = usize::from(last.saturating_sub(1));
    let is_longer = lines.len() > page;
    // What it begins with stands at the top also where less follows it than there is room for.
    let last_page = lines.len().saturating_sub(page).max(above);
    let first = if is_longer { above.saturating_add_signed(scroll).min(last_page) } else { 0 };
    for (y, line) in (0..).zip(lines.iter().skip(first).take(page)) {
        canvas.put(0, y, room, Role::Text, line);
    }
    let to = lines.len().min(first + page);
    let place = format!("{moves} {}-{to} of {}   ", first + 1, lines.len());
    let place = if is_longer && !moves.is_empty() { place } else { String::new() };
    let notes = [
        "sent to the terminal's clipboard; where that is off, select by hand; ",
        "copied; or select by hand; ",
        "",
    ];
    let beside = |place: String| notes.into_iter().map(move |note| format!("{place}{note}{back}"));
    let mut notes = beside(place).chain(beside(String::new()));
    if let Some(note) = notes.find(|note| width(note) + 2 <= room) {
        canvas.put(1, last, u16::MAX, Role::Muted, &note);
    }
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn that_there_is_more_goes_before_all_keys_but_the_way_out() {
        let keys = "up/down field   enter declare   esc leave";
        let place = Some("pgup/pgdn 1-6 of 22");
        for (room, wanted) in [
            (80, " pgup/pgdn 1-6 of 22   up/down field   enter declare   esc leave "),
            (52, " pgup/pgdn 1-6 of 22   enter declare   esc leave "),
            (40, " pgup/pgdn 1-6 of 22   esc leave "),
            (20, " esc leave "),
            (3, " esc leave "),
        ] {
            assert_eq!(hint(place, keys, room), wanted);
        }
        assert_eq!(hint(None, keys, 40), " enter declare   esc leave ");
        assert_eq!(hint(None, "", 40), "");
    }
}
