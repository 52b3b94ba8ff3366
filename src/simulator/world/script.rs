//! The events of a scenario as answers to *what holds at this instant*.

use std::time::Duration;

use chrono::TimeDelta;

use super::delta;
use crate::domain::Timestamp;
use crate::simulator::scenario::{Action, Event};

/// A time in which something holds; without an end it holds for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) struct Span {
    /// When it begins.
    pub(in crate::simulator) from: Timestamp,
    /// When it ends; not part of it.
    pub(in crate::simulator) to: Option<Timestamp>,
}

impl Span {
    pub(super) fn holds(self, at: Timestamp) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }

    /// Whether it holds at any instant from `from` to `to`, both included.
    pub(in crate::simulator) fn touches(self, from: Timestamp, to: Timestamp) -> bool {
        self.from <= to && self.to.is_none_or(|end| from < end)
    }
}

/// The same time in spans that neither overlap nor touch, earliest first.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.from);
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.to.is_none_or(|to| span.from <= to) => {
                last.to = last.to.zip(span.to).map(|(one, other)| one.max(other));
            }
            _ => merged.push(span),
        }
    }
    merged
}

/// Every event with its instant, earliest first.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Script {
    events: Vec<(Timestamp, Action)>,
}

/// What the API does with the token at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Token {
    /// It may do everything.
    Full,
    /// It may not see backups.
    Narrow,
    /// It is refused.
    Expired,
}

impl Script {
    pub(in crate::simulator) fn new(zero: Timestamp, events: &[Event]) -> Self {
        Self { events: events.iter().map(|event| (zero + delta(event.at), event.action.clone())).collect() }
    }

    /// The events up to `now`, earliest first.
    pub(super) fn past(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, &Action)> {
        self.events.iter().filter(move |(at, _)| *at <= now).map(|(at, action)| (*at, action))
    }

    /// The spans between events that switch something on and off.
    fn spans(&self, switch: impl Fn(&Action) -> Option<bool>) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut open = None;
        for (at, action) in &self.events {
            match (switch(action), open) {
                (Some(true), None) => open = Some(*at),
                (Some(false), Some(from)) => {
                    spans.push(Span { from, to: Some(*at) });
                    open = None;
                }
                _ => {}
            }
        }
        spans.extend(open.map(|from| Span { from, to: None }));
        spans
    }

    /// When a region was, is and will be down.
    pub(in crate::simulator) fn down(&self, region: &str) -> Vec<Span> {
        self.spans(|action| match action {
            Action::RegionDown(name) if name == region => Some(true),
            Action::RegionUp(name) if name == region => Some(false),
            _ => None,
        })
    }

    /// Whether the region is down.
    pub(in crate::simulator) fn is_down(&self, region: &str, now: Timestamp) -> bool {
        self.down(region).into_iter().any(|span| span.holds(now))
    }

    fn paused(&self, service: &str) -> Vec<Span> {
        self.spans(|action| match action {
            Action::PauseCopy { service: name, .. } if name == service => Some(true),
            Action::ResumeCopy(name) if name == service => Some(false),
            _ => None,
        })
    }

    /// The reason given, which may be empty, while copying is paused.
    pub(in crate::simulator) fn pause(&self, service: &str, now: Timestamp) -> Option<&str> {
        let span = self.paused(service).into_iter().find(|span| span.holds(now))?;
        self.events.iter().find_map(|(at, action)| match action {
            Action::PauseCopy { service: name, reason } if *at == span.from && name == service => {
                Some(reason.as_str())
            }
            _ => None,
        })
    }

    /// How much longer than usual copying takes at an instant.
    fn lag(&self, service: &str, at: Timestamp) -> Duration {
        let lag = |action: &Action| match action {
            Action::Lag { service: name, by } if name == service => Some(*by),
            _ => None,
        };
        let past = self.events.iter().rev().filter(|(when, _)| *when <= at);
        past.map(|(_, action)| action).find_map(lag).unwrap_or_default()
    }

    /// Up to which instant everything that `service` stored in its own region has arrived in the other
    /// one. It never goes back: while copying stands still, so does the horizon.
    pub(in crate::simulator) fn horizon(
        &self,
        service: &str,
        regions: [&str; 3],
        copy_delay: Duration,
        now: Timestamp,
    ) -> Timestamp {
        let mut still = self.paused(service);
        still.extend(regions.iter().flat_map(|region| self.down(region)));
        // Between two events the delay is constant, so the horizon is furthest at the end of each piece.
        let mut ends: Vec<Timestamp> = self.events.iter().map(|(at, _)| *at).filter(|at| *at < now).collect();
        ends.push(now);
        let mut from = Timestamp::MIN_UTC;
        let mut horizon = Timestamp::MIN_UTC;
        for to in ends {
            if !still.iter().any(|span| span.holds(from)) {
                horizon = horizon.max(to - delta(copy_delay + self.lag(service, from)));
            }
            from = to;
        }
        horizon
    }

    /// What the API does with the token.
    pub(in crate::simulator) fn token(&self, now: Timestamp) -> Token {
        let expired = self.spans(|action| match action {
            Action::ExpireToken => Some(true),
            Action::RenewToken => Some(false),
            _ => None,
        });
        let narrow = self.spans(|action| match action {
            Action::NarrowToken => Some(true),
            Action::WidenToken => Some(false),
            _ => None,
        });
        if expired.into_iter().any(|span| span.holds(now)) {
            Token::Expired
        } else if narrow.into_iter().any(|span| span.holds(now)) {
            Token::Narrow
        } else {
            Token::Full
        }
    }

    /// Whether the API cuts every connection.
    pub(in crate::simulator) fn is_api_down(&self, now: Timestamp) -> bool {
        let spans = self.spans(|action| match action {
            Action::ApiDown => Some(true),
            Action::ApiUp => Some(false),
            _ => None,
        });
        spans.into_iter().any(|span| span.holds(now))
    }

    /// For how many more whole seconds requests are refused, and whether a header says so.
    pub(in crate::simulator) fn rate_limit(&self, now: Timestamp) -> Option<(u64, bool)> {
        self.events.iter().find_map(|(at, action)| match action {
            Action::RateLimit { lasts, retry_after } if *at <= now && now < *at + delta(*lasts) => {
                let left = (*at + delta(*lasts) - now).to_std().unwrap_or_default();
                Some((left.as_secs() + u64::from(left.subsec_nanos() > 0), *retry_after))
            }
            _ => None,
        })
    }

    /// The instant that the API's own clock shows.
    pub(in crate::simulator) fn api_clock(&self, now: Timestamp) -> Timestamp {
        let past = self.events.iter().rev().filter(|(at, _)| *at <= now);
        let ahead = past.map(|(_, action)| action).find_map(|action| match action {
            Action::SkewClock { seconds } => TimeDelta::try_seconds(*seconds),
            _ => None,
        });
        now.checked_add_signed(ahead.unwrap_or_default()).unwrap_or(now)
    }
}
