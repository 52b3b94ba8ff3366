//! What is wrong in a config, and how it is shown: file, line, key, the nearest known key, what to write.

use std::fmt::Write as _;
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::de::{DeError, Fault};
use super::node::{Place, Step};
use crate::domain::nearest::nearest;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where; `None` when it is something that is nowhere.
    pub(crate) at: Option<Place>,
    /// What is wrong, in one sentence without values of secrets.
    pub(crate) what: String,
    /// What to write instead.
    pub(crate) help: Vec<String>,
    /// Whether it can be lived with.
    pub(crate) warns: bool,
}

impl Mistake {
    pub(crate) fn new(at: Option<&Place>, what: impl Into<String>) -> Self {
        Self { at: at.cloned(), what: what.into(), help: Vec::new(), warns: false }
    }

    /// It is only warned about.
    pub(crate) const fn warns(mut self) -> Self {
        self.warns = true;
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Puts a fault of the table called `section` into words.
    pub(crate) fn from_fault(error: &DeError, section: &str) -> Self {
        let place = error.at.as_ref();
        let parent = error.path.split_last().map(|(_, parent)| parent).unwrap_or_default();
        match &error.fault {
            Fault::UnknownKey { key, known } => {
                Self::unknown_key(place, key, known, &deeper(section, parent))
            }
            Fault::UnknownChoice { given, known } => {
                let key = error.path_text();
                Self::new(place, format!("`{key}` in {section} takes no `{given}`"))
                    .help_nearest(given, known)
            }
            Fault::Missing { key } => {
                let section = deeper(section, &error.path);
                Self::new(place, format!("{section} lacks `{key}`"))
                    .help(format!("write `{key} = ..` in {section}"))
            }
            Fault::WrongType { got, wanted } => {
                let key = error.path_text();
                let wanted = plain(wanted);
                let this = Self::new(place, format!("`{key}` in {section} is {got}, wanted is {wanted}"));
                let bare = |word: &str| word.contains("number") || word == TRUE_OR_FALSE;
                match (*got, wanted) {
                    ("a text", wanted) if bare(wanted) => {
                        this.help(format!("write {wanted}, without quotes"))
                    }
                    (got, "a text") if bare(got) => this.help("write it in quotes"),
                    _ => this,
                }
            }
            Fault::LiteralSecret => {
                let key = error.path_text();
                Self::new(place, format!("`{key}` in {section} holds the secret itself"))
                    .help(format!(
                        "write where it is: `{key} = {{ env = \"NAME\" }}`, `{key} = {{ file = \"/path\" }}` \
                         or `{key} = {{ command = [\"..\"] }}`"
                    ))
                    .help("this secret was in a file in the clear: replace it")
            }
            Fault::Other(what) => {
                let key = error.path_text();
                Self::new(place, format!("`{key}` in {section}: {what}"))
            }
        }
    }

    pub(crate) fn unknown_key(at: Option<&Place>, key: &str, known: &[&str], section: &str) -> Self {
        Self::new(at, format!("unknown key `{key}` in {section}")).help_nearest(key, known)
    }

    /// Names the nearest known word, and all of them.
    pub(crate) fn help_nearest(self, given: &str, known: &[&str]) -> Self {
        let nearest = nearest(given, known);
        let this = match nearest {
            Some(word) => self.help(format!("did you mean `{word}`?")),
            None => self,
        };
        if known.is_empty() {
            return this;
        }
        let all = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        this.help(format!("known here: {all}"))
    }
}

impl DeError {
    fn path_text(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => {
                    text.push('.');
                    text.push_str(key);
                }
                Step::Index(index) => {
                    let _ = write!(text, "[{}]", index + 1);
                }
            }
        }
        text
    }
}

/// The section a path inside of another leads to.
fn deeper(section: &str, path: &[Step]) -> String {
    path.iter().fold(section.to_owned(), |section, step| match (section.strip_suffix(']'), step) {
        (Some(open), Step::Key(key)) => format!("{open}.{key}]"),
        _ => section,
    })
}

