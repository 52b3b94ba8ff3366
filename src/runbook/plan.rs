//! The plan of a run as data (S32): which steps, for which kind of run, how long each may take.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a run is: the same plan, other guards (S22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Planned exercise: production untouched, ends with clean-up.
    Drill,
    /// A declared real event.
    Incident,
}

impl RunKind {
    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drill => "drill",
            Self::Incident => "incident",
        }
    }
}

/// In which kinds of run a step takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum In {
    /// Only in a drill.
    Drill,
    /// Only in an incident.
    Incident,
    /// In both.
    Both,
}

impl In {
    /// Whether a run of this kind has the step.
    pub const fn has(self, kind: RunKind) -> bool {
        matches!(
            (self, kind),
            (Self::Both, _) | (Self::Drill, RunKind::Drill) | (Self::Incident, RunKind::Incident)
        )
    }
}

/// What a step does. A kind appears at most once in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A person says that recovery begins, and why.
    Declare,
    /// What can be checked beforehand is checked.
    Readiness,
    /// The point is resolved, shown and confirmed.
    ChoosePoint,
    /// The fork is asked for and read back by name.
    Fork,
    /// The restore is watched until it accepts writes.
    Wait,
    /// Checks read the restored data; the owner has a word.
    Validate,
    /// Clients are moved to the fork. Never in a drill.
    CutOver,
    /// The fork gets backups of its own.
    Protect,
    /// What the run made is removed, proven by listing.
    CleanUp,
    /// The run ends with its result.
    Close,
}

impl StepKind {
    /// The words a person reads.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Readiness => "readiness",
            Self::ChoosePoint => "choose point",
            Self::Fork => "fork",
            Self::Wait => "wait",
            Self::Validate => "validate",
            Self::CutOver => "cut over",
            Self::Protect => "protect",
            Self::CleanUp => "clean up",
            Self::Close => "close",
        }
    }

    /// The stable word, as in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Readiness => "readiness",
            Self::ChoosePoint => "choose_point",
            Self::Fork => "fork",
            Self::Wait => "wait",
            Self::Validate => "validate",
            Self::CutOver => "cut_over",
            Self::Protect => "protect",
            Self::CleanUp => "clean_up",
            Self::Close => "close",
        }
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Name, unique in the plan.
    pub id: String,
    /// What it does.
    pub kind: StepKind,
    /// In which kinds of run it takes part.
    #[serde(rename = "in")]
    pub part_of: In,
    /// After so many seconds of the run's clock it is late; `None` = no limit.
    pub limit_s: Option<u64>,
}

/// A versioned procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Name.
    pub id: String,
    /// Version, raised with every change.
    pub version: u32,
    /// Steps in their order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The steps of a run of this kind, in their order. A drill never has cut over, whatever the
    /// plan says (S22, R30).
    pub fn steps_of(&self, kind: RunKind) -> impl Iterator<Item = &Step> {
        self.steps
            .iter()
            .filter(move |step| step.part_of.has(kind))
            .filter(move |step| !(kind == RunKind::Drill && step.kind == StepKind::CutOver))
    }

    /// SHA-256 of the plan's canonical JSON, in hex.
    pub fn sha256(&self) -> String {
        hex_sha256(&canonical(self))
    }
}

/// The built-in plan: fork there, validate, then cut over and protect, or clean up.
pub fn built_in() -> Plan {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let step = |kind: StepKind, part_of, limit_s| Step {
        id: kind.as_str().replace('_', "-"),
        kind,
        part_of,
        limit_s,
    };
    Plan {
        id: "fork-to-secondary".to_owned(),
        version: 1,
        steps: vec![
            step(StepKind::Declare, In::Both, Some(10 * MINUTE)),
            step(StepKind::Readiness, In::Both, Some(5 * MINUTE)),
            step(StepKind::ChoosePoint, In::Both, Some(10 * MINUTE)),
            step(StepKind::Fork, In::Both, Some(5 * MINUTE)),
            step(StepKind::Wait, In::Both, Some(4 * HOUR)),
            step(StepKind::Validate, In::Both, Some(30 * MINUTE)),
            step(StepKind::CutOver, In::Incident, Some(HOUR)),
            step(StepKind::Protect, In::Incident, Some(48 * HOUR)),
            step(StepKind::CleanUp, In::Drill, Some(30 * MINUTE)),
            step(StepKind::Close, In::Both, None),
        ],
    }
}

/// JSON with sorted keys and no blanks: the same plan always gives the same bytes.
fn canonical(plan: &Plan) -> Vec<u8> {
    // A `serde_json::Value` keeps its keys sorted. A plan has only text and numbers, so neither
    // step can fail.
    serde_json::to_value(plan).and_then(|value| serde_json::to_vec(&value)).unwrap_or_default()
}

/// SHA-256 in lower-case hex.
pub fn hex_sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        write!(hex, "{byte:02x}").ok();
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s22_phases_in_their_order() {
        let plan = built_in();
        let kinds = |kind| plan.steps_of(kind).map(|step| step.kind.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(kinds(RunKind::Drill), "declare readiness choose_point fork wait validate clean_up close");
        assert_eq!(
            kinds(RunKind::Incident),
            "declare readiness choose_point fork wait validate cut_over protect close"
        );
    }

    #[test]
    fn s22_a_drill_has_no_cut_over_even_if_its_plan_says_so() {
        let mut plan = built_in();
        for step in &mut plan.steps {
            step.part_of = In::Both;
        }
        assert!(plan.steps_of(RunKind::Drill).all(|step| step.kind != StepKind::CutOver));
        assert!(plan.steps_of(RunKind::Drill).any(|step| step.kind == StepKind::Protect));
    }

    #[test]
    fn s32_the_hash_is_of_the_canonical_json_and_changes_with_the_plan() {
        let plan = built_in();
        let read_back: Plan = serde_json::from_slice(&canonical(&plan)).unwrap();
        assert_eq!(read_back, plan);
        assert_eq!(read_back.sha256(), plan.sha256());
        let mut changed = plan.clone();
        changed.version += 1;
        assert_ne!(changed.sha256(), plan.sha256());
        assert_eq!(hex_sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
