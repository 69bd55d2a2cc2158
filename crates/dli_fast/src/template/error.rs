//! What goes wrong with a template, and where.

use std::error::Error as _;
use std::fmt;

use crate::sql::Refusal;

/// The kinds of [`TemplateError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The template is not well-formed, or uses a filter, test or statement that does not exist.
    Syntax,
    /// A name or attribute has no value.
    Undefined,
    /// A value has no SQL form, or cannot be used like this.
    Value,
    /// A value stands where it is unsafe or no value can stand.
    Place,
    /// The template does not come to an end, or writes too much.
    Fuel,
    /// Calls, includes or expressions are nested too deep.
    Depth,
    /// A template that is named does not exist.
    Include,
}

impl ErrorKind {
    /// Its name in Python.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Undefined => "undefined",
            Self::Value => "value",
            Self::Place => "place",
            Self::Fuel => "fuel",
            Self::Depth => "depth",
            Self::Include => "include",
        }
    }
}

/// An error of a template. It never holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Its kind.
    pub kind: ErrorKind,
    /// What is wrong.
    pub message: String,
    /// The template, as named in the set.
    pub template: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1, in characters.
    pub column: Option<u32>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(template) = &self.template {
            write!(f, "{template}:")?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, "{number}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TemplateError {}

impl TemplateError {
    /// An error without a place.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), template: None, line: None, column: None }
    }

    /// The same error in a template.
    #[must_use]
    pub fn at(self, template: &str, line: u32, column: Option<u32>) -> Self {
        Self { template: Some(template.to_string()), line: Some(line), column, ..self }
    }

    /// A refusal of the SQL side.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Value(message) => Self::new(ErrorKind::Value, message),
            Refusal::Place(message) => Self::new(ErrorKind::Place, message),
            Refusal::Size => Self::new(ErrorKind::Fuel, "the SQL is larger than 64 MiB"),
        }
    }

    /// minijinja's error, by its innermost cause: that is where it happened.
    #[must_use]
    pub fn from_minijinja(error: &minijinja::Error) -> Self {
        let mut innermost = error;
        let mut cause = error.source();
        while let Some(source) = cause {
            if let Some(own) = source.downcast_ref::<Self>() {
                let mut own = own.clone();
                if own.template.is_none() {
                    own.template = innermost.name().map(str::to_string);
                    own.line = innermost.line().map(|line| line as u32);
                }
                return own;
            }
            if let Some(inner) = source.downcast_ref::<minijinja::Error>() {
                innermost = inner;
            }
            cause = source.source();
        }
        Self {
            kind: kind_of(innermost),
            message: message_of(innermost),
            template: innermost.name().map(str::to_string),
            line: innermost.line().map(|line| line as u32),
            column: None,
        }
    }
}

fn kind_of(error: &minijinja::Error) -> ErrorKind {
    use minijinja::ErrorKind as Kind;
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        _ if detail.contains("recursion limit") => ErrorKind::Depth,
        Kind::SyntaxError | Kind::UnknownFilter | Kind::UnknownTest | Kind::UnknownMethod | Kind::UnknownBlock => {
            ErrorKind::Syntax
        }
        Kind::TooManyArguments | Kind::MissingArgument | Kind::InvalidDelimiter => ErrorKind::Syntax,
        Kind::UndefinedError | Kind::UnknownFunction => ErrorKind::Undefined,
        Kind::TemplateNotFound | Kind::BadInclude => ErrorKind::Include,
        Kind::OutOfFuel => ErrorKind::Fuel,
        _ => ErrorKind::Value,
    }
}

fn message_of(error: &minijinja::Error) -> String {
    use minijinja::ErrorKind as Kind;
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        Kind::OutOfFuel => "the template does not come to an end: it has used up its fuel".into(),
        Kind::UnknownFilter => unknown_filter(detail),
        Kind::UndefinedError if detail.is_empty() => "a name or attribute is undefined".into(),
        Kind::UnknownFunction => format!("the function {detail}"),
        Kind::InvalidOperation | Kind::SyntaxError | Kind::TemplateNotFound if !detail.is_empty() => detail.to_string(),
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    }
}

/// Jinja filters that a SQL template does not have, and what to write.
fn unknown_filter(detail: &str) -> String {
    let name = detail.trim_start_matches("filter ").trim_end_matches(" is unknown");
    let remedy = match name {
        "safe" => "values are escaped for their place; `| raw` writes one as it is",
        "escape" | "e" | "forceescape" => "values are escaped without it",
        "tojson" | "urlencode" | "pprint" | "xmlattr" | "striptags" | "urlize" => "it does not make SQL",
        "format" => "write the text around the value, or join with `~`",
        "quote" | "sqlquote" => "a bare {{ x }} is quoted already; `| literal` makes a constant a value",
        _ => return format!("there is no filter `{name}`"),
    };
    format!("there is no filter `{name}` in SQL templates: {remedy}")
}
