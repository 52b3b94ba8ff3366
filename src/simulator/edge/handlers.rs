//! The answers of the provider's API.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::gate::lost;
use super::state::Simulation;
use crate::simulator::scenario::Kind;
use crate::simulator::wire::backups::Period;
use crate::simulator::wire::plans::Plan;
use crate::simulator::wire::{self, backups, catalog, plans, regions, service};
use crate::simulator::world::{Creation, Instance, Network, Refused, Update, World};

/// What all handlers get.
pub(super) type Shared = State<Arc<Simulation>>;

/// An answer in JSON.
#[derive(Debug)]
pub(super) struct Answer(StatusCode, Value);

impl Answer {
    fn ok(body: Value) -> Self {
        Self(StatusCode::OK, body)
    }

    /// A refusal in the provider's shape.
    pub(super) fn refused(refused: &Refused) -> Self {
        let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(status, wire::refusal(refused))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl From<Refused> for Answer {
    fn from(refused: Refused) -> Self {
        Self::refused(&refused)
    }
}

type Answered = Result<Answer, Answer>;

#[derive(Debug, Deserialize)]
pub(super) struct Secrets {
    #[serde(default)]
    include_secrets: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Limit {
    limit: Option<usize>,
}

fn with_view<T>(simulation: &Simulation, secrets: bool, make: impl FnOnce(service::View<'_>) -> T) -> T {
    let ports = simulation.refresh_ports();
    let now = simulation.now();
    let world = simulation.world();
    make(service::View { world: &world, now, ports: &ports, secrets })
}

fn found<'a>(world: &'a World, name: &str) -> Result<&'a Instance, Answer> {
    world.find(name).ok_or_else(|| Refused::no_service(name).into())
}

pub(super) async fn projects(State(simulation): Shared) -> Answer {
    Answer::ok(catalog::projects(&simulation.project, &simulation.world().default_cloud()))
}

pub(super) async fn project(State(simulation): Shared) -> Answer {
    let project = catalog::project(&simulation.project, &simulation.world().default_cloud());
    Answer::ok(json!({ "project": project }))
}

pub(super) async fn list(State(simulation): Shared, Query(query): Query<Secrets>) -> Answer {
    let services: Vec<Value> = with_view(&simulation, query.include_secrets, |view| {
        view.world.instances().iter().map(|instance| service::object(view, instance)).collect()
    });
    Answer::ok(json!({ "services": services }))
}

pub(super) async fn get(
    State(simulation): Shared,
    Path((_, name)): Path<(String, String)>,
    Query(query): Query<Secrets>,
) -> Answered {
    with_view(&simulation, query.include_secrets, |view| {
        Ok(Answer::ok(json!({ "service": service::object(view, found(view.world, &name)?) })))
    })
}

pub(super) async fn backups(
    State(simulation): Shared,
    Path((_, name)): Path<(String, String)>,
) -> Result<Response, Answer> {
    let now = simulation.now();
    let world = simulation.world();
    Ok(Json(backups::page(&world, found(&world, &name)?, now)).into_response())
}

/// Null is something else than absent.
fn network<'de, D: Deserializer<'de>>(from: D) -> Result<Network, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map_or(Network::Public, Network::Vpc))
}

/// The body of a creation; unknown fields are ignored, null is as good as absent but for the network.
#[derive(Debug, Deserialize)]
struct CreateBody {
    service_name: String,
    service_type: String,
    plan: String,
    cloud: Option<String>,
    #[serde(default, deserialize_with = "network")]
    project_vpc_id: Network,
    disk_space_mb: Option<u64>,
    termination_protection: Option<bool>,
    tags: Option<BTreeMap<String, String>>,
    copy_tags: Option<bool>,
    user_config: Option<Map<String, Value>>,
}

