//! Prompts, and sequences that were drawn elsewhere.

use super::Sequence;
use crate::export::open_file;
use crate::model::Tokenizer;
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// What models can take of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most tokens of a sequence, the prompt among them.
    pub context: usize,
    /// How many tokens there are to choose from.
    pub vocabulary: usize,
}

/// The tokens of the prompts in a file, one a line, each as it stands; empty lines are left out. Behind each, so many tokens have to
/// have room.
///
/// # Errors
/// Names the file, and the line whose prompt cannot be used.
pub fn read_prompts(
    path: &Path,
    tokenizer: &Tokenizer,
    limits: Limits,
    max_new_tokens: usize,
) -> Result<Vec<Vec<i64>>> {
    let mut text = String::new();
    let place = path.display();
    open_file(path)?.read_to_string(&mut text).with_context(|| format!("cannot read {place} as text"))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let prompts = lines.map(|(number, line)| {
        let prompt = tokenizer.encode(line)?;
        check_prompt(&prompt, limits, max_new_tokens).map_err(|why| anyhow!("{place}, line {}: {why}", number + 1))?;
        Ok(prompt)
    });
    let prompts = prompts.collect::<Result<Vec<_>>>()?;
    ensure!(!prompts.is_empty(), "{place} holds no prompt; one a line would be right");
    Ok(prompts)
}

fn check_prompt(prompt: &[i64], limits: Limits, max_new_tokens: usize) -> Result<()> {
    ensure!(!prompt.is_empty(), "the tokenizer makes no token of this prompt, and the models need one to go on from");
    let (length, context) = (prompt.len().saturating_add(max_new_tokens), limits.context);
    ensure!(
        length <= context,
        "the prompt has {} tokens, which with --max-new-tokens {max_new_tokens} are more than the {context} that the models \
         can see; a shorter prompt or fewer new tokens would be right",
        prompt.len()
    );
    check_tokens(prompt, limits)
}

fn check_tokens(tokens: &[i64], limits: Limits) -> Result<()> {
    let is_known = |token: &&i64| usize::try_from(**token).is_ok_and(|token| token < limits.vocabulary);
    match tokens.iter().find(|token| !is_known(token)) {
        Some(token) => bail!("token {token} is not one of the {} of the models' vocabulary", limits.vocabulary),
        None => Ok(()),
    }
}

/// A line of a file of samples; further keys are not looked at.
#[derive(Deserialize)]
struct Sample {
    prompt_token_ids: Vec<i64>,
    token_ids: Vec<i64>,
    rollout_logp: Option<Vec<f64>>,
    old_logp: Option<Vec<f64>>,
    logp: Option<Vec<f64>>,
}

/// Sequences that were drawn elsewhere, one a line in JSON: `prompt_token_ids` and `token_ids`, and the log-probability of each token
/// of the latter under the policy that drew them, which is the first that is there of `rollout_logp`, `old_logp` and `logp`.
///
/// # Errors
/// Names the file and the line that cannot be used.
pub fn read_samples(path: &Path, limits: Limits) -> Result<Vec<Sequence>> {
    let place = path.display();
    let lines = BufReader::new(open_file(path)?).lines().enumerate();
    let sequence = |(number, line): (usize, std::io::Result<String>)| {
        let line = line.with_context(|| format!("cannot read {place}"))?;
        sample(&line, limits).with_context(|| format!("{place}, line {}", number + 1))
    };
    let is_blank = |line: &(usize, std::io::Result<String>)| line.1.as_ref().is_ok_and(|line| line.trim().is_empty());
    let sequences = lines.filter(|line| !is_blank(line)).map(sequence).collect::<Result<Vec<_>>>()?;
    ensure!(!sequences.is_empty(), "{place} holds no sequence");
    Ok(sequences)
}

