//! Options for loading data sets, and the sources of loaded data.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::error::DataError;

/// The variant of a data set to load: full or bundled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataChoice {
    /// The full data set if it is available, otherwise the bundled copy (for IMDB, synthetic data).
    #[default]
    Auto,
    /// The full data set, or an error.
    Full,
    /// The bundled copy (for IMDB, synthetic data), without access to files or the network.
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

/// The source of a loaded data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Files in the directory given by [`DataOptions::dir`].
    Dir,
    /// Files downloaded by an earlier run.
    Cache,
    /// Files downloaded by this run.
    Download,
    /// The copy compiled into the program.
    Bundled,
    /// Generated data in place of a data set whose terms do not allow bundling.
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

/// Options for loading a data set: the variant to load, and where to search for it.
///
/// Default: [`DataChoice::Auto`], from the cache or the mirrors.
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
    /// Creates options from environment variables:
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

    /// Sets the variant of the data set to load. Default: [`DataChoice::Auto`].
    pub fn choice(mut self, choice: DataChoice) -> Self {
        self.choice = choice;
        self
    }

    /// Sets the directory to read files from, instead of the cache and the network.
    ///
    /// An explicitly given directory is authoritative: if the files are neither in it nor in its subdirectory with the
    /// data set's name, loading fails. The files may contain data other than the published data, in the same format.
    /// Default: none.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Returns the directory that files are read from, if one was set.
    pub fn directory(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// Sets the directory for downloaded files. Default: `kindling` in the platform's cache directory.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// Sets a base URL to try before the published mirrors, for example behind a firewall. Default: none.
    ///
    /// File names are appended to it. As with every mirror, files must have the published SHA-256.
    pub fn mirror(mut self, base_url: impl Into<String>) -> Self {
        self.mirror = Some(base_url.into());
        self
    }

    /// Sets the base URLs to try instead of the published mirrors. An empty list disables downloads. Default: the published
    /// mirrors.
    pub fn mirrors(mut self, base_urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.mirrors = Some(base_urls.into_iter().map(Into::into).collect());
        self
    }

    /// Disables warnings and the progress bar. Default: both enabled.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Returns the directory for downloaded files; `None` if the platform has no cache directory.
    pub(super) fn cache_folder(&self) -> Option<PathBuf> {
        self.cache_dir.clone().or_else(|| Some(dirs::cache_dir()?.join("kindling")))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::{IntoDeserializer, value::StrDeserializer};

    use super::*;

    #[test]
    fn a_choice_round_trips_through_its_text() {
        for choice in [DataChoice::Auto, DataChoice::Full, DataChoice::Bundled] {
            assert_eq!(choice.to_string().parse::<DataChoice>().unwrap(), choice);
        }
        let error = "everything".parse::<DataChoice>().unwrap_err().to_string();
        assert_eq!(error, "data is \"everything\": choose auto, full or bundled");
    }

    #[test]
    fn a_source_is_serialized_as_it_is_displayed() {
        for source in [Source::Dir, Source::Cache, Source::Download, Source::Bundled, Source::Synthetic] {
            let text = source.to_string();
            let name: StrDeserializer<serde::de::value::Error> = text.as_str().into_deserializer();
            assert_eq!(Source::deserialize(name).unwrap(), source);
        }
    }

    #[test]
    fn the_environment_sets_directories_and_mirror() {
        let options = DataOptions::from_variables(|name| Some(format!("value of {name}").into()));
        assert_eq!(options.choice, DataChoice::Auto);
        assert_eq!(options.dir.as_deref().unwrap(), "value of KINDLING_DATA_DIR");
        assert_eq!(options.cache_folder().unwrap(), PathBuf::from("value of KINDLING_CACHE_DIR"));
        assert_eq!(options.mirror.as_deref().unwrap(), "value of KINDLING_MIRROR");
    }

    #[test]
    fn explicit_options_override_the_environment() {
        let options = DataOptions::from_variables(|_| Some("environment".into())).dir("program");
        assert_eq!(options.dir.as_deref().unwrap(), "program");
    }

    #[test]
    fn empty_variables_count_as_unset() {
        let options = DataOptions::from_variables(|_| Some("".into()));
        assert!(options.dir.is_none() && options.cache_dir.is_none() && options.mirror.is_none());
    }
}
