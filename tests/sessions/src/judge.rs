//! What the delivered records can show: from what was emitted, by the rules of the design.
//!
//! Nothing is taken from what the product concludes. Where the rules leave room, this is the
//! stricter reading: a scorer that counts only what is said to be shown here asks for nothing that
//! no record has.

mod calls;
mod evidence;
mod gaps;
mod lineage;
mod network;

use crate::judge::evidence::Evidence;
use crate::scenario::Client;
use crate::truth::{Conversation, LostRecord, Prompt, Truth};

/// Adds the truth of a client. `arrived` says for each process which of its records did.
pub(crate) fn judge(client: &Client, arrived: &[Vec<bool>], truth: &mut Truth) {
    let evidence = Evidence::collect(client, arrived);
    let story = &client.story;
    let lineage = lineage::Lineage::find(story, &evidence);
    for (ix, conversation) in story.conversations.iter().enumerate() {
        let prompts = story.prompts.iter().enumerate();
        let prompts = prompts.filter(|(_, prompt)| prompt.conversation == ix);
        truth.conversations.push(Conversation {
            id: conversation.id.clone(),
            agent: conversation.agent,
            principal: client.principal.clone(),
            foreign: client.foreign,
            role: conversation.role,
            role_shown: lineage.role_shown(ix),
            parent: conversation.parent.map(|parent| story.conversations[parent].id.clone()),
            parent_shown_by: lineage.parent_shown_by(ix),
            visible: evidence.conversations[ix],
            prompts: prompts
                .map(|(place, prompt)| Prompt {
                    text: prompt.text.clone(),
                    origin: prompt.origin,
                    person: prompt.person.clone(),
                    prompt_id: prompt.prompt_id.clone(),
                    redacted: prompt.redacted,
                    visible: evidence.prompts[place],
                    at_us: prompt.at_us,
                })
                .collect(),
            calls: calls::judge(story, &evidence, &lineage, ix),
        });
    }
    network::judge(client, &evidence, &mut truth.network_links);
    gaps::judge(client, arrived, &evidence, &mut truth.gaps);
    list_lost(client, arrived, truth);
}

fn list_lost(client: &Client, arrived: &[Vec<bool>], truth: &mut Truth) {
    for (process, arrived) in client.processes.iter().zip(arrived) {
        let lost = process.records.iter().zip(arrived).filter(|(_, arrived)| !**arrived);
        truth.lost.extend(lost.map(|(record, _)| {
            LostRecord {
                principal: client.principal.clone(),
                conversation: record
                    .conversation
                    .map(|conversation| client.story.conversations[conversation].id.clone()),
                signal: record.signal.name(),
                name: record.name.to_owned(),
                at_us: record.at_us,
            }
        }));
    }
}
