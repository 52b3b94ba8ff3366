//! The exact calls of a fork as command lines, the token as the variable that the config names (R31, S36).

use serde_json::Value;

use super::order::{self, Source};
use super::settings::Settings;
use crate::domain::RegionChange;
use crate::process::{quote, shell_line};
use crate::provider::{CallPreview, ForkRequest, Made, PointHow};
use crate::secret::SecretRef;

/// What the call is called that makes a fork.
const MAKING: &str = "make the fork (1 new service)";

/// Every call of a fork, in order: make it, watch it, remove it.
pub(super) fn calls(settings: &Settings, source: &Source, request: &ForkRequest) -> Vec<CallPreview> {
    let service = [request.name.as_str()];
    let mut calls = match making(settings, source, request) {
        Ok(calls) => calls,
        Err(why) => vec![CallPreview {
            what: MAKING.to_owned(),
            command: format!("# cannot be made: {why}"),
            mutating: true,
            alternative: false,
            makes: None,
        }],
    };
    calls.push(curl(settings, "watch the fork (1 service)", "GET", &service, None));
    let remove = format!("remove the fork (1 service){}", request.removed_by());
    calls.push(curl(settings, &remove, "DELETE", &service, None));
    calls.push(curl(settings, "prove that it is gone: not in the list", "GET", &[], None));
    calls
}

/// The exact calls of a change of region: make it (in two ways), watch it.
pub(super) fn region_calls(settings: &Settings, change: &RegionChange) -> Vec<CallPreview> {
    let service = [change.remote.as_str()];
    let body = order::region_body(change);
    let what = format!("{} the backup region (1 service)", change.verb());
    let setting =
        body.pointer("/user_config/additional_backup_regions").map(Value::to_string).unwrap_or_default();
    let mut update = words(&["service", "update", &change.remote, "--project", &settings.project]);
    update.extend(words(&["-c", &format!("additional_backup_regions={setting}")]));
    let mut calls = vec![
        curl(settings, &what, "PUT", &service, Some(&body)),
        CallPreview {
            what: "the same with Aiven's own client".to_owned(),
            command: format!("{} {}", avn_program(settings), shell_line(&update)),
            mutating: true,
            alternative: true,
            makes: None,
        },
        curl(settings, "read the setting back", "GET", &service, None),
    ];
    // Where copies end none is awaited.
    if change.to.is_some() {
        let backups = [change.remote.as_str(), "backups"];
        calls.push(curl(settings, "see whether a first copy is there", "GET", &backups, None));
    }
    calls
}

/// The variable that the config names for the token that may act, else for the one that reads.
fn variable(settings: &Settings) -> &str {
    match settings.acting_token.as_ref().unwrap_or(&settings.token) {
        SecretRef::Env(name) => name,
        SecretRef::File(_) | SecretRef::Command(_) | SecretRef::Memory(_) => "TOKEN",
    }
}

/// The command that protects a fork against termination.
pub(super) fn protecting(settings: &Settings, name: &str) -> String {
    let flag = "--enable-termination-protection";
    let update = words(&["service", "update", name, "--project", &settings.project, flag]);
    format!("{} {}", avn_program(settings), shell_line(&update))
}

fn avn_program(settings: &Settings) -> String {
    format!("AIVEN_AUTH_TOKEN=\"${}\" avn --url {}", variable(settings), quote(settings.url.base()))
}

/// The same call in two ways; either makes the fork.
fn making(settings: &Settings, source: &Source, request: &ForkRequest) -> Result<Vec<CallPreview>, String> {
    let in_vpc = order::in_vpc(settings, source, request.drill);
    let body = order::body(settings, source, request, order::own_address(in_vpc))?;
    let by_curl =
        CallPreview { makes: Some(made(&body)), ..curl(settings, MAKING, "POST", &[], Some(&body)) };
    let by_avn = CallPreview {
        what: "the same with Aiven's own client, which marks it in a second call".to_owned(),
        command: avn(settings, source, request, &body)?,
        mutating: true,
        alternative: true,
        makes: Some(made(&body)),
    };
    Ok(vec![by_curl, by_avn])
}

