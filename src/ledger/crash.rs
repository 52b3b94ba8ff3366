//! Crash points for tests, in debug builds only: `LIFEBOAT_CRASH=before:7` kills this process, as
//! `kill -9` does, before event 7 is written (an effect has happened, its answer is lost);
//! `after:7` kills it once event 7 is durable (an intent is written, its effect has not begun).

/// Dies here if the crash point asks for it.
#[cfg(debug_assertions)]
pub fn point(side: Side, seq: u64) {
    let wanted = match side {
        Side::Before => format!("before:{seq}"),
        Side::After => format!("after:{seq}"),
    };
    if std::env::var("LIFEBOAT_CRASH").is_ok_and(|point| point == wanted) {
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).ok();
    }
}

/// A release build has no crash points.
#[cfg(not(debug_assertions))]
pub fn point(_side: Side, _seq: u64) {}

/// On which side of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before it is written.
    Before,
    /// After it is durable.
    After,
}
