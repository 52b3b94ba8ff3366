//! The built-in themes keep what their names promise.

use ratatui::style::{Color, Modifier, Style};

use super::*;

fn themes() -> impl Iterator<Item = (&'static str, Theme)> {
    Theme::names().map(|name| (name, Theme::built_in(name).unwrap()))
}

/// What says how a service is.
const STATES: [Role; 5] = [Role::Ok, Role::Warning, Role::Critical, Role::Unknown, Role::Exempt];

#[test]
fn every_theme_has_a_line_about_it_and_a_look_for_every_state() {
    assert!(Theme::names().count() >= 5);
    for (name, theme) in themes() {
        assert!(!theme.about().is_empty(), "{name}");
        assert_eq!(theme.roles.len(), Role::ALL.len() - usize::from(!theme.roles.contains_key(&Role::Text)));
        for palette in Palette::ALL {
            assert_ne!(theme.style(Role::Critical, palette), Style::new(), "{name} {palette:?}");
        }
    }
    assert!(Theme::built_in("drak").is_err());
}

#[test]
fn nothing_is_invisible_at_any_level() {
    for (name, theme) in themes() {
        assert_eq!(theme.faint(), [], "{name}");
    }
}

#[test]
fn high_contrast_is_high() {
    let theme = Theme::built_in("high-contrast").unwrap();
    for role in Role::ALL {
        for palette in [Palette::Sixteen, Palette::Rich, Palette::True] {
            let ratio = theme.contrast(role, palette).unwrap();
            assert!(ratio >= 7.0, "{role:?} {palette:?}: {ratio}");
        }
    }
}

#[test]
fn monochrome_has_no_colour() {
    let theme = Theme::built_in("monochrome").unwrap();
    for (role, palette) in Role::ALL.into_iter().flat_map(|role| Palette::ALL.map(|palette| (role, palette)))
    {
        assert_eq!(theme.style(role, palette).fg, None, "{role:?}");
    }
}

/// Without red or green cones (Viénot, Brettel and Mollon 1999), and with both.
const SEEN: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [[0.112_38, 0.887_62, 0.0], [0.112_38, 0.887_62, 0.0], [0.004_01, -0.004_01, 1.0]],
    [[0.292_75, 0.707_25, 0.0], [0.292_75, 0.707_25, 0.0], [-0.022_34, 0.022_34, 1.0]],
];

/// How a colour looks to an eye, evenly spread.
fn seen(colour: Color, eye: [[f64; 3]; 3]) -> [f64; 3] {
    let light = colour::rgb(colour).unwrap().map(contrast::linear);
    eye.map(|row| {
        let sum: f64 = row.iter().zip(light).map(|(weight, light)| weight * light).sum();
        sum.clamp(0.0, 1.0).cbrt()
    })
}

#[test]
fn colour_blind_people_tell_the_states_apart() {
    let theme = Theme::built_in("colour-blind").unwrap();
    for palette in [Palette::Rich, Palette::True] {
        for eye in SEEN {
            let states = STATES.map(|role| (role, seen(theme.style(role, palette).fg.unwrap(), eye)));
            for (index, (one, here)) in states.iter().enumerate() {
                for (other, there) in &states[..index] {
                    let apart = here.iter().zip(there).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(apart > 0.3, "{one:?} and {other:?} at {palette:?}: {apart}");
                }
            }
        }
    }
}

#[test]
fn an_unknown_role_or_key_is_an_error() {
    let background = "[background]\nhex = \"#000000\"\n";
    assert!(Theme::parse(&format!("{background}[roles]\nok = {{ bold = true }}")).is_ok());
    for wrong in
        ["nonsense = {}", "ok = { blink = true }", "ok = { hex = \"red\" }", "ok = { c16 = \"rosy\" }"]
    {
        assert!(Theme::parse(&format!("{background}[roles]\n{wrong}")).is_err(), "{wrong}");
    }
    assert!(Theme::parse("[roles]\nok = {}").is_err(), "what it is chosen for must be said");
}

#[test]
fn no_colour_keeps_only_weight() {
    let theme = Theme::built_in("dark").unwrap();
    let style = theme.style(Role::Armed, Palette::None);
    assert_eq!(style.fg, None);
    assert!(style.add_modifier.contains(Modifier::REVERSED));
}

#[test]
fn only_a_theme_that_says_so_paints_the_background() {
    let painted = Theme::built_in("light").unwrap().ground(Palette::Rich);
    assert!(painted.bg.is_some() && painted.fg.is_some());
    assert_eq!(Theme::built_in("light").unwrap().ground(Palette::None), Style::new());
    assert_eq!(Theme::built_in("dark").unwrap().ground(Palette::True), Style::new());
}

#[test]
fn the_key_of_a_role_is_the_one_that_is_read() {
    for role in Role::ALL {
        let text = format!("[background]\nhex = \"#000000\"\n[roles]\n{} = {{ bold = true }}", role.key());
        assert!(Theme::parse(&text).unwrap().roles.contains_key(&role));
    }
}
