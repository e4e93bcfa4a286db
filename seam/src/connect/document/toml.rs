//! A TOML file, kept as its author wrote it.

use serde_json::Value as Json;
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike};

use super::{Document, Why, dotted};
use crate::connect::setting::Value;

/// The parsed file, and whether its lines end as on Windows: the editor knows plain ends only.
pub(super) struct Toml {
    document: DocumentMut,
    carriage_returns: bool,
}

impl Toml {
    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        let plain = text.replace("\r\n", "\n");
        let carriage_returns = plain.len() != text.len();
        if carriage_returns && plain.replace('\n', "\r\n") != text {
            return Err("its lines end in two ways; make them one first".to_owned());
        }
        let document: DocumentMut = plain.parse().map_err(|error: toml_edit::TomlError| {
            let line = error
                .span()
                .and_then(|span| plain.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            // The parser's own message quotes the line, and the line may hold a secret.
            format!("it is not TOML: line {line}: {}", error.message())
        })?;
        let same = document.to_string();
        if same.trim_end_matches('\n') != plain.trim_end_matches('\n') {
            return Err("it cannot be kept as it is written".to_owned());
        }
        Ok(Self { document, carriage_returns })
    }

    /// The table that holds the last key of the path, if all on the way are there.
    fn holder(&self, path: &[&str]) -> Result<Option<&dyn TableLike>, Why> {
        let mut table: &dyn TableLike = self.document.as_table();
        let (_, way) = path.split_last().ok_or("an empty path")?;
        for (depth, key) in way.iter().enumerate() {
            let Some(item) = table.get(key).filter(|item| !item.is_none()) else { return Ok(None) };
            table = item.as_table_like().ok_or_else(|| not_a_table(path, depth))?;
        }
        Ok(Some(table))
    }
}

fn not_a_table(path: &[&str], depth: usize) -> Why {
    format!("`{}` is not a table", dotted(path.get(..=depth).unwrap_or_default()))
}

/// A value as JSON: what a comparison needs, whichever way it is written.
fn json(item: &Item) -> Json {
    match item {
        Item::None => Json::Null,
        Item::Value(value) => value_json(value),
        Item::Table(table) => table_json(table),
        Item::ArrayOfTables(tables) => {
            Json::Array(tables.iter().map(|table| table_json(table)).collect())
        }
    }
}

fn value_json(value: &toml_edit::Value) -> Json {
    match value {
        toml_edit::Value::String(text) => Json::String(text.value().clone()),
        toml_edit::Value::Boolean(on) => Json::Bool(*on.value()),
        toml_edit::Value::Integer(number) => Json::from(*number.value()),
        toml_edit::Value::Float(number) => Json::from(*number.value()),
        toml_edit::Value::Datetime(time) => Json::String(time.value().to_string()),
        toml_edit::Value::Array(items) => Json::Array(items.iter().map(value_json).collect()),
        toml_edit::Value::InlineTable(table) => table_json(table),
    }
}

fn table_json(table: &dyn TableLike) -> Json {
    Json::Object(table.iter().map(|(key, item)| (key.to_owned(), json(item))).collect())
}

/// A value to write: tables inline, so that one key stays one line.
fn value(value: &Value) -> toml_edit::Value {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Switch(on) => (*on).into(),
        Value::Table(entries) => {
            let mut table = InlineTable::new();
            for (key, inner) in entries {
                table.insert(key, self::value(inner));
            }
            table.into()
        }
        Value::Other(json) => literal(json),
    }
}

fn literal(json: &Json) -> toml_edit::Value {
    match json {
        Json::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().unwrap_or_default().into(), Into::into)
        }
        Json::Array(items) => items.iter().map(literal).collect::<toml_edit::Array>().into(),
        Json::Null => "".into(),
        other => value(&Value::from_json(other)),
    }
}

impl Document for Toml {
    fn get(&self, path: &[&str]) -> Result<Option<Json>, Why> {
        let (Some(table), Some(key)) = (self.holder(path)?, path.last()) else { return Ok(None) };
        Ok(table.get(key).filter(|item| !item.is_none()).map(json))
    }

    fn set(&mut self, path: &[&str], wished: &Value) -> Result<(), Why> {
        let (key, way) = path.split_last().ok_or("an empty path")?;
        let mut table: &mut dyn TableLike = self.document.as_table_mut();
        for (depth, name) in way.iter().enumerate() {
            let item = table.entry(name).or_insert_with(|| Item::Table(Table::new()));
            table = item.as_table_like_mut().ok_or_else(|| not_a_table(path, depth))?;
        }
        let mut wished = value(wished);
        if let Some(Item::Value(there)) = table.get_mut(key) {
            // In its place, with the comment behind it.
            *wished.decor_mut() = there.decor().clone();
            *there = wished;
        } else {
            table.remove(key);
            table.insert(key, Item::Value(wished));
        }
        Ok(())
    }

    fn remove(&mut self, path: &[&str]) -> Result<(), Why> {
        let (key, way) = path.split_last().ok_or("an empty path")?;
        let mut table: &mut dyn TableLike = self.document.as_table_mut();
        for (depth, name) in way.iter().enumerate() {
            let Some(item) = table.get_mut(name).filter(|item| !item.is_none()) else {
                return Ok(());
            };
            table = item.as_table_like_mut().ok_or_else(|| not_a_table(path, depth))?;
        }
        table.remove(key);
        Ok(())
    }

    fn is_blank(&self) -> bool {
        self.render().trim().is_empty()
    }

    fn render(&self) -> String {
        let text = self.document.to_string();
        if self.carriage_returns { text.replace('\n', "\r\n") } else { text }
    }
}
