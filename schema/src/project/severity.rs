//! One scale of gravity for all formats.

/// How grave a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Ordinary activity.
    Info,
    /// Something was denied, or failed.
    Low,
    /// The agent asks nobody, or a control is weaker than it was.
    Medium,
}

impl Severity {
    /// Every step, ascending.
    pub const ALL: [Self; 3] = [Self::Info, Self::Low, Self::Medium];

    /// The word of the format `seam`, and of Splunk's field `severity`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
        }
    }

    /// OCSF's `severity_id`.
    pub(super) const fn ocsf(self) -> i64 {
        match self {
            Self::Info => 1,
            Self::Low => 2,
            Self::Medium => 3,
        }
    }

    /// OCSF's `severity`.
    pub(super) const fn ocsf_name(self) -> &'static str {
        match self {
            Self::Info => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
        }
    }

    /// ECS's `event.severity`, on the scale of Elastic's rules.
    pub(super) const fn ecs(self) -> i64 {
        match self {
            Self::Info | Self::Low => 21,
            Self::Medium => 47,
        }
    }
}
