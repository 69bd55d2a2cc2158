//! Bindings of `yaml`: the tree → dict, list and scalars; the same tree stays as `Places`.

use crate::yaml::{self, Limits, Node, Place, Scalar, Step, Tree, Value};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyString, PyTuple, PyType};

/// Files from this size on are read without the GIL; below, taking it back costs more than it gives.
const DETACH_FROM: usize = 32 << 10;

/// Beyond this, Python itself could not walk the value.
const DEEPEST: usize = 255;

/// Keys that stand twice which one reading collects; one more ends it.
const MOST_TWICE: usize = 100;

static YAML_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

#[pyclass(frozen, module = "dli_fast")]
struct Places(yaml::Places);

#[pymethods]
impl Places {
    fn get(&self, path: &Bound<'_, PyTuple>) -> PyResult<Option<(u32, u32)>> {
        self.at(path, |node| Some(pair(node.place)))
    }

    fn key(&self, path: &Bound<'_, PyTuple>) -> PyResult<Option<(u32, u32)>> {
        self.at(path, |node| Some(pair(node.key_place)))
    }

    fn text(&self, path: &Bound<'_, PyTuple>) -> PyResult<Option<(u32, u32)>> {
        self.at(path, |node| node.text_place.map(pair))
    }

    fn nearest(&self, path: &Bound<'_, PyTuple>) -> PyResult<(u32, u32)> {
        with_steps(path, |steps| pair(self.0.nearest(steps)))
    }
}

impl Places {
    fn at<T>(&self, path: &Bound<'_, PyTuple>, what: impl Fn(&Node) -> Option<T>) -> PyResult<Option<T>> {
        with_steps(path, |steps| self.0.find(steps).and_then(what))
    }
}

/// Call with the path's steps; a step that no document has (a negative index) leads nowhere.
fn with_steps<T>(path: &Bound<'_, PyTuple>, call: impl FnOnce(Vec<Step<'_>>) -> T) -> PyResult<T> {
    let mut names = Vec::with_capacity(path.len());
    for step in path.iter() {
        names.push(match step.cast::<PyString>() {
            Ok(name) => Ok(name.to_cow()?.into_owned()),
            Err(_) if step.is_instance_of::<PyInt>() => Err(step.extract().unwrap_or(usize::MAX)),
            Err(_) => return Err(PyTypeError::new_err("a path holds str and int only")),
        });
    }
    let steps = names.iter().map(|name: &Result<String, usize>| match name {
        Ok(name) => Step::Key(name),
        Err(index) => Step::Index(*index),
    });
    Ok(call(steps.collect()))
}

fn pair(place: Place) -> (u32, u32) {
    (place.line, place.column)
}

#[pyfunction]
#[pyo3(signature = (data, *, max_bytes = 1 << 20, max_depth = 64, twice = None))]
fn read_yaml<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyBytes>,
    max_bytes: usize,
    max_depth: usize,
    twice: Option<&Bound<'py, PyList>>,
) -> PyResult<(Bound<'py, PyAny>, Places)> {
    if max_bytes > 1 << 30 || max_depth > DEEPEST {
        return Err(PyValueError::new_err(format!("max_bytes is at most 2**30, max_depth at most {DEEPEST}")));
    }
    let limits = Limits { bytes: max_bytes, depth: max_depth };
    let bytes = data.as_bytes();
    let (mut found, most) = (Vec::new(), if twice.is_some() { MOST_TWICE } else { 0 });
    let mut read = || yaml::read_collecting(bytes, limits, most, &mut found);
    let tree = if bytes.len() < DETACH_FROM { read() } else { py.detach(read) };
    if let Some(list) = twice {
        for error in &found {
            list.append(to_python(py, error).value(py))?;
        }
    }
    let tree = tree.map_err(|error| to_python(py, &error))?;
    let value = if tree.nodes().is_empty() { py.None().into_bound(py) } else { build(py, &tree, &mut 0)? };
    Ok((value, Places(yaml::Places::new(tree))))
}

/// The value at `at`, which then points after it. Recursion is bounded by `max_depth`.
fn build<'py>(py: Python<'py>, tree: &Tree, at: &mut usize) -> PyResult<Bound<'py, PyAny>> {
    let node = &tree.nodes()[*at];
    *at += 1;
    Ok(match node.value {
        Value::Plain(Scalar::Null) => py.None().into_bound(py),
        Value::Plain(Scalar::Bool(value)) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Plain(Scalar::Int(value)) => value.into_pyobject(py)?.into_any(),
        Value::Plain(Scalar::Float(value)) => value.into_pyobject(py)?.into_any(),
        Value::Big(range) => big(py, tree.text(range))?,
        Value::Text(range) => PyString::new(py, tree.text(range)).into_any(),
        Value::List(count) => {
            let items = (0..count).map(|_| build(py, tree, at)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::Map(count) => {
            let map = PyDict::new(py);
            for _ in 0..count {
                let key = tree.nodes()[*at].key.map_or("", |range| tree.text(range));
                let key = PyString::new(py, key);
                map.set_item(key, build(py, tree, at)?)?;
            }
            map.into_any()
        }
    })
}

fn big<'py>(py: Python<'py>, digits: &str) -> PyResult<Bound<'py, PyAny>> {
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'x', ..] => (&digits[2..], 16),
        [b'0', b'o', ..] => (&digits[2..], 8),
        _ => (digits, 10),
    };
    py.get_type::<PyInt>().call1((digits, base))
}

fn to_python(py: Python<'_>, error: &yaml::YamlError) -> PyErr {
    let (line, column) = pair(error.place);
    let make = || -> PyResult<PyErr> {
        let class = YAML_ERROR.get(py).ok_or_else(|| PyTypeError::new_err("dli_fast is not initialised"))?;
        let instance = class.bind(py).call1((format!("{} (line {line}, column {column})", error.message),))?;
        instance.setattr("kind", error.kind.name())?;
        instance.setattr("message", &error.message)?;
        instance.setattr("line", line)?;
        instance.setattr("column", column)?;
        instance.setattr("first", error.first.map(pair))?;
        Ok(PyErr::from_value(instance))
    };
    make().unwrap_or_else(|failure| failure)
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let base = py.get_type::<PyValueError>();
    let doc = c"A file that is not the YAML a spec may be; `kind`, `message`, `line`, `column`, `first`.";
    let class =
        YAML_ERROR.get_or_try_init(py, || PyErr::new_type(py, c"dli_fast.YamlError", Some(doc), Some(&base), None))?;
    module.add("YamlError", class)?;
    module.add_class::<Places>()?;
    module.add_function(wrap_pyfunction!(read_yaml, module)?)
}
