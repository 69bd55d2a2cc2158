//! (cron)
