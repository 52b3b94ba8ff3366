//! The criteria by which an incident is declared (R29, EV08): a config defines them, a person says
//! which are met.

use std::collections::BTreeMap;

use crate::domain::nearest::nearest;

/// Whether these ids may stand in a declaration. Where none are defined any text may, or nothing:
/// nothing blocks an incident (S25).
///
/// # Errors
/// What is wrong with them, and all that are defined.
pub fn check(given: &[String], defined: &BTreeMap<String, String>) -> Result<(), String> {
    if defined.is_empty() {
        return Ok(());
    }
    if given.is_empty() {
        return Err(format!("name the criteria that are met; defined are {}", ids(defined)));
    }
    let Some(unknown) = given.iter().find(|id| !defined.contains_key(*id)) else { return Ok(()) };
    let known: Vec<&str> = defined.keys().map(String::as_str).collect();
    let meant = nearest(unknown, &known).map(|id| format!(", did you mean `{id}`?")).unwrap_or_default();
    Err(format!("no criterion is called `{unknown}`{meant}; defined are {}", ids(defined)))
}

fn ids(defined: &BTreeMap<String, String>) -> String {
    defined.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// One line for each criterion: its id and its words.
pub fn lines(defined: &BTreeMap<String, String>) -> Vec<String> {
    let widest = defined.keys().map(String::len).max().unwrap_or_default();
    defined.iter().map(|(id, text)| format!("{id:<widest$}  {text}")).collect()
}

/// What a declaration's criteria say in a report.
pub fn told(given: &[String], defined: &BTreeMap<String, String>) -> Vec<String> {
    if given.is_empty() {
        let why = if defined.is_empty() { "none are defined in the config" } else { "none was named as met" };
        return vec![format!("criteria: {why}")];
    }
    given
        .iter()
        .map(|id| match defined.get(id) {
            Some(text) => format!("criterion {id}: {text}"),
            None => format!("criterion {id}: stated, not defined in the config"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defined() -> BTreeMap<String, String> {
        let all =
            [("probes-silent", "three probes from two networks"), ("provider-says", "on its status page")];
        all.map(|(id, text)| (id.to_owned(), text.to_owned())).into()
    }

    fn given(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn s26_an_unknown_criterion_names_the_nearest_and_all() {
        let why = check(&given(&["probes-silent", "provider-say"]), &defined()).unwrap_err();
        assert_eq!(
            why,
            "no criterion is called `provider-say`, did you mean `provider-says`?; defined are probes-silent, provider-says"
        );
        assert!(check(&[], &defined()).unwrap_err().contains("defined are probes-silent"));
        assert_eq!(check(&given(&["provider-says"]), &defined()), Ok(()));
    }

    #[test]
    fn s25_without_defined_criteria_nothing_blocks_and_the_report_says_so() {
        assert_eq!(check(&[], &BTreeMap::new()), Ok(()));
        assert_eq!(check(&given(&["anything"]), &BTreeMap::new()), Ok(()));
        assert_eq!(told(&[], &BTreeMap::new()), ["criteria: none are defined in the config"]);
        assert_eq!(
            told(&given(&["anything"]), &BTreeMap::new()),
            ["criterion anything: stated, not defined in the config"]
        );
        assert_eq!(
            told(&given(&["provider-says"]), &defined()),
            ["criterion provider-says: on its status page"]
        );
    }
}
