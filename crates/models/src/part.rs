//! Parts: shared, serializable trait objects of traits that users can implement.

use std::{fmt, ops::Deref, sync::Arc};

use kindling_data::preprocessing::Transform;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A shared, serializable trait object: `Part<dyn Activation>`, `Part<dyn Loss>`.
///
/// Functions that take a part accept any type that implements its trait. Clones share the value. A part is serialized
/// as `{"class_name": .., "config": ..}`; the class name selects the type when it is read.
pub struct Part<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Part<T> {
    /// Shares a boxed value.
    pub fn from_box(value: Box<T>) -> Self {
        Self(value.into())
    }

    /// Wraps a value that is already shared.
    pub fn from_arc(value: Arc<T>) -> Self {
        Self(value)
    }
}

impl<T: ?Sized> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ?Sized + Serialize> Serialize for Part<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: ?Sized> Deserialize<'de> for Part<T>
where
    Box<T>: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<T>::deserialize(deserializer).map(Self::from_box)
    }
}

/// Two parts are equal if their serialized forms are equal.
impl<T: ?Sized + Serialize> PartialEq for Part<T> {
    fn eq(&self, other: &Self) -> bool {
        match (serde_json::to_value(self), serde_json::to_value(other)) {
            (Ok(own), Ok(other)) => own == other,
            _ => Arc::ptr_eq(&self.0, &other.0),
        }
    }
}

/// A value that converts into a `Part<U>`: any type that implements the part's trait, or a part.
pub trait IntoPart<U: ?Sized> {
    /// Shares the value.
    fn into_part(self) -> Part<U>;
}

/// Implemented by `dyn Trait` for each type that implements the trait.
#[doc(hidden)]
pub trait PartOf<T> {
    fn part(value: T) -> Part<Self>;
}

impl<T, U: ?Sized + PartOf<T>> IntoPart<U> for T {
    fn into_part(self) -> Part<U> {
        U::part(self)
    }
}

/// Allows every type that implements a trait to be converted into a part of it.
#[doc(hidden)]
#[macro_export]
macro_rules! part_of {
    ($object:ident) => {
        impl<T: $object + 'static> $crate::part::PartOf<T> for dyn $object {
            fn part(value: T) -> $crate::Part<Self> {
                $crate::Part::from_arc(std::sync::Arc::new(value))
            }
        }

        impl $crate::part::PartOf<$crate::Part<dyn $object>> for dyn $object {
            fn part(value: $crate::Part<dyn $object>) -> $crate::Part<Self> {
                value
            }
        }
    };
}

// The trait is defined in the data crate, which does not depend on this one.
part_of!(Transform);

/// Returns a class name in the form that Keras uses for names of layers and metrics: `max_pooling2d` for `MaxPooling2D`.
///
/// ```
/// use kindling_models::part::snake_case;
///
/// // keras.src.utils.naming.to_snake_case
/// let names = ["Dense", "LSTM", "Conv2D", "MaxPooling2D", "KLDivergence", "MyLSTM", "Scale2Big"].map(snake_case);
/// assert_eq!(names, ["dense", "lstm", "conv2d", "max_pooling2d", "kl_divergence", "my_lstm", "scale2_big"]);
/// ```
pub fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let after_lowercase = index > 0 && letters[index - 1].is_lowercase();
        let before_lowercase = index > 0 && letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_lowercase || before_lowercase) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// Checks that no two types are registered under the name of a part, or of a part in it. A part that cannot be
/// serialized, such as a closure, has no name and is not checked.
///
/// # Errors
/// Returns a message with the reason and the remedy.
pub fn check_unique<T: ?Sized + Serialize>(part: &Part<T>) -> Result<(), String>
where
    Box<T>: for<'de> Deserialize<'de>,
{
    let Ok(written) = serde_json::to_value(part) else { return Ok(()) };
    match serde_json::from_value::<Part<T>>(written) {
        Err(error) if error.to_string().contains("non-unique") => Err(format!(
            "two types are registered under one name ({error}): rename one with #[typetag::serde(name = \"..\")]"
        )),
        _ => Ok(()),
    }
}

/// Checks that a part is equal to itself after it is serialized and read back.
///
/// # Errors
/// Returns a message with the reason and the remedy.
pub fn check_registered<T: ?Sized + Serialize>(part: &Part<T>) -> Result<(), String>
where
    Box<T>: for<'de> Deserialize<'de>,
{
    check_unique(part)?;
    let written = serde_json::to_value(part).map_err(|error| format!("it cannot be saved: {error}"))?;
    let read = serde_json::from_value::<Part<T>>(written.clone());
    match read.map(|read| serde_json::to_value(&read)) {
        Ok(Ok(again)) if again == written => Ok(()),
        Ok(_) => Err(format!(
            "it is saved as {written} but read back as something else: check its serde attributes"
        )),
        Err(error) => Err(format!("it cannot be read back from {written}: {error}")),
    }
}
