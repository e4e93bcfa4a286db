//! What of a resource is content: the command line of the process, in which a prompt may stand.

use crate::capture::{Content, Policy, text_of};
use crate::event::{Attribute, AttributeValue, Text};
use crate::otlp::ValueType;

/// Attributes of a process that hold its arguments.
const COMMAND_LINE: &[&str] = &["process.command_args", "process.command_line"];

impl Policy {
    /// Takes the command line out of a resource of metrics. They have no kind and no repository, so
    /// the policy's own word decides.
    pub(crate) fn apply_to_metrics(&self, resource: &mut Vec<Attribute<'_>>) {
        if self.content != Content::Yes {
            self.take_command_line(self.content, resource);
        }
    }

    /// Takes the command line out of a resource; how many attributes it was.
    pub(super) fn take_command_line(
        &self,
        content: Content,
        resource: &mut Vec<Attribute<'_>>,
    ) -> i64 {
        let mut taken = 0;
        resource.retain_mut(|kept| {
            if !is_command_line(kept) {
                return true;
            }
            taken += 1;
            if content == Content::Hashed {
                let hash = self.hash(text_of(kept, &mut String::new()));
                kept.value = AttributeValue::Column(ValueType::String, Text::Owned(hash));
            }
            content == Content::Hashed
        });
        taken
    }
}

/// Whether the attribute holds a command line.
pub(crate) fn is_command_line(kept: &Attribute<'_>) -> bool {
    COMMAND_LINE.contains(&kept.key.as_ref())
}
