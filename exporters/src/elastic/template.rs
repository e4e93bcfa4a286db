//! The templates and policies, as each product wants them.
//!
//! Two component templates and an index template over all data streams of ours, with a priority over
//! the built-in `logs-*-*` (100). Each carries the digest of its own text, by which the next setup
//! knows that nothing has changed: servers do not give back what they were given, letter by letter.

use seam_schema::project::{Field, FieldType};
use serde_json::{Map, Value, json};

use super::Options;
use super::product::{Found, Product};

/// The index template.
pub(crate) const NAME: &str = "logs-seam";
/// The policy, where lifecycles are policies.
pub(crate) const POLICY: &str = "seam";
const MAPPINGS: &str = "seam@mappings";
const SETTINGS: &str = "seam@settings";
/// What people may add, where the product does not mind its absence.
const CUSTOM: &str = "seam@custom";
const PATTERN: &str = "logs-seam.*-*";
const PRIORITY: u32 = 250;
/// Characters of a keyword that are indexed: four bytes each must fit in a term of 32,766 bytes.
const IGNORE_ABOVE: u32 = 8191;
/// Objects with keys that senders choose: of the formats `seam` and `ocsf`.
const FREE: &[&str] = &["attributes", "resource", "redactions", "unmapped"];
const FIELDS_MAX: u32 = 2500;
const ROLLOVER_AGE: &str = "30d";
const ROLLOVER_SIZE: &str = "50gb";

/// One thing to install.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) step: &'static str,
    pub(crate) name: &'static str,
    /// Where it is put and read.
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) digest: String,
    /// Where its digest stands when it is read.
    pub(crate) digest_at: &'static str,
}

/// What is installed, in order. `policy` says that a policy is in force.
pub(crate) fn assets(options: &Options, found: Found, policy: bool) -> Vec<Asset> {
    let component = |step, name: &'static str, template: Value| {
        marked(Asset {
            step,
            name,
            path: format!("_component_template/{name}"),
            body: json!({ "template": template }),
            digest: String::new(),
            digest_at: "/component_templates/0/component_template/_meta/digest",
        })
    };
    let index = Asset {
        step: "index template",
        name: NAME,
        path: format!("_index_template/{NAME}"),
        body: index_template(options, found),
        digest: String::new(),
        digest_at: "/index_templates/0/index_template/_meta/digest",
    };
    vec![
        component("mappings", MAPPINGS, json!({ "mappings": mappings(&options.fields, found) })),
        component("settings", SETTINGS, json!({ "settings": settings(found, policy) })),
        marked(index),
    ]
}

/// With the digest of what it says.
fn marked(mut asset: Asset) -> Asset {
    asset.digest = digest(&asset.body);
    if let Some(body) = asset.body.as_object_mut() {
        let meta = json!({ "managed_by": "seam", "digest": asset.digest });
        body.insert("_meta".to_owned(), meta);
    }
    asset
}

fn digest(body: &Value) -> String {
    blake3::hash(body.to_string().as_bytes()).to_hex().chars().take(32).collect()
}

fn index_template(options: &Options, found: Found) -> Value {
    let mut body = json!({
        "index_patterns": [PATTERN],
        "data_stream": {},
        "priority": PRIORITY,
        "composed_of": [MAPPINGS, SETTINGS],
    });
    if found.ignores_missing_components() {
        body["composed_of"] = json!([MAPPINGS, SETTINGS, CUSTOM]);
        body["ignore_missing_component_templates"] = json!([CUSTOM]);
    }
    if found.has_stream_lifecycle() {
        let lifecycle = match options.retention_days {
            Some(days) => json!({ "data_retention": format!("{days}d") }),
            None => json!({}),
        };
        body["template"] = json!({ "lifecycle": lifecycle });
    }
    body
}

