//! `keys`: what every key of the dashboard does, with the user's own map laid over the table.

use serde_json::json;

use super::args::OutputForm;
use super::look::env;
use super::table::{Table, terminal_width};
use super::{Exit, Global, Out, config_error, wrong_form};
use crate::config::user_keys;
use crate::tui::keymap::{Binding, Context, KeyMap};

pub(super) fn run(global: &Global, out: &mut Out) -> Exit {
    let keys = match user_keys(&env) {
        Ok(keys) => keys,
        Err(error) => return config_error(&error, out),
    };
    match global.output {
        None | Some(OutputForm::Table) => out.line(&table(&keys)),
        Some(OutputForm::Json) => out.line(&json(&keys).to_string()),
        Some(_) => return wrong_form("keys", "table or json", out),
    }
    Exit::Done
}

/// By context, in the order of the help.
fn rows(keys: &KeyMap) -> impl Iterator<Item = &Binding> {
    Context::ALL.into_iter().flat_map(|context| keys.of(context))
}

fn table(keys: &KeyMap) -> String {
    let mut table = Table::with_sentences(&[("WHERE", 0), ("KEYS", 0), ("ACTION", 1), ("WHAT IT DOES", 0)]);
    for row in rows(keys) {
        let cells = [row.context.key(), &row.keys_text(), row.action.key(), row.help];
        table.row(cells.map(str::to_owned).into(), Vec::new());
    }
    table.draw(terminal_width())
}

fn json(keys: &KeyMap) -> serde_json::Value {
    let one = |row: &Binding| {
        json!({
            "context": row.context.key(),
            "action": row.action.key(),
            "keys": row.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "what": row.help,
        })
    };
    json!({ "keys": rows(keys).map(one).collect::<Vec<_>>() })
}
