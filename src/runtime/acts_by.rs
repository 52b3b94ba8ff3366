//! By which config a run is gone on with (S26): one that it was not begun by is told, and acts only where a person named
//! it. What only looks goes on by any.

use super::launch::whole;
use crate::runbook::Opening;

/// The files of the config in force.
#[derive(Debug, Clone, Copy)]
pub struct ActsBy<'a> {
    /// Where they lie, in their order.
    pub files: &'a [String],
    /// Whether this start was given them; else they were found where configs usually lie.
    pub are_named: bool,
}

impl ActsBy<'_> {
    /// What is to be said before a run is acted on; nothing where it was begun by the same files.
    ///
    /// # Errors
    /// Why nothing may act: the run was begun by other files, or does not say by which, and nobody named these.
    pub fn told(self, opening: &Opening) -> Result<Option<String>, String> {
        let (begun_by, files) = (opening.config_files(), self.files.iter().map(|file| whole(file)));
        let files: Vec<String> = files.collect();
        if begun_by == files {
            return Ok(None);
        }
        let begun = if begun_by.is_empty() {
            format!("{} does not say by which config it was begun", opening.run)
        } else {
            format!("{} was begun by {}", opening.run, begun_by.join(" and "))
        };
        let by = files.join(" and ");
        if self.are_named {
            return Ok(Some(format!("{begun}; it is gone on with by {by}")));
        }
        Err(format!("{begun}; nothing acts by {by}, which was only found here: name the config by --config"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::RunKind;
    use crate::runbook::opening::file_facts;
    use crate::runbook::sample::opening;

    #[test]
    fn s26_no_run_is_silently_acted_on_by_a_config_that_it_was_not_begun_by() {
        let files = |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.to_owned()).collect() };
        let (both, other) = (files(&["/a.toml", "/break-glass.toml"]), files(&["/b.toml"]));
        let mut begun = opening(RunKind::Incident);
        begun.config = file_facts(&both).collect();
        let mut old = begun.clone();
        old.config.clear();
        let told = |opening: &Opening, files: &[String], are_named| ActsBy { files, are_named }.told(opening);
        for are_named in [true, false] {
            assert_eq!(told(&begun, &both, are_named), Ok(None));
        }
        let said = told(&begun, &other, true).unwrap().unwrap();
        assert!(said.ends_with("was begun by /a.toml and /break-glass.toml; it is gone on with by /b.toml"));
        let said = told(&old, &both, true).unwrap().unwrap();
        assert!(
            said.contains("does not say by which config it was begun; it is gone on with by /a.toml and")
        );
        for (opening, found) in [(&begun, &other), (&old, &both)] {
            let why = told(opening, found, false).unwrap_err();
            assert!(why.contains("nothing acts by ") && why.contains(&found.join(" and ")), "{why}");
        }
    }
}
