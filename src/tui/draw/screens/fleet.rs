//! The fleet: worst first, and the selected row explains itself.
//!
//! ```text
//!  lifeboat payments   READ-ONLY   2026-11-20 12:04:31Z  13:04 +01:00    OLDEST READING 22m (pg-east)
//!  NO COPY THERE 0   BEYOND RPO 1   UNKNOWN 1   OK 2 (1 never restored)   exempt 1
//!  reads aiven-prod 4s  pg-west 6s  pg-east TIMEOUT 22m      probes: 4 of 4 primaries answer (8s)
//!  ──────────────────────────────────────────────────────────────────────────────────────────────
//!  heads of the columns, rows, a rule, three lines on the selected service, the keys
//! ```

mod columns;
mod detail;
mod heading;

pub(super) use columns::loss_role;

use super::service;

use crate::domain::{Assessment, Service, ServiceId};
use crate::tui::app::keys::naming;
use crate::tui::app::layout;
use crate::tui::app::model::{Filtering, Model};
use crate::tui::app::mouse::Spot;
use crate::tui::app::sources;
use crate::tui::draw::canvas::{Canvas, piece};
use crate::tui::draw::widgets::footer;
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let rows = layout::fleet(model.size);
    heading::draw(model, &mut canvas.rows(0, rows.header));
    let list_top = rows.header + rows.heads;
    let visible = model.board.visible(model.page());
    let known = |id: &ServiceId| Some((model.fleet.services.get(id)?, model.board.assessment(id)?));
    let shown: Vec<_> = visible.iter().filter_map(known).collect();
    let tall = layout::is_tall(model.size, model.board.longest_name());
    let table = columns::Table::new(
        canvas.width(),
        model.board.longest_name(),
        shown.iter().copied(),
        tall,
        model.now,
    );
    table.heads(&mut canvas.rows(rows.header, rows.heads));
    let each = if tall { 2 } else { 1 };
    let pane = pane(model, &shown, rows, each, canvas.width());
    let (lanes, breath) = lanes(shown.len(), rows, each, pane);
    let below = list_top + rows.list + rows.detail - pane - lanes - breath;
    let mut list = canvas.rows(list_top, below - list_top);
    for (y, (index, (service, known))) in (0..).step_by(usize::from(each)).zip(shown.into_iter().enumerate())
    {
        list.spot(y, each, Spot::Row(index));
        if let Some((role, mark)) = run_mark(service, list.glyphs()) {
            list.put(0, y, 1, role, mark);
        }
        if model.board.selected() == Some(&service.id) {
            let gutter = list.glyphs().gutter;
            list.put(1, y, 1, Role::Accent, gutter);
        }
        table.row(model, service, known, y, &mut list);
    }
    if visible.is_empty() {
        list.paragraph(3, 1, Role::Muted, &empty(model));
    }
    if pane > 0 {
        detail::draw(model, &mut canvas.rows(below, pane));
    }
    if let Some(service) = model.selected() {
        service::draw_lanes(model, service, &mut canvas.rows(below + pane, lanes));
    }
    if model.filtering.is_on() {
        filter_line(model, canvas);
    } else {
        footer::draw(model, Context::Fleet, canvas);
    }
}

/// The rows of the pane below the list: as many more than it has at least as any of the services shown needs and
/// the list leaves empty, so that it stands still while the selection moves.
fn pane(
    model: &Model,
    shown: &[(&Service, &Assessment)],
    rows: layout::FleetRows,
    each: u16,
    screen: u16,
) -> u16 {
    let spare = spare(shown.len(), rows, each);
    if rows.detail == 0 || spare == 0 {
        return rows.detail;
    }
    let needed = shown.iter().map(|(service, known)| detail::needed(model, service, known, screen)).max();
    needed.unwrap_or(0).clamp(rows.detail, rows.detail + spare)
}

/// The rows that the list leaves empty, but for one above the pane.
fn spare(shown: usize, rows: layout::FleetRows, each: u16) -> u16 {
    let listed = u16::try_from(shown).unwrap_or(u16::MAX).saturating_mul(each);
    rows.list.saturating_sub(listed.saturating_add(1))
}

/// The rows of lanes below the pane, where the list leaves room for them, and an empty one where it leaves more.
fn lanes(shown: usize, rows: layout::FleetRows, each: u16, pane: u16) -> (u16, u16) {
    if rows.detail == 0 {
        return (0, 0);
    }
    let empty = spare(shown, rows, each).saturating_sub(pane - rows.detail);
    let lanes = service::lanes_in(empty);
    (lanes, u16::from(0 < lanes && lanes < empty))
}

/// A run that is not over: `D` a drill, `I` an incident, or that nobody drives it.
fn run_mark(service: &Service, glyphs: &Glyphs) -> Option<(Role, &'static str)> {
    let run = service.open_runs.iter().flatten().next()?;
    Some(match (run.is_left(), run.drill) {
        (true, _) => (Role::Warning, glyphs.left),
        (false, true) => (Role::Drill, "D"),
        (false, false) => (Role::Incident, "I"),
    })
}

fn empty(model: &Model) -> String {
    if model.fleet.services.is_empty() {
        let why = sources::unread(model).unwrap_or_else(|| "no source has listed any".to_owned());
        return format!("no services yet: the config names none, and {why}");
    }
    let all = naming(model.key(Action::Back), |key| format!("; {key} shows all"));
    format!("nothing matches{all}")
}

fn filter_line(model: &Model, canvas: &mut Canvas<'_>) {
    let y = canvas.height().saturating_sub(1);
    let (role, what) = if model.filtering == Filtering::Anew {
        (Role::Accent, "   typing replaces it   enter keep   esc show all")
    } else {
        (Role::Text, "   name, region, engine or state   enter keep   esc show all")
    };
    let pieces = [
        piece(Role::Key, "filter "),
        piece(role, model.board.filter.clone()),
        piece(Role::Accent, "_"),
        piece(Role::Muted, what),
    ];
    canvas.pieces(1, y, &pieces);
}
