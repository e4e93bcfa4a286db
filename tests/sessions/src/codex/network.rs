//! What commands do on the network, and what the proxy says to it.

use serde_json::json;

use crate::codex::Codex;
use crate::codex::records::Written;
use crate::codex::spans::Spanned;
use crate::codex::step::Together;
use crate::codex::turn::Turn;
use crate::draft::{Scope, Shown};
use crate::story::{AttemptStory, CallIx, Ending, QuestionIx};
use crate::wire::Attributes;
use crate::words;

/// What a command contacts.
#[derive(Debug, Clone, Default)]
pub(super) struct Contacts {
    pub(super) hosts: Vec<String>,
    /// The id of its execution, unless the version sends none.
    execution_id: Option<String>,
    /// Whether it prints the hosts it reached.
    prints: bool,
}

impl Contacts {
    /// The first ones, and the rest.
    pub(super) fn split(&self, at: usize) -> (Self, Self) {
        let (first, rest) = self.hosts.split_at(at);
        let with = |hosts: &[String]| Self { hosts: hosts.to_vec(), ..self.clone() };
        (with(first), with(rest))
    }
}

/// How a command ran.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) end_us: i64,
    pub(super) ending: Ending,
    /// What it printed.
    pub(super) lines: String,
}

/// What the proxy said.
#[derive(Clone, Copy)]
struct Said<'a> {
    host: &'a str,
    verdict: &'static str,
    source: &'static str,
    reason: &'static str,
    question: Option<QuestionIx>,
}

