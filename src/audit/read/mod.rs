//! Reads files into records.
