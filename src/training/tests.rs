//! Exact numbers against enumeration, finite differences and closed forms.

mod exact;
mod gradient;
mod run;
