//! `.npy`, NumPy's file format for one array, versions 1 to 3.
//!
//! A file consists of the magic string `\x93NUMPY`, two version bytes, the length of the header (little-endian, 2 bytes in
//! version 1, otherwise 4), the header as a Python dictionary, and the values. Source:
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::{fs::File, io::Read, path::Path};

use burn::tensor::{BoolStore, DType, TensorData};

use super::content::{LARGEST, read_header, read_values};
use crate::error::DataError;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The longest header to read, in bytes; the header of an array without field names has about 100.
const LONGEST_HEADER: usize = 1 << 16;

/// The element type of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// Numbers or booleans.
    Number {
        /// The type.
        dtype: DType,
        /// Whether the most significant byte comes first.
        big_endian: bool,
    },
    /// Python objects (`|O`), stored as a pickle after the header.
    Object,
}

/// The header of a `.npy` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The element type.
    pub element: Element,
    /// Whether the values are in Fortran order (the first axis varies fastest) instead of C order.
    pub fortran_order: bool,
    /// The length of each axis; empty for a scalar.
    pub shape: Vec<usize>,
}

/// Reads the `.npy` file at `path` with its own type and shape.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be opened, and the errors of [`read`].
pub fn open(path: &Path) -> Result<TensorData, DataError> {
    read(File::open(path).map_err(DataError::io(path))?, path)
}

/// Reads an array of numbers or booleans from `reader`; `path` identifies it in errors.
///
/// # Errors
/// [`DataError::Format`] if the bytes are not a `.npy` file, end early, or continue after the values.
/// [`DataError::Unsupported`] for arrays of objects or of other types.
pub fn read(reader: impl Read, path: &Path) -> Result<TensorData, DataError> {
    read_up_to(LARGEST, reader, path)
}

/// Like [`read`], for an array of at most `limit` bytes.
pub(crate) fn read_up_to(limit: u64, mut reader: impl Read, path: &Path) -> Result<TensorData, DataError> {
    let Header { element, fortran_order, shape } = Header::read(&mut reader, path)?;
    let Element::Number { dtype, big_endian } = element else {
        return Err(unsupported_type("|O (Python objects)", path));
    };
    let mut bytes = read_values(reader, &shape, dtype.size(), limit, path)?;
    if big_endian != cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(dtype.size()).for_each(<[u8]>::reverse);
    }
    if let (DType::Bool(_), Some(byte)) = (dtype, bytes.iter().find(|&&byte| byte > 1)) {
        return Err(DataError::format(path, format!("a boolean is {byte}, not 0 or 1")));
    }
    if fortran_order && shape.len() > 1 {
        bytes = to_c_order(&bytes, &shape, dtype.size());
    }
    if dtype == DType::U8 {
        // Avoids a copy: the general constructor copies bytes that are not aligned for every type, and images are large.
        return Ok(TensorData::new(bytes, shape));
    }
    TensorData::try_from_bytes_vec(bytes, shape, dtype)
        .map_err(|error| DataError::format(path, error.to_string()))
}

/// Converts values from Fortran order to C order.
fn to_c_order(bytes: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    // The stride of an axis in Fortran order: the product of the lengths of the axes before it.
    let strides: Vec<usize> = (0..shape.len()).map(|axis| shape[..axis].iter().product()).collect();
    let mut ordered = Vec::with_capacity(bytes.len());
    for place in 0..bytes.len() / size {
        let (mut rest, mut source) = (place, 0);
        for (length, stride) in shape.iter().zip(&strides).rev() {
            source += rest % length * stride;
            rest /= length;
        }
        ordered.extend_from_slice(&bytes[source * size..][..size]);
    }
    ordered
}

