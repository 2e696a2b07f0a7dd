//! `run.json`: what a run was, so that it can be told whether another is the same, and which files are its own.

use super::output::read_text;
use crate::engine::Engine;
use crate::estimator::Estimator;
use crate::experiment::{self, Experiment};
use crate::libtorch::Libtorch;
use crate::point::Point;
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The form of the file.
const SCHEMA: &str = "klgrad.run.1";

/// The settings of a run, and what ran it. Runs that are equal in this write equal files.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    #[serde(flatten)]
    distributions: Point,
    sample_size: usize,
    num_trials: usize,
    seed: i64,
    estimators: Vec<String>,
    /// The formulas of those that have no name of their own in klgrad.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expressions: BTreeMap<String, String>,
    engine: Engine,
    klgrad: &'static str,
    /// What differentiated the gradients, and with which vector kernels: their last bits depend on both.
    #[serde(skip_serializing_if = "Option::is_none")]
    libtorch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector_kernels: Option<String>,
}

/// The SHA-256 of files, by their names.
pub(super) type Digests = BTreeMap<String, String>;

/// What the file holds.
#[derive(Serialize)]
struct Described<'a> {
    schema: &'static str,
    #[serde(flatten)]
    run: &'a Run,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a Digests>,
}

impl Run {
    /// By this version of klgrad, and the libtorch that autograd has.
    pub fn new(experiment: &Experiment, engine: Engine, libtorch: Option<Libtorch>) -> Self {
        let (libtorch, vector_kernels) = match libtorch.filter(|_| engine == Engine::Autograd) {
            Some(Libtorch { version, vector_kernels }) => (Some(version), vector_kernels),
            None => (None, None),
        };
        let &experiment::Run { sample_size, num_trials, seed } = experiment.run();
        let of_user = experiment.estimators().iter().filter(|estimator| Estimator::named(estimator.name()).is_none());
        Self {
            distributions: Point::from(experiment.problem()),
            sample_size,
            num_trials,
            seed,
            estimators: experiment.estimators().iter().map(|estimator| estimator.name().to_owned()).collect(),
            expressions: of_user.map(|e| (e.name().to_owned(), e.expression().to_string())).collect(),
            engine,
            klgrad: env!("CARGO_PKG_VERSION"),
            libtorch,
            vector_kernels,
        }
    }

    pub(super) fn num_trials(&self) -> usize {
        self.num_trials
    }

    /// Writes it as JSON, with the digests of its files once they are complete.
    pub(super) fn write(&self, sha256: Option<&Digests>, writer: &mut dyn Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *writer, &Described { schema: SCHEMA, run: self, sha256 })?;
        Ok(writeln!(writer)?)
    }

    /// What is different in the run that a file describes: a phrase for each setting.
    pub(super) fn differences(&self, there: &Description) -> Vec<String> {
        settings_that_differ(self, &there.map)
    }
}

/// The settings, fields of a struct, that are other ones there: a phrase for each.
pub(crate) fn settings_that_differ(here: &impl Serialize, there: &Map<String, Value>) -> Vec<String> {
    let Ok(Value::Object(here)) = serde_json::to_value(here) else { unreachable!("a struct is an object") };
    let differs = here.iter().filter(|(name, value)| !there.get(*name).is_some_and(|other| same(value, other)));
    let phrase = |(name, value): (&String, &Value)| match there.get(name) {
        Some(other) => format!("{name} is {other} there, {value} here"),
        None => format!("{name} is missing there, {value} here"),
    };
    differs.map(phrase).collect()
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
    /// Whether no run of this klgrad can be the same, which was built without libtorch.
    pub fn needs_libtorch(&self) -> bool {
        let autograd = Engine::Autograd;
        !Engine::ALL.contains(&autograd) && self.map.get("engine").is_some_and(|there| *there == autograd.to_string())
    }

    /// None where there is no such file.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn find(path: &Path) -> Result<Option<Self>> {
        path.exists().then(|| Self::read(path)).transpose()
    }

    /// A file of an earlier version names no form, and is read like one of this.
    ///
    /// # Errors
    /// The file cannot be read, or holds no such description.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        let map: Map<String, Value> = serde_json::from_str(&text)
            .with_context(|| format!("{} does not hold the settings of a run", path.display()))?;
        if let Some(schema) = map.get("schema") {
            ensure!(
                schema == SCHEMA,
                "{} has the form {schema}, which this version of klgrad does not know; \"{SCHEMA}\" would be right",
                path.display()
            );
        }
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
    use crate::policy::Problem;

    #[test]
    fn settings_that_a_json_tool_has_rewritten_are_the_same() {
        let mut run = Run::new(
            &Experiment::new(Problem::default(), experiment::Run::default(), Estimator::articles()).unwrap(),
            Engine::Score,
            None,
        );
        run.distributions.mu_theta = -0.0;
        run.seed = i64::MAX;
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
        let schema = "\"schema\": \"klgrad.run.1\",";
        assert_eq!(differences(&text.replace(schema, "")), [""; 0], "an earlier version named no form");
        // As jq and JavaScript write numbers.
        let rewritten = text.replace("-0.0", "0").replace("1.0,", "1,").replace("50000", "5e4");
        assert_ne!(rewritten, text);
        assert_eq!(differences(&rewritten), [""; 0]);
        assert_eq!(differences(&text.replace("1.1", "1.2")), ["sigma_ref is 1.2 there, 1.1 here"]);
        let last = i64::MAX.to_string();
        let other = text.replace(&last, "9223372036854775806");
        assert_eq!(differences(&other), [format!("seed is 9223372036854775806 there, {last} here")]);
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), r#"{ "schema": "klgrad.run.2" }"#).unwrap();
        let error = Description::read(file.path()).unwrap_err().to_string();
        let words = [r#"has the form "klgrad.run.2", which"#, r#""klgrad.run.1" would be right"#];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }

    #[test]
    fn an_estimator_of_the_same_name_with_another_formula_is_another_run() {
        let with = |definition: &str| {
            let estimators = vec![Estimator::named("k1").unwrap(), definition.parse().unwrap()];
            let experiment = Experiment::new(Problem::default(), experiment::Run::default(), estimators).unwrap();
            Run::new(&experiment, Engine::Score, None)
        };
        let mut file = tempfile::NamedTempFile::new().unwrap();
        with("mine = clamp(k3, -1, 1)").write(None, &mut file).unwrap();
        let there = Description::read(file.path()).unwrap();
        assert_eq!(there.estimators(), ["k1", "mine"]);
        assert_eq!(with("mine = clamp(k3, -1, 1)").differences(&there), [""; 0]);
        let [difference] = &with("mine = clamp(k3, -2, 1)").differences(&there)[..] else { panic!("one difference") };
        let words = [r#"expressions is {"mine":"clamp("#, r#"-1, 1)"} there, {"mine":"#, r#"-2, 1)"} here"#];
        assert!(words.iter().all(|word| difference.contains(word)), "{difference}");
    }
}
