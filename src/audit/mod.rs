//! What the log-probabilities of a run say about its KL: sequences from files, summed up.
//!
//! A file holds for each token its log-probability under some of four policies, the [`Role`]s, and a mask. [`read`] turns files
//! into [`Record`]s, one a sequence; a [`Summary`] adds them up, the same in any order and on any number of threads; and
//! [`Audit`] is what it says in the end. No policy and no libtorch is needed: a file holds all that an estimator can see of a
//! sample.
//!
//! ```
//! use klgrad::audit::read::{Choice, Columns, Files, read};
//! use klgrad::audit::{Loss, Role, Roles, Settings, Summary, Worker};
//! use std::sync::Mutex;
//!
//! let folder = tempfile::tempdir()?;
//! let log = folder.path().join("step_3.jsonl");
//! std::fs::write(&log, r#"{"old_log_probs": [-1.0, -0.5, 0.0], "ref_log_prob": [-1.5, -0.4, 0.0], "response_mask": [1, 1, 0]}"#)?;
//!
//! // Which columns are which is known by their names, unless the choice says otherwise.
//! let files = Files::find(&[log])?;
//! let columns = Columns::choose(&files, &Choice::default())?;
//! assert_eq!(columns.taken()["ref"], "ref_log_prob");
//!
//! // Each thread has a worker, which adds what it reads to one summary.
//! let roles = Roles::new(Role::ALL.map(|role| columns.key(role).is_some()));
//! let settings = Settings { columns: columns.taken(), roles, losses: Loss::defaults() };
//! let summary = Mutex::new(Summary::new(settings.clone()));
//! let workers = vec![Worker::new(&summary, &settings, false), Worker::new(&summary, &settings, false)];
//! read(&files, &columns, workers, &|_bytes| {}).into_iter().for_each(Worker::finish);
//!
//! let audit = summary.into_inner().unwrap().audit().expect("two tokens count");
//! let kl = audit.all.kl.expect("there is a reference");
//! assert_eq!((audit.all.tokens, kl.k1.mean), (2, Some(0.2)));
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! # What is summed up, and how
//!
//! With log policy, log ref and log sampler of a token, D = log policy - log ref and rho = policy / sampler; k1 = D,
//! k2 = D^2 / 2, k3 = exp(-D) - 1 + D. Over the tokens of a sequence sums are ordinary ones; over sequences they are exact, so
//! that no number depends on how sequences are spread over threads, files or machines. [`Kl`], [`Sampler`], [`Tail`] and
//! [`LossAudit`] say what each number is. Quantiles and top shares come from the values themselves up to a million tokens, and
//! from counts in 32 bins a power of two beyond, within a part 1/64 of their value.

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
mod zeros;

pub use figure::{Drawn, Figure, draw_all};
pub use file::{read_summary, write_json};
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
pub use zeros::ZeroFilled;
