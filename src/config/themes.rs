//! The themes there are: those built in, and over them the files of the config folders.

use std::path::{Path, PathBuf};

use super::load::{Env, folders, parse, read_file};
use super::mistake::{Mistake, Mistakes};
use super::node::{Node, Place};
use super::read::read_into;
use crate::tui::theme::{Faint, LEAST, Theme};

/// More files than anybody writes.
const MAX_FILES: usize = 100;

/// Every theme by name, the built-in ones first.
#[derive(Debug, Clone)]
pub struct Themes(Vec<NamedTheme>);

/// A theme, and where it comes from.
#[derive(Debug, Clone)]
pub struct NamedTheme {
    /// Its name: that of the file, without the ending.
    pub name: String,
    /// The file; `None` = built in.
    pub file: Option<PathBuf>,
    /// The theme, or what is wrong with the file.
    pub theme: Result<Theme, Mistakes>,
    /// What can hardly be seen with it.
    pub warnings: Mistakes,
}

impl Themes {
    /// The built-in themes and those of the folders that the environment names: `themes/NAME.toml` in
    /// `~/.config/lifeboat` and `/etc/lifeboat`. A file goes before a built-in theme of its name, the
    /// first folder before the second. What cannot be read is listed with its mistakes.
    pub fn find(env: Env<'_>) -> Self {
        let built_in = Theme::names().filter_map(|name| {
            let theme = Ok(Theme::built_in(name).ok()?);
            Some(NamedTheme { name: name.to_owned(), file: None, theme, warnings: Mistakes::default() })
        });
        let mut all: Vec<NamedTheme> = built_in.collect();
        for folder in folders(env).iter().rev() {
            for path in files(&folder.join("themes")) {
                let Some(name) = path.file_stem().map(|name| name.to_string_lossy().into_owned()) else {
                    continue;
                };
                let (theme, warnings) = read(&path);
                let theme = NamedTheme { name, file: Some(path), theme, warnings };
                match all.iter_mut().find(|known| known.name == theme.name) {
                    Some(known) => *known = theme,
                    None => all.push(theme),
                }
            }
        }
        Self(all)
    }

    /// Every theme.
    pub fn all(&self) -> &[NamedTheme] {
        &self.0
    }

    /// The theme of a name.
    pub fn get(&self, name: &str) -> Option<&NamedTheme> {
        self.0.iter().find(|theme| theme.name == name)
    }

    /// What is wrong when no theme has a name: the nearest, and all there are.
    pub(super) fn unknown(&self, name: &str, at: Option<&Place>) -> Mistake {
        Mistake::new(at, format!("no theme is called `{name}`")).help_nearest(name, &self.names())
    }

    /// The theme of a name, or what is wrong with it.
    ///
    /// # Errors
    /// There is none of this name, or it has mistakes.
    pub fn usable(&self, name: &str) -> Result<(&NamedTheme, &Theme), Mistakes> {
        let Some(named) = self.get(name) else {
            return Err(Mistakes { list: vec![self.unknown(name, None)], texts: Vec::new() });
        };
        let theme = named.theme.as_ref().map_err(Clone::clone)?;
        Ok((named, theme))
    }

    /// Every name.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|theme| theme.name.as_str()).collect()
    }
}

/// The theme files of a folder, in order; none when there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files.truncate(MAX_FILES);
    files
}

fn read(path: &Path) -> (Result<Theme, Mistakes>, Mistakes) {
    match read_file(path) {
        Ok(text) => from_text(&path.display().to_string(), &text),
        Err(error) => {
            let list = vec![Mistake::new(None, error.to_string())];
            (Err(Mistakes { list, texts: Vec::new() }), Mistakes::default())
        }
    }
}