fn sample(line: &str, limits: Limits) -> Result<Sequence> {
    let Sample { prompt_token_ids: mut tokens, token_ids, rollout_logp, old_logp, logp } =
        serde_json::from_str(line)
            .context("does not hold a sequence as JSON, with prompt_token_ids, token_ids and rollout_logp")?;
    let old = rollout_logp.or(old_logp).or(logp).context(
        "has no log-probabilities of the policy that drew; rollout_logp, a number for each of token_ids, would be right",
    )?;
    ensure!(
        old.len() == token_ids.len(),
        "has {} log-probabilities for {} tokens in token_ids; one for each would be right",
        old.len(),
        token_ids.len()
    );
    if let Some(wrong) = old.iter().find(|log| !log.is_finite() || **log > 1e-6) {
        bail!("has the log-probability {wrong}; 0 or a negative number would be right");
    }
    ensure!(!tokens.is_empty(), "has no token in prompt_token_ids; one or more to go on from would be right");
    ensure!(!token_ids.is_empty(), "has no token in token_ids");
    let start = tokens.len();
    tokens.extend(token_ids);
    ensure!(tokens.len() <= limits.context, "has {} tokens, and the models can see {}", tokens.len(), limits.context);
    check_tokens(&tokens, limits)?;
    Ok(Sequence { tokens, start, old: Some(old) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { context: 4, vocabulary: 10 };

    #[test]
    fn a_line_of_samples_is_a_sequence() {
        let line = r#"{"prompt_token_ids": [1, 2], "token_ids": [3, 9], "logp": [-1, -2], "old_logp": [-0.5, 0.0], "text": "x"}"#;
        let sequence = sample(line, LIMITS).unwrap();
        let expected = Sequence { tokens: vec![1, 2, 3, 9], start: 2, old: Some(vec![-0.5, 0.0]) };
        assert_eq!(sequence, expected);
        assert_eq!((sequence.prompt(), sequence.response()), (&[1, 2][..], &[3, 9][..]));
    }

    #[test]
    fn blank_lines_are_no_samples() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = r#"{"prompt_token_ids": [1], "token_ids": [3], "logp": [-1]}"#;
        std::fs::write(file.path(), format!("{line}\n\n{line}\r\n \n")).unwrap();
        assert_eq!(read_samples(file.path(), LIMITS).unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (line, words) in [
            ("[1]", "prompt_token_ids, token_ids and rollout_logp"),
            (r#"{"prompt_token_ids": [1], "token_ids": [3]}"#, "no log-probabilities of the policy that drew"),
            (r#"{"prompt_token_ids": [1], "token_ids": [3], "logp": []}"#, "has 0 log-probabilities for 1 tokens"),
            (r#"{"prompt_token_ids": [1], "token_ids": [3], "logp": [0.1]}"#, "has the log-probability 0.1"),
            (r#"{"prompt_token_ids": [], "token_ids": [3], "logp": [-1]}"#, "no token in prompt_token_ids"),
            (r#"{"prompt_token_ids": [1], "token_ids": [], "logp": []}"#, "no token in token_ids"),
            (
                r#"{"prompt_token_ids": [1, 1, 1, 1], "token_ids": [3], "logp": [-1]}"#,
                "5 tokens, and the models can see 4",
            ),
            (r#"{"prompt_token_ids": [1], "token_ids": [10], "logp": [-1]}"#, "token 10 is not one of the 10"),
            (r#"{"prompt_token_ids": [-1], "token_ids": [1], "logp": [-1]}"#, "token -1 is not one"),
        ] {
            let error = format!("{:#}", sample(line, LIMITS).unwrap_err());
            assert!(error.contains(words), "{line}: {error}");
        }
    }

    #[test]
    fn a_prompt_has_to_leave_room() {
        check_prompt(&[1, 2], LIMITS, 2).unwrap();
        for (prompt, words) in
            [(&[1, 2, 3][..], "more than the 4"), (&[], "no token of this prompt"), (&[12], "token 12")]
        {
            let error = check_prompt(prompt, LIMITS, 2).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        check_prompt(&[1, 2], LIMITS, usize::MAX).unwrap_err();
    }
}
