//! Everything that the page of one conversation is made from.
//!
//! The conversation and all that serve it, from the derived tables; and from `events` what those
//! tables do not repeat: network attempts, requests to models, and how many events there are.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::rows::{
    ActionRow, AttemptRow, GapRow, LinkRow, OtherEvents, RequestRow, SessionRow, TurnRow,
};
use crate::exit::Failure;
use crate::quote::{literal, literals};
use crate::source::Source;

/// So many ids stand in one statement.
pub(super) const ID_CHUNK: usize = 200;
/// A page shows at most so many conversations.
const SESSIONS_MAX: usize = 500;
/// So many events are asked for the trace they are in.
const TRACED_EVENTS: usize = 100;

/// What a page is made from.
#[derive(Debug, Default)]
pub(crate) struct Material {
    /// The conversation that was asked for, then those that serve it, and so on.
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) turns: Vec<TurnRow>,
    pub(crate) actions: Vec<ActionRow>,
    pub(crate) links: Vec<LinkRow>,
    pub(crate) gaps: Vec<GapRow>,
    pub(crate) attempts: Vec<AttemptRow>,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) others: Vec<OtherEvents>,
}

/// Reads all of a conversation and of those that serve it.
pub(crate) async fn gather(source: &Source, asked: SessionRow) -> Result<Material, Failure> {
    let mut material = Material { sessions: lineage(source, asked).await?, ..Material::default() };
    let tenant = material.sessions.first().map(|session| literal(&session.tenant));
    let tenant = tenant.unwrap_or_default();
    let ids: Vec<String> = material.sessions.iter().map(|row| row.session_id.clone()).collect();
    for some in ids.chunks(ID_CHUNK) {
        let ids = literals(some.iter().map(String::as_str));
        let of = format!("where tenant = {tenant} and session_id in ({ids})");
        material.turns.extend(whole(source, "turns", &of).await?);
        material.actions.extend(whole(source, "actions", &of).await?);
        material.links.extend(whole(source, "links", &of).await?);
        material.gaps.extend(whole(source, "gaps", &of).await?);
    }
    for some in ids.chunks(ID_CHUNK) {
        let sent: BTreeSet<&str> = some.iter().map(|id| sent_id(id)).collect();
        let sent = literals(sent);
        let condition = format!("e.tenant = {tenant} and e.session_id in ({sent})");
        let events = events(source, &condition, &tenant, some).await?;
        material.take(events, None);
    }
    for id in &ids {
        if material.has_events(id) {
            continue;
        }
        // Its events carry no id: they are found by the traces it was made from.
        let traces = traces(source, &material.actions, id).await?;
        if !traces.is_empty() {
            let traces = literals(traces.iter().map(String::as_str));
            let condition = format!(
                "e.tenant = {tenant} and e.session_id is null and e.trace_id in ({traces})"
            );
            let events = events(source, &condition, &tenant, std::slice::from_ref(id)).await?;
            material.take(events, Some(id));
        }
    }
    Ok(material)
}

/// The id that the agent sent: a conversation of a foreign principal has that one's mark behind.
pub(crate) fn sent_id(session_id: &str) -> &str {
    match session_id.rsplit_once('~') {
        Some((id, mark))
            if !id.is_empty()
                && mark.len() == 8
                && mark.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            id
        }
        _ => session_id,
    }
}

/// The condition on `events e` for one conversation alone.
pub(crate) async fn condition(source: &Source, session: &SessionRow) -> Result<String, Failure> {
    let tenant = literal(&session.tenant);
    let sent = format!(
        "e.tenant = {tenant} and e.session_id = {} and e.principal = {}",
        literal(sent_id(&session.session_id)),
        literal(&session.principal)
    );
    let any = format!("select 1 as events from events e where {sent} limit 1");
    if !source.rows::<OtherEvents>(&any).await?.is_empty() {
        return Ok(sent);
    }
    let id = literal(&session.session_id);
    let of = format!("where tenant = {tenant} and session_id = {id}");
    let actions: Vec<ActionRow> = whole(source, "actions", &of).await?;
    let traces = traces(source, &actions, &session.session_id).await?;
    if traces.is_empty() {
        return Ok(sent);
    }
    let traces = literals(traces.iter().map(String::as_str));
    Ok(format!("e.tenant = {tenant} and e.session_id is null and e.trace_id in ({traces})"))
}

async fn whole<T: DeserializeOwned>(
    source: &Source,
    table: &str,
    of: &str,
) -> Result<Vec<T>, Failure> {
    source.rows(&format!("select * from {table} {of}")).await
}

/// The conversation, then generation by generation those that serve it.
async fn lineage(source: &Source, asked: SessionRow) -> Result<Vec<SessionRow>, Failure> {
    let tenant = literal(&asked.tenant);
    let mut known = BTreeSet::from([asked.session_id.clone()]);
    let mut parents = vec![asked.session_id.clone()];
    let mut all = vec![asked];
    while !parents.is_empty() && all.len() < SESSIONS_MAX {
        let mut next = Vec::new();
        for some in parents.chunks(ID_CHUNK) {
            let ids = literals(some.iter().map(String::as_str));
            let left = SESSIONS_MAX - all.len();
            let sql = format!(
                "select * from sessions where tenant = {tenant} and parent_session_id in ({ids}) \
                 order by started_at, session_id limit {left}"
            );
            for child in source.rows::<SessionRow>(&sql).await? {
                if all.len() < SESSIONS_MAX && known.insert(child.session_id.clone()) {
                    next.push(child.session_id.clone());
                    all.push(child);
                }
            }
        }
        parents = next;
    }
    Ok(all)
}

