//! A reader of event files for tests, independent of the writer.

use std::{fs, path::Path};

/// An entry of an event file.
#[derive(Debug)]
pub struct Event {
    pub wall_time: f64,
    pub step: u64,
    pub version: Option<String>,
    /// Tags and their values.
    pub values: Vec<(String, Value)>,
}

#[derive(Debug)]
pub enum Value {
    Scalar(f32),
    Histogram(Histogram),
}

#[derive(Clone, Debug, Default)]
pub struct Histogram {
    pub min: f64,
    pub max: f64,
    pub count: f64,
    pub sum: f64,
    pub sum_squares: f64,
    pub limits: Vec<f64>,
    pub counts: Vec<f64>,
}

/// Returns the events of all files of a directory, in the order of the file names.
#[track_caller]
pub fn events(directory: &Path) -> Vec<Event> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.iter().all(|path| path.to_string_lossy().contains("tfevents")), "{paths:?}");
    paths.iter().flat_map(|path| records(&fs::read(path).unwrap())).map(|record| event(&record)).collect()
}

/// Returns `[(step, value)]` of a scalar.
pub fn scalars(events: &[Event], tag: &str) -> Vec<(u64, f32)> {
    let values = events.iter().flat_map(|event| event.values.iter().map(|value| (event.step, value)));
    let scalar = |(step, (own, value)): (u64, &(String, Value))| match value {
        Value::Scalar(value) if own == tag => Some((step, *value)),
        _ => None,
    };
    values.filter_map(scalar).collect()
}

/// Returns the data of the records of a file, after checking their checksums.
#[track_caller]
fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = checked(bytes, 8);
        let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
        let (data, rest) = checked(rest, length);
        records.push(data.to_vec());
        bytes = rest;
    }
    records
}

/// Returns the first `length` bytes, after checking the masked CRC-32C that follows them, and the remaining bytes.
#[track_caller]
fn checked(bytes: &[u8], length: usize) -> (&[u8], &[u8]) {
    let (data, rest) = bytes.split_at(length);
    let (checksum, rest) = rest.split_at(4);
    // With a table, as in TensorFlow, and unlike the writer.
    let table = (0..256_u32)
        .map(|byte| (0..8).fold(byte, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 }));
    let table: Vec<u32> = table.collect();
    let crc = data.iter().fold(!0_u32, |crc, byte| table[(crc as u8 ^ byte) as usize] ^ crc >> 8) ^ !0;
    let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
    assert_eq!(checksum, masked.to_le_bytes(), "checksum");
    (data, rest)
}

/// The value of a field of a message: bytes or a number.
enum Field<'a> {
    Integer(u64),
    Double(f64),
    Float(f32),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let mut take = |length: usize| {
            let (taken, rest) = bytes.split_at(length);
            bytes = rest;
            taken
        };
        let field = match key & 7 {
            1 => Field::Double(f64::from_le_bytes(take(8).try_into().unwrap())),
            5 => Field::Float(f32::from_le_bytes(take(4).try_into().unwrap())),
            0 => Field::Integer(varint(&mut bytes)),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (taken, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(taken)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn event(bytes: &[u8]) -> Event {
    let mut event = Event { wall_time: f64::NAN, step: 0, version: None, values: Vec::new() };
    for field in fields(bytes) {
        match field {
            (1, Field::Double(time)) => event.wall_time = time,
            (2, Field::Integer(step)) => event.step = step,
            (3, Field::Bytes(version)) => event.version = Some(text(version)),
            (5, Field::Bytes(summary)) => {
                event.values = fields(summary)
                    .into_iter()
                    .map(|field| match field {
                        (1, Field::Bytes(entry)) => value(entry),
                        (number, _) => panic!("field {number} of a summary"),
                    })
                    .collect();
            }
            (number, _) => panic!("field {number} of an event"),
        }
    }
    event
}

fn value(bytes: &[u8]) -> (String, Value) {
    match fields(bytes).as_slice() {
        [(1, Field::Bytes(tag)), (2, Field::Float(value))] => (text(tag), Value::Scalar(*value)),
        [(1, Field::Bytes(tag)), (5, Field::Bytes(value))] => (text(tag), Value::Histogram(histogram(value))),
        _ => panic!("expected a tag and a scalar or a histogram"),
    }
}

fn histogram(bytes: &[u8]) -> Histogram {
    let packed = |bytes: &[u8]| {
        bytes.chunks_exact(8).map(|value| f64::from_le_bytes(value.try_into().unwrap())).collect()
    };
    let mut histogram = Histogram::default();
    for field in fields(bytes) {
        match field {
            (1, Field::Double(value)) => histogram.min = value,
            (2, Field::Double(value)) => histogram.max = value,
            (3, Field::Double(value)) => histogram.count = value,
            (4, Field::Double(value)) => histogram.sum = value,
            (5, Field::Double(value)) => histogram.sum_squares = value,
            (6, Field::Bytes(values)) => histogram.limits = packed(values),
            (7, Field::Bytes(values)) => histogram.counts = packed(values),
            (number, _) => panic!("field {number} of a histogram"),
        }
    }
    histogram
}
