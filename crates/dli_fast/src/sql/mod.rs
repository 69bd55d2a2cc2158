//! (sql)
