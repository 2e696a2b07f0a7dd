//! A bar on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done so far, its rate and the time left. Disappears when dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many of what `noun` names; `None` draws nothing, and neither does a standard error that is no terminal.
    pub fn new(noun: &str, count: Option<usize>) -> Self {
        let Some(count) = count else { return Self(ProgressBar::hidden()) };
        let template = format!("{{wide_bar}} {{human_pos}} of {{human_len}} {noun}, {{per_sec}}, {{eta}} left");
        let style = ProgressStyle::with_template(&template).expect("the template is well-formed");
        Self(ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr()).with_style(style))
    }

    /// A bar for so many bytes that are to be read.
    pub fn of_bytes(count: Option<u64>) -> Self {
        let Some(count) = count else { return Self(ProgressBar::hidden()) };
        let template = "{wide_bar} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        Self(ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::stderr()).with_style(style))
    }

    /// So many have been done before, and do not count for the rate.
    pub fn begin_at(&self, done: usize) {
        self.0.set_position(done as u64);
        self.0.reset_eta();
    }

    /// One more is done.
    pub fn advance(&self) {
        self.advance_by(1);
    }

    /// So many more are done.
    pub fn advance_by(&self, count: u64) {
        self.0.inc(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
