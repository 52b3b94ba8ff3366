//! Whether what a theme paints can be seen, by the contrast of WCAG 2: 1 = the same, 21 = black on white.

use super::colour::{Rgb, rgb};
use super::palette::Palette;
use super::{Role, Theme};

/// Below this, large text cannot be told from what is behind it (WCAG 2, 1.4.11).
pub const LEAST: f64 = 3.0;

/// A role that can hardly be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Faint {
    /// The role.
    pub role: Role,
    /// Where so many colours are shown.
    pub palette: Palette,
    /// Its contrast with the background.
    pub ratio: f64,
}

impl Theme {
    /// The roles that say something and could be overlooked, each at the level where it is worst.
    pub fn faint(&self) -> Vec<Faint> {
        let worst = |role| {
            let levels = Palette::ALL.into_iter().filter_map(|palette| {
                let ratio = self.contrast(role, palette)?;
                Some(Faint { role, palette, ratio })
            });
            levels.min_by(|one, other| one.ratio.total_cmp(&other.ratio))
        };
        // Lines between parts say nothing.
        let roles = Role::ALL.into_iter().filter(|role| *role != Role::Rule);
        roles.filter_map(worst).filter(|faint| faint.ratio < LEAST).collect()
    }

    /// The contrast of a role with what is behind it; `None` where the terminal's own colours are shown.
    pub fn contrast(&self, role: Role, palette: Palette) -> Option<f64> {
        let behind = rgb(self.background.levels().shown(palette)?)?;
        let text = rgb(self.style(role, palette).fg?)?;
        Some(ratio(text, behind))
    }
}

fn ratio(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(rgb: Rgb) -> f64 {
    let [red, green, blue] = rgb.map(linear);
    0.0722_f64.mul_add(blue, 0.2126_f64.mul_add(red, 0.7152 * green))
}

/// sRGB to light.
pub(super) fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        assert!((ratio([119; 3], [255; 3]) - 4.48).abs() < 0.01);
        assert!((ratio([255; 3], [255; 3]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_state_that_cannot_be_seen_is_found() {
        let theme = Theme::parse(
            "[background]\nhex = \"#000000\"\n[roles]\ncritical = { hex = \"#200000\", c16 = \"red\" }\n\
             ok = { hex = \"#5faf5f\" }\nrule = { hex = \"#101010\" }\n",
        )
        .unwrap();
        let faint = theme.faint();
        assert_eq!(faint.iter().map(|faint| faint.role).collect::<Vec<_>>(), [Role::Critical]);
        assert!(faint[0].ratio < 1.5, "{faint:?}");
    }
}
