//! The dashboard on a thread of its own, with timers of its own: a second that passes wakes this thread
//! alone, and nothing that is read or written elsewhere holds up a key.

use std::panic::resume_unwind;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::dashboard::{self, DashboardError, DashboardSetup, Exit};

/// Runs the dashboard until it is left. A panic there is one here.
///
/// # Errors
/// When there is no terminal, or it or the thread cannot be set up.
pub async fn run(start: DashboardSetup) -> Result<Exit, DashboardError> {
    let (ended, end) = oneshot::channel::<()>();
    let front = thread::Builder::new().name("dashboard".to_owned()).spawn(move || {
        let exit = on_this_thread(start);
        drop(ended);
        exit
    });
    let front = front.map_err(DashboardError::Setup)?;
    // Nothing is ever sent: the end of the thread is told by the channel's.
    end.await.ok();
    front.join().unwrap_or_else(|panic| resume_unwind(panic))
}

fn on_this_thread(start: DashboardSetup) -> Result<Exit, DashboardError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(DashboardError::Setup)?;
    let exit = runtime.block_on(Box::pin(dashboard::run(start)));
    // A disk that hangs must not hold the exit.
    runtime.shutdown_background();
    exit
}
