//! The characters that stand for state, chosen once: Unicode, or ASCII where the locale has no UTF-8.

/// One set of characters. Each is one cell wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Critical.
    pub critical: &'static str,
    /// Warning.
    pub warning: &'static str,
    /// Unknown.
    pub unknown: &'static str,
    /// As it should be.
    pub ok: &'static str,
    /// By design.
    pub exempt: &'static str,
    /// Under way.
    pub active: &'static str,
    /// Begun, and nobody goes on with it.
    pub left: &'static str,
    /// Yet to come.
    pub pending: &'static str,
    /// The selected row.
    pub gutter: &'static str,
    /// Horizontal line.
    pub rule: &'static str,
    /// Log in a lane.
    pub log: &'static str,
    /// A backup in a lane.
    pub backup: &'static str,
    /// A hole in a lane.
    pub hole: &'static str,
    /// Not there yet in a lane.
    pub absent: &'static str,
    /// The cursor on a lane.
    pub cursor: &'static str,
    /// A bar's full part.
    pub full: &'static str,
    /// A bar's empty part.
    pub empty: &'static str,
    /// Heights of a strip within its scale, lowest first, and what is beyond it.
    pub bars: [&'static str; 5],
    /// Nothing is known of that time, in a strip or a chart.
    pub gap: &'static str,
    /// Our own line of a chart, its provider's, and where both are in one place.
    pub lines: [&'static str; 3],
    /// Text goes on.
    pub more: &'static str,
    /// Between a thing and its remark.
    pub dot: &'static str,
    /// Corners and sides of a box: top left, top right, bottom left, bottom right, side.
    pub frame: [&'static str; 5],
    /// Whether nothing but ASCII may be written.
    pub ascii: bool,
}

impl Glyphs {
    /// For a UTF-8 terminal.
    pub const UNICODE: Self = Self {
        critical: "✖",
        warning: "▲",
        unknown: "?",
        ok: "✔",
        exempt: "○",
        active: "▸",
        left: "▹",
        pending: "·",
        gutter: ">",
        rule: "─",
        log: "━",
        backup: "■",
        hole: "x",
        absent: "╌",
        cursor: "◆",
        full: "▓",
        empty: "░",
        bars: ["▁", "▂", "▃", "▅", "█"],
        gap: "·",
        lines: ["○", "●", "◉"],
        more: "…",
        dot: "·",
        frame: ["┌", "┐", "└", "┘", "│"],
        ascii: false,
    };

    /// For every other.
    pub const ASCII: Self = Self {
        critical: "x",
        warning: "!",
        unknown: "?",
        ok: "v",
        exempt: "o",
        active: ">",
        left: "%",
        pending: ".",
        gutter: ">",
        rule: "-",
        log: "=",
        backup: "#",
        hole: "x",
        absent: "-",
        cursor: "@",
        full: "#",
        empty: ".",
        bars: ["_", "-", "=", "+", "#"],
        gap: ".",
        lines: ["o", "*", "8"],
        more: "~",
        dot: "-",
        frame: ["+", "+", "+", "+", "|"],
        ascii: true,
    };

    /// By the locale (`LC_ALL`, else `LC_CTYPE`, else `LANG`): ASCII unless it says UTF-8.
    pub fn from_env(var: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| var(name).filter(|value| !value.is_empty()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Self::UNICODE } else { Self::ASCII }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn all(glyphs: &Glyphs) -> Vec<&'static str> {
        let mut all = vec![
            glyphs.critical,
            glyphs.warning,
            glyphs.unknown,
            glyphs.ok,
            glyphs.exempt,
            glyphs.active,
            glyphs.left,
            glyphs.pending,
            glyphs.gutter,
            glyphs.rule,
            glyphs.log,
            glyphs.backup,
            glyphs.hole,
            glyphs.absent,
            glyphs.cursor,
            glyphs.gap,
            glyphs.full,
            glyphs.empty,
            glyphs.more,
            glyphs.dot,
        ];
        all.extend(glyphs.frame);
        all.extend(glyphs.bars);
        all.extend(glyphs.lines);
        all
    }

    #[test]
    fn each_glyph_is_one_cell_wide() {
        for glyph in all(&Glyphs::UNICODE).into_iter().chain(all(&Glyphs::ASCII)) {
            assert_eq!(glyph.width(), 1, "{glyph}");
        }
        assert!(all(&Glyphs::ASCII).iter().all(|glyph| glyph.is_ascii()));
    }

    /// Lanes, a strip and the marks below them share the screen of a service.
    #[test]
    fn what_stands_on_one_timeline_means_one_thing() {
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            let Glyphs { log, backup, hole, absent, unknown, warning, cursor, gap, .. } = glyphs;
            let mut signs = vec![log, backup, hole, absent, unknown, warning, cursor, gap];
            signs.sort_unstable();
            signs.dedup();
            assert_eq!(signs.len(), 8, "{signs:?}");
        }
    }

    #[test]
    fn the_locale_decides() {
        let with = |pairs: &'static [(&str, &str)]| {
            Glyphs::from_env(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned()))
        };
        assert!(!with(&[("LANG", "en_US.UTF-8")]).ascii);
        assert!(with(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]).ascii);
        assert!(!with(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]).ascii);
        assert!(with(&[]).ascii);
    }
}
