//! Downloads into the cache. Mirrors are tried one after the other, and content is verified in memory before it is stored.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Alternative, DataChoice, DataOptions, PublishedFile, Release, failure::Failure, transfer};
use crate::files::{STALE, remove_stale, with_remedy, write_whole};

/// Time limit for all mirrors together until one of them sends data, if there is a fallback.
const PATIENCE: Duration = Duration::from_millis(3_500);

/// The same limit if there is no fallback; it allows for slow networks.
const PATIENCE_WITHOUT_FALLBACK: Duration = Duration::from_secs(30);

/// Downloads the first alternative that a mirror provides completely into `folder`, and returns its files.
pub(super) fn download(
    release: &Release,
    folder: &Path,
    options: &DataOptions,
    failures: &mut Vec<Failure>,
) -> Option<Vec<PathBuf>> {
    let mirrors = mirrors(release, options);
    if mirrors.is_empty() {
        failures.push(Failure::new("download", "no mirror is set"));
    }
    let mut patience = match options.choice {
        DataChoice::Full => PATIENCE_WITHOUT_FALLBACK,
        _ => PATIENCE,
    };
    for (index, (base_url, alternative)) in mirrors.iter().enumerate() {
        let share = patience / (mirrors.len() - index) as u32;
        let start = Instant::now();
        match download_all(base_url, alternative, folder, share, options.quiet) {
            Ok(files) => return Some(files),
            Err(failure) => failures.push(failure),
        }
        // Unused time is left to the other mirrors; the time of a long download does not count as waiting.
        patience -= start.elapsed().min(share);
    }
    None
}

/// Returns the base URLs with the alternative to download from each, in order.
fn mirrors<'a>(release: &Release, options: &'a DataOptions) -> Vec<(&'a str, &'static Alternative)> {
    let on = |base_url: &'a str| release.alternatives.iter().map(move |alternative| (base_url, alternative));
    let mut mirrors: Vec<_> = options.mirror.iter().flat_map(|base_url| on(base_url)).collect();
    match &options.mirrors {
        Some(base_urls) => mirrors.extend(base_urls.iter().flat_map(|base_url| on(base_url))),
        None => mirrors.extend(release.alternatives.iter().flat_map(|alternative| {
            alternative.mirrors.iter().map(move |&base_url| (base_url, alternative))
        })),
    }
    mirrors
}

/// Downloads all files of `alternative` from one mirror, which must start to send data within `patience`.
fn download_all(
    base_url: &str,
    alternative: &Alternative,
    folder: &Path,
    mut patience: Duration,
    quiet: bool,
) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for file in alternative.files {
        let url = format!("{}/{}", base_url.trim_end_matches('/'), file.name);
        let failed = |reason: String| Failure::new(shown(&url), reason.replace(&url, &shown(&url)));
        let content = fetch(&url, file, patience, quiet).map_err(failed)?;
        let path = folder.join(file.name);
        remove_stale(folder, STALE);
        std::fs::create_dir_all(folder)
            .and_then(|()| write_whole(&path, |file| file.write_all(&content)))
            .map_err(|error| {
                let error = with_remedy(error);
                Failure::new("the cache", format!("cannot write {}: {error}", path.display()))
            })?;
        paths.push(path);
        patience = transfer::LONGEST_PAUSE;
    }
    Ok(paths)
}

/// Returns the verified bytes of one file, or the reason why they are not available.
fn fetch(url: &str, file: &PublishedFile, patience: Duration, quiet: bool) -> Result<Vec<u8>, String> {
    let content = transfer::transfer(url, patience, &progress_bar(file.name, quiet))?;
    // A mirror may have compressed the file in transit.
    let damaged = |error| format!("the content is damaged: {error}");
    let content = file.as_published(content).map_err(damaged)?;
    match file.hash(&content[..]) {
        Ok(hash) if hash == file.sha256 => Ok(content),
        Ok(hash) => Err(format!("the content's SHA-256 is {hash}, not the published {}", file.sha256)),
        Err(error) => Err(damaged(error)),
    }
}

/// Returns a URL without user name and password.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.into(),
    }
}

/// Creates a progress bar, hidden if standard error is not a terminal.
fn progress_bar(name: &'static str, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target).with_message(name);
    match ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}, {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(shown("https://user:pass@host/a@b"), "https://host/a@b");
        assert_eq!(shown("http://a@b@host:80?x"), "http://host:80?x");
        assert_eq!(shown("https://host/path@2"), "https://host/path@2");
        assert_eq!(shown("no URL"), "no URL");
    }
}
