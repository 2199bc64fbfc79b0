//! Decoder of pickle instructions: the ones that NumPy writes for lists of numbers, in protocols 2 to 5.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use crate::{error::DataError, formats::content::LARGEST};

/// The longest string to read, in bytes; the longest name that NumPy writes has 22.
const LONGEST_TEXT: usize = 255;

/// An instruction with its argument.
#[derive(Debug)]
pub(super) enum Token {
    /// Pushes a number.
    Int(i64),
    /// Pushes `None` or a boolean.
    Other,
    /// Pushes a string or bytes.
    Text(String),
    Mark,
    EmptyList,
    /// Appends the last value to the list below it.
    Append,
    /// Appends the values since the last mark to the list below it.
    Appends,
    /// Builds a tuple of the given number of values, or of those since the last mark.
    Tuple(Option<usize>),
    /// Pushes the object with the given module and name.
    Global(String, String),
    /// Like `Global`, with the module and name taken from the stack.
    StackGlobal,
    /// Calls an object with the last value as the arguments.
    Reduce,
    /// Sets the state of an object to the last value.
    Build,
    /// Stores the last value in the memo under the next index.
    Memoize,
    /// Stores the last value in the memo under the given index.
    Put(u32),
    /// Pushes the value in the memo under the given index.
    Get(u32),
    /// Ends the program.
    Stop,
    /// The protocol, or the size of a frame.
    Ignored,
}

/// A reader of instructions, limited to 1 GiB.
#[derive(Debug)]
pub(super) struct Stream<'a, R> {
    reader: BufReader<R>,
    path: &'a Path,
    bytes: u64,
}

impl<'a, R: Read> Stream<'a, R> {
    pub(super) fn new(reader: R, path: &'a Path) -> Self {
        Self { reader: BufReader::with_capacity(1 << 16, reader), path, bytes: 0 }
    }

    /// Returns the number of bytes read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Decodes the next instructions as long as they push nonnegative numbers and are in the buffer, and appends up to
    /// `most` numbers to `numbers`. Almost all instructions are of this kind, and this is several times as fast as
    /// [`next`](Self::next).
    pub(super) fn take_numbers(&mut self, numbers: &mut Vec<u32>, most: usize) {
        let buffer = self.reader.buffer();
        let mut rest = buffer;
        for _ in 0..most {
            let (number, after) = match *rest {
                [b'K', number, ref after @ ..] => (number.into(), after),
                [b'M', low, high, ref after @ ..] => (u16::from_le_bytes([low, high]).into(), after),
                [b'J', a, b, c, d @ ..0x80, ref after @ ..] => (u32::from_le_bytes([a, b, c, d]), after),
                _ => break,
            };
            numbers.push(number);
            rest = after;
        }
        let length = buffer.len() - rest.len();
        self.reader.consume(length);
        self.bytes += length as u64;
    }

    /// Returns the next instruction.
    ///
    /// # Errors
    /// [`DataError::Format`] if the bytes end; [`DataError::Unsupported`] for other instructions.
    pub(super) fn next(&mut self) -> Result<Token, DataError> {
        let [instruction] = self.array()?;
        Ok(match instruction {
            b'K' => Token::Int(u8::from_le_bytes(self.array()?).into()),
            b'M' => Token::Int(u16::from_le_bytes(self.array()?).into()),
            b'J' => Token::Int(i32::from_le_bytes(self.array()?).into()),
            0x8a => Token::Int(self.long()?),
            b'N' | 0x88 | 0x89 => Token::Other,
            b'C' | b'U' | 0x8c => {
                let [length] = self.array()?;
                Token::Text(self.text(length.into())?)
            }
            b'X' => {
                let length = u32::from_le_bytes(self.array()?);
                Token::Text(self.text(length)?)
            }
            b'(' => Token::Mark,
            b']' => Token::EmptyList,
            b'a' => Token::Append,
            b'e' => Token::Appends,
            b')' => Token::Tuple(Some(0)),
            0x85 => Token::Tuple(Some(1)),
            0x86 => Token::Tuple(Some(2)),
            0x87 => Token::Tuple(Some(3)),
            b't' => Token::Tuple(None),
            b'c' => Token::Global(self.line()?, self.line()?),
            0x93 => Token::StackGlobal,
            b'R' => Token::Reduce,
            b'b' => Token::Build,
            0x94 => Token::Memoize,
            b'q' => Token::Put(u8::from_le_bytes(self.array()?).into()),
            b'r' => Token::Put(u32::from_le_bytes(self.array()?)),
            b'h' => Token::Get(u8::from_le_bytes(self.array()?).into()),
            b'j' => Token::Get(u32::from_le_bytes(self.array()?)),
            b'.' => Token::Stop,
            0x95 => {
                self.array::<8>()?;
                Token::Ignored
            }
            0x80 => match self.array()? {
                [2..=5] => Token::Ignored,
                [protocol] => return Err(self.unsupported(format!("its protocol is {protocol}, not 2 to 5"))),
            },
            other => {
                let place = self.bytes - 1;
                return Err(self.unsupported(format!(
                    "it has the instruction {other:#04x} at byte {place} of its pickle"
                )));
            }
        })
    }

    /// Checks that no bytes follow. This also makes an archive verify its checksum.
    pub(super) fn expect_end(&mut self) -> Result<(), DataError> {
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(DataError::format(self.path, "bytes follow after its pickle")),
            Err(error) => Err(DataError::read(self.path)(error)),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DataError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    #[inline]
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), DataError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > LARGEST {
            return Err(DataError::format(self.path, "its pickle is longer than 1 GiB"));
        }
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => DataError::format(self.path, "it ends inside its pickle"),
            _ => DataError::read(self.path)(error),
        })
    }

    /// Reads a number in two's complement, preceded by its number of bytes.
    fn long(&mut self) -> Result<i64, DataError> {
        let [length] = self.array()?;
        let mut bytes = [0; 8];
        let Some(used) = bytes.get_mut(..length.into()) else {
            return Err(self.unsupported(format!("it contains a number of {length} bytes")));
        };
        self.fill(used)?;
        let unused = 64 - 8 * u32::from(length);
        Ok(i64::from_le_bytes(bytes).checked_shl(unused).map_or(0, |number| number >> unused))
    }

    fn text(&mut self, length: u32) -> Result<String, DataError> {
        let mut bytes = [0; LONGEST_TEXT];
        let Some(used) = bytes.get_mut(..length as usize) else {
            return Err(self.unsupported(format!("it contains a string of {length} bytes")));
        };
        self.fill(used)?;
        Ok(String::from_utf8_lossy(used).into_owned())
    }

    fn line(&mut self) -> Result<String, DataError> {
        let mut line = Vec::new();
        loop {
            match self.array()? {
                [b'\n'] => return Ok(String::from_utf8_lossy(&line).into_owned()),
                _ if line.len() == LONGEST_TEXT => {
                    return Err(
                        self.unsupported(format!("it contains a name of more than {LONGEST_TEXT} bytes"))
                    );
                }
                [byte] => line.push(byte),
            }
        }
    }

    fn unsupported(&self, found: String) -> DataError {
        DataError::unsupported(self.path, format!("{found}, which is not used for lists of numbers"))
    }
}
