//! Values of templates: Python's own to and fro, and the two classes that only templates have.

use std::collections::BTreeMap;

use minijinja::value::Value;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

use crate::sql::Literal;
use crate::template::{self, Kind, TemplateError, Typed};

/// A dotted name: rendered quoted, part by part.
#[pyclass(frozen, eq, hash, module = "dli_fast")]
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Identifier {
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
pub(super) struct Secret {
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
pub(super) enum Failure {
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

/// As deep as values may nest.
const MAX_DEPTH: u32 = 32;

pub(super) fn from_python(value: &Bound<'_, PyAny>, typed: &mut Typed, depth: u32) -> Result<Value, Failure> {
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
    let mut items = |items: &mut dyn Iterator<Item = Bound<'_, PyAny>>| {
        items.map(|item| from_python(&item, typed, depth + 1)).collect::<Result<Vec<_>, _>>().map(Value::from)
    };
    if let Ok(list) = value.cast::<PyList>() {
        return items(&mut list.iter());
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return items(&mut tuple.iter());
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

pub(super) fn to_python<'py>(py: Python<'py>, literal: &Literal<'_>) -> PyResult<Bound<'py, PyAny>> {
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
