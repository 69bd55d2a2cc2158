//! Bindings of `template`: the classes, functions in templates, errors.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Kwargs, Object, ObjectRepr, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyTuple, PyType};

use super::values::{Failure, Identifier, Secret, from_python, to_python};
use crate::sql::Dialect;
use crate::template::{self, Held, Reader, Scope, TemplateError, Typed};

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

/// The error for the value called `name`, which could not be converted.
fn failed(py: Python<'_>, failure: Failure, name: &str) -> PyErr {
    match failure {
        Failure::Python(error) => error,
        Failure::Value(message) => {
            to_py_error(py, &TemplateError::new(template::ErrorKind::Value, format!("`{name}`: {message}")))
        }
    }
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
            let value = from_python(&value, &mut typed, 0).map_err(|failure| failed(py, failure, &name))?;
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
