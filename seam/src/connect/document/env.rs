//! An environment file: lines of `NAME=word`. Other lines stay as they are.

use serde_json::Value as Json;

use super::{Document, Why, dotted};
use crate::connect::setting::Value;
use crate::connect::shell;

/// The lines, each with its line end.
pub(super) struct EnvFile(Vec<String>);

impl EnvFile {
    pub(super) fn parse(text: &str) -> Self {
        Self(text.split_inclusive('\n').map(str::to_owned).collect())
    }

    fn position(&self, name: &str) -> Option<usize> {
        // The last one counts when a shell reads the file.
        self.0.iter().rposition(|line| assigned(line).is_some_and(|(found, _)| found == name))
    }
}

/// The name and the word of an assignment.
fn assigned(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let (name, word) = line.split_once('=')?;
    let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    named.then_some((name, word))
}

fn name<'a>(path: &[&'a str]) -> Result<&'a str, Why> {
    match path {
        [name] => Ok(name),
        other => Err(format!("`{}` is no variable", dotted(other))),
    }
}

impl Document for EnvFile {
    fn get(&self, path: &[&str]) -> Result<Option<Json>, Why> {
        let line = self.position(name(path)?).and_then(|at| self.0.get(at));
        let Some((_, word)) = line.and_then(|line| assigned(line)) else { return Ok(None) };
        Ok(Some(Json::String(shell::unquoted(word).unwrap_or_else(|| word.to_owned()))))
    }

    fn set(&mut self, path: &[&str], value: &Value) -> Result<(), Why> {
        let name = name(path)?;
        let Value::Text(text) = value else { return Err(format!("`{name}` takes a text")) };
        let line = format!("{name}={}\n", shell::quoted(text));
        if let Some(place) = self.position(name).and_then(|at| self.0.get_mut(at)) {
            *place = line;
            return Ok(());
        }
        if let Some(last) = self.0.last_mut().filter(|last| !last.ends_with('\n')) {
            last.push('\n');
        }
        self.0.push(line);
        Ok(())
    }

    fn remove(&mut self, path: &[&str]) -> Result<(), Why> {
        if let Some(at) = self.position(name(path)?) {
            self.0.remove(at);
        }
        Ok(())
    }

    fn is_blank(&self) -> bool {
        self.0.iter().all(|line| line.trim().is_empty())
    }

    fn render(&self) -> String {
        self.0.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_stay() {
        let mut file = EnvFile::parse("# mine\nexport A=1\nB='x y'");
        assert_eq!(file.get(&["A"]).unwrap(), Some(Json::from("1")));
        assert_eq!(file.get(&["B"]).unwrap(), Some(Json::from("x y")));
        file.set(&["A"], &Value::text("it's")).unwrap();
        file.set(&["C"], &Value::text("c")).unwrap();
        assert_eq!(file.render(), "# mine\nA='it'\\''s'\nB='x y'\nC=c\n");
        file.remove(&["C"]).unwrap();
        file.remove(&["D"]).unwrap();
        assert_eq!(file.render(), "# mine\nA='it'\\''s'\nB='x y'\n");
        assert!(!file.is_blank());
    }
}
