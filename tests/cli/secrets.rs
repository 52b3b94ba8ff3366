//! Who gets to see a token, through the built binary.

use crate::support::Lifeboat;

/// What a command starts may live as long as a fork does, and under another account: it gets no token.
#[test]
fn s27_only_what_gives_a_secret_gets_the_variables_of_others() {
    let lifeboat = Lifeboat::new().env("READ_TOKEN", "s3cret").env("RECOVER_TOKEN", "s3cret-too");
    let script = lifeboat.file("pgbackrest.sh", "env > \"$(dirname \"$0\")/seen\"; exit 1\n");
    let vault = lifeboat.file("vault.sh", "env > \"$(dirname \"$0\")/given\"; echo token\n");
    let aiven = |name: &str, token: &str| {
        format!(
            "[discover.{name}]\n[sources.{name}]\nkind = 'aiven'\nproject = 'p'\nurl = 'http://127.0.0.1:9'\n\
             token = {token}\nacting_token = {{ env = 'RECOVER_TOKEN' }}\n"
        )
    };
    let config = lifeboat.file(
        "lifeboat.toml",
        &format!(
            "fleet = 'f'\n{}{}[sources.pg]\nkind = 'pgbackrest'\nprogram = ['sh', '{script}']\nstanza = 'main'\n\
             [services.main]\nsecondary = {{ source = 'pg' }}\n",
            aiven("a", "{ env = 'READ_TOKEN' }"),
            aiven("b", &format!("{{ command = ['sh', '{vault}'] }}")),
        ),
    );
    let run = lifeboat.run(&["--config", &config, "status"]);
    assert_eq!(run.code, 69, "{run:?}");
    let read = |name: &str| std::fs::read_to_string(lifeboat.folder().join(name)).unwrap();
    let (seen, given) = (read("seen"), read("given"));
    assert!(seen.contains("HOME=") && !seen.contains("s3cret"), "{seen}");
    assert!(given.contains("READ_TOKEN=s3cret\n") && given.contains("RECOVER_TOKEN=s3cret-too\n"), "{given}");
}
