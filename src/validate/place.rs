//! Placeholders of commands and addresses: `{host}`, `{port}`, `{name}`, `{base}`.

use super::{Subject, Trouble};

/// Fills in the fork's host, port, name and base address.
pub(super) fn fill(template: &str, subject: &Subject<'_>) -> Result<String, Trouble> {
    let mut out = template
        .replace("{host}", &subject.endpoint.host)
        .replace("{port}", &subject.endpoint.port.to_string())
        .replace("{name}", subject.name);
    if out.contains("{base}") {
        let base = subject.endpoint.http_base.as_deref().ok_or_else(|| {
            Trouble::CouldNotRun("`{base}` is asked for, but this provider has no base address".to_owned())
        })?;
        out = out.replace("{base}", base.trim_end_matches('/'));
    }
    Ok(out)
}