impl Codex<'_> {
    /// Decides what a command is and whom it contacts, and writes its arguments.
    pub(super) fn choose_contacts(&mut self, call: CallIx, together: &mut Together) -> Contacts {
        if !self.chance.happens("network_call", self.knobs.network_call) {
            let command = words::plain_command(&mut self.chance);
            self.story.calls[call].arguments = json!({ "cmd": command }).to_string();
            return Contacts::default();
        }
        let many = self.chance.happens("many_hosts", self.knobs.many_hosts);
        let count = if many { self.chance.between(2, 4) } else { 1 };
        let mut hosts: Vec<String> = Vec::new();
        for _ in 0..count {
            let shared = !together.hosts.is_empty()
                && self.chance.happens("same_host", self.knobs.same_host);
            let longer = !shared
                && !together.hosts.is_empty()
                && self.chance.happens("host_in_host", self.knobs.host_in_host);
            let host = if shared || longer {
                let other = together.hosts[self.chance.index(together.hosts.len())].clone();
                if shared { other } else { format!("old.{other}") }
            } else {
                words::host(&mut self.chance)
            };
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let hidden = self.chance.happens("hidden_host", self.knobs.hidden_host);
        let command = if hidden {
            words::hidden_command(&mut self.chance).to_owned()
        } else {
            let urls: Vec<String> = hosts.iter().map(|host| format!("http://{host}/x")).collect();
            words::fetch_command(&mut self.chance, &urls)
        };
        self.story.calls[call].arguments = json!({ "cmd": command }).to_string();
        together.hosts.extend(hosts.iter().cloned());
        let old = self.setup.version == super::OLD_VERSION;
        Contacts {
            hosts,
            execution_id: (!old).then(|| self.chance.uuid()),
            prints: self.chance.happens("named_in_output", self.knobs.named_in_output),
        }
    }

    /// Contacts the hosts one after the other until one is refused for good.
    pub(super) fn use_network(
        &mut self,
        turn: &Turn,
        call: CallIx,
        contacts: &Contacts,
        from_us: i64,
        until_us: i64,
        cut_us: Option<i64>,
    ) -> Ran {
        let gap_ms = (until_us - from_us) / 1000 / (contacts.hosts.len() as i64 + 1);
        let mut at = from_us;
        let mut soft = false;
        let mut lines = String::new();
        for host in &contacts.hosts {
            at += self.chance.millis(8.min(gap_ms), gap_ms.max(9));
            if cut_us.is_some_and(|cut| at >= cut) {
                break;
            }
            let denied = self.chance.happens("denied_host", self.knobs.denied_host);
            if !denied {
                self.say(turn, call, contacts, at, ALLOWED.of(host));
                if contacts.prints {
                    lines.push_str("got http://");
                    lines.push_str(host);
                    lines.push_str("/x\n");
                }
            } else if cut_us.is_none() && self.attended(turn) && self.is_asked() {
                let (answered_us, allowed) = self.ask_about(turn, call, contacts, at, host);
                at = answered_us;
                if !allowed {
                    return self.blocked(at, host);
                }
            } else if self.chance.happens("soft_denial", self.knobs.soft_denial) {
                self.say(turn, call, contacts, at, NOT_ALLOWED.of(host));
                lines.push_str("curl: (22) The requested URL returned error: 403\n");
                soft = true;
            } else {
                let said = if self.chance.coin(0.3) { LISTED } else { NOT_ALLOWED };
                self.say(turn, call, contacts, at, said.of(host));
                if self.chance.coin(0.15) {
                    let second = words::host(&mut self.chance);
                    at += self.chance.between(50, 300);
                    self.say(turn, call, contacts, at, NOT_ALLOWED.of(&second));
                }
                return self.blocked(at, host);
            }
        }
        let end_us = until_us.max(at + self.chance.millis(3, 40));
        let fails = self.chance.coin(if soft { 0.5 } else { 0.12 });
        let code = if fails { [1, 6, 22, 56][self.chance.index(4)] } else { 0 };
        Ran { end_us, ending: Ending::Exit(code), lines }
    }

    /// The same in the background, where nobody sees how it ends.
    pub(super) fn use_network_unseen(
        &mut self,
        turn: &Turn,
        call: CallIx,
        contacts: &Contacts,
        from_us: i64,
        until_us: i64,
    ) {
        if !contacts.hosts.is_empty() {
            // As if somebody could stop it: then nobody is asked about hosts.
            self.use_network(turn, call, contacts, from_us, until_us, Some(i64::MAX));
        }
    }

    fn is_asked(&mut self) -> bool {
        self.chance.happens("network_prompt", self.knobs.network_prompt)
    }

    /// A refused host ends the command within a moment.
    fn blocked(&mut self, at_us: i64, host: &str) -> Ran {
        let why = "domain is not on the allowlist for the current sandbox mode.";
        let lines = format!(
            "exec_command failed: ProcessFailed {{ message: \"Network access to \\\"{host}\\\" was blocked: {why}\" }}"
        );
        let end_us = at_us + self.chance.between(300, 60_000);
        Ran { end_us, ending: Ending::NetworkBlocked, lines }
    }

    /// Puts a host before the person; gives when the proxy spoke, and whether it is allowed.
    fn ask_about(
        &mut self,
        turn: &Turn,
        call: CallIx,
        contacts: &Contacts,
        at_us: i64,
        host: &str,
    ) -> (i64, bool) {
        if self.chance.coin(0.5) {
            self.say(turn, call, contacts, at_us, ASKED.of(host));
        }
        let answered_us = at_us + self.chance.millis(800, 20_000);
        let allowed = self.chance.coin(0.6);
        let question = self.host_decision(turn, call, answered_us, allowed);
        let said_us = answered_us + self.chance.between(300, 3_000);
        let said = if allowed { GRANTED } else { NOT_GRANTED };
        let said = Said { question: Some(question), ..said.of(host) };
        self.say(turn, call, contacts, said_us, said);
        (said_us, allowed)
    }

    /// `codex.network_proxy.policy_decision`, and the proxy's span.
    fn say(&mut self, turn: &Turn, call: CallIx, contacts: &Contacts, at_us: i64, said: Said<'_>) {
        let client_address = format!("127.0.0.1:{}", self.next_port);
        self.next_port += 1;
        let trace = self.new_trace();
        let place = trace.map(|trace| (trace.id, trace.run, trace.number));
        let conversation = turn.conversation;
        let name = "codex.network_proxy.policy_decision";
        let https = self.chance.coin(0.4);
        let (protocol, port, method) =
            if https { ("https_connect", 443, "CONNECT") } else { ("http", 80, "GET") };
        let attributes = Attributes::new()
            .text("event.name", name)
            .join(self.common(conversation, at_us))
            .text("network.policy.scope", "domain")
            .text("network.policy.decision", said.verdict)
            .text("network.policy.source", said.source)
            .text("network.policy.reason", said.reason)
            .text("network.transport.protocol", protocol)
            .text("server.address", said.host)
            .int("server.port", port)
            .text("http.request.method", method)
            .text("client.address", client_address.as_str())
            .maybe("execution.id", contacts.execution_id.as_deref())
            .flag("network.policy.override", said.source == "decider" && said.verdict == "allow");
        self.story.attempts.push(AttemptStory {
            call,
            host: said.host.to_owned(),
            verdict: said.verdict,
            at_us,
            client_address,
            observed_ns: 0,
            execution_id: contacts.execution_id.clone(),
            question: said.question,
        });
        let shows = vec![Shown::Attempt(self.story.attempts.len() - 1)];
        let own = Attributes::new();
        let written = Written { name, at_us, conversation, place, own, shows };
        let observed_ns = self.write_plain(Scope::CodexProxy, written, attributes);
        if let Some(attempt) = self.story.attempts.last_mut() {
            attempt.observed_ns = observed_ns;
        }
        if let Some(trace) = trace {
            let own = Attributes::new()
                .text("http.request.method", method)
                .text("url.full", format!("http://{}/x", said.host));
            let (id, from_us, to_us) = (trace.run, at_us - 90, at_us + 90);
            let name = "http::serve".to_owned();
            let served = Spanned { name, trace: trace.id, id, above: None, from_us, to_us, own };
            self.write_span(served, None, Vec::new(), Vec::new());
        }
    }
}

const ALLOWED: Template = Template("allow", "baseline_policy", "allow");
const NOT_ALLOWED: Template = Template("deny", "baseline_policy", "not_allowed");
const LISTED: Template = Template("deny", "baseline_policy", "denied");
const ASKED: Template = Template("ask", "decider", "not_allowed");
const GRANTED: Template = Template("allow", "decider", "not_allowed");
const NOT_GRANTED: Template = Template("deny", "decider", "not_allowed");

/// Verdict, source and reason.
#[derive(Clone, Copy)]
struct Template(&'static str, &'static str, &'static str);

impl Template {
    fn of(self, host: &str) -> Said<'_> {
        let Self(verdict, source, reason) = self;
        Said { host, verdict, source, reason, question: None }
    }
}
