//! The fleet by region: what falls with each, and what of it can be restored elsewhere.

use crate::domain::regions::{Health, Region};
use crate::domain::{Timestamp, words};
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::app::regions::regions;
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width, width, wrap};
use crate::tui::draw::widgets::{footer, header};
use crate::tui::keymap::Context;
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let title = [
        piece(Role::Title, "lifeboat "),
        piece(Role::Text, model.setup.fleet.clone()),
        piece(Role::Muted, "  by region"),
    ];
    header::draw(model, &title, &header::oldest_reading(model), canvas);
    canvas.rule(1, "if it is lost");
    let regions = regions(model);
    let room = canvas.width().saturating_sub(6);
    let blocks: Vec<_> = regions.iter().map(|region| lines(region, room, model.now)).collect();
    let last = canvas.height().saturating_sub(1);
    let mut y = 2;
    for (index, block) in blocks.iter().enumerate().skip(first(&blocks, model.row, last.saturating_sub(2))) {
        let top = y;
        if index == model.row {
            let gutter = canvas.glyphs().gutter;
            canvas.put(1, y, 1, Role::Accent, gutter);
        }
        for (line, x) in block.iter().zip(std::iter::once(3).chain(std::iter::repeat(5))) {
            if y < last {
                canvas.pieces(x, y, line);
            }
            y += 1;
        }
        canvas.spot(top, y.min(last).saturating_sub(top), Spot::Row(index));
        y += 1;
    }
    if regions.is_empty() {
        canvas.put(3, 3, u16::MAX, Role::Muted, "no region is known yet");
    }
    footer::draw(model, Context::Regions, canvas);
}

/// The first region shown, so that all of the selected one is.
fn first(blocks: &[Vec<Line>], selected: usize, room: u16) -> usize {
    let mut used = 0;
    let before = blocks.iter().take(selected + 1).rev();
    let fits = before.take_while(|block| {
        used += block.len() + 1;
        used <= usize::from(room) + 1
    });
    (selected + 1).saturating_sub(fits.count().max(1))
}

type Line = Vec<Piece>;

/// A region: its name and health, what is lost with it, how badly.
fn lines(region: &Region, room: u16, now: Timestamp) -> Vec<Line> {
    let mut lines = first_lines(region, room, now);
    if region.services > 0 {
        lines.extend(one_or_each(lost(region), room));
    }
    lines.extend(wrap(&worst(region, now), room).into_iter().map(|line| vec![piece(Role::Text, line)]));
    lines
}

/// What is told in one line, each part in one of its own where they do not fit into that.
fn one_or_each(parts: Vec<Piece>, room: u16) -> Vec<Line> {
    let mut line = Vec::new();
    for part in &parts {
        let comma = if line.is_empty() { "" } else { ", " };
        line.push(piece(part.role, format!("{comma}{}", part.text)));
    }
    if pieces_width(&line) <= room { vec![line] } else { parts.into_iter().map(|part| vec![part]).collect() }
}

fn services(count: usize) -> String {
    words::count(count, "service")
}

/// Its name with its health, that below where it does not fit beside.
fn first_lines(region: &Region, room: u16, now: Timestamp) -> Vec<Line> {
    let name = piece(Role::Title, region.name.clone());
    let health = health(region, now);
    if width(&region.name) + 2 + pieces_width(&health) <= room {
        return vec![std::iter::once(name).chain([piece(Role::Text, "  ")]).chain(health).collect()];
    }
    vec![vec![name], health]
}

/// What its probes say, and how old that is.
fn health(region: &Region, now: Timestamp) -> Vec<Piece> {
    let (answer, silent, probed) = (region.answer, region.silent, region.probed());
    let (role, health) = match region.health() {
        Health::NotKnown => (Role::Muted, "not probed".to_owned()),
        Health::Answers => (Role::Ok, "answers".to_owned()),
        Health::Mixed => (Role::Warning, format!("{answer} of {probed} primaries answer")),
        Health::FewSilent => {
            let others = region.on().saturating_sub(probed);
            (Role::Warning, format!("{silent} of {probed} probed silent, {others} not known"))
        }
        Health::Silent if probed < region.on() => {
            (Role::Critical, format!("silent, {probed} of {} probed", region.on()))
        }
        Health::Silent => (Role::Critical, "silent".to_owned()),
    };
    let off = if region.off > 0 { format!(", {} off", region.off) } else { String::new() };
    let asked = region.asked_at.map(|at| format!(", last asked {} ago", words::age_of(at, now)));
    vec![piece(role, health), piece(Role::Muted, format!("{off}{}", asked.unwrap_or_default()))]
}

/// What is lost with it: services, and how badly.
fn lost(region: &Region) -> Vec<Piece> {
    let role = if region.not_elsewhere > 0 { Role::Critical } else { Role::Muted };
    let mut pieces = vec![
        piece(Role::Text, services(region.services)),
        piece(role, format!("{} not restorable elsewhere", region.not_elsewhere)),
    ];
    if region.at_risk > 0 {
        let text = format!("{} whose copy is in a silent region", region.at_risk);
        pieces.push(piece(Role::Warning, text));
    }
    if region.left > 0 {
        pieces.push(piece(Role::Muted, format!("{} left by clients", region.left)));
    }
    if region.exempt > 0 {
        pieces.push(piece(Role::Muted, format!("{} exempt, lost with it", region.exempt)));
    }
    pieces
}

/// The worst of its services, and what others lose.
fn worst(region: &Region, now: Timestamp) -> String {
    let mut parts = Vec::new();
    if region.lose_all > 0 {
        let verb = if region.lose_all == 1 { "loses" } else { "lose" };
        parts.push(format!("{} {verb} all", region.lose_all));
    }
    let worst = if region.lose_all > 0 { "worst of the others" } else { "worst loss" };
    let unknown = match region.loss_unknown {
        0 => String::new(),
        unknown => format!(", {unknown} not known"),
    };
    parts.extend(match region.worst_loss {
        Some((loss, is)) => Some(format!("{worst} {}{unknown}", words::bounded_minutes(loss, is))),
        None if region.loss_unknown > 0 => Some(format!("{worst} not known")),
        None => None,
    });
    parts.extend(region.read_at.map(|at| format!("read {} ago", words::age_of(at, now))));
    parts.extend(
        region
            .longest_restore
            .map(|(takes, is)| format!("longest restore {}", words::bounded_minutes(takes, is))),
    );
    if region.copies > 0 {
        let verb = if region.copies == 1 { "loses its" } else { "lose their" };
        parts.push(format!("{} elsewhere {verb} secondary copy", services(region.copies)));
    }
    parts.join("; ")
}
