//! The JSON schema of config files, for editors. Written by hand, because what is read is stricter than
//! what types alone say; the test below holds it to the keys that are really read.

/// The schema, draft 7.
pub const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::config::mistake::ConfigError;
    use crate::config::{Overrides, from_texts};

    /// A table with a key that nobody knows, and where the schema describes it.
    const TABLES: [(&str, &str); 15] = [
        ("unheard = 1", ""),
        ("[arming]\nunheard = 1", "/properties/arming"),
        ("[tiers.1]\nunheard = 1", "/definitions/tier"),
        ("[sources.a]\nkind = 'pgbackrest'\nstanza = 's'\nunheard = 1", "/definitions/pgbackrest"),
        (
            "[sources.a]\nkind = 'pgbackrest'\nstanza = 's'\n[sources.a.fork]\ndirectory = '/f'\nunheard = 1",
            "/definitions/fork",
        ),
        (
            "[sources.a]\nkind = 'pgbackrest'\nstanza = 's'\n[sources.a.server]\nunheard = 1",
            "/definitions/server",
        ),
        (
            "[sources.a]\nkind = 'aiven'\nproject = 'p'\ntoken = { env = 'T' }\nunheard = 1",
            "/definitions/aiven",
        ),
        ("[sources.a]\nkind = 'aiven'\nproject = 'p'\ntoken = { unheard = 'T' }", "/definitions/secret"),
        ("[services.a]\nsource = 's'\nunheard = 1", "/definitions/service"),
        ("[services.a]\nprimary = { source = 's', unheard = 1 }", "/definitions/copy"),
        ("[[services.a.checks]]\nsql = 'q'\nunheard = 1", "/definitions/check"),
        ("[[services.a.checks]]\nsql = 'q'\nexpect = { unheard = 1 }", "/definitions/expect"),
        ("[discover.a]\nunheard = 1", "/definitions/discover"),
        ("rto_from = 'unheard'", "/properties/rto_from"),
        ("palette = 'unheard'", "/properties/palette"),
    ];

    /// What the reader says is known in the place of `unheard`.
    fn known(text: &str) -> BTreeSet<String> {
        let texts = [("a.toml".to_owned(), text.to_owned())];
        let env = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        let mistakes = match from_texts(&texts, &Overrides::default(), &env) {
            Err(ConfigError::Wrong(mistakes)) => mistakes,
            // What is wrong in how it is to look is left out.
            Ok(loaded) => loaded.config.left_out,
            Err(other) => panic!("{text}: {other}"),
        };
        let help = mistakes.list.iter().find(|mistake| mistake.what.contains("`unheard`")).unwrap();
        let words = help.help.iter().find_map(|help| help.strip_prefix("known here: ")).unwrap();
        words.split(", ").map(|word| word.trim_matches('`').to_owned()).collect()
    }

    /// The same by the schema.
    fn described(schema: &Value, pointer: &str) -> BTreeSet<String> {
        let part = schema.pointer(pointer).unwrap();
        match part.get("properties").and_then(Value::as_object) {
            Some(properties) => {
                assert_eq!(part["additionalProperties"], false, "{pointer} takes any key");
                properties.keys().cloned().collect()
            }
            None => part["enum"]
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap().to_owned())
                .collect(),
        }
    }

    #[test]
    fn the_schema_knows_every_key_that_is_read_and_no_other() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        for (text, pointer) in TABLES {
            assert_eq!(described(&schema, pointer), known(text), "schema.json{pointer} against {text}");
        }
        let definitions = schema["definitions"].as_object().unwrap();
        let without_keys = ["duration", "argv"];
        let untold = definitions.keys().filter(|name| {
            let pointer = format!("/definitions/{name}");
            !without_keys.contains(&name.as_str()) && !TABLES.iter().any(|(_, told)| *told == pointer)
        });
        assert_eq!(untold.collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
