//! What the log-probabilities of a run say about its KL: sequences from files, summed up.
//!
//! A file holds for each token its log-probability under some of four policies, the [`Role`]s, and a mask. [`read`] turns files
//! into [`Record`]s, one a sequence; a summary adds them up in any order, on any number of threads; and [`Audit`] is what it
//! says in the end. No policy and no libtorch is needed: a file holds all that an estimator can see of a sample.

#[cfg(test)]
pub(crate) mod example;
mod figure;
mod page;
mod place;
mod problem;
pub mod read;
mod record;
mod result;
mod rows;
pub(crate) mod shown;
mod visible;

pub use figure::Figure;
pub use page::report_html;
pub use place::{Place, Step};
pub use problem::{Kind, Problem};
pub use record::{Record, Role, Sink, Texts};
pub use result::{
    Audit, Bin, Estimate, Group, Kl, LargestToken, LossAudit, Position, Quantile, Remark, RemarkKind, Sampler,
    SequenceToken, Tail, Weighted, WorstSequence,
};
pub use rows::{steps_csv, tokens_csv};
pub use visible::visible;
