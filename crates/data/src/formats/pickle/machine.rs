//! The stack machine that executes pickles. Source: `Lib/pickletools.py` of CPython.

use std::{collections::HashMap, io::Read, path::Path, rc::Rc};

use super::{
    lists::{Lists, PickledLists},
    refusal::unsupported,
    stream::{Stream, Token},
};
use crate::error::DataError;

/// Maximum number of values on the stack; NumPy's pickles append a thousand at a time.
const DEEPEST_STACK: usize = 1 << 16;

/// Maximum number of marks on the stack; NumPy's pickles have three.
const MOST_MARKS: usize = 16;

/// Maximum number of values in a tuple; the state of a NumPy dtype has eight.
const LONGEST_TUPLE: usize = 16;

/// Maximum total number of lists, references to lists, and values in tuples and in the memo; a text needs three.
pub(super) const MOST_OBJECTS: usize = 1 << 22;

/// A value on the stack.
#[derive(Clone, Debug)]
enum Value {
    /// `None`, a boolean, or another value that is not needed.
    Other,
    Int(i64),
    Text(Rc<str>),
    Global(Global),
    Tuple(Rc<[Value]>),
    Type,
    /// The index in [`Lists`].
    List(usize),
    /// The array, with the index of its list once that is known.
    Array(Option<usize>),
}

/// The global names that a pickle of lists may refer to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Global {
    Reconstruct,
    Ndarray,
    Dtype,
    /// `_codecs.encode`, with which Python 3 writes bytes in protocol 2.
    Encode,
}

/// The machine, for one run.
pub(super) struct Machine<'a, R> {
    stream: Stream<'a, R>,
    path: &'a Path,
    stack: Vec<Value>,
    /// Numbers on top of `stack` that a list can store. Almost all values are such numbers, which the next instruction
    /// appends to a list. In all other cases [`settle`](Self::settle) moves them to `stack`.
    numbers: Vec<u32>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    lists: Lists<'a>,
    /// Number of objects so far; see [`MOST_OBJECTS`].
    objects: usize,
    has_array: bool,
}

impl<'a, R: Read> Machine<'a, R> {
    /// Creates a machine for a pickle whose header announces `announced` lists.
    pub(super) fn new(reader: R, announced: usize, path: &'a Path) -> Self {
        let stream = Stream::new(reader, path);
        let (stack, numbers, marks, memo) = Default::default();
        let lists = Lists::new(announced, path);
        Self { stream, path, stack, numbers, marks, memo, lists, objects: 0, has_array: false }
    }

    /// Executes a pickle whose header announces an array of the given shape.
    ///
    /// # Errors
    /// [`DataError::Format`] if it is inconsistent, ends early, or continues after its end; [`DataError::Unsupported`] if
    /// it contains anything other than lists of numbers.
    pub(super) fn run(mut self, shape: &[usize]) -> Result<PickledLists, DataError> {
        let place = self.run_to_stop(shape)?;
        self.stream.expect_end()?;
        Ok(self.lists.finish(place, self.stream.bytes()))
    }

    /// Executes all instructions and returns the index of the array's list.
    fn run_to_stop(&mut self, shape: &[usize]) -> Result<usize, DataError> {
        loop {
            let room = DEEPEST_STACK.saturating_sub(self.stack.len() + self.numbers.len());
            self.stream.take_numbers(&mut self.numbers, room);
            let token = self.stream.next()?;
            if !matches!(token, Token::Int(_) | Token::Appends) {
                self.settle();
            }
            match token {
                Token::Ignored => {}
                Token::Int(number) => self.push_number(number)?,
                Token::Appends => self.appends()?,
                Token::Other => self.push(Value::Other)?,
                Token::Text(text) => self.push(Value::Text(text.into()))?,
                Token::Mark => self.mark()?,
                Token::EmptyList => self.empty_list()?,
                Token::Append => self.append(self.stack.len().saturating_sub(1))?,
                Token::Tuple(len) => self.tuple(len)?,
                Token::Global(module, name) => self.global(&module, &name)?,
                Token::StackGlobal => match (self.pop()?, self.pop()?) {
                    (Value::Text(name), Value::Text(module)) => self.global(&module, &name)?,
                    _ => return Err(self.damaged("a name on its stack is not a string")),
                },
                Token::Reduce => self.reduce()?,
                Token::Build => self.build(shape)?,
                Token::Memoize => self.put(self.memo.len() as u32)?,
                Token::Put(key) => self.put(key)?,
                Token::Get(key) => match self.memo.get(&key).cloned() {
                    Some(value) => self.push(value)?,
                    None => return Err(self.damaged(format!("it has no value {key} in its memo"))),
                },
                Token::Stop => {
                    return match (self.pop()?, self.stack.len()) {
                        (Value::Array(Some(list)), 0) => Ok(list),
                        (value, _) => {
                            Err(unsupported(self.path, format!("it ends with {value:?} instead of an array")))
                        }
                    };
                }
            }
        }
    }