const TRUE_OR_FALSE: &str = "true or false";

/// The reader's words for a type, instead of the language's.
fn plain(wanted: &str) -> &str {
    match wanted {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that fits",
        "f32" | "f64" => "a number",
        "a string" | "string" => "a text",
        "a boolean" => TRUE_OR_FALSE,
        "a sequence" => "a list",
        _ if wanted.starts_with("struct ") || wanted == "a map" => "a table",
        _ => wanted,
    }
}

/// A text that was read, with every literal secret masked.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) masked: String,
}

impl Text {
    pub(crate) fn new(name: impl Into<String>, text: &str) -> Self {
        Self { name: name.into(), masked: mask(text) }
    }

    /// `file:line` of a byte.
    pub(crate) fn line(&self, byte: usize) -> String {
        format!("{}:{}", self.name, self.line_number(byte))
    }

    fn line_number(&self, byte: usize) -> usize {
        let before = self.masked.get(..byte.min(self.masked.len())).unwrap_or(&self.masked);
        before.matches('\n').count() + 1
    }
}

/// Replaces what stands in quotes behind a key that names a secret, byte for byte, so that no
/// drawing of a line can show one.
fn mask(text: &str) -> String {
    text.split_inclusive('\n').map(mask_line).collect()
}

fn mask_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(equals) = rest.find('=') {
        let (before, after) = rest.split_at(equals + 1);
        out.push_str(before);
        rest = after;
        let key = before.trim_end_matches('=').trim().to_lowercase();
        let value = after.trim_start();
        if must_hide(&key, value) {
            let blank = after.len() - value.len();
            let end = quoted_end(value).unwrap_or(value.trim_end().len());
            out.push_str(after.get(..blank).unwrap_or_default());
            out.push_str(&"*".repeat(end));
            rest = value.get(end..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// A value behind a key that names a secret; a token where the name of its variable belongs; an
/// address with a password.
fn must_hide(key: &str, value: &str) -> bool {
    if value.starts_with(['{', '[']) {
        return false;
    }
    let names_secret = ["token", "secret", "password", "key"].iter().any(|word| key.ends_with(word));
    let quoted = value.get(1..quoted_end(value).unwrap_or(1) - 1).unwrap_or_default();
    let wrong_variable = key.ends_with("env") && !crate::secret::is_variable(quoted);
    let password = quoted.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    names_secret || wrong_variable || password
}

/// The byte behind the closing quote of a value that begins with a quote.
fn quoted_end(value: &str) -> Option<usize> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.find(quote).map(|at| at + 2)
}

/// One mistake for programs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// The file, `$VARIABLE` or `--flag` it stands in.
    pub file: Option<String>,
    /// Its line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub help: Vec<String>,
}

/// All mistakes of a config, with the texts to draw them on.
#[derive(Debug, Clone, Default)]
pub struct Mistakes {
    pub(crate) list: Vec<Mistake>,
    pub(crate) texts: Vec<Text>,
}

impl Mistakes {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The same where nothing can be lived with.
    #[must_use]
    pub fn as_errors(mut self) -> Self {
        for mistake in &mut self.list {
            mistake.warns = false;
        }
        self
    }

    /// One line: the first mistake and where it is, and how many more there are.
    pub fn one_line(&self) -> String {
        let Some(first) = self.each_line().next() else { return "no mistake".to_owned() };
        match self.list.len() - 1 {
            0 => first,
            more => format!("{first} (and {more} more)"),
        }
    }

    /// Each mistake and where it is, in a line.
    pub fn each_line(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|mistake| {
            let place = match &mistake.at {
                Some(Place::Text { text, span }) => self.texts.get(*text).map(|text| text.line(span.start)),
                Some(Place::Env(name) | Place::Flag(name)) => Some((*name).to_owned()),
                None => None,
            };
            let place = place.map_or_else(String::new, |place| format!("{place}: "));
            format!("{place}{}", mistake.what)
        })
    }

    /// Each mistake for programs: where, what, and what to write instead.
    pub fn told(&self) -> Vec<Told> {
        self.list.iter().map(|mistake| self.tell(mistake)).collect()
    }

    fn tell(&self, mistake: &Mistake) -> Told {
        let (file, line) = match &mistake.at {
            Some(Place::Text { text, span }) => match self.texts.get(*text) {
                Some(text) => (Some(text.name.clone()), Some(text.line_number(span.start))),
                None => (None, None),
            },
            Some(Place::Env(name)) => (Some(format!("${name}")), None),
            Some(Place::Flag(flag)) => (Some((*flag).to_owned()), None),
            None => (None, None),
        };
        Told { file, line, what: mistake.what.clone(), help: mistake.help.clone() }
    }

    fn draw(&self, mistake: &Mistake) -> String {
        let level = if mistake.warns { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(mistake.what.as_str());
        let mut group = match &mistake.at {
            Some(Place::Text { text, span }) => match self.texts.get(*text) {
                Some(text) => {
                    let end = span.end.min(text.masked.len()).max(span.start);
                    title.element(Snippet::source(text.masked.as_str()).path(text.name.as_str()).annotation(
                        AnnotationKind::Primary.span(span.start..first_line_end(text, span.start, end)),
                    ))
                }
                None => title.elements(None::<annotate_snippets::Message<'_>>),
            },
            Some(Place::Env(name)) => {
                title.element(Level::NOTE.message(format!("from the environment variable {name}")))
            }
            Some(Place::Flag(flag)) => title.element(Level::NOTE.message(format!("from {flag}"))),
            None => title.elements(None::<annotate_snippets::Message<'_>>),
        };
        for help in &mistake.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        Renderer::plain().term_width(110).render(&[group])
    }
}

/// A table's span may run over many lines: only its first is drawn.
fn first_line_end(text: &Text, start: usize, end: usize) -> usize {
    text.masked.get(start..end).and_then(|part| part.find('\n')).map_or(end, |newline| start + newline)
}

impl std::fmt::Display for Mistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, mistake) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            f.write_str(&self.draw(mistake))?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// Why there is no config.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// None was given and none lies where it is looked for.
    #[error("no config: none given by --config or LIFEBOAT_CONFIG, none at {}", places(looked_at))]
    None {
        /// Where it was looked for.
        looked_at: Vec<PathBuf>,
    },
    /// One that was named cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// It says something wrong.
    #[error("{0}")]
    Wrong(Mistakes),
}

impl ConfigError {
    /// The same in one line, for `check`.
    pub fn one_line(&self) -> String {
        match self {
            Self::Wrong(mistakes) => mistakes.one_line(),
            other => other.to_string(),
        }
    }
}

fn places(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_secret_is_masked_byte_for_byte() {
        let text = "token = \"avnä\" # my\nacting_token={ env = \"A\" }\n x = { token = 'abc', y = 1 }\n";
        let masked = mask(text);
        assert_eq!(masked.len(), text.len());
        assert!(!masked.contains("avn") && !masked.contains("abc"), "{masked}");
        assert!(masked.contains("{ env = \"A\" }") && masked.contains("y = 1"), "{masked}");
    }

    #[test]
    fn an_inline_literal_secret_is_masked() {
        let masked = mask("a = { kind = \"aiven\", token = \"s3cret\", tokn = 1 }\n");
        assert!(!masked.contains("s3cret"), "{masked}");
    }

    #[test]
    fn only_a_like_word_is_near() {
        assert_eq!(nearest("stanzaa", &["stanza", "repo"]), Some("stanza"));
        assert_eq!(nearest("qqq", &["stanza", "repo"]), None);
    }
}
