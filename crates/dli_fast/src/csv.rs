//! (csv)
