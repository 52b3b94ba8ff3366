//! Every run: open ones first, then the past with their results.

use crate::domain::{fork_left, words};
use crate::runbook::{RunKind, RunResult};
use crate::tui::app::keys::naming;
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::app::runs::{Row, RunLine, RunsUnread, Standing, rows};
use crate::tui::draw::canvas::{Canvas, piece, width};
use crate::tui::draw::widgets::{footer, header};
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let rows = rows(model);
    let open = rows.iter().filter(|row| row.line.standing != Standing::Over).count();
    let left = &model.forks_left;
    let left = if left.is_empty() { String::new() } else { format!(", {}", fork_left::counted(left)) };
    let title = [
        piece(Role::Title, "lifeboat "),
        piece(Role::Text, model.setup.fleet.clone()),
        match &model.runs_unread {
            None => piece(Role::Muted, format!("  {}, {open} open{left}", words::count(rows.len(), "run"))),
            Some(unread) => {
                let last = unread.last_read(model.now).map_or_else(String::new, |last| format!(", {last}"));
                piece(Role::Warning, format!("  runs not known now{last}"))
            }
        },
    ];
    header::draw(model, &title, &[], canvas);
    canvas.rule(1, "");
    let last = canvas.height().saturating_sub(1);
    let page = usize::from(last.saturating_sub(3)).max(1);
    let first = (model.row + 1).saturating_sub(page);
    let columns = Columns::of(&rows, canvas.width(), canvas.glyphs());
    columns.heads(&mut canvas.rows(2, 1));
    for (y, (index, row)) in (3..last).zip(rows.iter().enumerate().skip(first)) {
        if index == model.row {
            let gutter = canvas.glyphs().gutter;
            canvas.put(1, y, 1, Role::Accent, gutter);
        }
        columns.row(model, row, &mut canvas.rows(y, 1));
        canvas.spot(y, 1, Spot::Row(index));
    }
    if rows.is_empty() {
        let (role, text) = none(model);
        canvas.paragraph(3, 4, role, &text);
    }
    footer::draw(model, Context::Runs, canvas);
}

/// What stands where no run is listed: that none could be read is not that there is none (S3).
fn none(model: &Model) -> (Role, String) {
    if let Some(RunsUnread { why, .. }) = &model.runs_unread {
        return (Role::Warning, format!("which runs there are is not known: {why}"));
    }
    let drill = model.setup.keys.key_of(Context::Fleet, Action::Drill);
    let drill = naming(drill, |key| format!("; {key} on a service begins a drill"));
    (Role::Muted, format!("no runs yet{drill}"))
}

/// Where columns begin. The id yields to width: kind, service and day say the same. So does the day where a state
/// or result would be cut.
struct Columns {
    service: u16,
    opened: Option<u16>,
    state: u16,
    id: Option<u16>,
}

const KIND: u16 = 3;
/// `INCIDENT` and a blank.
const KIND_WIDTH: u16 = 9;

impl Columns {
    fn of(rows: &[Row], screen: u16, glyphs: &Glyphs) -> Self {
        let longest = |wide: &dyn Fn(&Row) -> u16| rows.iter().map(wide).max().unwrap_or(0);
        let service = longest(&|row| width(&row.line.service)).clamp(8, 30).min(screen / 3);
        let opened = KIND + KIND_WIDTH + 1 + service + 2;
        let state = opened + 14;
        if state + longest(&|row| width(&self::state(row, glyphs).1)) > screen {
            let begin = KIND + KIND_WIDTH;
            return Self { service: begin, opened: None, state: begin + service + 1, id: None };
        }
        let id = screen.saturating_sub(longest(&|row| width(&row.line.run)) + 1);
        let id = (id >= state + 40 && !rows.is_empty()).then_some(id);
        Self { service: KIND + KIND_WIDTH + 1, opened: Some(opened), state, id }
    }

    fn heads(&self, canvas: &mut Canvas<'_>) {
        let heads = [(KIND, "KIND"), (self.service, "SERVICE"), (self.state, "STATE")];
        let more = self.opened.map(|x| (x, "OPENED")).into_iter().chain(self.id.map(|x| (x, "RUN")));
        for (x, text) in heads.into_iter().chain(more) {
            canvas.put(x, 0, u16::MAX, Role::Heading, text);
        }
    }