impl Header {
    /// Reads a header and leaves `reader` at the first byte of the values; `path` identifies it in errors.
    ///
    /// # Errors
    /// [`DataError::Format`] if the bytes are not a `.npy` header; [`DataError::Unsupported`] for element types other
    /// than those of [`Element`].
    pub fn read(reader: &mut impl Read, path: &Path) -> Result<Self, DataError> {
        let mut start = [0; 8];
        read_header(reader, &mut start, path)?;
        if !start.starts_with(MAGIC) {
            let reason = format!("it starts with the bytes {start:02x?}, expected \\x93NUMPY of a .npy file");
            return Err(DataError::format(path, reason));
        }
        let mut length = [0; 4];
        let length_bytes = match start[6] {
            1 => 2,
            2 | 3 => 4,
            version => {
                return Err(DataError::format(path, format!("its version is {version}, not 1, 2 or 3")));
            }
        };
        read_header(reader, &mut length[..length_bytes], path)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_HEADER {
            return Err(DataError::format(
                path,
                format!("it announces a header of {length} bytes, more than {LONGEST_HEADER}"),
            ));
        }
        let mut header = vec![0; length];
        read_header(reader, &mut header, path)?;
        // Non-ASCII characters occur only in field names, which are not read here.
        Self::parse(&String::from_utf8_lossy(&header), path)
    }

    /// Parses `{'descr': '<f8', 'fortran_order': False, 'shape': (506, 13), }`.
    fn parse(header: &str, path: &Path) -> Result<Self, DataError> {
        let damaged = || DataError::format(path, format!("its header is invalid: {:?}", header.trim_end()));
        let value = |key| header.split_once(key).map(|(_, value)| value.trim_start()).ok_or_else(damaged);

        let descr = value("'descr':")?;
        let fortran_order = value("'fortran_order':")?;
        let shape = value("'shape':")?;
        if descr.starts_with('[') {
            return Err(unsupported_type("a structure", path));
        }
        let descr = descr.strip_prefix('\'').and_then(|descr| descr.split_once('\'')).ok_or_else(damaged)?.0;
        let shape = shape.strip_prefix('(').and_then(|shape| shape.split_once(')')).ok_or_else(damaged)?.0;
        Ok(Self {
            element: parse_element(descr).ok_or_else(|| unsupported_type(descr, path))?,
            fortran_order: match fortran_order {
                truth if truth.starts_with("True") => true,
                truth if truth.starts_with("False") => false,
                _ => return Err(damaged()),
            },
            // A shape of one axis is written `(506,)`.
            shape: shape
                .split_terminator(',')
                .map(|length| length.trim().parse())
                .collect::<Result<_, _>>()
                .map_err(|_| damaged())?,
        })
    }
}

/// Parses a type code such as `<f8`: byte order, kind, and number of bytes.
fn parse_element(descr: &str) -> Option<Element> {
    let (order, kind) = descr.split_at_checked(1)?;
    let big_endian = match order {
        "|" | "<" => false,
        ">" => true,
        _ => return None,
    };
    let dtype = match kind {
        "b1" => DType::Bool(BoolStore::Native),
        "u1" => DType::U8,
        "u2" => DType::U16,
        "u4" => DType::U32,
        "u8" => DType::U64,
        "i1" => DType::I8,
        "i2" => DType::I16,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "f2" => DType::F16,
        "f4" => DType::F32,
        "f8" => DType::F64,
        "O" => return Some(Element::Object),
        _ => return None,
    };
    Some(Element::Number { dtype, big_endian })
}

