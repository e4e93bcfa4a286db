//! What was asked, what of it is right, and every miss.

use std::collections::BTreeMap;

use seam_schema::vocabulary::Confidence;
use serde::Serialize;

/// Declares what is counted, each with its name in the output.
macro_rules! questions {
    ($($(#[$meta:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Something that is asked of a conversation or a call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Question { $($(#[$meta])* $variant),+ }

        impl Question {
            /// Every question, in the order of the columns.
            pub(super) const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name in the output.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

questions! {
    /// Is the conversation there?
    Conversation = "conversations",
    /// Is its role right?
    Role = "role",
    /// Is the conversation it serves right?
    Parent = "parent",
    /// Is there a turn with this prompt?
    Prompt = "prompts",
    /// Is there an action for this call, in its conversation?
    Call = "calls",
    /// Is it known who of the agents made it?
    CallRole = "call_role",
    /// Did it end so?
    Outcome = "outcome",
    /// Did this one decide, or call it off?
    Decider = "decider",
    /// Is the exit code right?
    ExitCode = "exit_code",
    /// Is the reason for a denial or a failure right?
    Reason = "reason",
    /// Is its intent this prompt?
    Intent = "intent",
}

/// How often something was asked, and how often the answer was right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub(crate) asked: u64,
    pub(crate) right: u64,
}

impl Tally {
    pub(super) fn count(&mut self, right: bool) {
        self.asked += 1;
        self.right += u64::from(right);
    }

    fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.right += other.right;
    }

    /// The share that is right; nothing where nothing was asked.
    pub(super) fn share(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let share = (self.right as f64, self.asked as f64);
        (self.asked > 0).then(|| share.0 / share.1)
    }
}

/// Why something is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// Proved: it stands in no event and in no body.
    NoSignalShowsIt,
    /// The truth says itself that the signals leave it open.
    NoSignalDeterminesIt,
    /// Anything else.
    OurFault,
}

impl Why {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NoSignalShowsIt => "no signal shows it",
            Self::NoSignalDeterminesIt => "no signal determines it",
            Self::OurFault => "our fault",
        }
    }

    /// `shown`: a signal shows it.
    pub(super) const fn of(shown: bool) -> Self {
        if shown { Self::OurFault } else { Self::NoSignalShowsIt }
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Miss {
    pub(crate) capture: String,
    /// What was asked.
    pub(crate) what: &'static str,
    /// Of which conversation or call.
    pub(crate) of: String,
    pub(crate) expected: String,
    pub(crate) got: String,
    pub(crate) why: Why,
}

/// Network attempts: those that were made, and the edges that were drawn.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NetworkTally {
    /// Attempts of calls, as the truth knows them.
    pub(crate) expected: u64,
    /// Those that a certain, strong or weak edge leads from.
    pub(crate) found: u64,
    /// Attempts that the signals determine (all, where the truth does not say), and those of them
    /// that a certain or strong edge leads from.
    pub(crate) determined: Tally,
    /// By confidence.
    pub(crate) by_confidence: BTreeMap<&'static str, ConfidenceTally>,
}

impl Default for NetworkTally {
    fn default() -> Self {
        let none = Confidence::ALL.iter().map(|it| (it.as_str(), ConfidenceTally::default()));
        let by_confidence = none.collect();
        Self { expected: 0, found: 0, determined: Tally::default(), by_confidence }
    }
}

impl NetworkTally {
    pub(super) fn tally(&mut self, confidence: Confidence) -> &mut ConfidenceTally {
        self.by_confidence.entry(confidence.as_str()).or_default()
    }

    /// Those of one confidence.
    pub(super) fn of(&self, confidence: Confidence) -> ConfidenceTally {
        self.by_confidence.get(confidence.as_str()).copied().unwrap_or_default()
    }

    fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.found += other.found;
        self.determined.add(other.determined);
        for (confidence, tally) in &other.by_confidence {
            let sum = self.by_confidence.entry(confidence).or_default();
            sum.edges.add(tally.edges);
            sum.recalled += tally.recalled;
        }
    }
}

/// The edges of one confidence.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct ConfidenceTally {
    /// Edges, and those that are right: an ambiguous one with the right call among its candidates.
    pub(crate) edges: Tally,
    /// Attempts whose surest right edge is of this confidence.
    pub(crate) recalled: u64,
}

/// The score of a capture, or of several together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Score {
    pub(crate) capture: String,
    pub(crate) questions: BTreeMap<&'static str, Tally>,
    /// Conversations, prompts of people and actions that did not happen.
    pub(crate) extra: u64,
    pub(crate) network: NetworkTally,
    pub(crate) misses: Vec<Miss>,
}

impl Score {
    pub(crate) fn new(capture: &str) -> Self {
        let questions = Question::ALL.iter().map(|it| (it.name(), Tally::default())).collect();
        let capture = capture.to_owned();
        Self { capture, questions, extra: 0, network: NetworkTally::default(), misses: Vec::new() }
    }

    /// The sum of several.
    pub(crate) fn total(scores: &[Self]) -> Self {
        let mut total = Self::new("total");
        for score in scores {
            for (name, tally) in &score.questions {
                total.questions.entry(name).or_default().add(*tally);
            }
            total.extra += score.extra;
            total.network.add(&score.network);
            total.misses.extend(score.misses.iter().cloned());
        }
        total
    }

    /// How many misses are our fault.
    pub(crate) fn faults(&self) -> usize {
        self.misses.iter().filter(|miss| miss.why == Why::OurFault).count()
    }

    /// Counts an answer.
    pub(super) fn count(&mut self, question: Question, right: bool) {
        self.questions.entry(question.name()).or_default().count(right);
    }

    pub(super) fn tally(&self, question: Question) -> Tally {
        self.questions.get(question.name()).copied().unwrap_or_default()
    }

    /// Notes what is not as it should be.
    pub(super) fn miss(
        &mut self,
        what: &'static str,
        of: String,
        expected: &str,
        got: &str,
        why: Why,
    ) {
        let capture = self.capture.clone();
        let (expected, got) = (expected.to_owned(), got.to_owned());
        self.misses.push(Miss { capture, what, of, expected, got, why });
    }
}