/// The traces of the events without a session that a conversation's actions were made from.
async fn traces(
    source: &Source,
    actions: &[ActionRow],
    session_id: &str,
) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Trace {
        trace_id: String,
    }
    let own = actions.iter().filter(|action| action.session_id == session_id);
    let items = own.flat_map(|action| action.evidence.iter().flatten());
    let ids: Vec<&str> =
        items.filter_map(|item| item.event_id.as_deref()).take(TRACED_EVENTS).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select distinct trace_id from events where session_id is null and trace_id is not null \
         and event_id in ({})",
        literals(ids)
    );
    Ok(source.rows::<Trace>(&sql).await?.into_iter().map(|row| row.trace_id).collect())
}

/// What `events` says of some conversations.
#[derive(Debug, Default)]
struct Events {
    attempts: Vec<Sent<AttemptRow>>,
    requests: Vec<Sent<RequestRow>>,
    kinds: Vec<Sent<Counted>>,
}

/// A row of `events` with who sent it.
#[derive(Debug, Deserialize)]
struct Sent<T> {
    own_session: Option<String>,
    principal: String,
    #[serde(flatten)]
    row: T,
}

#[derive(Debug, Deserialize)]
struct Counted {
    kind: Option<String>,
    events: i64,
    linked: i64,
}

async fn events(
    source: &Source,
    condition: &str,
    tenant: &str,
    sessions: &[String],
) -> Result<Events, Failure> {
    let attempts = format!(
        "select e.session_id as own_session, e.principal, e.event_id, e.turn_id, e.time, e.net_host, e.net_port, \
         e.net_protocol, e.net_method, e.net_verdict, e.net_reason \
         from events e where {condition} and e.kind = 'network' order by e.time"
    );
    let requests = format!(
        "select e.session_id as own_session, e.principal, e.turn_id, e.time, e.signal, e.name, e.model, \
         e.input_tokens, e.output_tokens from events e where {condition} and e.kind = 'model_request'"
    );
    let ids = literals(sessions.iter().map(String::as_str));
    let kinds = format!(
        "select e.session_id as own_session, e.principal, e.kind, count(*) as events, count(l.event_id) as linked \
         from events e left join (select distinct event_id from links where tenant = {tenant} \
         and session_id in ({ids}) and action_id is not null and event_id is not null) l \
         on e.event_id = l.event_id where {condition} group by 1, 2, 3"
    );
    Ok(Events {
        attempts: source.rows(&attempts).await?,
        requests: source.rows(&requests).await?,
        kinds: source.rows(&kinds).await?,
    })
}

impl Material {
    /// Takes events in, each under the conversation of who sent it; all under `owner`, if one
    /// is given.
    fn take(&mut self, events: Events, owner: Option<&str>) {
        let owners: BTreeMap<(String, String), String> = self
            .sessions
            .iter()
            .map(|row| {
                let sent = sent_id(&row.session_id).to_owned();
                ((sent, row.principal.clone()), row.session_id.clone())
            })
            .collect();
        let whose = |sent: Option<String>, principal: String| match owner {
            Some(owner) => Some(owner.to_owned()),
            None => owners.get(&(sent?, principal)).cloned(),
        };
        for Sent { own_session, principal, row } in events.attempts {
            if let Some(session) = whose(own_session, principal) {
                self.attempts.push(AttemptRow { session_id: Some(session), ..row });
            }
        }
        for Sent { own_session, principal, row } in events.requests {
            if let Some(session) = whose(own_session, principal) {
                self.requests.push(RequestRow { session_id: Some(session), ..row });
            }
        }
        for Sent { own_session, principal, row } in events.kinds {
            if let Some(session) = whose(own_session, principal) {
                let events = row.events - row.linked;
                let others = OtherEvents { session_id: Some(session), kind: row.kind, events };
                self.others.push(others);
            }
        }
    }

    fn has_events(&self, session_id: &str) -> bool {
        self.others.iter().any(|others| others.session_id.as_deref() == Some(session_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a mark of eight hex digits is taken off.
    #[test]
    fn the_sent_id() {
        assert_eq!(sent_id("abc~0123abcd"), "abc");
        for same in ["abc", "abc~def", "abc~0123abcg", "~0123abcd", "a~b~c"] {
            assert_eq!(sent_id(same), same);
        }
    }

    /// Records of two principals under one id go to the two conversations they form.
    #[test]
    fn events_go_to_who_sent_them() {
        let session = |id: &str, principal: &str| SessionRow {
            session_id: id.to_owned(),
            principal: principal.to_owned(),
            ..SessionRow::default()
        };
        let mut material = Material {
            sessions: vec![session("s", "ann"), session("s~0123abcd", "bob")],
            ..Material::default()
        };
        let attempt = |principal: &str| Sent {
            own_session: Some("s".to_owned()),
            principal: principal.to_owned(),
            row: AttemptRow::default(),
        };
        let attempts = vec![attempt("bob"), attempt("ann"), attempt("eve")];
        material.take(Events { attempts, ..Events::default() }, None);
        let owners: Vec<_> =
            material.attempts.iter().map(|row| row.session_id.as_deref()).collect();
        assert_eq!(owners, [Some("s~0123abcd"), Some("s")]);
    }
}
