//! A language model whose exact theory is known: the logits of a token are a row of a table, chosen by the token before.

use crate::model::{Cache, LanguageModel};
use crate::policy::Softmax;
use tch::{Kind, Tensor};

/// A [`Softmax`] over sequences. The last token ends a sequence, and as the prompt it leads to the first row.
pub(super) struct Bigram {
    table: Tensor,
    rows: Tensor,
}

impl Bigram {
    pub(super) fn of(policy: &Softmax) -> Self {
        let vocabulary = policy.vocabulary() as i64;
        let table = Tensor::from_slice(policy.logits()).view([vocabulary, vocabulary]).set_requires_grad(true);
        let rows: Vec<i64> = (0..vocabulary).map(|token| (token + 1) % vocabulary).collect();
        Self { table, rows: Tensor::from_slice(&rows) }
    }

    /// The prompt of every sequence.
    pub(super) fn prompt(&self) -> Vec<i64> {
        vec![self.table.size()[0] - 1]
    }
}

impl LanguageModel for Bigram {
    fn logits(&self, tokens: &Tensor) -> Tensor {
        let rows = self.rows.index_select(0, &tokens.flatten(0, -1));
        let [batch, time] = tokens.size()[..] else { panic!("tokens are (batch, time)") };
        self.table.index_select(0, &rows).view([batch, time, -1])
    }

    fn next_logits(&self, tokens: &Tensor, _: &mut Cache) -> Tensor {
        self.logits(&tokens.narrow(1, tokens.size()[1] - 1, 1)).squeeze_dim(1).to_kind(Kind::Double)
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        vec![("table".to_owned(), self.table.shallow_clone())]
    }

    fn shared(&self) -> Box<dyn LanguageModel> {
        Box::new(Self { table: self.table.shallow_clone(), rows: self.rows.shallow_clone() })
    }

    fn vocabulary(&self) -> usize {
        self.table.size()[0] as usize
    }

    fn context(&self) -> usize {
        1000
    }
}
