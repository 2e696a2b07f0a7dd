//! Exact numbers against enumeration, finite differences and closed forms.

mod exact;
