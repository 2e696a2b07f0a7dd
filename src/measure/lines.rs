//! The sequences of a measurement as lines of JSON, which `klgrad audit` reads.

use super::State;
use crate::model::Tokenizer;
use anyhow::Result;
use serde::Serialize;
use std::io::Write;

/// One sequence.
#[derive(Serialize)]
struct Line<'a> {
    sequence: usize,
    prompt: String,
    text: String,
    prompt_token_ids: &'a [i64],
    token_ids: &'a [i64],
    token_texts: Vec<String>,
    logp: &'a [f64],
    ref_logp: &'a [f64],
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout_logp: Option<&'a [f64]>,
}

impl State {
    /// Writes a line for each sequence that was measured, with its tokens, texts and log-probabilities.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_lines(&self, tokenizer: &Tokenizer, writer: &mut dyn Write) -> Result<()> {
        for (number, (sequence, [log_prob, log_ref])) in self.sequences.iter().zip(&self.log_probs).enumerate() {
            let line = Line {
                sequence: number + 1,
                prompt: tokenizer.decode(sequence.prompt()),
                text: tokenizer.decode(sequence.response()),
                prompt_token_ids: sequence.prompt(),
                token_ids: sequence.response(),
                token_texts: sequence.response().iter().map(|&token| tokenizer.token(token)).collect(),
                logp: log_prob,
                ref_logp: log_ref,
                rollout_logp: sequence.old.as_deref(),
            };
            serde_json::to_writer(&mut *writer, &line)?;
            writeln!(writer)?;
        }
        Ok(())
    }
}
