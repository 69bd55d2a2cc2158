//! Bindings of `template`: Python values in and out, functions, errors.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Kwargs, Object, ObjectRepr, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType};

use crate::sql::{Dialect, Literal};
use crate::template::{self, Held, Kind, Reader, Scope, TemplateError, Typed};

const DOC: &CStr = c"A template that cannot be rendered.

`kind` is one of syntax, undefined, value (no SQL form), place (misplaced or glued: unsafe), fuel, depth, include.
`template` is the name given to Templates, `line` and `column` count from 1 (None where not known).";

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Identifier>()?;
    module.add_class::<Secret>()?;
    module.add_class::<Rendered>()?;
    module.add_class::<Templates>()?;
    module.add("TemplateError", error_type(module.py())?)
}

// ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The class `TemplateError(ValueError)`. The stable ABI of Python 3.11 cannot derive one from a built-in exception by itself.
fn error_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    TYPE.get_or_try_init(py, || {
        let base = py.get_type::<PyValueError>();
        let class = PyErr::new_type(py, c"dli_fast.TemplateError", Some(DOC), Some(&base), None)?;
        for field in ["kind", "message", "template", "line", "column"] {
            class.bind(py).setattr(field, py.None())?;
        }
        Ok::<_, PyErr>(class)
    })
    .map(|class| class.bind(py))
}

fn to_py_error(py: Python<'_>, error: &TemplateError) -> PyErr {
    let build = || -> PyResult<PyErr> {
        let instance = error_type(py)?.call1((error.to_string(),))?;
        instance.setattr("kind", error.kind.name())?;
        instance.setattr("message", &error.message)?;
        instance.setattr("template", error.template.as_deref())?;
        instance.setattr("line", error.line)?;
        instance.setattr("column", error.column)?;
        Ok(PyErr::from_value(instance))
    };
    build().unwrap_or_else(|failure| failure)
}

// ── the values of the API ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// A dotted name: rendered quoted, part by part.
#[pyclass(frozen, eq, hash, module = "dli_fast")]
#[derive(Debug, PartialEq, Eq, Hash)]
struct Identifier {
    names: Vec<String>,
}

#[pymethods]
impl Identifier {
    #[new]
    #[pyo3(signature = (*parts))]
    fn new(parts: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let names: Vec<String> = parts
            .iter()
            .map(|part| part.extract().map_err(|_| PyTypeError::new_err("the parts of an Identifier are strings")))
            .collect::<PyResult<_>>()?;
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err(PyValueError::new_err("an Identifier needs parts that are not empty"));
        }
        Ok(Self { names })
    }

    #[getter]
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.names)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let parts: Vec<String> =
            self.names.iter().map(|name| Ok(PyString::new(py, name).repr()?.to_string())).collect::<PyResult<_>>()?;
        Ok(format!("Identifier({})", parts.join(", ")))
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.parts(py)
    }
}

/// A value that must not appear in comments; anywhere else it is its value.
#[pyclass(frozen, module = "dli_fast")]
struct Secret {
    value: Py<PyAny>,
}

#[pymethods]
impl Secret {
    #[new]
    fn new(value: Py<PyAny>) -> Self {
        Self { value }
    }

    #[allow(clippy::unused_self, reason = "Python calls it on an instance")]
    fn __repr__(&self) -> &'static str {
        "Secret(***)"
    }
}

// ── Python → template ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The classes that are looked up once.
struct Classes {
    date: Py<PyType>,
    datetime: Py<PyType>,
    decimal: Py<PyType>,
    utc: Py<PyAny>,
}

fn classes(py: Python<'_>) -> PyResult<&Classes> {
    static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
    CLASSES.get_or_try_init(py, || {
        let class = |module: &str, name: &str| -> PyResult<Py<PyType>> {
            Ok(py.import(module)?.getattr(name)?.cast_into::<PyType>()?.unbind())
        };
        Ok(Classes {
            date: class("datetime", "date")?,
            datetime: class("datetime", "datetime")?,
            decimal: class("decimal", "Decimal")?,
            utc: py.import("datetime")?.getattr("timezone")?.getattr("utc")?.unbind(),
        })
    })
}