/// What the body of the call makes of the fork.
fn made(body: &Value) -> Made {
    let access = match body.pointer("/user_config/ip_filter").and_then(Value::as_array) {
        None => "ip_filter not set by lifeboat: the provider's default".to_owned(),
        Some(open) if open.is_empty() => "asked to be closed to everyone by an empty ip_filter".to_owned(),
        Some(open) => {
            let open: Vec<_> = open.iter().filter_map(Value::as_str).collect();
            format!("asked to be closed to everyone but {} by ip_filter", open.join(", "))
        }
    };
    Made { access, leaves_backups: true }
}

fn curl(settings: &Settings, what: &str, method: &str, path: &[&str], body: Option<&Value>) -> CallPreview {
    let parts: Vec<&str> =
        ["project", &settings.project, "service"].into_iter().chain(path.iter().copied()).collect();
    let token = variable(settings);
    let mut command = format!("curl -fsS -X {method} -H \"Authorization: aivenv1 ${token}\"");
    if let Some(body) = body {
        command.push_str(" -H 'Content-Type: application/json' -d ");
        command.push_str(&quote(&body.to_string()));
    }
    command.push(' ');
    command.push_str(&quote(&settings.url.endpoint(&parts)));
    CallPreview { what: what.to_owned(), command, mutating: method != "GET", alternative: false, makes: None }
}

fn avn(settings: &Settings, source: &Source, request: &ForkRequest, body: &Value) -> Result<String, String> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut create = words(&["service", "create", &request.name, "--project", &settings.project]);
    create.extend(words(&["-t", &text("service_type"), "-p", &text("plan"), "--cloud", &text("cloud")]));
    if let Some((_, Some(disk_mib))) = order::plan(settings, source) {
        create.extend(words(&["--disk-space-gib", &(disk_mib / 1024).to_string()]));
    }
    match order::network(settings, source, request.drill)? {
        Some(id) => create.extend(words(&["--project-vpc-id", &id])),
        None => create.extend(words(&["--no-project-vpc"])),
    }
    create.extend(words(&["-c", &format!("service_to_fork_from={}", request.remote)]));
    match &request.point.how {
        PointHow::Name { name } => create.extend(words(&["-c", &format!("recovery_basebackup_name={name}")])),
        PointHow::Time { at } => {
            create.extend(words(&["-c", &format!("recovery_target_time={}", order::wire_time(*at))]));
        }
        PointHow::Lsn { .. } | PointHow::Xid { .. } | PointHow::Immediate => {}
    }
    if let Some(filter) = body.pointer("/user_config/ip_filter") {
        create.extend(words(&["-c", &format!("ip_filter={filter}")]));
    }
    let mut mark = words(&["service", "tags", "update", &request.name, "--project", &settings.project]);
    for (name, value) in body.get("tags").and_then(Value::as_object).into_iter().flatten() {
        mark.extend(words(&["--add-tag", &format!("{name}={}", value.as_str().unwrap_or_default())]));
    }
    let avn = avn_program(settings);
    Ok(format!("{avn} {} && {avn} {}", shell_line(&create), shell_line(&mark)))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s36_a_call_names_the_variable_of_the_config() {
        let parse = |more: &str| -> Settings {
            toml::from_str(&format!("project = 'prod'\ntoken = {{ env = 'AIVEN_TOKEN' }}\n{more}")).unwrap()
        };
        for (more, named) in [
            ("", "aivenv1 $AIVEN_TOKEN\""),
            ("acting_token = { env = 'RECOVER' }", "aivenv1 $RECOVER\""),
            ("acting_token = { file = '/run/t' }", "aivenv1 $TOKEN\""),
        ] {
            let command = curl(&parse(more), "look", "GET", &[], None).command;
            assert!(command.contains(named), "{command}");
        }
    }
}
