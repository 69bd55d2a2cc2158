//! SQL templates with deferred values.
//!
//! ```text
//! source ─prepass▶ marked source ─minijinja▶ text with marks ─encode▶ SQL + source map
//!                  (walk: what is author's text)  (engine.rs: values put aside)
//! ```
//!
//! What the author wrote in a template is SQL text; every value is data and gets the form of the place where it ends up,
//! however it came there: through captures, macros, includes.

mod convert;
mod decimal;
mod edit;
mod encode;
mod engine;
mod error;
mod facts;
mod filters;
mod functions;
mod library;
mod lines;
mod mark;
mod prepass;
mod rendered;
mod reserved;
mod scope;
mod set;
mod statement;
mod tag;
mod time;
mod value;
mod walk;

pub use convert::{exact, name, secret};
pub use engine::Held;
pub use error::{ErrorKind, TemplateError};
pub use filters::visible;
pub use rendered::{Location, Rendered};
pub use scope::Scope;
pub use set::{Call, Templates};
pub use time::canonical;
pub use value::{Decimal, Kind, Name, Pattern, Reader, Secret, Typed, text};
