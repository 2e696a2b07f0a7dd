//! `run.json`: what a run was, so that it can be told whether another is the same, and which files are its own.

use super::output::read_text;
use crate::engine::Engine;
use crate::experiment::Settings;
use crate::libtorch;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The settings of a run, and what ran it. Runs that are equal in this write equal files.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    #[serde(flatten)]
    settings: Settings,
    engine: Engine,
    klgrad: &'static str,
    libtorch: String,
    /// Those of libtorch, where gradients are differentiated: their last bits depend on them.
    #[serde(skip_serializing_if = "Option::is_none")]
    vector_kernels: Option<String>,
}

/// The SHA-256 of files, by their names.
pub(super) type Digests = BTreeMap<String, String>;

/// What the file holds.
#[derive(Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    run: &'a Run,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a Digests>,
}

impl Run {
    /// By this version of klgrad, and the libtorch that it runs on.
    pub fn new(settings: &Settings, engine: Engine) -> Self {
        Self {
            settings: settings.clone(),
            engine,
            klgrad: env!("CARGO_PKG_VERSION"),
            libtorch: libtorch::version(),
            vector_kernels: libtorch::vector_kernels().filter(|_| engine == Engine::Autograd),
        }
    }

    pub(super) fn num_trials(&self) -> usize {
        self.settings.num_trials
    }

    /// Writes it as JSON, with the digests of its files once they are complete.
    pub(super) fn write(&self, sha256: Option<&Digests>, writer: &mut dyn Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *writer, &Described { run: self, sha256 })?;
        Ok(writeln!(writer)?)
    }

    /// What is different in the run that a file describes: a phrase for each setting.
    pub(super) fn differences(&self, there: &Description) -> Vec<String> {
        let Ok(Value::Object(here)) = serde_json::to_value(self) else { unreachable!("a struct is an object") };
        let differs = here.iter().filter(|(name, value)| !there.map.get(*name).is_some_and(|other| same(value, other)));
        let phrase = |(name, value): (&String, &Value)| match there.map.get(name) {
            Some(other) => format!("{name} is {other} there, {value} here"),
            None => format!("{name} is missing there, {value} here"),
        };
        differs.map(phrase).collect()
    }
}

/// Equal, where a number may be written as another program writes it: 0 for 0.0.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// What a file says of a run.
#[derive(Clone, Debug)]
pub(super) struct Description {
    map: Map<String, Value>,
    /// Of its files; none where they are not complete.
    pub digests: Option<Digests>,
}

impl Description {
    /// None where there is no such file.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn find(path: &Path) -> Result<Option<Self>> {
        path.exists().then(|| Self::read(path)).transpose()
    }

    /// # Errors
    /// The file cannot be read, or holds no such description.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        let map: Map<String, Value> = serde_json::from_str(&text)
            .with_context(|| format!("{} does not hold the settings of a run", path.display()))?;
        let digests = map.get("sha256").map(|digests| serde_json::from_value(digests.clone())).transpose();
        let digests = digests.with_context(|| format!("{} has no digests under sha256", path.display()))?;
        Ok(Self { map, digests })
    }

    /// The names of the run's estimators.
    pub fn estimators(&self) -> Vec<&str> {
        let names = self.map.get("estimators").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_a_json_tool_has_rewritten_are_the_same() {
        let run = Run::new(&Settings { mu_theta: -0.0, seed: i64::MAX, ..Settings::default() }, Engine::Score);
        let mut text = Vec::new();
        run.write(Some(&Digests::from([("a".to_owned(), "b".to_owned())])), &mut text).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let differences = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            let description = Description::read(file.path()).unwrap();
            assert_eq!(description.estimators().len(), 5);
            run.differences(&description)
        };
        let text = String::from_utf8(text).unwrap();
        assert_eq!(differences(&text), [""; 0]);
        // As jq and JavaScript write numbers.
        let rewritten = text.replace("-0.0", "0").replace("1.0,", "1,").replace("50000", "5e4");
        assert_ne!(rewritten, text);
        assert_eq!(differences(&rewritten), [""; 0]);
        assert_eq!(differences(&text.replace("1.1", "1.2")), ["sigma_ref is 1.2 there, 1.1 here"]);
        let last = i64::MAX.to_string();
        let other = text.replace(&last, "9223372036854775806");
        assert_eq!(differences(&other), [format!("seed is 9223372036854775806 there, {last} here")]);
    }
}
