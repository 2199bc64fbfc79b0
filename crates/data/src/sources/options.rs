//! Options of loading, and where loaded data came from.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::error::DataError;

/// The part of a data set to load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataChoice {
    /// The full data set if it is available, otherwise the bundled or, for IMDB, the synthetic replacement.
    #[default]
    Auto,
    /// The full data set, or an error.
    Full,
    /// The bundled or, for IMDB, synthetic data, without access to files or the network.
    Bundled,
}

impl fmt::Display for DataChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Auto => "auto",
            Self::Full => "full",
            Self::Bundled => "bundled",
        })
    }
}

impl FromStr for DataChoice {
    type Err = DataError;

    /// # Errors
    /// [`DataError::Argument`] if `text` is not `auto`, `full` or `bundled`.
    fn from_str(text: &str) -> Result<Self, DataError> {
        match text {
            "auto" => Ok(Self::Auto),
            "full" => Ok(Self::Full),
            "bundled" => Ok(Self::Bundled),
            _ => Err(DataError::argument("data", format!("{text:?}"), "choose auto, full or bundled")),
        }
    }
}

/// The origin of a loaded data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Files in the directory given by [`DataOptions::dir`].
    Dir,
    /// Files downloaded by an earlier run.
    Cache,
    /// Files downloaded by this run.
    Download,
    /// The copy that is compiled in.
    Bundled,
    /// Generated data in the form of a data set whose terms do not allow bundling.
    Synthetic,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Dir => "dir",
            Self::Cache => "cache",
            Self::Download => "download",
            Self::Bundled => "bundled",
            Self::Synthetic => "synthetic",
        })
    }
}

/// What to load, and where to search for it. Default: [`DataChoice::Auto`], from the cache or the mirrors.
///
/// ```
/// use kindling_data::{DataChoice, DataOptions};
///
/// let options = DataOptions::default().choice(DataChoice::Bundled).quiet();
/// ```
#[derive(Clone, Debug, Default)]
pub struct DataOptions {
    pub(super) choice: DataChoice,
    pub(super) dir: Option<PathBuf>,
    pub(super) cache_dir: Option<PathBuf>,
    pub(super) mirror: Option<String>,
    pub(super) mirrors: Option<Vec<String>>,
    pub(super) quiet: bool,
}

impl DataOptions {
    /// Creates options from the environment variables
    ///
    /// - `KINDLING_DATA_DIR`, see [`DataOptions::dir`];
    /// - `KINDLING_CACHE_DIR`, see [`DataOptions::cache_dir`];
    /// - `KINDLING_MIRROR`, see [`DataOptions::mirror`].
    ///
    /// An empty variable counts as unset.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        Self {
            dir: variable("KINDLING_DATA_DIR").map(PathBuf::from),
            cache_dir: variable("KINDLING_CACHE_DIR").map(PathBuf::from),
            mirror: variable("KINDLING_MIRROR").map(|url| url.to_string_lossy().into_owned()),
            ..Self::default()
        }
    }

    /// Sets the part of the data set to load. Default: [`DataChoice::Auto`].
    pub fn choice(mut self, choice: DataChoice) -> Self {
        self.choice = choice;
        self
    }

    /// Sets the directory to read files from, instead of the cache and the network.
    ///
    /// An explicitly given directory is authoritative: if the files are neither in it nor in its subdirectory of the data
    /// set's name, loading fails. The files may hold other data than the published ones, in the same format.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Returns the directory that files are read from, if one was given.
    pub fn directory(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// Sets the directory of downloads. Default: `kindling` in the platform's cache directory.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// Sets a base URL to try before the published mirrors, for example behind a firewall. Default: none.
    ///
    /// The file's name is appended to it. As from every mirror, files must have the published SHA-256.
    pub fn mirror(mut self, base_url: impl Into<String>) -> Self {
        self.mirror = Some(base_url.into());
        self
    }

    /// Sets the base URLs to try instead of the published mirrors; an empty list disables downloads.
    pub fn mirrors(mut self, base_urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.mirrors = Some(base_urls.into_iter().map(Into::into).collect());
        self
    }

    /// Disables warnings and the progress bar. Default: both are shown.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Returns the directory of downloads; `None` if the platform has none.
    pub(super) fn cache_folder(&self) -> Option<PathBuf> {
        self.cache_dir.clone().or_else(|| Some(dirs::cache_dir()?.join("kindling")))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::{IntoDeserializer, value::StrDeserializer};

    use super::*;

    #[test]
    fn a_choice_reads_what_it_writes() {
        for choice in [DataChoice::Auto, DataChoice::Full, DataChoice::Bundled] {
            assert_eq!(choice.to_string().parse::<DataChoice>().unwrap(), choice);
        }
        let error = "everything".parse::<DataChoice>().unwrap_err().to_string();
        assert_eq!(error, "data is \"everything\": choose auto, full or bundled");
    }

    #[test]
    fn a_source_is_recorded_as_it_is_printed() {
        for source in [Source::Dir, Source::Cache, Source::Download, Source::Bundled, Source::Synthetic] {
            let text = source.to_string();
            let name: StrDeserializer<serde::de::value::Error> = text.as_str().into_deserializer();
            assert_eq!(Source::deserialize(name).unwrap(), source);
        }
    }

    #[test]
    fn the_environment_sets_folders_and_mirror() {
        let options = DataOptions::from_variables(|name| Some(format!("value of {name}").into()));
        assert_eq!(options.choice, DataChoice::Auto);
        assert_eq!(options.dir.as_deref().unwrap(), "value of KINDLING_DATA_DIR");
        assert_eq!(options.cache_folder().unwrap(), PathBuf::from("value of KINDLING_CACHE_DIR"));
        assert_eq!(options.mirror.as_deref().unwrap(), "value of KINDLING_MIRROR");
    }

    #[test]
    fn what_is_said_in_the_program_wins_over_the_environment() {
        let options = DataOptions::from_variables(|_| Some("environment".into())).dir("program");
        assert_eq!(options.dir.as_deref().unwrap(), "program");
    }

    #[test]
    fn empty_variables_are_as_good_as_none() {
        let options = DataOptions::from_variables(|_| Some("".into()));
        assert!(options.dir.is_none() && options.cache_dir.is_none() && options.mirror.is_none());
    }
}
