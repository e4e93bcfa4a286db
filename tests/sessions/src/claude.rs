//! Claude Code, as 2.1.329 emits: one conversation also for its subagents, ids on nearly
//! everything, no record at all of some refusals.

mod calls;
mod records;
mod spans;
mod subagents;
mod turn;

use crate::chance::Chance;
use crate::claude::subagents::Notice;
use crate::draft::{Counter, Draft, Process, seal};
use crate::plan::Knobs;
use crate::story::{ConversationIx, Story};
use crate::truth::Role;
use crate::wire::Attributes;
use crate::words;

/// The name of the agent.
const AGENT: &str = "claude-code";
const VERSION: &str = "2.1.329";

/// How a Claude Code is set up.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the agent")]
pub(crate) struct Setup {
    /// Somebody sits at it; else it runs in print mode.
    pub(crate) interactive: bool,
    pub(crate) traces: bool,
    pub(crate) redacted: bool,
    /// Arguments are sent.
    pub(crate) details: bool,
    pub(crate) hooks: bool,
    pub(crate) user_id: String,
    pub(crate) person: String,
}

/// One Claude Code at work.
#[derive(Debug)]
pub(crate) struct Claude<'k> {
    pub(crate) knobs: &'k Knobs,
    pub(crate) chance: Chance,
    pub(crate) setup: Setup,
    pub(crate) story: Story,
    drafts: Vec<Draft>,
    main: ConversationIx,
    /// Subagents in the background that are not yet reported.
    notices: Vec<Notice>,
    subagents: u32,
    interactions: i64,
}

/// Writes a session that begins at `start_us` by the client's clock.
pub(crate) fn session(
    knobs: &Knobs,
    mut chance: Chance,
    start_us: i64,
) -> (Claude<'_>, Vec<Process>) {
    let setup = Setup {
        interactive: chance.coin(0.6),
        traces: chance.happens("traces", knobs.traces),
        redacted: chance.happens("redacted", knobs.redacted),
        details: chance.coin(0.75),
        hooks: chance.happens("hooks", knobs.hooks),
        user_id: chance.hex(64),
        person: words::person(&mut chance),
    };
    let mut story = Story::default();
    let main = story.conversation(AGENT, chance.uuid(), Role::Main, None);
    let mut claude = Claude {
        knobs,
        chance,
        setup,
        story,
        drafts: Vec::new(),
        main,
        notices: Vec::new(),
        subagents: 0,
        interactions: 0,
    };
    let mut processes = Vec::new();
    let mut at = claude.process(start_us, true);
    processes.push(claude.end_process());
    if claude.chance.happens("resume", knobs.resume) {
        at += claude.chance.millis(5_000, 120_000);
        claude.process(at, false);
        processes.push(claude.end_process());
    }
    (claude, processes)
}

impl Claude<'_> {
    /// One process with its turns; gives the time at which the last one ended.
    fn process(&mut self, start_us: i64, first: bool) -> i64 {
        self.startup(start_us);
        let mut at = start_us + self.chance.millis(800, 9_000);
        let turns = if self.setup.interactive { self.chance.between(1, 4) } else { 1 };
        for turn in 0..turns {
            let opening = first && turn == 0;
            let wish = if opening {
                words::wish(&mut self.chance)
            } else {
                words::follow_up(&mut self.chance)
            };
            let other = !opening && self.chance.happens("second_person", self.knobs.second_person);
            let person =
                if other { words::person(&mut self.chance) } else { self.setup.person.clone() };
            at = self.human_turn(wish, person, at);
            let pause = self.chance.millis(1_500, 20_000);
            at = self.report_before(at + pause, turn + 1 == turns);
        }
        self.shutdown(at);
        at
    }

    /// Takes the records of the process that has ended.
    fn end_process(&mut self) -> Process {
        let drafts = std::mem::take(&mut self.drafts);
        self.notices.clear();
        let resource = Attributes::new()
            .text("host.arch", "amd64")
            .text("os.type", "linux")
            .text("os.version", "6.12.48")
            .text("service.name", AGENT)
            .text("service.version", VERSION);
        Process {
            logs_resource: resource.clone(),
            spans_resource: resource,
            service: AGENT,
            version: VERSION,
            flush_us: self.chance.millis(1_000, 5_000),
            counter: Counter::Events,
            records: seal(drafts, Counter::Events),
        }
    }
}
