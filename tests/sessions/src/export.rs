//! The truth in the format of the captures' `truth.json`, so that what reads those reads this.
//!
//! Beside the keys of that format stand those of [`Truth`]: `visible`, `happened`, `determined`, ….

use serde_json::{Map, Value, json};

use crate::truth::{Call, Conversation, NetworkLink, Role, Truth};

impl Truth {
    /// The truth as `truth.json` of a capture with this name.
    pub fn to_capture(&self, name: &str) -> Value {
        let conversations: Vec<Value> = self
            .conversations
            .iter()
            .map(|conversation| self.capture_conversation(conversation))
            .collect();
        json!({
            "capture": name,
            "conversations": conversations,
            "network_links": self.network_links,
            "gaps": self.gaps,
            "lost": self.lost,
        })
    }

    /// The truth as lines of JSON, one for each conversation, network attempt, gap and lost record;
    /// the key `is` says which.
    pub fn to_lines(&self) -> String {
        let mut lines = String::new();
        let mut add = |is: &str, mut one: Map<String, Value>| {
            one.insert("is".to_owned(), json!(is));
            lines.push_str(&Value::Object(one).to_string());
            lines.push('\n');
        };
        self.conversations.iter().for_each(|one| add("conversation", fields(one)));
        self.network_links.iter().for_each(|one| add("network_link", fields(one)));
        self.gaps.iter().for_each(|one| add("gap", fields(one)));
        self.lost.iter().for_each(|one| add("lost", fields(one)));
        lines
    }

    fn capture_conversation(&self, conversation: &Conversation) -> Value {
        let serves = match conversation.role {
            Role::Main | Role::Subagent => "parent",
            Role::Reviewer => "reviews",
            Role::Title => "serves",
        };
        let prompts: Vec<&str> =
            conversation.prompts.iter().map(|prompt| prompt.text.as_str()).collect();
        let calls: Vec<Value> = conversation
            .calls
            .iter()
            .map(|call| capture_call(call, self.attempts_of(conversation, call)))
            .collect();
        let mut value = fields(conversation);
        value.remove("parent");
        if let Some(parent) = &conversation.parent {
            value.insert(serves.to_owned(), json!(parent));
        }
        value.insert("prompts".to_owned(), json!(prompts));
        value.insert("prompt_details".to_owned(), json!(conversation.prompts));
        value.insert("calls".to_owned(), json!(calls));
        Value::Object(value)
    }

    fn attempts_of<'a>(
        &'a self,
        conversation: &'a Conversation,
        call: &'a Call,
    ) -> impl Iterator<Item = &'a NetworkLink> {
        self.network_links.iter().filter(move |link| {
            link.owner == call.call_id
                && link.conversation == conversation.id
                && link.principal == conversation.principal
        })
    }
}

fn capture_call<'a>(call: &Call, attempts: impl Iterator<Item = &'a NetworkLink>) -> Value {
    let network: Vec<Value> = attempts
        .filter(|attempt| attempt.verdict != "ask")
        .map(|attempt| json!({ "host": attempt.host, "verdict": attempt.verdict }))
        .collect();
    let mut value = fields(call);
    value.retain(|_, value| !value.is_null());
    value.insert("network".to_owned(), json!(network));
    if let Some(intent) = &call.intent {
        value.insert("intent".to_owned(), json!(intent.text));
        value.insert("intent_details".to_owned(), json!(intent));
    }
    if call.agent_id.is_some() {
        value.insert("by_subagent".to_owned(), json!(true));
    }
    Value::Object(value)
}

fn fields(of: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(of) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}
