//! The settings of products for a person: what a new document changes, and the versions.

use std::fmt;

use comfy_table::{ContentArrangement, Table, presets};
use koogallery_settings::Difference;
use serde_json::Value;

/// What differs, a line for each place.
#[derive(Debug)]
pub struct Differences<'a>(pub &'a [Difference]);

impl fmt::Display for Differences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no differences");
        }
        for (number, Difference { place, before, after }) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            match (before, after) {
                (None, Some(after)) => write!(f, "+ {place}: {after}")?,
                (Some(before), None) => write!(f, "- {place}: {before}")?,
                (Some(before), Some(after)) => write!(f, "~ {place}: {before} → {after}")?,
                (None, None) => write!(f, "  {place}")?,
            }
        }
        Ok(())
    }
}

/// Versions, the newest first.
#[derive(Debug)]
pub struct Versions<'a>(pub &'a [Value]);

impl fmt::Display for Versions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no versions");
        }
        let cell = |version: &Value, name: &str| match &version[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["version", "when", "by", "why"]);
        for version in self.0 {
            table.add_row(["version", "at", "by", "reason"].map(|name| cell(version, name)));
        }
        write!(f, "{table}")
    }
}

#[cfg(test)]
mod tests {
    use koogallery_settings::differences;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_difference_says_what_was_there_and_what_comes() {
        let found = differences(&json!({ "a": 1, "b": { "c": "x" } }), &json!({ "b": { "c": "y" }, "d": [] }));
        assert_eq!(Differences(&found).to_string(), "- /a: 1\n~ /b/c: \"x\" → \"y\"\n+ /d: []");
        assert_eq!(Differences(&[]).to_string(), "no differences");
    }
}
