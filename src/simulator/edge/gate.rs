//! What every request passes first: faults of the scenario, limits, the token. And what every answer
//! gets last: the date by the simulator's clock.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};

use super::door::Cut;
use super::handlers::Answer;
use super::state::Simulation;
use crate::domain::Timestamp;
use crate::simulator::scenario::Effect;
use crate::simulator::world::{Refused, Token};

/// The largest answer that is cut short on purpose, bytes.
const LARGEST: usize = 16 << 20;

/// Marks a response that is not to be sent: the connection is cut instead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lost;

/// Passes a request on to its handler, or not.
pub(super) async fn gate(
    State(simulation): State<Arc<Simulation>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = pass(&simulation, request, next).await;
    if response.extensions().get::<Lost>().is_some() {
        cut.now();
    }
    let now = simulation.now();
    let shown = simulation.world().script().api_clock(now);
    if let Ok(date) = HeaderValue::from_str(&shown.format("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

async fn pass(simulation: &Simulation, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    if path.starts_with("/_sim/") {
        return next.run(request).await;
    }
    let now = simulation.now();
    simulation.count(method.as_str(), &path, is_mutating(&method, &path));
    if simulation.world().script().is_api_down(now) {
        return lost();
    }
    if !simulation.latency.is_zero() {
        tokio::time::sleep(simulation.latency).await;
    }
    let fault = simulation.fault(method.as_str(), &path, now);
    match &fault {
        None | Some(Effect::Truncate(_)) => {}
        Some(Effect::Delay(delay)) => tokio::time::sleep(*delay).await,
        Some(Effect::Reset) => return lost(),
        Some(Effect::Endless) => return endless(),
        Some(Effect::Html { status }) => return html(*status),
        Some(Effect::Status { status, message, retry_after }) => {
            return failure(*status, message.as_deref(), *retry_after);
        }
    }
    if let Some(refusal) = refuse(simulation, &request, &path, now) {
        return refusal;
    }
    let response = next.run(request).await;
    match fault {
        Some(Effect::Truncate(bytes)) => truncated(response, bytes).await,
        _ => response,
    }
}

/// POST serves for some reports, too; those change nothing.
fn is_mutating(method: &Method, path: &str) -> bool {
    match *method {
        Method::GET | Method::HEAD => false,
        Method::POST => path.ends_with("/service"),
        _ => true,
    }
}

/// The limit of requests, the token, the project.
fn refuse(simulation: &Simulation, request: &Request, path: &str, now: Timestamp) -> Option<Response> {
    let world = simulation.world();
    if let Some((seconds, header)) = world.script().rate_limit(now) {
        let seconds = simulation.real_seconds(seconds);
        let message = format!(
            "The user has sent too many requests in a given amount of time: Rate limit 120 exceeded - try again in {seconds}s"
        );
        return Some(failure(429, Some(&message), header.then_some(seconds)));
    }
    if path == "/v1/clouds" || path == "/v1/project//clouds" {
        return None;
    }
    let token = world.script().token(now);
    drop(world);
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match given {
        None => return Some(failure(401, Some("Missing (expired) db token"), None)),
        Some(given) if !simulation.knows(given) => return Some(failure(401, Some("Invalid token"), None)),
        Some(_) if token == Token::Expired => {
            return Some(failure(401, Some("Missing (expired) db token"), None));
        }
        Some(_) if token == Token::Narrow && needs_more(path) => return Some(not_permitted()),
        Some(_) => {}
    }
    let project = path.strip_prefix("/v1/project/").and_then(|rest| rest.split('/').next());
    project.filter(|project| *project != simulation.project).map(|_| no_project())
}

/// Seeing backups takes a right that a read-only token lacks (fact sheet, section 1).
fn needs_more(path: &str) -> bool {
    path.ends_with("/backups") || path.ends_with("/backup_to_another_region/report")
}

fn not_permitted() -> Response {
    let message = "User does not have the permission service:configuration:write".to_owned();
    Answer::refused(&Refused { status: 403, code: Some("permission_denied"), message }).into_response()
}

fn no_project() -> Response {
    let message = "Project does not exist".to_owned();
    Answer::refused(&Refused { status: 404, code: Some("project_not_found"), message }).into_response()
}

/// A response that never arrives.
pub(super) fn lost() -> Response {
    let mut response = StatusCode::BAD_GATEWAY.into_response();
    response.extensions_mut().insert(Lost);
    response
}

fn failure(status: u16, message: Option<&str>, retry_after: Option<u64>) -> Response {
    let usual = match status {
        401 => "Missing (expired) db token",
        403 => "Authentication failed",
        404 => "Service does not exist",
        409 => "Service name is already in use in this project",
        429 => {
            "The user has sent too many requests in a given amount of time: Rate limit 120 exceeded - try again in 28s"
        }
        _ => "An error occurred. Please try again later.",
    };
    let code = (status == 500).then_some("internal_server_error");
    let refused = Refused { status, code, message: message.unwrap_or(usual).to_owned() };
    let mut response = Answer::refused(&refused).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn html(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::REQUEST_TIMEOUT);
    let reason = status.canonical_reason().unwrap_or("Error");
    let page = format!("<html><body><h1>{} {reason}</h1>\n</body></html>\n", status.as_u16());
    (status, [(CONTENT_TYPE, "text/html")], page).into_response()
}

/// A list of services without an end.
fn endless() -> Response {
    let first = Bytes::from_static(b"{\"services\": [null");
    let more = Bytes::from_static(&[b' '; 8192]);
    let body = stream::once(std::future::ready(first)).chain(stream::repeat(more));
    let body = Body::from_stream(body.map(Ok::<Bytes, Infallible>));
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The same response with its body cut: its length is still announced in full.
async fn truncated(response: Response, bytes: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else { return lost() };
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let some = body.slice(..bytes.min(body.len()));
    let begin = stream::once(std::future::ready(Ok(some)));
    // The server sends what it has when the body is not ready, so the beginning goes out first.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    });
    Response::from_parts(parts, Body::from_stream(begin.chain(end)))
}