fn settings(found: Found, policy: bool) -> Value {
    let mut settings =
        json!({ "index": { "mapping": { "total_fields": { "limit": FIELDS_MAX } } } });
    if policy && found.product == Product::Elasticsearch && !found.has_stream_lifecycle() {
        settings["index"]["lifecycle"] = json!({ "name": POLICY });
    }
    settings
}

/// The mappings: known fields with their types, others by what they hold. Objects whose keys senders
/// choose are kept as they are, so that what agents invent never fills the mapping.
fn mappings(fields: &[Field], found: Found) -> Value {
    let mut properties = Map::new();
    let mut fields: Vec<&Field> = fields.iter().collect();
    // A parent stands before its children.
    fields.sort_by(|one, other| one.name.cmp(&other.name));
    for field in fields {
        insert(&mut properties, &field.name, mapping(field.kind, found));
    }
    if let Some(ours) = properties.get_mut("seam").and_then(Value::as_object_mut) {
        ours.insert("dynamic".to_owned(), json!(false));
    }
    properties.insert("@timestamp".to_owned(), json!({ "type": "date" }));
    let kept = json!({ "type": "object", "dynamic": false });
    let mut dynamic: Vec<Value> = FREE
        .iter()
        .map(|name| {
            let template =
                json!({ "match_mapping_type": "object", "match": name, "mapping": kept });
            json!({ *name: template })
        })
        .collect();
    dynamic.push(json!({ "texts": { "match_mapping_type": "string", "mapping": keyword() } }));
    json!({
        "dynamic": true,
        "date_detection": false,
        "numeric_detection": false,
        "dynamic_templates": dynamic,
        "properties": properties,
    })
}

fn keyword() -> Value {
    json!({ "type": "keyword", "ignore_above": IGNORE_ABOVE })
}

/// The mapping of a field: types as each product has them.
fn mapping(kind: FieldType, found: Found) -> Value {
    let elastic = found.product == Product::Elasticsearch;
    match kind {
        // Not every distribution has the type `wildcard`.
        FieldType::Keyword | FieldType::Wildcard => keyword(),
        FieldType::Stored => json!({ "type": "keyword", "index": false, "doc_values": false }),
        FieldType::Text if elastic || found.version >= Some((2, 12)) => {
            json!({ "type": "match_only_text" })
        }
        FieldType::Text => json!({ "type": "text" }),
        FieldType::Flattened if elastic => json!({ "type": "flattened" }),
        FieldType::Flattened if found.version >= Some((2, 7)) => json!({ "type": "flat_object" }),
        FieldType::Flattened => json!({ "type": "object", "enabled": false }),
        FieldType::Long
        | FieldType::Integer
        | FieldType::Double
        | FieldType::Boolean
        | FieldType::Date
        | FieldType::Ip => json!({ "type": kind.as_str() }),
    }
}

/// Puts a field with dots into its place. What would stand below a field that is no object is left
/// out: the cluster would refuse the whole template.
fn insert(properties: &mut Map<String, Value>, name: &str, mapping: Value) {
    let Some((parent, rest)) = name.split_once('.') else {
        let slot = properties.entry(name).or_insert_with(|| json!({}));
        if let (Some(slot), Value::Object(mapping)) = (slot.as_object_mut(), mapping) {
            slot.extend(mapping);
        }
        return;
    };
    let slot = properties.entry(parent).or_insert_with(|| json!({}));
    let Some(slot) = slot.as_object_mut() else { return };
    let kind = slot.get("type").and_then(Value::as_str).unwrap_or("object");
    if !matches!(kind, "object" | "nested") || slot.contains_key("enabled") {
        return;
    }
    let children = slot.entry("properties").or_insert_with(|| json!({}));
    if let Some(children) = children.as_object_mut() {
        insert(children, rest, mapping);
    }
}

