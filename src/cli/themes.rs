//! `themes`: every theme, where it comes from, and what is wrong with it.

use serde_json::json;

use super::args::OutputForm;
use super::look::env;
use super::table::{Table, terminal_width};
use super::{Exit, Global, Out, config_error, wrong_form};
use crate::config::{Config, ConfigError, NamedTheme, Themes};
use crate::tui::theme::Theme;

pub(super) fn run(global: &Global, out: &mut Out) -> Exit {
    let themes = Themes::find(&env);
    let config = looks(global);
    let chosen = config.as_ref().and_then(|config| config.theme.as_deref()).unwrap_or(Theme::USUAL);
    match global.output {
        None | Some(OutputForm::Table) => out.line(&table(&themes, chosen)),
        Some(OutputForm::Json) => out.line(&json(&themes, chosen).to_string()),
        Some(_) => return wrong_form("themes", "table or json", out),
    }
    let told = themes.all().iter().filter_map(said);
    for text in told {
        out.problem(&text);
    }
    let left_out = config.map(|config| config.left_out).filter(|left_out| !left_out.is_empty());
    left_out.map_or(Exit::Done, |left_out| config_error(&ConfigError::Wrong(left_out.as_errors()), out))
}

/// What flags, environment and config choose; without a config, or with one that is wrong, what the others do.
fn looks(global: &Global) -> Option<Config> {
    let loaded = global.load().map(|loaded| loaded.config);
    loaded.or_else(|_| global.looks_alone()).ok()
}

/// What is wrong with a theme or to be warned about, drawn with its line.
fn said(theme: &NamedTheme) -> Option<String> {
    match &theme.theme {
        Err(mistakes) => Some(mistakes.to_string()),
        Ok(_) if theme.warnings.is_empty() => None,
        Ok(_) => Some(theme.warnings.to_string()),
    }
}

fn from(theme: &NamedTheme) -> String {
    theme.file.as_ref().map_or_else(|| "built in".to_owned(), |file| file.display().to_string())
}

fn state(theme: &NamedTheme, chosen: &str) -> &'static str {
    match &theme.theme {
        Err(_) => "cannot be used",
        Ok(_) if !theme.warnings.is_empty() => "hard to see",
        Ok(_) if theme.name == chosen => "in use",
        Ok(_) => "",
    }
}

fn about(theme: &NamedTheme) -> &str {
    theme.theme.as_ref().map_or("", Theme::about)
}

fn table(themes: &Themes, chosen: &str) -> String {
    let mut table = Table::with_sentences(&[("THEME", 0), ("STATE", 0), ("FROM", 1), ("ABOUT", 0)]);
    for theme in themes.all() {
        let (state, about) = (state(theme, chosen).to_owned(), about(theme).to_owned());
        table.row(vec![theme.name.clone(), state, from(theme), about], Vec::new());
    }
    table.draw(terminal_width())
}

fn json(themes: &Themes, chosen: &str) -> serde_json::Value {
    let one = |theme: &NamedTheme| {
        json!({
            "theme": theme.name,
            "in_use": theme.name == chosen,
            "usable": theme.theme.is_ok(),
            "file": theme.file.as_ref().map(|file| file.display().to_string()),
            "about": about(theme),
            "mistake": theme.theme.as_ref().err().map(crate::config::Mistakes::one_line),
            "warning": (!theme.warnings.is_empty()).then(|| theme.warnings.one_line()),
        })
    };
    json!({ "themes": themes.all().iter().map(one).collect::<Vec<_>>() })
}
