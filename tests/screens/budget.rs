//! Budgets of bytes: what a move, a line of scrolling, a tick and a flood of keys may cost.

use lifeboat::domain::Liveness;
use lifeboat::tui::app::Model;
use lifeboat::tui::app::Size;
use lifeboat::tui::app::runs::{RunLine, Standing};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::{Palette, Theme};

use crate::cost::Stage;
use crate::large::large_fleet;
use crate::picture::{buffer, look, rich, text};
use crate::runs::line;
use crate::sample::{now, setup};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn stage((width, height): (u16, u16), palette: Palette) -> Stage {
    let model = Model::new(setup(), large_fleet(1000), now(), Size { width, height });
    Stage::new(model, look(palette, &Glyphs::UNICODE))
}

#[test]
fn a_move_of_the_selection_costs_hardly_more_than_it_must() {
    for size in SIZES {
        for palette in [Palette::None, Palette::Rich, Palette::True] {
            let mut stage = stage(size, palette);
            for key in [Key::Down, Key::Down, Key::Up, Key::Down, Key::Up] {
                let cost = stage.keys(&[key]);
                assert!(cost.bytes * 10 <= cost.need * 11, "{size:?} {palette:?}: {cost:?}");
            }
        }
    }
}

#[test]
fn a_list_that_scrolls_by_a_line_is_moved_by_the_terminal() {
    let mut stage = stage((80, 24), Palette::Rich);
    stage.keys(&[Key::Char('s'), Key::PageDown, Key::PageDown]);
    for _ in 0..5 {
        let cost = stage.keys(&[Key::Down]);
        assert!(cost.bytes <= 400, "{cost:?}");
    }
}

#[test]
fn a_tick_costs_a_digit_and_a_second_look_nothing() {
    // Wide screens show ages that move, too; at the turn of a minute every loss does.
    for (size, most) in SIZES.into_iter().zip([10, 25, 25]) {
        let mut stage = stage(size, Palette::Rich);
        stage.tick(1);
        let each: Vec<usize> = (2..62).map(|second| stage.tick(second).bytes).collect();
        let mean = each.iter().sum::<usize>().div_ceil(each.len());
        assert!(mean <= most, "{size:?}: {mean} bytes a second, {each:?}");
        assert_eq!(stage.tick(61).bytes, 0, "the same second again");
        assert_eq!(stage.frame().bytes, 0, "the same picture again");
    }
}

#[test]
fn five_hundred_keys_at_once_or_in_a_few_portions_cost_few_bytes() {
    for portion in [500, 167] {
        let mut stage = stage((80, 24), Palette::Rich);
        let bytes: usize = [Key::Down; 500].chunks(portion).map(|keys| stage.keys(keys).bytes).sum();
        assert!(bytes <= 15_000, "{portion} at once: {bytes}");
        let selected = stage.model.board.visible(stage.model.page()).last();
        assert_eq!(stage.model.board.selected(), selected, "the last of the page is the 500th on");
    }
}

#[test]
fn every_theme_keeps_the_budget_of_a_move() {
    for name in Theme::names() {
        let model = Model::new(setup(), large_fleet(100), now(), Size { width: 80, height: 24 });
        let mut look = look(Palette::True, &Glyphs::UNICODE);
        look.theme = Theme::built_in(name).unwrap();
        let mut stage = Stage::new(model, look);
        let cost = stage.keys(&[Key::Down]);
        assert!(cost.bytes <= 700, "{name}: {cost:?}");
    }
}

/// Times are not for a test; who is looked at is.
#[test]
fn a_frame_looks_at_no_service_that_it_does_not_show() {
    let run = RunLine {
        service: "service-00999".to_owned(),
        ..line("drill-service-00999-20261120-aaaaaa", "2026-11-20T09:00:00Z", None, Standing::Elsewhere)
    };
    for (width, height) in SIZES {
        let mut fleet = large_fleet(1000);
        for (service, liveness) in fleet.services.values_mut().zip(
            [Liveness::Answers { at: now() }, Liveness::silent(now(), Some(now())), Liveness::NotProbed]
                .into_iter()
                .cycle(),
        ) {
            service.liveness = liveness;
        }
        let mut model = Model::new(setup(), fleet, now(), Size { width, height });
        model.recall_runs(vec![run.clone()]);
        let whole = buffer(&model, &rich());
        assert!(text(&whole).contains(" DRILL "), "{}", text(&whole));
        assert_eq!(text(&whole).contains("of 670 primaries answer"), width > 96, "{}", text(&whole));
        let mut seen = model.board.visible(model.page()).to_vec();
        seen.push(run.service.clone());
        model.fleet.services.retain(|id, _| seen.contains(id));
        assert!(model.fleet.services.len() < 60);
        assert_eq!(buffer(&model, &rich()), whole, "{width}x{height}");
    }
}
