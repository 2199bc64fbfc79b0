//! The result of loading a data set.

use std::path::PathBuf;

use crate::sources::{DataOptions, Located, Source, notice};

/// A loaded data set: its training and test part, and where they came from.
///
/// `T` is [`Samples`](crate::Samples), ready for `fit`, or [`Texts`](crate::Texts) as lists of word ids.
///
/// ```
/// use kindling_data::{DataChoice, DataOptions, Source, mnist};
///
/// let options = DataOptions::default().choice(DataChoice::Bundled);
/// let mnist = mnist::load(&options)?;
/// assert_eq!((mnist.train.len(), mnist.source), (12_000, Source::Bundled));
/// let (train, test) = mnist.into_parts();
/// # assert_eq!((train.len(), test.len()), (12_000, 2_000));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The training part.
    pub train: T,
    /// The test part.
    pub test: T,
    /// Where the data came from.
    pub source: Source,
    /// The files that were read; none if the data is compiled in or generated.
    pub files: Vec<PathBuf>,
    /// One line if a replacement or a reduced copy was loaded: why, and what it means for results. It has also been
    /// reported, unless the options are quiet.
    pub notice: Option<String>,
}

impl<T> Loaded<T> {
    /// Combines the parts with where they were found, and reports the notice.
    pub(super) fn new((train, test): (T, T), located: Located, options: &DataOptions) -> Self {
        let Located { source, files, notice, .. } = located;
        if let Some(notice) = &notice {
            notice::warn(notice, options);
        }
        Self { train, test, source, files, notice }
    }

    /// Returns the training and the test part.
    pub fn into_parts(self) -> (T, T) {
        (self.train, self.test)
    }
}