/// A theme from the text of a file, and what is to be warned about.
fn from_text(name: &str, text: &str) -> (Result<Theme, Mistakes>, Mistakes) {
    let mut mistakes = Mistakes::default();
    let node = parse(name, text, &mut mistakes);
    let theme: Option<Theme> =
        if mistakes.list.is_empty() { read_into(&node, "the theme", &mut mistakes) } else { None };
    let Some(theme) = theme.filter(|_| mistakes.list.is_empty()) else {
        return (Err(mistakes), Mistakes::default());
    };
    mistakes.list = theme.faint().iter().map(|faint| warning(*faint, &node)).collect();
    (Ok(theme), mistakes)
}

fn warning(faint: Faint, node: &Node) -> Mistake {
    let Faint { role, palette, ratio } = faint;
    let what = format!(
        "`{}` can hardly be seen where a terminal shows {} colours: its contrast is {ratio:.1}:1",
        role.key(),
        palette.word(),
    );
    let at = role_at(node, role.key());
    Mistake::new(at, what)
        .warns()
        .help(format!("at least {LEAST:.0}:1 against the background; take a lighter or darker colour"))
}

/// Where a role is written; else where roles are.
fn role_at<'a>(node: &'a Node, key: &str) -> Option<&'a Place> {
    let roles = node.table()?.get("roles")?;
    let role = roles.node.table().and_then(|roles| roles.get(key));
    Some(role.map_or(&roles.key_at, |role| &role.key_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: &str = "[background]\nhex = \"#000000\"\n";

    fn wrong(roles: &str) -> String {
        let (theme, _) = from_text("mine.toml", &format!("{BLACK}{roles}"));
        theme.map(drop).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_names_file_line_and_what_is_allowed() {
        let said = wrong("[roles]\ncriticle = { bold = true }\n");
        assert!(said.contains("mine.toml:4") && said.contains("did you mean `critical`?"), "{said}");
        let said = wrong("[roles]\nok = { hexx = \"#ffffff\", c16 = \"gren\" }\n");
        assert!(said.contains("did you mean `hex`?") && said.contains("did you mean `green`?"), "{said}");
        let said = wrong("[roles]\nok = { hex = \"blue\" }\n");
        assert!(said.contains("mine.toml:4") && said.contains("#rrggbb"), "{said}");
        let (theme, _) = from_text("mine.toml", "[roles]\n");
        let said = theme.map(drop).unwrap_err().to_string();
        assert!(said.contains("lacks `background`"), "{said}");
        assert!(wrong("[roles\n").contains("mine.toml:3"));
    }

    #[test]
    fn a_theme_that_there_is_not_gets_the_nearest_name() {
        let themes = Themes::find(&|_| None);
        assert!(themes.usable("dark").is_ok());
        let said = themes.usable("drak").map(drop).unwrap_err().to_string();
        assert!(said.contains("did you mean `dark`?") && said.contains("`light`"), "{said}");
    }

    #[test]
    fn what_cannot_be_seen_is_warned_about_with_its_line() {
        let (theme, warnings) =
            from_text("mine.toml", &format!("{BLACK}[roles]\ncritical = {{ hex = \"#1c1c1c\" }}\n"));
        assert!(theme.is_ok());
        let said = warnings.to_string();
        assert!(said.starts_with("warning: `critical` can hardly be seen"), "{said}");
        assert!(said.contains("mine.toml:4") && said.contains("3:1"), "{said}");
    }

    #[test]
    fn a_file_goes_before_a_built_in_theme_of_its_name() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/lifeboat/themes");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("dark.toml"), format!("{BLACK}[roles]\nok = {{ bold = true }}\n"))
            .unwrap();
        std::fs::write(folder.join("mine.toml"), "nonsense").unwrap();
        std::fs::write(folder.join("notes.txt"), "nonsense").unwrap();
        let home = home.path().to_str().unwrap().to_owned();
        let themes = Themes::find(&|name| (name == "HOME").then(|| home.clone()));
        assert_eq!(themes.all().len(), Theme::names().count() + 1);
        assert!(themes.get("dark").unwrap().file.is_some());
        assert!(themes.get("mine").unwrap().theme.is_err());
        assert!(themes.get("light").unwrap().file.is_none());
    }
}