/// A failed conversion: a Python exception, or words for a `TemplateError`.
enum Failure {
    Python(PyErr),
    Value(String),
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl<'a, 'py> From<pyo3::CastError<'a, 'py>> for Failure {
    fn from(error: pyo3::CastError<'a, 'py>) -> Self {
        Self::Python(error.into())
    }
}

impl From<crate::sql::Refusal> for Failure {
    fn from(refusal: crate::sql::Refusal) -> Self {
        Self::Value(TemplateError::refused(refusal).message)
    }
}

impl Failure {
    fn of(self, py: Python<'_>, name: &str) -> PyErr {
        match self {
            Self::Python(error) => error,
            Self::Value(message) => {
                to_py_error(py, &TemplateError::new(template::ErrorKind::Value, format!("`{name}`: {message}")))
            }
        }
    }
}

/// As deep as values may nest.
const MAX_DEPTH: u32 = 32;

fn from_python(value: &Bound<'_, PyAny>, typed: &mut Typed, depth: u32) -> Result<Value, Failure> {
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_cow().map_err(|_| Failure::Value("a lone surrogate has no SQL form".into()))?;
        return Ok(template::text(&text)?);
    }
    if value.is_none() {
        return Ok(Value::from(()));
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Value::from(flag.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        // The common size first: the stable ABI reads wider ones by arithmetic of Python's own.
        if let Ok(number) = value.extract::<i64>() {
            return Ok(Value::from(number));
        }
        let number = value.extract::<i128>();
        return number
            .map(Value::from)
            .map_err(|_| Failure::Value("an integer of more than 127 bits has no SQL form".into()));
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(Value::from(number.value()));
    }
    if depth > MAX_DEPTH {
        return Err(Failure::Value("the value is nested too deep".into()));
    }
    if let Ok(list) = value.cast::<PyList>() {
        let items = list.iter().map(|item| from_python(&item, typed, depth + 1));
        return Ok(Value::from(items.collect::<Result<Vec<_>, _>>()?));
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        let items = tuple.iter().map(|item| from_python(&item, typed, depth + 1));
        return Ok(Value::from(items.collect::<Result<Vec<_>, _>>()?));
    }
    from_object(value, typed, depth)
}

/// Values that are objects of a class: the rarer ones.
fn from_object(value: &Bound<'_, PyAny>, typed: &mut Typed, depth: u32) -> Result<Value, Failure> {
    let py = value.py();
    if let Ok(name) = value.cast::<Identifier>() {
        return template::name(name.get().names.clone())
            .map_err(|_| Failure::Value("a private-use character (U+F0000 and above) has no place in a name".into()));
    }
    if let Ok(secret) = value.cast::<Secret>() {
        return from_python(secret.get().value.bind(py), typed, depth + 1).map(template::secret);
    }
    if let Ok(mapping) = value.cast::<PyDict>() {
        let mut pairs = BTreeMap::new();
        for (key, item) in mapping.iter() {
            pairs.insert(from_python(&key, typed, depth + 1)?, from_python(&item, typed, depth + 1)?);
        }
        return Ok(Value::from_pairs(pairs));
    }
    let classes = classes(py)?;
    if value.is_instance(classes.datetime.bind(py))? {
        return timestamp(value, classes, typed);
    }
    if value.is_instance(classes.date.bind(py))? {
        let text: String = value.call_method0("isoformat")?.extract()?;
        return Ok(typed.value(Kind::Date, &text));
    }
    if value.is_instance(classes.decimal.bind(py))? {
        let text: String = value.call_method1("__format__", ("f",))?.extract()?;
        return Ok(template::exact(&text)?);
    }
    Err(Failure::Value(format!("a value of type {} has no SQL form", value.get_type().qualname()?)))
}

/// A datetime as text; an offset of odd seconds, which no engine writes, becomes UTC.
fn timestamp(value: &Bound<'_, PyAny>, classes: &Classes, typed: &mut Typed) -> Result<Value, Failure> {
    let py = value.py();
    let text = |value: &Bound<'_, PyAny>| -> PyResult<String> { value.call_method1("isoformat", (" ",))?.extract() };
    let mut iso = text(value)?;
    let zoned = !value.call_method0("utcoffset")?.is_none();
    if zoned && iso.rfind(['+', '-']).is_some_and(|at| iso.len() - at > 6) {
        iso = text(&value.call_method1("astimezone", (classes.utc.bind(py),))?)?;
    }
    let kind = if zoned { Kind::ZonedTimestamp } else { Kind::Timestamp };
    template::canonical(&iso)
        .map(|text| typed.value(kind, &text))
        .ok_or_else(|| Failure::Value("a timestamp finer than a microsecond has no SQL form".into()))
}

// ── template → Python ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn to_python<'py>(py: Python<'py>, literal: &Literal<'_>) -> PyResult<Bound<'py, PyAny>> {
    let classes = classes(py)?;
    let iso = |class: &Py<PyType>, text: &str| class.bind(py).call_method1("fromisoformat", (text,));
    Ok(match literal {
        Literal::Null => py.None().into_bound(py),
        Literal::Boolean(value) => PyBool::new(py, *value).to_owned().into_any(),
        Literal::Integer(digits) => py.get_type::<PyInt>().call1((digits.as_ref(),))?,
        Literal::Float(value) => PyFloat::new(py, *value).into_any(),
        Literal::Decimal(text) => classes.decimal.bind(py).call1((text.as_ref(),))?,
        Literal::Text(text) | Literal::Pattern(text) => PyString::new(py, text).into_any(),
        Literal::Date(text) => iso(&classes.date, text)?,
        Literal::Timestamp(text) | Literal::ZonedTimestamp(text) => iso(&classes.datetime, text)?,
        Literal::Name(parts) => Bound::new(py, Identifier { names: parts.to_vec() })?.into_any(),
        Literal::List(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Literal::Secret(value) => Bound::new(py, Secret { value: to_python(py, value)?.unbind() })?.into_any(),
    })
}

/// A Python function in a template.
struct Function {
    callable: Py<PyAny>,
    given: Arc<Typed>,
    /// The exception that ended the render, if one did.
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<function>")
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (args, kwargs): (&[Value], Kwargs) = from_args(args)?;
        Python::attach(|py| {
            let (args, kwargs) = {
                let reader = Reader { given: &self.given, made: &Held::of(state).typed };
                let args = args.iter().map(|arg| argument(py, &reader, arg)).collect::<Result<Vec<_>, _>>()?;
                let mut named = None;
                for name in kwargs.args() {
                    let value = argument(py, &reader, &kwargs.get::<Value>(name)?)?;
                    let named = named.get_or_insert_with(|| PyDict::new(py));
                    named.set_item(name, value).map_err(|error| self.raise(error))?;
                }
                (args, named)
            };
            let args = PyTuple::new(py, args).map_err(|error| self.raise(error))?;
            let result = self.callable.bind(py).call(args, kwargs.as_ref()).map_err(|error| self.raise(error))?;
            from_python(&result, &mut Held::of(state).typed, 0).map_err(|failure| match failure {
                Failure::Python(error) => self.raise(error),
                Failure::Value(message) => {
                    Error::new(ErrorKind::InvalidOperation, format!("the function's result: {message}"))
                }
            })
        })
    }
}

