//! What is to be generated: how many sessions, when, and how hard.

use crate::{Scenario, scenario};

/// Microseconds of 2026-11-21 08:00 UTC, when the first sessions of every plan begin.
pub(crate) const EPOCH_US: i64 = 1_795_248_000_000_000;

/// A plan. The same plan gives the same bytes.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where chance begins.
    pub seed: u64,
    /// Conversations that a person leads; subagents, reviewers and titles come on top.
    pub sessions: usize,
    /// The sessions begin somewhere in so many microseconds. Against the length of a session
    /// (about a minute) this says how many are live at once.
    pub window_us: i64,
    /// How many of them are Codex; the rest is Claude Code.
    pub codex_share: f64,
    /// How hard they are.
    pub knobs: Knobs,
}

impl Plan {
    /// A plan with the usual mix of hard things.
    pub fn new(seed: u64, sessions: usize) -> Self {
        Self { seed, sessions, window_us: 60_000_000, codex_share: 0.75, knobs: Knobs::default() }
    }

    /// The same without anything that goes wrong on the way: nothing lost, late, repeated or
    /// reordered, no skewed clock, no foreign principal.
    #[must_use]
    pub fn undisturbed(mut self) -> Self {
        self.knobs = Knobs {
            clock_skew: 0.0,
            lost_batch: 0.0,
            lost_tail: 0.0,
            repeated_batch: 0.0,
            repeated_record: 0.0,
            reordered_batch: 0.0,
            late_tail: 0.0,
            foreign_principal: 0.0,
            ..self.knobs
        };
        self
    }

    /// Generates it.
    pub fn generate(&self) -> Scenario {
        scenario::generate(self)
    }
}

macro_rules! knobs {
    ($($(#[$doc:meta])* $name:ident = $default:literal,)+) => {
        /// Probabilities of the hard things. Each doc says what it is a probability of.
        #[derive(Debug, Clone)]
        pub struct Knobs {
            $($(#[$doc])* pub $name: f64,)+
        }

        impl Default for Knobs {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl Knobs {
            /// Nothing hard at all.
            pub fn none() -> Self {
                Self { $($name: 0.0,)+ }
            }

            /// All of them, by name.
            pub fn list(&self) -> Vec<(&'static str, f64)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

knobs! {
    /// A step of the agent makes 2 to 5 calls at the same time.
    parallel_calls = 0.35,
    /// A command uses the network (Codex).
    network_call = 0.5,
    /// Such a command contacts several hosts.
    many_hosts = 0.4,
    /// No argument of such a command names its hosts.
    hidden_host = 0.35,
    /// Its output names the hosts that it was allowed to contact.
    named_in_output = 0.5,
    /// A command of a parallel step contacts the host that another one contacts too.
    same_host = 0.05,
    /// The name of its host ends with the name of a host that another one contacts.
    host_in_host = 0.05,
    /// A network attempt is refused.
    denied_host = 0.4,
    /// The refusal does not stop the command, which ends with an exit code of its own.
    soft_denial = 0.15,
    /// A command stays in the background after its result, and goes on using the network.
    background_call = 0.06,
    /// A refused host is put before the person first (interactive Codex).
    network_prompt = 0.25,
    /// Such a question names a call that does not exist.
    unattributed_prompt = 0.2,
    /// A command needs a permission (interactive Codex) or a call does (interactive Claude Code).
    approval = 0.25,
    /// The person says no.
    declined = 0.25,
    /// The person presses Esc at the question.
    escaped_question = 0.08,
    /// The person presses Esc while calls run.
    escaped_call = 0.05,
    /// A call asks for something that the policy refuses without a question.
    refused_by_policy = 0.06,
    /// A hook is configured in the session.
    hooks = 0.15,
    /// A configured hook blocks the call it sees.
    hook_block = 0.2,
    /// The session has an automatic reviewer in the person's place (Codex).
    automatic_review = 0.2,
    /// The sandbox stands in the way of a command.
    sandbox = 0.04,
    /// A step of the agent hands tasks to one or two subagents.
    subagent = 0.12,
    /// A subagent does so too; at most three levels.
    nested_subagent = 0.15,
    /// A follow-up prompt comes from somebody else.
    second_person = 0.2,
    /// The session is left and resumed in another process.
    resume = 0.15,
    /// The version sends no `execution.id` (Codex).
    old_build = 0.1,
    /// Spans are sent as well.
    traces = 0.4,
    /// Prompts are redacted.
    redacted = 0.2,
    /// Final answers are sent (Codex, opt in).
    responses = 0.4,
    /// Verdicts of the automatic reviewer are sent (Codex, opt in).
    assessments = 0.6,
    /// The clock of the host is wrong, by up to an hour.
    clock_skew = 0.2,
    /// A request never arrives.
    lost_batch = 0.01,
    /// The last request of a process never arrives.
    lost_tail = 0.02,
    /// A request arrives twice.
    repeated_batch = 0.05,
    /// Some records of a request come again in another one.
    repeated_record = 0.03,
    /// A request arrives up to 20 s late, after later ones.
    reordered_batch = 0.08,
    /// The last requests of a process come an hour late.
    late_tail = 0.02,
    /// Somebody else's principal sends records under the id of the conversation.
    foreign_principal = 0.02,
}
