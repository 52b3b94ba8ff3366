//! The user's own keys: `keys.toml` in a config folder, laid over the table of keys.

use super::load::{Env, folders, parse, read_file};
use super::mistake::{ConfigError, Mistake, Mistakes};
use super::node::{Entry, Node, Place, Value};
use crate::tui::keymap::{Action, Context, Key, KeyMap, Twice};

/// The name of the file.
const FILE: &str = "keys.toml";

/// The keys in force: those of the table and, where the user's config folder or the host's has a
/// `keys.toml`, what it says. The first one found counts.
///
/// # Errors
/// A file that cannot be read, or every mistake in it.
pub fn user_keys(env: Env<'_>) -> Result<KeyMap, ConfigError> {
    let mut files = folders(env).into_iter().map(|folder| folder.join(FILE));
    let Some(path) = files.find(|path| path.exists()) else { return Ok(KeyMap::default()) };
    let text = read_file(&path)?;
    from_text(&path.display().to_string(), &text).map_err(ConfigError::Wrong)
}

/// What a file gave keys to, and where it says so.
struct Given<'a> {
    context: Context,
    action: Action,
    at: &'a Place,
}

fn from_text(name: &str, text: &str) -> Result<KeyMap, Mistakes> {
    let mut mistakes = Mistakes::default();
    let node = parse(name, text, &mut mistakes);
    let mut keys = KeyMap::default();
    let mut given = Vec::new();
    for (section, entry) in node.table().into_iter().flatten() {
        let Some(context) = Context::ALL.into_iter().find(|context| context.key() == section) else {
            let known = Context::ALL.map(Context::key);
            mistakes.list.push(Mistake::unknown_key(Some(&entry.key_at), section, &known, "the key map"));
            continue;
        };
        let Some(table) = entry.node.table() else {
            let mistake = Mistake::new(Some(&entry.node.at), format!("`{section}` is no table"));
            mistakes.list.push(mistake.help(format!("write [{section}], then ACTION = \"KEY\" below it")));
            continue;
        };
        for (name, entry) in table {
            given.extend(assign(&mut keys, context, name, entry, &mut mistakes));
        }
    }
    // A key in two places may be another mistake's doing.
    if mistakes.list.is_empty() {
        mistakes.list.extend(keys.twice().into_iter().map(|twice| clash(twice, &given)));
    }
    if mistakes.list.is_empty() { Ok(keys) } else { Err(mistakes) }
}

/// Gives one action its keys.
fn assign<'a>(
    keys: &mut KeyMap,
    context: Context,
    name: &str,
    entry: &'a Entry,
    mistakes: &mut Mistakes,
) -> Option<Given<'a>> {
    let known = keys.of(context).find(|binding| binding.action.key() == name);
    let Some(action) = known.map(|binding| binding.action) else {
        let known: Vec<&str> = keys.of(context).map(|binding| binding.action.key()).collect();
        let what = format!("nothing in [{}] is called `{name}`", context.key());
        mistakes.list.push(Mistake::new(Some(&entry.key_at), what).help_nearest(name, &known));
        return None;
    };
    let wanted = match &entry.node.value {
        Value::List(items) => items.iter().map(key).collect(),
        _ => key(&entry.node).map(|key| vec![key]),
    };
    match wanted {
        Ok(wanted) => {
            keys.assign(context, action, wanted);
            Some(Given { context, action, at: &entry.node.at })
        }
        Err(mistake) => {
            mistakes.list.push(mistake);
            None
        }
    }
}

fn key(node: &Node) -> Result<Key, Mistake> {
    let Value::Text(text) = &node.value else {
        return Err(Mistake::new(Some(&node.at), "a key is a text, or a list of texts"));
    };
    text.parse().map_err(|_| {
        let known: Vec<&str> = Key::names().collect();
        Mistake::new(Some(&node.at), format!("`{text}` is no key"))
            .help("write one character, ctrl- and a small letter (but not h, i, j or m), or a name")
            .help_nearest(text, &known)
    })
}

/// Points at what the file says: at least one of the two is from there.
fn clash(twice: Twice, given: &[Given<'_>]) -> Mistake {
    let Twice { context, key, actions: [one, other] } = twice;
    let of = |action: Action| given.iter().find(|given| given.context == context && given.action == action);
    let (at, new, old) = match (of(other), of(one)) {
        (Some(given), _) => (Some(given.at), other, one),
        (None, Some(given)) => (Some(given.at), one, other),
        (None, None) => (None, other, one),
    };
    let (new, old, section) = (new.key(), old.key(), context.key());
    Mistake::new(at, format!("`{key}` is given to `{new}` and is `{old}` already, in [{section}]"))
        .help(format!("give one of them another key; `{old} = []` takes its keys away"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        from_text("keys.toml", text).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn what_a_file_says_is_in_force() {
        let keys =
            from_text("keys.toml", "[fleet]\nsort = \"o\"\ndrill = [\"O\", \"ctrl-d\"]\nalerts = []\n")
                .unwrap();
        assert_eq!(keys.action(Context::Fleet, Key::Char('o')), Some(Action::Sort));
        assert_eq!(keys.action(Context::Fleet, Key::Ctrl('d')), Some(Action::Drill));
        assert_eq!(keys.action(Context::Fleet, Key::Char('a')), None);
        assert_eq!(keys.action(Context::Fleet, Key::Char('i')), Some(Action::Incident));
    }

    #[test]
    fn a_key_for_two_things_is_refused_with_its_line() {
        let said = wrong("[fleet]\nsort = \"d\"\n");
        assert!(said.contains("keys.toml:2") && said.contains("`drill` already"), "{said}");
        let said = wrong("[run]\nnote = \"z\"\nskip = \"z\"\n");
        assert!(said.contains("keys.toml:2") && said.contains("`skip` already"), "{said}");
        assert!(wrong("[fleet]\nsort = \"ctrl-c\"\n").contains("`quit` already"));
    }

    #[test]
    fn an_unknown_word_gets_the_nearest() {
        assert!(wrong("[fleet]\nsrot = \"o\"\n").contains("did you mean `sort`?"));
        assert!(wrong("[flete]\nsort = \"o\"\n").contains("did you mean `fleet`?"));
        assert!(wrong("[fleet]\nsort = \"ctl-o\"\n").contains("`ctl-o` is no key"));
        assert!(wrong("[fleet]\nsort = \"pgdown\"\n").contains("did you mean `pgdn`?"));
        assert!(wrong("[fleet]\nsort = 3\n").contains("keys.toml:2"));
        assert!(wrong("fleet = 3\n").contains("no table"));
        assert!(wrong("[fleet\n").contains("keys.toml:1"));
    }
}