/// The policy of a product whose lifecycles are policies, and its digest.
pub(crate) fn policy(options: &Options, product: Product) -> (Value, String) {
    let delete_after = options.retention_days.map(|days| format!("{days}d"));
    let mut body = match product {
        Product::Elasticsearch => {
            let rollover =
                json!({ "max_age": ROLLOVER_AGE, "max_primary_shard_size": ROLLOVER_SIZE });
            let mut phases = json!({ "hot": { "actions": { "rollover": rollover } } });
            if let Some(age) = delete_after {
                phases["delete"] = json!({ "min_age": age, "actions": { "delete": {} } });
            }
            json!({ "policy": { "phases": phases } })
        }
        Product::OpenSearch => ism(delete_after),
    };
    let digest = digest(&body);
    match product {
        Product::Elasticsearch => {
            body["policy"]["_meta"] = json!({ "managed_by": "seam", "digest": digest });
        }
        // There is no room for marks of ours but in the text.
        Product::OpenSearch => {
            body["policy"]["description"] = json!(format!("managed by seam, {digest}"));
        }
    }
    (body, digest)
}

fn ism(delete_after: Option<String>) -> Value {
    let rollover = json!({ "rollover": { "min_index_age": ROLLOVER_AGE, "min_primary_shard_size": ROLLOVER_SIZE } });
    let mut hot = json!({ "name": "hot", "actions": [rollover], "transitions": [] });
    let mut states = Vec::new();
    if let Some(age) = delete_after {
        let conditions = json!({ "min_rollover_age": age });
        hot["transitions"] = json!([{ "state_name": "delete", "conditions": conditions }]);
        states.push(json!({ "name": "delete", "actions": [{ "delete": {} }], "transitions": [] }));
    }
    states.insert(0, hot);
    json!({ "policy": {
        "default_state": "hot",
        "states": states,
        "ism_template": [{ "index_patterns": [PATTERN], "priority": PRIORITY }],
    } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: FieldType) -> Field {
        Field { name: name.to_owned(), kind }
    }

    /// Fields with dots become objects, and types are the product's own.
    #[test]
    fn fields_become_mappings() {
        let fields = [
            field("event.action", FieldType::Keyword),
            field("labels", FieldType::Flattened),
            field("labels.x", FieldType::Keyword),
            field("seam.session_id", FieldType::Wildcard),
            field("seam.prompt", FieldType::Stored),
            field("message", FieldType::Text),
        ];
        let es =
            mappings(&fields, Found { product: Product::Elasticsearch, version: Some((8, 19)) });
        let properties = &es["properties"];
        assert_eq!(properties["event"]["properties"]["action"], keyword());
        assert_eq!(properties["labels"], json!({ "type": "flattened" }));
        assert_eq!(properties["seam"]["dynamic"], json!(false));
        assert_eq!(properties["seam"]["properties"]["session_id"], keyword());
        assert_eq!(properties["seam"]["properties"]["prompt"]["index"], json!(false));
        let os = mappings(&fields, Found { product: Product::OpenSearch, version: Some((2, 19)) });
        assert_eq!(os["properties"]["labels"], json!({ "type": "flat_object" }));
        let old = mappings(&fields, Found { product: Product::OpenSearch, version: Some((2, 5)) });
        assert_eq!(old["properties"]["labels"], json!({ "type": "object", "enabled": false }));
        assert_eq!(old["properties"]["message"], json!({ "type": "text" }));
    }

    /// Nothing is deleted by a cluster unless somebody said after how many days.
    #[test]
    fn nothing_is_deleted_by_default() {
        let mut options = Options::new(
            crate::http::Options::new("http://h"),
            Product::OpenSearch,
            super::super::Credential::None,
        );
        for product in [Product::OpenSearch, Product::Elasticsearch] {
            assert!(!policy(&options, product).0.to_string().contains("delete"));
        }
        let before = policy(&options, Product::OpenSearch).1;
        options.retention_days = Some(90);
        for product in [Product::OpenSearch, Product::Elasticsearch] {
            assert!(policy(&options, product).0.to_string().contains("\"90d\""));
        }
        assert_ne!(before, policy(&options, Product::OpenSearch).1);
    }
}
