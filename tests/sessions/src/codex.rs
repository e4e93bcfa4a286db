//! Codex, as 0.169 emits: log records without a time of their own, spans in part of the sessions.
//!
//! A session is simulated process by process and turn by turn. Whatever happens at the same time
//! (parallel calls, subagents, commands in the background) is simulated one after the other with
//! its own times; the records are put in order when the process ends.

mod call_spans;
mod guardian;
mod network;
mod records;
mod resource;
mod shell;
mod spans;
mod step;
mod subagents;
mod tools;
mod turn;

use crate::chance::Chance;
use crate::draft::{Counter, Draft, Process, seal};
use crate::plan::Knobs;
use crate::story::{ConversationIx, PromptIx, PromptStory, Story};
use crate::truth::Role;
use crate::words;

/// The name of the agent.
const AGENT: &str = "codex";
/// The version that all but old builds have.
const VERSION: &str = "0.169.0";
/// A version before `execution.id`.
const OLD_VERSION: &str = "0.139.0";

/// Who can be asked in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `codex exec`: nobody.
    Unattended,
    /// The terminal: the person.
    Interactive,
    /// The automatic reviewer.
    Reviewed,
}

/// How a Codex is set up.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the agent")]
pub(crate) struct Setup {
    pub(crate) mode: Mode,
    pub(crate) version: &'static str,
    pub(crate) traces: bool,
    pub(crate) redacted: bool,
    pub(crate) responses: bool,
    pub(crate) assessments: bool,
    pub(crate) hooks: bool,
    pub(crate) email: Option<String>,
    pub(crate) host: String,
}

impl Setup {
    fn originator(&self) -> &'static str {
        match self.mode {
            Mode::Unattended => "codex_exec",
            Mode::Interactive | Mode::Reviewed => "codex-tui",
        }
    }

    fn approval_policy(&self) -> &'static str {
        match self.mode {
            Mode::Unattended => "never",
            Mode::Interactive | Mode::Reviewed => "on-request",
        }
    }
}

/// One Codex at work.
#[derive(Debug)]
pub(crate) struct Codex<'k> {
    pub(crate) knobs: &'k Knobs,
    pub(crate) chance: Chance,
    pub(crate) setup: Setup,
    pub(crate) story: Story,
    drafts: Vec<Draft>,
    /// The next port from which somebody connects to the proxy.
    next_port: i64,
    traces: u32,
    guardian: Option<guardian::Guardian>,
}

/// Writes a session that begins at `start_us` by the client's clock. `known_as` gives its
/// conversation an id that somebody else's already has.
pub(crate) fn session(
    knobs: &Knobs,
    mut chance: Chance,
    start_us: i64,
    known_as: Option<String>,
) -> (Codex<'_>, Vec<Process>) {
    let setup = choose_setup(knobs, &mut chance);
    let mut codex = Codex {
        knobs,
        chance,
        setup,
        story: Story::default(),
        drafts: Vec::new(),
        next_port: 20_000,
        traces: 0,
        guardian: None,
    };
    let id = known_as.unwrap_or_else(|| codex.chance.uuid_at(start_us));
    let main = codex.story.conversation(AGENT, id, Role::Main, None);
    let first = words::person(&mut codex.chance);
    let mut processes = Vec::new();
    let mut at = codex.process(main, &first, start_us, true);
    processes.push(codex.end_process());
    if codex.chance.happens("resume", knobs.resume) {
        at += codex.chance.millis(5_000, 120_000);
        codex.process(main, &first, at, false);
        processes.push(codex.end_process());
    }
    (codex, processes)
}

fn choose_setup(knobs: &Knobs, chance: &mut Chance) -> Setup {
    let mode = if chance.happens("automatic_review", knobs.automatic_review) {
        Mode::Reviewed
    } else if chance.coin(0.5) {
        Mode::Interactive
    } else {
        Mode::Unattended
    };
    let old = chance.happens("old_build", knobs.old_build);
    let person = words::person(chance);
    Setup {
        mode,
        version: if old { OLD_VERSION } else { VERSION },
        traces: chance.happens("traces", knobs.traces),
        redacted: chance.happens("redacted", knobs.redacted),
        responses: !old && chance.happens("responses", knobs.responses),
        assessments: !old && chance.happens("assessments", knobs.assessments),
        hooks: mode == Mode::Unattended && chance.happens("hooks", knobs.hooks),
        email: chance.coin(0.5).then(|| format!("{person}@example.com")),
        host: format!("host-{}", chance.between(1, 9_999)),
    }
}

impl Codex<'_> {
    /// One process with its turns; gives the time at which the last one ended.
    fn process(&mut self, main: ConversationIx, person: &str, start_us: i64, first: bool) -> i64 {
        let mut at = start_us;
        self.thread_start(main, at);
        if self.setup.mode == Mode::Reviewed {
            let begins_us = at + self.chance.millis(20, 900);
            self.start_guardian(main, begins_us);
        }
        at += self.chance.millis(300, 3_000);
        let turns = match self.setup.mode {
            Mode::Unattended => 1,
            _ => self.chance.between(1, 3),
        };
        for turn in 0..turns {
            let opening = first && turn == 0;
            let wish = if opening {
                words::wish(&mut self.chance)
            } else {
                words::follow_up(&mut self.chance)
            };
            let other = !opening && self.chance.happens("second_person", self.knobs.second_person);
            let person = if other { words::person(&mut self.chance) } else { person.to_owned() };
            let prompt = self.human_prompt(main, wish, person, at);
            let title = opening && self.setup.mode != Mode::Unattended;
            at = self.main_turn(main, prompt, at, title);
            at += self.chance.millis(2_000, 25_000);
        }
        at
    }

    fn human_prompt(
        &mut self,
        main: ConversationIx,
        text: String,
        person: String,
        at_us: i64,
    ) -> PromptIx {
        self.story.prompt(PromptStory {
            conversation: main,
            text,
            origin: "human",
            person: Some(person),
            prompt_id: None,
            redacted: self.setup.redacted,
            at_us,
        })
    }

    /// Takes the records of the process that has ended.
    fn end_process(&mut self) -> Process {
        self.metrics_noise();
        let drafts = std::mem::take(&mut self.drafts);
        self.guardian = None;
        let (logs_resource, spans_resource) = self.resources();
        Process {
            logs_resource,
            spans_resource,
            service: self.setup.originator(),
            version: self.setup.version,
            flush_us: self.chance.millis(700, 5_000),
            counter: Counter::Results,
            records: seal(drafts, Counter::Results),
        }
    }
}
