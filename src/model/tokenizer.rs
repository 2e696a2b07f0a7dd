//! `tokenizer.json`: text to tokens and back.

use anyhow::{Result, anyhow, ensure};
use std::path::Path;

const FILE: &str = "tokenizer.json";

/// What turns text into the tokens of a model.
pub struct Tokenizer {
    tokens: tokenizers::Tokenizer,
    vocabulary: usize,
}

impl Tokenizer {
    /// # Errors
    /// Where the folder has no such file, or a broken one.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        ensure!(
            path.exists(),
            "there is no {FILE}; one would be right, which the save_pretrained of transformers' AutoTokenizer writes"
        );
        let mut tokens =
            tokenizers::Tokenizer::from_file(path).map_err(|error| anyhow!("{FILE} cannot be read: {error}"))?;
        // What training cuts and fills is not what a prompt is.
        tokens.with_truncation(None).map_err(|error| anyhow!("{FILE} is wrong: {error}"))?;
        tokens.with_padding(None);
        let vocabulary = tokens.get_vocab(true).into_values().max().map_or(0, |highest| highest as usize + 1);
        Ok(Self { tokens, vocabulary })
    }

    /// The tokens of a text, with the special ones that go round it.
    ///
    /// # Errors
    /// Where the text holds what the tokenizer has no token for.
    pub fn encode(&self, text: &str) -> Result<Vec<i64>> {
        let encoding = self.tokens.encode(text, true).map_err(|error| anyhow!("{text:?} has no tokens: {error}"))?;
        Ok(encoding.get_ids().iter().map(|&id| id.into()).collect())
    }

    /// The text of tokens, without special ones.
    pub fn decode(&self, tokens: &[i64]) -> String {
        let ids: Vec<u32> = tokens.iter().filter_map(|&token| token.try_into().ok()).collect();
        self.tokens.decode(&ids, true).unwrap_or_default()
    }

    /// One token as text, with the blank that it may begin with. What is no whole character, or a special token, is its piece
    /// in the vocabulary.
    pub fn token(&self, token: i64) -> String {
        // At the beginning of a text, a decoder may strip a blank.
        let (first, twice) = (self.decode(&[token]), self.decode(&[token, token]));
        let text = twice.strip_prefix(&first).unwrap_or(&first);
        let piece = || token.try_into().ok().and_then(|id| self.tokens.id_to_token(id)).unwrap_or_default();
        if text.is_empty() || text.contains(char::REPLACEMENT_CHARACTER) { piece() } else { text.to_owned() }
    }

    /// Whether each token is the same piece to both, so that the tokens of one are a text for the other.
    pub fn same(&self, other: &Self) -> bool {
        self.tokens.get_vocab(true) == other.tokens.get_vocab(true)
    }

    /// One more than the highest token that it knows.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }
}
