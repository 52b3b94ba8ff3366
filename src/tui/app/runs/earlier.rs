//! What a person must know of a service's runs before beginning another.

use super::{RunLine, Standing, rows};
use crate::domain::ClientsMoved;
use crate::tui::app::model::Model;

/// The open run of a service, or the incident whose fork its clients were pointed at: what a person must know
/// before beginning anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// A run is not over.
    Open {
        /// Its id.
        run: String,
        /// Nobody drives it: it waits to be taken up.
        interrupted: bool,
    },
    /// An incident was cut over and is over: clients use its fork, not this service.
    CutOver(Box<ClientsMoved>),
}

/// The open run of a service.
pub(in crate::tui::app) fn open_run(model: &Model, service: &str) -> Option<RunLine> {
    let lines = rows(model).into_iter().map(|row| row.line);
    lines.into_iter().find(|line| line.service == service && line.standing != Standing::Over)
}

/// What the runs say of a service; the open one before one that is over.
pub fn earlier(model: &Model, service: &str) -> Option<Earlier> {
    open_run(model, service)
        .map(|line| Earlier::Open { interrupted: line.can_be_taken_up(), run: line.run })
        .or_else(|| model.fleet.services.get(service)?.clients_moved.clone().map(Earlier::CutOver))
}
