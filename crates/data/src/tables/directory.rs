//! Directories with a subdirectory for each class, as tables.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use encoding_rs::WINDOWS_1252;

use super::{ColumnKind, Table};
use crate::error::DataError;

/// In bytes, of one text.
const LARGEST_TEXT: u64 = 1 << 24;
/// Limit of the depth of directories within that of a class.
const DEEPEST: usize = 16;

/// The files of a directory with one subdirectory for each class, as in Keras' `image_dataset_from_directory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassFiles {
    /// The files, in the order of their paths, each with the name of its class.
    pub files: Vec<(PathBuf, String)>,
    /// Files within the subdirectories that have another extension.
    pub others: Vec<PathBuf>,
}

impl ClassFiles {
    /// Lists the files with one of these extensions, in lower case, at any depth within the subdirectories. Names that start
    /// with a dot are left out; links to directories are not followed.
    ///
    /// # Errors
    /// [`DataError::Io`] if a directory cannot be read; [`DataError::Unsupported`] if fewer than two subdirectories hold such
    /// files, or a name is not valid Unicode.
    pub fn read(directory: impl AsRef<Path>, extensions: &[&str]) -> Result<Self, DataError> {
        let directory = directory.as_ref();
        let mut found = Self { files: Vec::new(), others: Vec::new() };
        let mut classes = Vec::new();
        for path in entries(directory)? {
            if !path.is_dir() {
                continue;
            }
            let class = name(&path)?;
            let before = found.files.len();
            found.list(&path, &class, extensions, DEEPEST)?;
            if found.files.len() > before {
                classes.push(class);
            }
        }
        let kinds = extensions.join(", ");
        match classes.as_slice() {
            [] => Err(DataError::unsupported(
                directory,
                format!(
                    "no subdirectory holds files of the kinds {kinds}: give a directory with one subdirectory per class"
                ),
            )),
            [class] => Err(DataError::unsupported(
                directory,
                format!(
                    "only the subdirectory {class} holds files of the kinds {kinds}: give at least two classes"
                ),
            )),
            _ => Ok(found),
        }
    }

    fn list(
        &mut self,
        directory: &Path,
        class: &str,
        extensions: &[&str],
        depth: usize,
    ) -> Result<(), DataError> {
        for path in entries(directory)? {
            if path.is_dir() {
                if !path.is_symlink() && depth > 0 {
                    self.list(&path, class, extensions, depth - 1)?;
                }
                continue;
            }
            name(&path)?;
            let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
            match extension.is_some_and(|extension| extensions.contains(&extension.as_str())) {
                true => self.files.push((path, class.to_owned())),
                false => self.others.push(path),
            }
        }
        Ok(())
    }
}

impl Table {
    /// Reads a directory with one subdirectory of `.txt` files for each class, as Keras' `text_dataset_from_directory`. The
    /// columns are `file`, `text` and `label`. Texts that are not UTF-8 are read as Windows' Western European.
    ///
    /// # Errors
    /// As [`ClassFiles::read`]; [`DataError::Io`] if a file cannot be read, [`DataError::Unsupported`] if one has more than
    /// 16 MiB.
    pub fn read_texts(directory: impl AsRef<Path>) -> Result<Self, DataError> {
        let files = ClassFiles::read(directory, &["txt"])?.files;
        let texts = files.iter().map(|(path, _)| read_text(path)).collect::<Result<Vec<_>, _>>()?;
        let (paths, labels) = columns(files);
        Self::from_words([
            ("file", ColumnKind::Identifier, paths),
            ("text", ColumnKind::Text, texts),
            ("label", ColumnKind::Category, labels),
        ])
    }

    /// Creates a table of files and their classes: the columns `file` and `label`.
    ///
    /// # Errors
    /// Those of [`from_words`](Self::from_words).
    pub fn from_files(files: ClassFiles) -> Result<Self, DataError> {
        let (paths, labels) = columns(files.files);
        Self::from_words([("file", ColumnKind::Identifier, paths), ("label", ColumnKind::Category, labels)])
    }
}

fn columns(files: Vec<(PathBuf, String)>) -> (Vec<String>, Vec<String>) {
    files.into_iter().map(|(path, label)| (path.to_string_lossy().into_owned(), label)).unzip()
}

fn read_text(path: &Path) -> Result<String, DataError> {
    // Not by the length that the system reports: a link to a device has none.
    let file = File::open(path).map_err(DataError::io(path))?;
    let mut bytes = Vec::new();
    file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).map_err(DataError::read(path))?;
    if bytes.len() as u64 > LARGEST_TEXT {
        return Err(DataError::unsupported(path, format!("it has more than {LARGEST_TEXT} bytes: split it")));
    }
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| WINDOWS_1252.decode(error.as_bytes()).0.into_owned()))
}

/// Returns what a directory holds, in the order of the names, but for hidden entries.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, DataError> {
    let entries = std::fs::read_dir(directory).map_err(DataError::io(directory))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(DataError::io(directory))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> Result<String, DataError> {
    let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    name.ok_or_else(|| DataError::unsupported(path, "its name is not valid Unicode: rename it"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(directory: &Path, files: &[(&str, &[u8])]) {
        for (path, content) in files {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    #[test]
    fn texts_are_read_with_their_class() {
        let directory = tempfile::tempdir().unwrap();
        let files: [(&str, &[u8]); 5] = [
            ("pos/b.txt", b"fine"),
            ("neg/deep/a.TXT", b"caf\xe9"),
            ("pos/.hidden.txt", b"no"),
            ("pos/notes.md", b"no"),
            ("readme.txt", b"no"),
        ];
        write(directory.path(), &files);
        let table = Table::read_texts(directory.path()).unwrap();
        let column = |name| -> Vec<String> {
            table.column(name).unwrap().words().unwrap().map(|word| word.unwrap().to_owned()).collect()
        };
        assert_eq!(
            (column("text"), column("label")),
            (vec!["café".into(), "fine".into()], vec!["neg".into(), "pos".into()])
        );
        let found = ClassFiles::read(directory.path(), &["txt"]).unwrap();
        assert_eq!(found.others, [directory.path().join("pos/notes.md")]);
    }

    #[test]
    fn one_class_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let message = || ClassFiles::read(directory.path(), &["png", "jpg"]).unwrap_err().to_string();
        assert!(message().contains("no subdirectory holds files of the kinds png, jpg"), "{}", message());
        write(directory.path(), &[("cats/a.png", b""), ("dogs/a.txt", b"")]);
        assert!(message().contains("only the subdirectory cats holds"), "{}", message());
        assert!(matches!(ClassFiles::read("/nonexistent", &["txt"]), Err(DataError::Io { .. })));
    }
}
