//! The features of Boston Housing, as published.

use kindling::prelude::boston_housing;
use serde::Serialize;

/// A feature of a census tract.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Feature {
    /// The published name.
    pub name: &'static str,
    /// The published definition.
    pub meaning: &'static str,
    /// The unit of the values; empty if there is none.
    pub unit: &'static str,
    /// Whether the values are integers.
    pub is_integer: bool,
}

const fn feature(name: &'static str, meaning: &'static str, unit: &'static str, is_integer: bool) -> Feature {
    Feature { name, meaning, unit, is_integer }
}

/// The features, in the order of the network's inputs.
pub const FEATURES: [Feature; boston_housing::FEATURES] = [
    feature("CRIM", "Crime rate per capita", "", false),
    feature("ZN", "Residential land zoned for lots over 25,000 square feet", "%", false),
    feature("INDUS", "Non-retail business acres", "%", false),
    feature("CHAS", "Tract bounds the Charles River: 1, otherwise 0", "", true),
    feature("NOX", "Nitric oxides, parts per 10 million", "", false),
    feature("RM", "Average number of rooms per dwelling", "", false),
    feature("AGE", "Owner-occupied units built before 1940", "%", false),
    feature("DIS", "Weighted distance to five employment centers", "", false),
    feature("RAD", "Index of accessibility to radial highways", "", true),
    feature("TAX", "Property tax in dollars per $10,000 of value", "", true),
    feature("PTRATIO", "Pupils per teacher", "", false),
    feature("B", "1000 (Bk − 0.63)², where Bk is the proportion of Black residents", "", false),
    feature("LSTAT", "Population of lower status", "%", false),
];
