//! What the log-probabilities of a run say about its KL: sequences from files, summed up.
//!
//! A file holds for each token its log-probability under some of four policies, the [`Role`]s, and a mask. [`read`] turns files
//! into [`Record`]s, one a sequence; a summary adds them up in any order, on any number of threads; and [`Audit`] is what it
//! says in the end. No policy and no libtorch is needed: a file holds all that an estimator can see of a sample.

mod equal;
mod exact;
#[cfg(test)]
pub(crate) mod example;
mod fault;
mod figure;
mod file;
mod finish;
mod foremost;
mod group;
mod histogram;
mod kept;
mod largest;
mod loss;
mod map;
mod moments;
mod packed;
mod page;
mod pairs;
mod place;
mod positions;
mod precision;
mod problem;
pub mod read;
mod record;
mod reduce;
mod remarks;
mod result;
mod roles;
mod rows;
mod seen;
mod shift;
pub(crate) mod shown;
mod spread;
mod summary;
#[cfg(test)]
mod tests;
mod values;
mod visible;
mod worker;

pub use figure::Figure;
pub use file::{json, read_summary};
pub use loss::{Loss, Refusal};
pub use page::report_html;
pub use place::{Place, Step};
pub use problem::{Kind, Problem};
pub use record::{Record, Role, Sink, Texts};
pub use result::{
    Audit, Bin, Estimate, Group, Kl, LargestToken, LossAudit, Position, Quantile, Remark, RemarkKind, Sampler,
    SequenceToken, Tail, Weighted, WorstSequence,
};
pub use roles::Roles;
pub use rows::{steps_csv, tokens_csv};
pub use summary::{Settings, Summary};
pub use visible::visible;
pub use worker::Worker;
