//! Lossless serialization of floats as JSON: `serde(with = "exact")`. JSON has no infinities and no NaN, and
//! `serde_json` would write null.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A number, or the name of a number that JSON does not have.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Name(String),
}

/// Serializes an `Option<f64>`.
///
/// # Errors
/// Returns the errors of the serializer.
pub fn serialize<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    number.map(write).serialize(serializer)
}

/// Deserializes an `Option<f64>`.
///
/// # Errors
/// Returns the errors of the deserializer, and an error if a string is not the name of a number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Option::<Written>::deserialize(deserializer)?.map(read).transpose()
}

fn write(number: f64) -> Written {
    match number.is_finite() {
        true => Written::Number(number),
        false => Written::Name(number.to_string()),
    }
}

fn read<E: Error>(written: Written) -> Result<f64, E> {
    match written {
        Written::Number(number) => Ok(number),
        Written::Name(name) => name.parse().map_err(|_| E::custom(format!("{name:?} is not a number"))),
    }
}

/// Lossless serialization of lists of floats.
pub(crate) mod list {
    use super::*;

    pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().map(|number| write(*number)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Vec::<Written>::deserialize(deserializer)?.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Numbers {
        #[serde(with = "super")]
        one: Option<f64>,
        #[serde(with = "super::list")]
        many: Vec<f64>,
    }

    proptest! {
        #[test]
        fn round_trip_is_lossless(
            one in prop::option::of(prop::num::f64::ANY), many in prop::collection::vec(prop::num::f64::ANY, 0..5),
        ) {
            let text = serde_json::to_string(&Numbers { one, many: many.clone() }).unwrap();
            let read: Numbers = serde_json::from_str(&text).unwrap();
            let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
            prop_assert!(one.zip(read.one).is_none_or(|(a, b)| same(a, b)) && one.is_some() == read.one.is_some());
            prop_assert!(many.iter().zip(&read.many).all(|(a, b)| same(*a, *b)) && many.len() == read.many.len());
        }
    }
}
