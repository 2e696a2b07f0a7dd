mod estimates;
mod runs;
pub(crate) mod shapes;
