//! The messages of event files in Protobuf's wire format: `Event`, `Summary`, `Summary.Value` and `HistogramProto` of
//! TensorFlow's `event.proto`, `summary.proto` and `histogram.proto`, with their field numbers.

use super::histogram::Histogram;

/// A message under construction. Each method appends a field.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire_type: u64) {
        self.varint(field << 3 | wire_type);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn integer(&mut self, field: u64, value: u64) {
        self.key(field, 0);
        self.varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    fn doubles(&mut self, field: u64, values: &[f64]) {
        let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.bytes(field, &packed);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
    }
}

/// An entry of an event file.
pub(super) enum Event<'a> {
    /// Version of the format, in the first entry.
    Version(&'a str),
    /// Summary of a step.
    Summary { step: u64, summary: &'a Summary },
}

impl Event<'_> {
    /// Encodes the entry with the time of writing, in seconds since the Unix epoch.
    pub fn encode(&self, wall_time: f64) -> Vec<u8> {
        let mut event = Message::default();
        event.double(1, wall_time);
        match self {
            Self::Version(version) => event.bytes(3, version.as_bytes()),
            Self::Summary { step, summary } => {
                event.integer(2, *step);
                event.bytes(5, &summary.0.0);
            }
        }
        event.0
    }
}

/// Scalars and histograms with their tags.
#[derive(Debug, Default)]
pub(super) struct Summary(Message);

impl Summary {
    /// Returns whether the summary has no entries.
    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    pub fn scalar(&mut self, tag: &str, value: f64) {
        let mut entry = Message::default();
        entry.bytes(1, tag.as_bytes());
        entry.float(2, value as f32);
        self.0.bytes(1, &entry.0);
    }

    pub fn histogram(&mut self, tag: &str, histogram: &Histogram) {
        let mut values = Message::default();
        values.double(1, histogram.min);
        values.double(2, histogram.max);
        values.double(3, histogram.count);
        values.double(4, histogram.sum);
        values.double(5, histogram.sum_squares);
        values.doubles(6, &histogram.limits);
        values.doubles(7, &histogram.counts);
        let mut entry = Message::default();
        entry.bytes(1, tag.as_bytes());
        entry.bytes(5, &values.0);
        self.0.bytes(1, &entry.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `event_pb2.Event(wall_time=1.5, step=300, summary=..).SerializeToString()` of the Python package
    /// `tensorboard`, for the summary `Value(tag="epoch_loss", simple_value=0.25)`.
    #[test]
    fn scalar_matches_protobuf() {
        let mut summary = Summary::default();
        summary.scalar("epoch_loss", 0.25);
        let bytes = Event::Summary { step: 300, summary: &summary }.encode(1.5);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "09000000000000f83f10ac022a130a110a0a65706f63685f6c6f7373150000803e");
    }
}
