//! The meaning of the Reuters topics.

use kindling::data::reuters;

/// The meaning of each topic's short name, in the order of [`reuters::LABEL_NAMES`].
#[rustfmt::skip]
pub const TOPICS: [&str; reuters::CLASSES] = [
    "cocoa", "grain", "vegetable oil", "earnings", "acquisitions and mergers", "wheat", "copper", "housing starts",
    "money supply", "coffee", "sugar", "trade", "foreign reserves", "shipping", "cotton", "carcass meat", "crude oil",
    "natural gas", "consumer prices", "foreign exchange", "interest rates", "gross national product", "meal and feed",
    "aluminum", "oilseeds", "gold", "tin", "strategic metals", "livestock", "retail sales", "industrial production",
    "iron and steel", "rubber", "heating oil", "employment", "leading indicators", "balance of payments", "zinc",
    "orange juice", "petrochemicals", "US dollar", "gasoline", "silver", "wholesale prices", "hogs", "lead",
];
