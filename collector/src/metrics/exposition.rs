//! The Prometheus text format, as much of it as counters and gauges need.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>, version 0.0.4.

use std::fmt::{Display, Write};

/// A page of metrics on its way.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
    name: &'static str,
}

impl Exposition {
    /// The content type of the page.
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// Begins a counter; its name ends in `_total`.
    pub fn counter(&mut self, name: &'static str, help: &'static str) {
        self.family(name, help, "counter");
    }

    /// Begins a gauge.
    pub fn gauge(&mut self, name: &'static str, help: &'static str) {
        self.family(name, help, "gauge");
    }

    fn family(&mut self, name: &'static str, help: &'static str, kind: &'static str) {
        self.name = name;
        self.put(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// One value of what was begun last. Labels and their values must be plain words.
    pub fn sample(&mut self, labels: &[(&'static str, &str)], value: impl Display) {
        let name = self.name;
        self.put(format_args!("{name}"));
        for (index, (label, text)) in labels.iter().enumerate() {
            self.put(format_args!("{}{label}=\"{text}\"", if index == 0 { '{' } else { ',' }));
        }
        if !labels.is_empty() {
            self.put(format_args!("}}"));
        }
        self.put(format_args!(" {value}\n"));
    }

    /// The page.
    pub fn finish(self) -> String {
        self.text
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        self.text.write_fmt(text).ok();
    }
}
