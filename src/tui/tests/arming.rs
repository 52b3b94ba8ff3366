//! What a person is told who may not act: no more than is needed for what was to be done (S18).

use super::*;

fn shown() -> Model {
    model(false, Size { width: 80, height: 24 })
}

fn box_of(model: &Model) -> (Vec<String>, Option<String>) {
    match &model.overlay {
        Some(Overlay::Text { lines, copies, .. }) => (lines.clone(), copies.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn s18_a_row_asks_for_its_own_source_and_a_list_of_sources_for_all_in_one_command() {
    for (keys, wanted) in [
        ("A", "arm east\n"),
        ("d", "arm east\n"),
        ("i", "arm east\n"),
        ("2A", "arm east\n"),
        ("5A", "arm all\n"),
    ] {
        let mut model = shown();
        assert_eq!(type_keys(&mut model, "/orders\r"), []);
        assert!(!type_keys(&mut model, keys).iter().any(Effect::acts), "{keys}");
        let (lines, copies) = box_of(&model);
        assert_eq!(copies.unwrap(), wanted, "{keys}: {lines:?}");
        assert_eq!(lines[0], format!("not armed for {}", wanted[4..].trim_end()), "{keys}");
    }
}

#[test]
fn s18_the_command_of_the_box_is_copied_by_its_key_which_says_so() {
    let mut model = shown();
    type_keys(&mut model, "/orders\rA");
    assert!(text(&mut model).contains("y copy the command"), "{}", text(&mut model));
    assert_eq!(type_keys(&mut model, "y"), [Effect::Copy("arm east\n".to_owned())]);
    let screen = text(&mut model);
    assert!(screen.starts_with("arm east ") && screen.contains("clipboard"), "{screen}");
    type_keys(&mut model, "qx");
    assert_eq!(type_keys(&mut model, "y"), [], "an explanation has no command of its own");
}
