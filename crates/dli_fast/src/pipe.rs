//! (pipe)
