//! What lifeboat costs, measured, beside what it must and at best should: `cargo bench`. One table, each
//! row by itself; times are the median of several, on whatever else the machine does. Counts of bytes are
//! held by tests (tests/screens/budget.rs, tests/pty), times never.
//!
//! No benchmark library: criterion brings 44 crates for statistics that a shared machine does not deserve.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints, and stops where something goes wrong"
)]

#[path = "../screens/cost.rs"]
mod cost;
#[path = "../screens/held.rs"]
mod held;
#[path = "../screens/large.rs"]
mod large;
mod memory;
mod process;
mod reading;
mod replay;
#[path = "../screens/sample.rs"]
#[expect(dead_code, reason = "shared with the screens, which need more of it")]
mod sample;
mod screen;

use std::time::{Duration, Instant};

/// One row of the table.
struct Row {
    what: String,
    measured: String,
    must: String,
    best: String,
    /// Whether what must be is; `None` = nothing is promised.
    met: Option<bool>,
}

impl Row {
    /// A number that must not be above another.
    fn at_most(what: &str, measured: usize, (must, best): (usize, usize), unit: &str) -> Self {
        let text = |number: usize| format!("{number} {unit}");
        Self {
            what: what.to_owned(),
            measured: text(measured),
            must: format!("<= {}", text(must)),
            best: format!("<= {}", text(best)),
            met: Some(measured <= must),
        }
    }

    /// A number that must not be above so many times another.
    fn times(what: &str, measured: f64, (must, best): (f64, f64), of: &str) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{measured:.2} x {of}"),
            must: format!("<= {must:.2} x"),
            best: format!("<= {best:.2} x"),
            met: Some(measured <= must),
        }
    }

    /// Something of which nothing is promised.
    fn plain(what: &str, measured: String) -> Self {
        Self { what: what.to_owned(), measured, must: String::new(), best: String::new(), met: None }
    }

    /// A time of which nothing is promised.
    fn time(what: &str, measured: Duration) -> Self {
        Self::plain(what, format!("{measured:.2?}"))
    }
}

/// The median time of a number of turns.
fn median(turns: usize, mut turn: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..turns)
        .map(|_| {
            let begun = Instant::now();
            turn();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[turns / 2]
}

/// How many rounds two things are measured in, and how many turns of each a round has.
const ROUNDS: usize = 51;
const TURNS: u32 = 8;

/// How long each of two takes, and how many times the first the second takes.
struct Beside {
    first: Duration,
    second: Duration,
    ratio: f64,
}

/// Medians of rounds in which both take their turns one right after the other: what else the machine does falls on both of
/// a round, and what falls on one alone is in few rounds.
fn beside(mut first: impl FnMut(), mut second: impl FnMut()) -> Beside {
    fn timed(turn: &mut dyn FnMut()) -> Duration {
        let begun = Instant::now();
        (0..TURNS).for_each(|_| turn());
        begun.elapsed() / TURNS
    }
    let round = |number: usize| {
        // Neither always comes first.
        if number.is_multiple_of(2) {
            let first = timed(&mut first);
            (first, timed(&mut second))
        } else {
            let second = timed(&mut second);
            (timed(&mut first), second)
        }
    };
    let (mut firsts, mut seconds): (Vec<Duration>, Vec<Duration>) = (0..ROUNDS).map(round).unzip();
    let mut ratios: Vec<f64> =
        firsts.iter().zip(&seconds).map(|(first, second)| second.div_duration_f64(*first)).collect();
    firsts.sort();
    seconds.sort();
    ratios.sort_by(f64::total_cmp);
    Beside { first: firsts[ROUNDS / 2], second: seconds[ROUNDS / 2], ratio: ratios[ROUNDS / 2] }
}

fn main() {
    if let Some(services) = held::asked() {
        memory::hold(services);
        return;
    }
    let mut rows = screen::rows();
    rows.extend(memory::rows());
    let answers = replay::answers(reading::SERVICES);
    rows.extend(reading::rows(&answers));
    rows.extend(process::rows(&answers));
    println!("{:<58} {:<24} {:<16} {:<16} met", "what", "measured", "must", "best");
    for row in &rows {
        let met = match row.met {
            None => "",
            Some(true) => "yes",
            Some(false) => "NO",
        };
        println!("{:<58} {:<24} {:<16} {:<16} {met}", row.what, row.measured, row.must, row.best);
    }
}
