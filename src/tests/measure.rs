//! `klgrad measure` on the small pair of examples/pair, and what is wrong with calls of it.

use crate::cli::Cli;
use crate::command::take;
use clap::Parser;
use klgrad::estimator::Estimator;
use klgrad::export::RUN;
use klgrad::measure::{Limits, Measurement, Origin, Run, Sampling, Threads, read_prompts, read_rows};
use klgrad::model::Checkpoint;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use tch::{Device, Kind};

const POLICY: &str = "examples/pair/policy";
const REFERENCE: &str = "examples/pair/reference";
const PROMPTS: &str = "examples/pair/prompts.txt";
const FILES: [&str; 5] = ["measure.csv", "sequences.jsonl", RUN, "measure.png", "measure.svg"];
const STATE: &str = "measure.partial.safetensors";
const ESTIMATORS: &str = "k1,kl_full";

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn call(policy: &str, reference: &str, rest: &str, output: &Path) -> anyhow::Result<[String; 2]> {
    let [policy, reference] = [policy, reference].map(root);
    let folders = ["--policy".into(), policy.into_os_string(), "--reference".into(), reference.into_os_string()];
    let rest = rest.split_whitespace().map(|word| word.replace("PROMPTS", &root(PROMPTS).display().to_string()).into());
    let all = ["klgrad".into(), "measure".into(), "--output".into(), output.as_os_str().to_owned()];
    let cli = Cli::try_parse_from(all.into_iter().chain(folders).chain(rest))?;
    take();
    crate::obey(cli.command)?;
    Ok(take())
}

const SMALL: &str = "--prompts PROMPTS --sequences 32 --max-new-tokens 6 --estimators k1,kl_full --threads 2";

fn small(output: &Path, rest: &str) -> anyhow::Result<[String; 2]> {
    call(POLICY, REFERENCE, &format!("{SMALL} {rest}"), output)
}

/// What a call that fails says, and whether it is a wrong one.
fn refusal(policy: &str, reference: &str, rest: &str, output: &Path) -> (String, bool) {
    let error = call(policy, reference, rest, output).expect_err(rest);
    (format!("{error:#}"), crate::is_wrong_call(&error) || error.is::<clap::Error>())
}

fn contents(folder: &Path) -> Vec<Vec<u8>> {
    FILES.map(|file| fs::read(folder.join(file)).unwrap()).to_vec()
}

#[test]
fn a_measurement_is_written_and_printed() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("new");
    let [table, _] = small(&output, "").unwrap();
    assert!(table.contains("32 sequences of ") && table.contains("all 65856 parameters"), "{table}");
    let rows = read_rows(&output.join("measure.csv")).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.estimator.as_str()).collect();
    assert_eq!(names.join(","), ESTIMATORS);
    assert!(names.iter().all(|name| table.contains(name)), "{table}");
    let mut files: Vec<_> = fs::read_dir(&output).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    let mut expected = FILES.to_vec();
    expected.sort_unstable();
    assert_eq!(files, expected, "and no state is left");
    let [again, _] = small(&output, "--resume").unwrap();
    assert!(again.contains("is complete; nothing is left to do") && again.contains("kl_full"), "{again}");
    let error = small(&output, "--seed 7 --resume").unwrap_err();
    assert!(crate::is_wrong_call(&error) && error.to_string().contains("with other settings: sampling is"), "{error}");
}

/// The sequences of a measurement are samples whose policy happens to be the one that is measured, and a log that can be audited.
#[test]
fn sequences_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    small(&first, "--precision f64").unwrap();
    let samples = first.join("sequences.jsonl");
    let rest = format!("--samples {} --estimators {ESTIMATORS},rho_k3 --precision f64", samples.display());
    call(POLICY, REFERENCE, &rest, &second).unwrap();
    let [drawn, given] = [&first, &second].map(|folder| read_rows(&folder.join("measure.csv")).unwrap());
    for (drawn, given) in drawn.iter().zip(&given) {
        let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-9;
        assert!(close(drawn.strength, given.strength) && close(drawn.relative_bias_local, given.relative_bias_local));
    }
    let audit = Cli::try_parse_from(["klgrad".as_ref(), "audit".as_ref(), samples.as_os_str()]).unwrap();
    take();
    crate::obey(audit.command).unwrap();
    let [text, _] = take();
    assert!(text.contains("in 32 sequences"), "{text}");
}

