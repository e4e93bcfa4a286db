//! A JSON file with comments, kept as its author wrote it.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value as Json;

use super::{Document, Why, dotted};
use crate::connect::setting::Value;

/// The concrete syntax tree: tokens, blanks and comments included.
pub(super) struct JsonFile(CstRootNode);

/// JSON and comments. No agent here reads more, so a file with more is broken for it too.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

impl JsonFile {
    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        let text = if text.trim().is_empty() { "{}\n" } else { text };
        // The message of the parser is about kinds and places; it quotes nothing of the file.
        let root = CstRootNode::parse(text, &STRICT)
            .map_err(|error| format!("it is not JSON: {}", error.kind()))?;
        if root.object_value().is_none() {
            return Err("it is not a JSON object".to_owned());
        }
        Ok(Self(root))
    }

    fn root(&self) -> Result<CstObject, Why> {
        self.0.object_value().ok_or_else(|| "it is not a JSON object".to_owned())
    }

    /// The object that holds the last key of the path, if all on the way are there.
    fn holder(&self, path: &[&str]) -> Result<Option<CstObject>, Why> {
        let mut object = self.root()?;
        let (_, way) = path.split_last().ok_or("an empty path")?;
        for (depth, key) in way.iter().enumerate() {
            let Some(property) = property(&object, key)? else { return Ok(None) };
            let walked = path.get(..=depth).unwrap_or_default();
            object = property
                .object_value()
                .ok_or_else(|| format!("`{}` is not an object", dotted(walked)))?;
        }
        Ok(Some(object))
    }
}

/// The property of that name. Two of one name are refused: agents read the last, editors the first.
fn property(object: &CstObject, key: &str) -> Result<Option<CstObjectProp>, Why> {
    let mut found = object
        .properties()
        .into_iter()
        .filter(|property| property.decoded_name().is_some_and(|name| name == key));
    let first = found.next();
    if found.next().is_some() {
        return Err(format!("`{key}` stands there twice"));
    }
    Ok(first)
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Text(text) => CstInputValue::String(text.clone()),
        Value::Switch(on) => CstInputValue::Bool(*on),
        Value::Table(entries) => CstInputValue::Object(
            entries.iter().map(|(key, value)| (key.clone(), input(value))).collect(),
        ),
        Value::Other(json) => literal(json),
    }
}

fn literal(json: &Json) -> CstInputValue {
    match json {
        Json::Null => CstInputValue::Null,
        Json::Number(number) => CstInputValue::Number(number.to_string()),
        Json::Array(items) => CstInputValue::Array(items.iter().map(literal).collect()),
        other => input(&Value::from_json(other)),
    }
}

impl Document for JsonFile {
    fn get(&self, path: &[&str]) -> Result<Option<Json>, Why> {
        let (Some(holder), Some(key)) = (self.holder(path)?, path.last()) else { return Ok(None) };
        let Some(property) = property(&holder, key)? else { return Ok(None) };
        let value = property.value().and_then(|value| value.to_serde_value());
        value.map(Some).ok_or_else(|| format!("`{}` has no value", dotted(path)))
    }

    fn set(&mut self, path: &[&str], value: &Value) -> Result<(), Why> {
        let (key, way) = path.split_last().ok_or("an empty path")?;
        let mut object = self.root()?;
        for (depth, name) in way.iter().enumerate() {
            let walked = path.get(..=depth).unwrap_or_default();
            let inner = property(&object, name)?.unwrap_or_else(|| {
                object.ensure_multiline();
                object.append(name, CstInputValue::Object(Vec::new()))
            });
            object = inner
                .object_value()
                .ok_or_else(|| format!("`{}` is not an object", dotted(walked)))?;
        }
        if let Some(found) = property(&object, key)? {
            found.set_value(input(value));
        } else {
            object.ensure_multiline();
            object.append(key, input(value));
        }
        Ok(())
    }

    fn remove(&mut self, path: &[&str]) -> Result<(), Why> {
        let (Some(holder), Some(key)) = (self.holder(path)?, path.last()) else { return Ok(()) };
        if let Some(found) = property(&holder, key)? {
            found.remove();
        }
        Ok(())
    }

    fn is_blank(&self) -> bool {
        let text: String = self.render().split_whitespace().collect();
        text.is_empty() || text == "{}"
    }

    fn render(&self) -> String {
        self.0.to_string()
    }
}