    fn row(&self, model: &Model, row: &Row, canvas: &mut Canvas<'_>) {
        let line = &row.line;
        let kind = if line.kind == RunKind::Drill { Role::Drill } else { Role::Incident };
        canvas.put(KIND, 0, KIND_WIDTH - 1, kind, &line.kind.as_str().to_uppercase());
        let name = self.opened.unwrap_or(self.state).saturating_sub(self.service + 1);
        canvas.put(self.service, 0, name, Role::Text, &line.service);
        if let Some(x) = self.opened {
            canvas.put(x, 0, 13, Role::Muted, &words::day_and_minute(line.opened_at, model.now));
        }
        let room = self.id.map_or(u16::MAX, |id| id.saturating_sub(self.state + 1));
        let (role, text) = state(row, canvas.glyphs());
        let mut part = canvas.part(self.state, 0, room, 1);
        let x = part.put(0, 0, u16::MAX, role, &text);
        part.put(x, 0, u16::MAX, Role::Muted, &remark(model, row, part.width().saturating_sub(x)));
        if let Some(x) = self.id {
            canvas.put(x, 0, u16::MAX, Role::Muted, &line.run);
        }
    }
}

/// The state or result, never colour alone.
fn state(row: &Row, glyphs: &Glyphs) -> (Role, String) {
    let Glyphs { ok, warning, critical, unknown, .. } = glyphs;
    match (row.line.standing, row.line.conclusion.as_ref().map(|ended| ended.result)) {
        (_, Some(RunResult::Passed)) => (Role::Ok, format!("{ok} {}", row.state)),
        (_, Some(RunResult::Failed)) => (Role::Critical, format!("{critical} {}", row.state)),
        (_, Some(RunResult::ObjectiveMissed | RunResult::NotVerified)) => {
            (Role::Warning, format!("{warning} {}", row.state))
        }
        (Standing::Nobody, None) if row.line.parted_from.is_some() => {
            (Role::Critical, format!("{critical} parted: went on in two folders"))
        }
        (Standing::Nobody, None) if row.state == "interrupted" => {
            (Role::Critical, format!("{critical} interrupted"))
        }
        (Standing::Nobody, None) => (Role::Critical, format!("{critical} interrupted at {}", row.state)),
        (_, None) if row.waits => (Role::Warning, format!("{unknown} {}: waits for a person", row.state)),
        (_, None) => (Role::Accent, row.state.clone()),
    }
}

/// What is said behind its state, in so much room. Words may be cut, but a number that is cut is another number.
fn remark(model: &Model, row: &Row, room: u16) -> String {
    let left = model.forks_left.iter().filter(|left| left.run == row.line.run);
    let left: Vec<&str> = left.map(|left| left.fork.as_str()).collect();
    let behind = (!left.is_empty()).then(|| format!("  left behind: {}", left.join(", ")));
    let behind = behind.or_else(|| Some(format!("  not known what it left: {}", row.line.unread.as_ref()?)));
    let took = row.line.closed_at.and_then(|at| (at - row.line.opened_at).to_std().ok());
    let whole = |ways: &[String]| ways.iter().find(|way| width(way) <= room).cloned().unwrap_or_default();
    let numbers = match row.line.standing {
        Standing::Here => return whole(&["  driven here".to_owned()]),
        Standing::Elsewhere => {
            return whole(&["  driven by another process".to_owned(), "  driven elsewhere".to_owned()]);
        }
        Standing::Nobody if row.line.parted_from.is_some() => return whole(&["  open it".to_owned()]),
        Standing::Nobody => {
            let resume = model.setup.keys.key_of(Context::Run, Action::Retry);
            let how = naming(resume, |key| format!(", press {key} to resume"));
            return whole(&[format!("  open it{how}"), "  open it".to_owned()]);
        }
        Standing::Over => achieved(&row.line).unwrap_or_else(|| {
            let took = took.filter(|_| behind.is_none());
            took.map(|took| format!("  after {}", words::to_the_second(took))).into_iter().collect()
        }),
    };
    // How many are left behind stands above, too; what was achieved stands only here.
    let numbers = numbers.into_iter().fold(String::new(), |said, number| {
        let more = format!("{said}{number}");
        if width(&more) <= room { more } else { said }
    });
    format!("{numbers}{}", behind.unwrap_or_default())
}

/// The times it achieved: how long recovery took, what was lost; first what was missed, for the last one yields.
fn achieved(line: &RunLine) -> Option<Vec<String>> {
    let mut times = [("RTO", line.rto()), ("RPO", line.rpo())];
    if times.iter().all(|(_, amount)| amount.is_none()) {
        return None;
    }
    let is_missed = |name: &str| line.conclusion.iter().any(|ended| ended.missed.iter().any(|it| it == name));
    times.sort_by_key(|(name, _)| !is_missed(name));
    let shown = |(name, amount): (&str, Option<String>)| {
        format!("  {name} {}", amount.as_deref().unwrap_or(words::UNKNOWN))
    };
    Some(times.map(shown).into())
}
