//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::gate::gate;
use super::handlers as h;
use super::state::Simulation;

/// The provider's API under `/v1`, the simulator's own pages under `/_sim`.
pub(in crate::simulator) fn router(simulation: &Arc<Simulation>) -> Router {
    Router::new()
        .route("/v1/project", get(h::projects))
        .route("/v1/clouds", get(h::clouds))
        // So `avn cloud list` asks where no project is chosen: its name is empty.
        .route("/v1/project//clouds", get(h::clouds))
        .route("/v1/service_versions", get(h::service_versions))
        .route("/v1/account/{account}/service_versions", get(h::service_versions))
        .nest("/v1/project/{project}", project())
        .route("/_sim/data/{service}", get(h::data))
        .route("/_sim/requests", get(h::requests))
        .route("/_sim/probes", get(h::probes))
        .fallback(h::not_found)
        .method_not_allowed_fallback(h::wrong_method)
        .layer(from_fn_with_state(Arc::clone(simulation), gate))
        .with_state(Arc::clone(simulation))
}

fn project() -> Router<Arc<Simulation>> {
    Router::new()
        .route("/", get(h::project))
        .route("/service", get(h::list).post(h::create))
        .route("/service/{service}", get(h::get).put(h::update).delete(h::delete))
        .route("/service/{service}/backups", get(h::backups))
        .route("/service/{service}/tags", get(h::tags).put(h::replace_tags).patch(h::update_tags))
        .route("/service/{service}/backup_to_another_region/report", post(h::report))
        .route("/service/{service}/logs", post(h::logs))
        .route("/service/{service}/metrics", post(h::metrics))
        .route("/service/{service}/alerts", get(h::alerts))
        .route("/alerts", get(h::alerts))
        .route("/pricing/service-types/{kind}/plans/{plan}/clouds/{cloud}", get(h::price))
        .route("/vpcs", get(h::vpcs))
        .route("/clouds", get(h::clouds))
        .route("/events", get(h::events))
        .route("/service_types", get(h::service_types))
        .route("/service-types/{kind}", get(h::service_type))
        .route("/service-types/{kind}/plans", get(h::plans))
        .route("/service-types/{kind}/plans/{plan}", get(h::plan))
}