fn unsupported_type(found: &str, path: &Path) -> DataError {
    let reason = format!(
        "its elements are of type {found}; save it again as numbers, for example with array.astype('float32')"
    );
    DataError::unsupported(path, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a file of the given version, with a padded header as NumPy writes it.
    fn file(version: u8, dictionary: &str, values: &[u8]) -> Vec<u8> {
        let header = format!("{dictionary:<53}\n");
        let length = (header.len() as u32).to_le_bytes();
        let length = if version == 1 { &length[..2] } else { &length };
        [&MAGIC[..], &[version, 0], length, header.as_bytes(), values].concat()
    }

    fn dictionary(descr: &str, fortran_order: &str, shape: &str) -> String {
        format!("{{'descr': '{descr}', 'fortran_order': {fortran_order}, 'shape': {shape}, }}")
    }

    fn read_values_of(descr: &str, shape: &str, values: &[u8]) -> TensorData {
        read(&file(1, &dictionary(descr, "False", shape), values)[..], Path::new("array.npy")).unwrap()
    }

    fn error(bytes: &[u8]) -> DataError {
        read(bytes, Path::new("array.npy")).unwrap_err()
    }

    #[test]
    fn reads_every_version() {
        for version in 1..=3 {
            let bytes = file(version, &dictionary("|u1", "False", "(2, 3)"), &[1, 2, 3, 4, 5, 6]);
            let data = read(&bytes[..], Path::new("array.npy")).unwrap();
            assert_eq!(data, TensorData::from([[1u8, 2, 3], [4, 5, 6]]));
        }
        let error = error(&file(4, "", b"")).to_string();
        assert!(error.contains("its version is 4, not 1, 2 or 3"), "{error}");
    }

    #[test]
    fn reads_every_type_in_both_byte_orders() {
        let read = read_values_of;
        assert_eq!(read("|b1", "(2,)", &[1, 0]), TensorData::from([true, false]));
        assert_eq!(read("|u1", "(2,)", &[1, 255]), TensorData::from([1u8, 255]));
        assert_eq!(read("|i1", "(2,)", &[1, 255]), TensorData::from([1i8, -1]));
        assert_eq!(read("<i2", "(1,)", &(-2i16).to_le_bytes()), TensorData::from([-2i16]));
        assert_eq!(read(">i2", "(1,)", &(-2i16).to_be_bytes()), TensorData::from([-2i16]));
        assert_eq!(read("<i4", "(1,)", &(-2i32).to_le_bytes()), TensorData::from([-2i32]));
        assert_eq!(read(">i4", "(1,)", &(-2i32).to_be_bytes()), TensorData::from([-2i32]));
        assert_eq!(read("<i8", "(1,)", &(-2i64).to_le_bytes()), TensorData::from([-2i64]));
        assert_eq!(read(">i8", "(1,)", &(-2i64).to_be_bytes()), TensorData::from([-2i64]));
        assert_eq!(read("<u2", "(1,)", &2u16.to_le_bytes()), TensorData::from([2u16]));
        assert_eq!(read(">u4", "(1,)", &2u32.to_be_bytes()), TensorData::from([2u32]));
        assert_eq!(read("<u8", "(1,)", &2u64.to_le_bytes()), TensorData::from([2u64]));
        assert_eq!(read("<f4", "(1,)", &0.5f32.to_le_bytes()), TensorData::from([0.5f32]));
        assert_eq!(read(">f4", "(1,)", &0.5f32.to_be_bytes()), TensorData::from([0.5f32]));
        assert_eq!(read("<f8", "(1,)", &0.5f64.to_le_bytes()), TensorData::from([0.5f64]));
        let two = [0.5f64.to_be_bytes(), 2f64.to_be_bytes()].concat();
        assert_eq!(read(">f8", "(2,)", &two), TensorData::from([0.5f64, 2.0]));
    }

    #[test]
    fn reads_single_values_and_empty_arrays() {
        assert!(read_values_of("|u1", "()", &[7]).shape().is_empty());
        assert_eq!(read_values_of("<f8", "(0, 13)", &[]).shape().as_slice(), [0, 13]);
    }

    #[test]
    fn fortran_order_is_converted() {
        // numpy.save of numpy.asfortranarray(numpy.arange(12, dtype="i2").reshape(2, 3, 2)).
        let values: Vec<u8> =
            [0_i16, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11].iter().flat_map(|value| value.to_le_bytes()).collect();
        let bytes = file(1, &dictionary("<i2", "True", "(2, 3, 2)"), &values);
        let data = read(&bytes[..], Path::new("array.npy")).unwrap();
        assert_eq!(data, TensorData::new((0..12_i16).collect(), [2, 3, 2]));
    }

    #[test]
    fn half_precision_is_read() {
        let values = read_values_of("<f2", "(2,)", &[0x00, 0x38, 0x00, 0xc0]);
        assert_eq!(values.convert::<f32>(), TensorData::from([0.5_f32, -2.0]));
    }

    #[test]
    fn fortran_order_does_not_change_arrays_of_one_axis() {
        let bytes = file(1, &dictionary("|u1", "True", "(3,)"), &[1, 2, 3]);
        assert_eq!(read(&bytes[..], Path::new("array.npy")).unwrap(), TensorData::from([1u8, 2, 3]));
    }

    #[test]
    fn unsupported_types_are_rejected_with_a_remedy() {
        let refused = |dictionary: &str, remedy: &str| {
            let error = error(&file(1, dictionary, &[0; 6]));
            assert!(matches!(error, DataError::Unsupported { .. }), "{error}");
            assert!(error.to_string().contains(remedy), "{error}");
        };
        refused(&dictionary("|O", "False", "(2,)"), "type |O (Python objects)");
        refused(&dictionary("<c8", "False", "(2,)"), "type <c8; save it again");
        refused(&dictionary("<U5", "False", "(2,)"), "type <U5; save it again");
        refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "type a structure");
    }

    #[test]
    fn reading_a_header_stops_at_the_values() {
        let bytes = file(1, &dictionary("|O", "False", "(25000,)"), b"pickle");
        let mut reader = &bytes[..];
        let header = Header::read(&mut reader, Path::new("array.npy")).unwrap();
        assert_eq!(header, Header { element: Element::Object, fortran_order: false, shape: vec![25_000] });
        assert_eq!(reader, b"pickle");
    }

    #[test]
    fn damaged_files_are_rejected() {
        let whole = file(1, &dictionary("<i4", "False", "(2,)"), &[0; 8]);
        let damaged = |bytes: &[u8], reason: &str| {
            let error = error(bytes);
            assert!(matches!(error, DataError::Format { .. }), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        };
        damaged(b"", "ends inside its header");
        damaged(&whole[..40], "ends inside its header");
        damaged(b"PK\x03\x04....", "starts with the bytes [50, 4b");
        damaged(&whole[..whole.len() - 1], "announces 8 bytes of values, only 7 follow");
        damaged(&[&whole[..], &[0]].concat(), "announces 8 bytes of values, more follow");
        damaged(&file(1, &dictionary("|b1", "False", "(1,)"), &[2]), "a boolean is 2");
        damaged(&[&MAGIC[..], &[2, 0, 0xff, 0xff, 0xff, 0xff]].concat(), "a header of 4294967295 bytes");
        for (fortran_order, shape) in [("Maybe", "(2,)"), ("False", "2"), ("False", "(-2,)"), ("False", "(2")]
        {
            damaged(
                &file(1, &dictionary("<i4", fortran_order, shape), &[0; 8]),
                "its header is invalid: \"{'descr'",
            );
        }
        damaged(&file(1, "{'descr': '<i4', 'shape': (2,), }", &[0; 8]), "its header is");
    }

    #[test]
    fn an_oversized_header_allocates_little() {
        let oversized = |shape| error(&file(1, &dictionary("<f8", "False", shape), &[0; 8])).to_string();
        assert!(oversized("(100000000,)").contains("only 8 follow"));
        assert!(oversized("(4000000000, 28)").contains("more than 1 GiB"));
        assert!(oversized("(18446744073709551615, 18446744073709551615)").contains("more than 1 GiB"));
        assert!(oversized("(18446744073709551616,)").contains("its header is"));
    }
}