    /// Moves the pending numbers to the stack.
    fn settle(&mut self) {
        self.stack.extend(self.numbers.drain(..).map(|number| Value::Int(number.into())));
    }

    fn push_number(&mut self, number: i64) -> Result<(), DataError> {
        let has_room = self.stack.len() + self.numbers.len() < DEEPEST_STACK;
        match u32::try_from(number) {
            Ok(number) if has_room => {
                self.numbers.push(number);
                Ok(())
            }
            _ => {
                self.settle();
                self.push(Value::Int(number))
            }
        }
    }

    fn push(&mut self, value: Value) -> Result<(), DataError> {
        if self.stack.len() == DEEPEST_STACK {
            return Err(self.damaged(format!("its stack has more than {DEEPEST_STACK} values")));
        }
        self.stack.push(value);
        Ok(())
    }

    /// Removes the last value; values below a mark cannot be removed.
    fn pop(&mut self) -> Result<Value, DataError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.pop() {
            Some(value) if self.stack.len() >= floor => Ok(value),
            _ => Err(self.damaged("a value is missing on its stack")),
        }
    }

    fn mark(&mut self) -> Result<(), DataError> {
        if self.marks.len() == MOST_MARKS {
            return Err(self.damaged(format!("its stack has more than {MOST_MARKS} marks")));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Removes the last mark, and returns the stack index of the first value after it.
    fn pop_mark(&mut self) -> Result<usize, DataError> {
        self.marks.pop().ok_or_else(|| self.damaged("a mark is missing on its stack"))
    }

    /// Counts objects that use memory until the end of the run.
    fn count(&mut self, objects: usize) -> Result<(), DataError> {
        self.objects += objects;
        match self.objects > MOST_OBJECTS {
            true => Err(unsupported(self.path, format!("it contains more than {MOST_OBJECTS} objects"))),
            false => Ok(()),
        }
    }

    fn put(&mut self, key: u32) -> Result<(), DataError> {
        self.count(1)?;
        let Some(value) = self.stack.last().cloned() else {
            return Err(self.damaged("a value is missing on its stack"));
        };
        self.memo.insert(key, value);
        Ok(())
    }

    fn empty_list(&mut self) -> Result<(), DataError> {
        self.count(1)?;
        let place = self.lists.begin();
        self.push(Value::List(place))
    }

    /// Appends the values since the last mark to the list below it.
    fn appends(&mut self) -> Result<(), DataError> {
        let mark = self.pop_mark()?;
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.last() {
            Some(Value::List(place)) if mark == self.stack.len() && mark > floor => {
                self.lists.append_numbers(*place, &self.numbers)?;
                self.numbers.clear();
                Ok(())
            }
            _ => {
                self.settle();
                self.append(mark)
            }
        }
    }

    /// Appends the values from stack index `first` to the top to the list below them.
    fn append(&mut self, first: usize) -> Result<(), DataError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let Some(Value::List(place)) =
            first.checked_sub(1).filter(|&below| below >= floor).map(|below| &self.stack[below])
        else {
            return Err(self.damaged("a list is missing on its stack"));
        };
        let place = *place;
        for index in first..self.stack.len() {
            match self.stack[index] {
                Value::Int(number) => self.lists.append_number(place, number)?,
                Value::List(row) => {
                    self.count(1)?;
                    self.lists.append_list(place, row)?;
                }
                ref value => return Err(unsupported(self.path, format!("a list in it holds {value:?}"))),
            }
        }
        self.stack.truncate(first);
        Ok(())
    }

    /// Replaces the last `len` values, or those after the last mark, with a tuple.
    fn tuple(&mut self, len: Option<usize>) -> Result<(), DataError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let first = match len {
            Some(len) => self.stack.len().checked_sub(len).filter(|&first| first >= floor),
            None => Some(self.pop_mark()?),
        };
        let Some(values) = first.map(|first| &self.stack[first..]) else {
            return Err(self.damaged("a value is missing on its stack"));
        };
        // The state of an array contains its shape; nothing is nested more deeply. The limit also bounds recursion on drop.
        let is_deep = |value: &Value| match value {
            Value::Tuple(inner) => inner.iter().any(|value| matches!(value, Value::Tuple(_))),
            _ => false,
        };
        if values.len() > LONGEST_TUPLE || values.iter().any(is_deep) {
            return Err(unsupported(self.path, "it contains a long or a nested tuple"));
        }
        let len = values.len();
        let tuple = Value::Tuple(values.into());
        self.count(1 + len)?;
        self.stack.truncate(self.stack.len() - len);
        self.push(tuple)
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), DataError> {
        let global = match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::Reconstruct,
            ("numpy", "ndarray") => Global::Ndarray,
            ("numpy", "dtype") => Global::Dtype,
            ("_codecs", "encode") => Global::Encode,
            _ => return Err(unsupported(self.path, format!("it refers to {module}.{name}"))),
        };
        self.push(Value::Global(global))
    }

    /// Replaces a call with the value that it would return, without calling anything.
    fn reduce(&mut self) -> Result<(), DataError> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let (Value::Tuple(arguments), Value::Global(callee)) = (arguments, callee) else {
            return Err(self.damaged("it calls something that is not a function"));
        };
        let value = match (callee, &arguments[..]) {
            (Global::Reconstruct, [Value::Global(Global::Ndarray), ..]) => {
                if std::mem::replace(&mut self.has_array, true) {
                    return Err(unsupported(self.path, "its elements are arrays"));
                }
                Value::Array(None)
            }
            (Global::Dtype, [Value::Text(code), ..]) if code.starts_with('O') => Value::Type,
            (Global::Dtype, [Value::Text(code), ..]) => {
                return Err(unsupported(self.path, format!("it contains values of type {code}")));
            }
            (Global::Encode, [Value::Text(text), ..]) => Value::Text(text.clone()),
            (callee, arguments) => {
                return Err(self.damaged(format!("it calls {callee:?} with {arguments:?}")));
            }
        };
        self.push(value)
    }

    /// Sets the state of an object. The state of the array contains its list, and its shape must be that of the `.npy` header.
    fn build(&mut self, announced: &[usize]) -> Result<(), DataError> {
        let state = self.pop()?;
        let (Value::Tuple(state), Some(object)) = (state, self.stack.last_mut()) else {
            return Err(self.damaged("it sets the state of no object"));
        };
        match (object, &state[..]) {
            (Value::Type, _) => Ok(()),
            (
                Value::Array(list @ None),
                [Value::Int(1), Value::Tuple(shape), Value::Type, _, Value::List(place)],
            ) => {
                let agree = |(length, announced): (&Value, &usize)| match *length {
                    Value::Int(length) => usize::try_from(length) == Ok(*announced),
                    _ => false,
                };
                if shape.len() != announced.len() || !shape.iter().zip(announced).all(agree) {
                    return Err(
                        self.damaged(format!("its header announces the shape {announced:?}, not {shape:?}"))
                    );
                }
                *list = Some(*place);
                self.lists.close(*place);
                Ok(())
            }
            (object, state) => {
                let reason = format!("it sets the state of {object:?} to {state:?}");
                Err(self.damaged(reason))
            }
        }
    }

    fn damaged(&self, reason: impl Into<String>) -> DataError {
        DataError::format(self.path, reason)
    }
}
