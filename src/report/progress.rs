//! A bar on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The trials done so far, their rate and the time left. Disappears when dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many trials; `None` draws nothing, and neither does a standard error that is no terminal.
    pub fn new(num_trials: Option<usize>) -> Self {
        let Some(num_trials) = num_trials else { return Self(ProgressBar::hidden()) };
        let template = "{wide_bar} {human_pos} of {human_len} trials, {per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        Self(ProgressBar::with_draw_target(Some(num_trials as u64), ProgressDrawTarget::stderr()).with_style(style))
    }

    /// One more trial is done.
    pub fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
