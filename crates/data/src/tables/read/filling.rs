//! Columns that are read with a known format.

use super::{
    super::{
        Decimal,
        infer::Format,
        table::{Cells, Dictionary},
        value,
    },
    growing::Planned,
};

/// A column that is read with a known format.
pub struct Filling<'a> {
    /// The index of the column in the file.
    pub place: usize,
    pub planned: &'a Planned,
    decimal: Decimal,
    numbers: Vec<f64>,
    codes: Vec<u32>,
    dictionary: Dictionary,
}

impl<'a> Filling<'a> {
    pub fn new(place: usize, planned: &'a Planned, decimal: Decimal) -> Self {
        let (numbers, codes) = (Vec::new(), Vec::new());
        Self { place, planned, decimal, numbers, codes, dictionary: Dictionary::default() }
    }

    /// Appends a cell.
    ///
    /// # Errors
    /// The reason why the cell does not have the format of the column.
    pub fn add(&mut self, cell: &str) -> Result<(), String> {
        if self.planned.format == Format::Words {
            let word = if self.planned.is_missing(cell) { "" } else { value::trimmed(cell) };
            self.codes.push(self.dictionary.code(word));
        } else {
            self.numbers.push(self.planned.number(cell, self.decimal)?);
        }
        Ok(())
    }

    pub fn cells(self) -> Cells {
        match self.planned.format {
            Format::Words => Cells::Words { codes: self.codes, words: self.dictionary.words },
            _ => Cells::Numbers(self.numbers),
        }
    }
}