impl Function {
    fn raise(&self, error: PyErr) -> Error {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        Error::new(ErrorKind::InvalidOperation, "a function raised an exception")
    }
}

fn argument<'py>(py: Python<'py>, reader: &Reader<'_>, value: &Value) -> Result<Bound<'py, PyAny>, Error> {
    if value.kind() == ValueKind::Undefined {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let value = template::visible(value)?;
    let refused = |message: String| Error::new(ErrorKind::InvalidOperation, message);
    let literal = reader.literal(&value).map_err(|refusal| refused(TemplateError::refused(refusal).message))?;
    to_python(py, &literal).map_err(|error| refused(error.to_string()))
}

// ── the classes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// One immutable set of templates for one SQL dialect.
#[pyclass(frozen, module = "dli_fast")]
struct Templates {
    set: template::Templates,
}

#[pymethods]
impl Templates {
    #[new]
    #[pyo3(signature = (dialect, templates, *, macros = None, fuel = 1_000_000))]
    fn new(
        dialect: &str,
        templates: &Bound<'_, PyMapping>,
        macros: Option<&Bound<'_, PyMapping>>,
        fuel: u64,
    ) -> PyResult<Self> {
        let dialect = Dialect::from_name(dialect).ok_or_else(|| {
            PyValueError::new_err(format!("unknown dialect {dialect:?}: there are duckdb, trino, bigquery"))
        })?;
        let macros = macros.map(texts).transpose()?.unwrap_or_default();
        let set = template::Templates::new(dialect, texts(templates)?, macros.into_iter().collect(), fuel);
        Ok(Self { set })
    }

    #[pyo3(signature = (name, values, functions = None))]
    fn render(
        &self,
        py: Python<'_>,
        name: &str,
        values: &Bound<'_, PyMapping>,
        functions: Option<&Bound<'_, PyMapping>>,
    ) -> PyResult<Rendered> {
        let (mut scope, mut typed) = (Scope::default(), Typed::default());
        for (name, value) in pairs(values)? {
            let value = from_python(&value, &mut typed, 0).map_err(|failure| failure.of(py, &name))?;
            scope.insert(name, value);
        }
        scope.typed = Arc::new(typed);
        let raised = Arc::new(Mutex::new(None));
        for (name, callable) in functions.map(pairs).transpose()?.unwrap_or_default() {
            let (given, raised) = (Arc::clone(&scope.typed), Arc::clone(&raised));
            scope.insert(name, Value::from_object(Function { callable: callable.unbind(), given, raised }));
        }
        let rendered = py.detach(|| self.set.render(name, scope));
        rendered.map(|rendered| Rendered { rendered }).map_err(|error| {
            let raised = raised.lock().unwrap_or_else(PoisonError::into_inner).take();
            raised.unwrap_or_else(|| to_py_error(py, &error))
        })
    }

    fn undeclared(&self, py: Python<'_>, name: &str) -> PyResult<std::collections::BTreeSet<String>> {
        self.set.undeclared(name).map_err(|error| to_py_error(py, &error))
    }

    fn raw_uses(&self, py: Python<'_>, name: &str) -> PyResult<Vec<(String, u32, u32)>> {
        let found = self.set.raw_uses(name).map_err(|error| to_py_error(py, &error))?;
        Ok(found.into_iter().map(|at| (at.template, at.line, at.column.unwrap_or(1))).collect())
    }

    fn calls(&self, py: Python<'_>, name: &str, function: &str) -> PyResult<Vec<(String, u32, u32, String)>> {
        let found = self.set.calls(name, function).map_err(|error| to_py_error(py, &error))?;
        let row = |call: template::Call| {
            (call.location.template, call.location.line, call.location.column.unwrap_or(1), call.argument)
        };
        Ok(found.into_iter().map(row).collect())
    }
}

/// The items of a mapping with string keys.
fn pairs<'py>(mapping: &Bound<'py, PyMapping>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    if let Ok(dict) = mapping.cast::<PyDict>() {
        return dict.iter().map(|(key, value)| Ok((key.extract()?, value))).collect();
    }
    mapping.items()?.iter().map(|item| item.extract()).collect()
}

/// The items of a mapping of strings to strings.
fn texts(mapping: &Bound<'_, PyMapping>) -> PyResult<Vec<(String, String)>> {
    pairs(mapping)?.into_iter().map(|(name, value)| Ok((name, value.extract()?))).collect()
}

/// A rendered statement.
#[pyclass(frozen, module = "dli_fast")]
struct Rendered {
    rendered: template::Rendered,
}

#[pymethods]
impl Rendered {
    #[getter]
    fn sql(&self) -> &str {
        &self.rendered.sql
    }

    #[pyo3(signature = (line, column = None))]
    fn locate(&self, line: usize, column: Option<usize>) -> Option<(String, u32, Option<u32>)> {
        self.rendered.locate(line, column).map(|at| (at.template, at.line, at.column))
    }

    fn source_lines(&self) -> Vec<(String, u32)> {
        self.rendered.source_lines()
    }

    fn __repr__(&self) -> String {
        format!("<Rendered: {} bytes of SQL>", self.rendered.sql.len())
    }
}