pub(super) async fn create(State(simulation): Shared, body: Bytes) -> Result<Response, Answer> {
    let body: CreateBody = decoded(&body)?;
    let name = body.service_name.clone();
    let wanted = Creation {
        name: body.service_name,
        kind: body.service_type,
        plan: body.plan,
        cloud: body.cloud,
        network: body.project_vpc_id,
        disk_mb: body.disk_space_mb,
        protected: body.termination_protection.unwrap_or_default(),
        tags: body.tags.unwrap_or_default(),
        copy_tags: body.copy_tags.unwrap_or_default(),
        user_config: body.user_config.unwrap_or_default(),
    };
    let now = simulation.now();
    let answer_is_lost = simulation.world().create(wanted, now)?;
    if answer_is_lost {
        return Ok(lost());
    }
    Ok(one(&simulation, &name)?.into_response())
}

#[derive(Debug, Deserialize)]
struct UpdateBody {
    plan: Option<String>,
    cloud: Option<String>,
    disk_space_mb: Option<u64>,
    #[serde(default, deserialize_with = "network")]
    project_vpc_id: Network,
    powered: Option<bool>,
    termination_protection: Option<bool>,
    user_config: Option<Map<String, Value>>,
}

pub(super) async fn update(
    State(simulation): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Answered {
    let body: UpdateBody = decoded(&body)?;
    let wanted = Update {
        plan: body.plan,
        cloud: body.cloud,
        disk_mb: body.disk_space_mb,
        network: body.project_vpc_id,
        powered: body.powered,
        protected: body.termination_protection,
        user_config: body.user_config.unwrap_or_default(),
    };
    let now = simulation.now();
    simulation.world().update(&name, wanted, now)?;
    one(&simulation, &name)
}

fn one(simulation: &Simulation, name: &str) -> Answered {
    with_view(simulation, false, |view| {
        Ok(Answer::ok(json!({ "service": service::object(view, found(view.world, name)?) })))
    })
}

pub(super) async fn delete(State(simulation): Shared, Path((_, name)): Path<(String, String)>) -> Answered {
    let now = simulation.now();
    simulation.world().delete(&name, now)?;
    Ok(Answer::ok(json!({ "message": "deleted" })))
}

pub(super) async fn tags(State(simulation): Shared, Path((_, name)): Path<(String, String)>) -> Answered {
    let world = simulation.world();
    Ok(Answer::ok(json!({ "tags": found(&world, &name)?.tags })))
}

/// A value of null removes a tag.
#[derive(Debug, Deserialize)]
struct TagsBody {
    tags: BTreeMap<String, Option<String>>,
}

pub(super) async fn update_tags(
    State(simulation): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Answered {
    tagged(&simulation, &name, &body, false)
}

pub(super) async fn replace_tags(
    State(simulation): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Answered {
    tagged(&simulation, &name, &body, true)
}

fn tagged(simulation: &Simulation, name: &str, body: &[u8], replace: bool) -> Answered {
    let body: TagsBody = decoded(body)?;
    let now = simulation.now();
    simulation.world().tag(name, body.tags, replace, now)?;
    Ok(Answer::ok(json!({ "message": "tags updated" })))
}

#[derive(Debug, Default, Deserialize)]
struct ReportBody {
    period: Option<String>,
}

pub(super) async fn report(
    State(simulation): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Answered {
    let body: ReportBody = if body.is_empty() { ReportBody::default() } else { decoded(&body)? };
    let asked = body.period.as_deref().unwrap_or("hour");
    let period = Period::of(asked).ok_or_else(|| bad_request(format!("Invalid period '{asked}'")))?;
    let now = simulation.now();
    let world = simulation.world();
    Ok(Answer::ok(backups::report(&world, found(&world, &name)?, period, now)))
}

pub(super) async fn logs(
    State(simulation): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Answered {
    let limit: Limit = if body.is_empty() { Limit { limit: None } } else { decoded(&body)? };
    let limit = limit.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(bad_request("Invalid 'limit': 1 to 500".to_owned()));
    }
    let now = simulation.now();
    let world = simulation.world();
    Ok(Answer::ok(service::logs(&world, found(&world, &name)?, limit, now)))
}

pub(super) async fn metrics() -> Answer {
    Answer::ok(json!({ "metrics": {} }))
}

pub(super) async fn alerts() -> Answer {
    Answer::ok(json!({ "alerts": [] }))
}

pub(super) async fn vpcs(State(simulation): Shared) -> Answer {
    Answer::ok(catalog::vpcs(&simulation.world()))
}

pub(super) async fn clouds() -> Answer {
    Answer::ok(catalog::clouds())
}

pub(super) async fn events(State(simulation): Shared, Query(query): Query<Limit>) -> Answer {
    Answer::ok(catalog::events(&simulation.world(), query.limit.unwrap_or(100)))
}

pub(super) async fn service_types() -> Answer {
    Answer::ok(catalog::service_types())
}

pub(super) async fn service_type(Path((_, kind)): Path<(String, String)>) -> Answered {
    Ok(Answer::ok(catalog::service_type(known(&kind)?)))
}

pub(super) async fn plans(Path((_, kind)): Path<(String, String)>) -> Answered {
    Ok(Answer::ok(catalog::plans(known(&kind)?)))
}

pub(super) async fn plan(Path((_, kind, plan)): Path<(String, String, String)>) -> Answered {
    let kind = known(&kind)?;
    Ok(Answer::ok(catalog::plan(kind, known_plan(kind, &plan)?)))
}

pub(super) async fn price(Path((_, kind, plan, cloud)): Path<(String, String, String, String)>) -> Answered {
    let kind = known(&kind)?;
    let plan = known_plan(kind, &plan)?;
    if !plan.is_in(&cloud) || regions::find(&cloud).is_none() {
        return Err(bad_request(format!("Plan '{}' is not available in cloud '{cloud}'", plan.name)));
    }
    Ok(Answer::ok(catalog::price(kind, plan, &cloud)))
}

fn known_plan(kind: Kind, plan: &str) -> Result<&'static Plan, Answer> {
    let message = format!("Invalid plan '{plan}' for service type '{}'", kind.word());
    plans::find(plan).ok_or_else(|| bad_request(message))
}

pub(super) async fn service_versions() -> Answer {
    Answer::ok(catalog::service_versions())
}

pub(super) async fn not_found() -> Answer {
    Refused { status: 404, code: None, message: "No such endpoint".to_owned() }.into()
}

pub(super) async fn wrong_method() -> Answer {
    Refused { status: 405, code: None, message: "Method not allowed".to_owned() }.into()
}

fn known(kind: &str) -> Result<Kind, Answer> {
    let message = format!("Invalid service type '{kind}'");
    Kind::of(kind).ok_or_else(|| Refused { status: 400, code: Some("invalid_service_type"), message }.into())
}

fn bad_request(message: String) -> Answer {
    Refused { status: 400, code: Some("bad_request"), message }.into()
}

fn decoded<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body).map_err(|error| bad_request(format!("Invalid JSON body: {error}")))
}

/// The simulator's own page of a service's data: no token, like the data itself. A service that is down
/// does not answer at all.
pub(super) async fn data(State(simulation): Shared, Path(name): Path<String>) -> Response {
    let now = simulation.now();
    let world = simulation.world();
    let Some(instance) = world.find(&name) else {
        return Answer::from(Refused::no_service(&name)).into_response();
    };
    if world.script().is_down(&instance.region, now) {
        return lost();
    }
    if !world.serves(instance, now) {
        let message = format!("Service {name} does not accept connections yet");
        return Answer::refused(&Refused { status: 503, code: None, message }).into_response();
    }
    let data = world.data(instance, now);
    let newest = data.newest_row.map(wire::instant);
    Answer::ok(json!({ "service": name, "newest_row": newest, "rows": data.rows })).into_response()
}

/// What was asked of the simulator so far.
pub(super) async fn requests(State(simulation): Shared) -> Answer {
    Answer::ok(simulation.counted())
}

/// On which loopback port each service shows that it lives.
pub(super) async fn probes(State(simulation): Shared) -> Answer {
    Answer::ok(json!(simulation.refresh_ports()))
}