/// As an interrupt leaves it, after some of the groups.
#[test]
fn a_measurement_goes_on_where_it_was_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, resumed] = ["whole", "resumed"].map(|name| folder.path().join(name));
    small(&whole, "").unwrap();
    fs::create_dir(&resumed).unwrap();
    fs::write(resumed.join(STATE), interrupted()).unwrap();
    let error = small(&resumed, "").unwrap_err();
    assert!(crate::is_wrong_call(&error) && error.to_string().contains("--resume goes on with it"), "{error}");
    let error = small(&resumed, "--seed 5 --resume").unwrap_err();
    assert!(crate::is_wrong_call(&error) && error.to_string().contains("sampling is {"), "{error}");
    small(&resumed, "--resume").unwrap();
    assert!(contents(&resumed) == contents(&whole), "the files differ");
    fs::write(resumed.join(STATE), "no state").unwrap();
    let error = format!("{:#}", small(&resumed, "--resume").unwrap_err());
    assert!(error.contains("is damaged; to begin anew, delete it"), "{error}");
}

fn interrupted() -> Vec<u8> {
    let estimators: Vec<Estimator> = ESTIMATORS.split(',').map(|name| Estimator::named(name).unwrap()).collect();
    let read = |folder: &str| Checkpoint::read(&root(folder), Device::Cpu, Kind::Float).unwrap();
    let [policy, reference] = [POLICY, REFERENCE].map(read);
    let prompts = root(PROMPTS);
    let origin = Origin::Drawn { prompts: &prompts, sequences: 32, max_new_tokens: 6, ignore_eos: false, seed: 42 };
    let run = Run::new([&root(POLICY), &root(REFERENCE)], origin, &estimators, "cpu", "f32").unwrap();
    let threads = Threads { workers: NonZeroUsize::MIN, each: NonZeroUsize::MIN };
    let measurement = Measurement::new(&estimators, [&*policy.network, &*reference.network], true, threads);
    let limits = Limits { context: policy.network.context(), vocabulary: policy.network.vocabulary() };
    let sampling = Sampling {
        prompts: read_prompts(&prompts, &policy.tokenizer, limits, 6).unwrap(),
        sequences: 32,
        max_new_tokens: 6,
        ends: policy.ends.clone(),
        seed: 42,
    };
    let mut state = measurement.begin(measurement.draw(&sampling, |_| ()));
    for _ in 0..5 {
        measurement.next_group(&mut state, || ()).unwrap();
    }
    state.to_bytes(&run.text()).unwrap()
}

#[test]
fn wrong_calls_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("new");
    for (rest, words) in [
        ("", "--prompts <FILE>"),
        ("--prompts PROMPTS --samples PROMPTS", "cannot be used with"),
        ("--samples PROMPTS --sequences 50", "cannot be used with"),
        ("--prompts PROMPTS --sequences 31", "--sequences is 31, but must be from 32 to 10000000"),
        ("--prompts PROMPTS --estimators k2_lambda", "k2_lambda"),
        ("--prompts PROMPTS --device tpu", "tpu"),
        ("--prompts PROMPTS --device cuda:99", "cuda"),
        ("--samples PROMPTS --estimator m=full(rho*D)", "m has old or rho within full(..)"),
    ] {
        let (message, is_wrong_call) = refusal(POLICY, REFERENCE, rest, &output);
        assert!(is_wrong_call && message.contains(words), "{rest}: {message}");
        assert!(!output.exists(), "{rest}: nothing is created for a wrong call");
    }
}

#[test]
fn what_cannot_be_measured_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("new");
    let prompts = |text: &str| {
        let path = folder.path().join(format!("{}.txt", text.len()));
        fs::write(&path, text).unwrap();
        format!("--prompts {}", path.display())
    };
    let long = "In the beginning".repeat(20);
    let short = folder.path().join("short");
    fs::create_dir(&short).unwrap();
    for file in ["model.safetensors", "tokenizer.json", "config.json"] {
        let bytes = fs::read(root(REFERENCE).join(file)).unwrap();
        fs::write(short.join(file), bytes).unwrap();
    }
    let config = fs::read_to_string(short.join("config.json")).unwrap();
    let shorter = config.replace("\"max_position_embeddings\": 256", "\"max_position_embeddings\": 16");
    assert_ne!(shorter, config);
    fs::write(short.join("config.json"), shorter).unwrap();
    for (policy, reference, rest, words) in [
        (POLICY, POLICY, "--prompts PROMPTS".to_owned(), "the same parameters"),
        (POLICY, "examples", "--prompts PROMPTS".to_owned(), "config.json"),
        (POLICY, "tests/golden/models/llama", "--prompts PROMPTS".to_owned(), "a vocabulary of 64 tokens"),
        (
            POLICY,
            &short.display().to_string(),
            "--prompts PROMPTS".to_owned(),
            "more than the 16 that the models can see",
        ),
        (POLICY, REFERENCE, prompts("\n\n"), "holds no prompt; one a line would be right"),
        (POLICY, REFERENCE, prompts(&format!("In\n{long}")), "line 2: the prompt has 321 tokens"),
        (POLICY, REFERENCE, "--samples PROMPTS".to_owned(), "line 1: does not hold a sequence as JSON"),
    ] {
        let (message, _) = refusal(policy, reference, &rest, &output);
        assert!(message.contains(words), "{rest}: {message}");
    }
}
