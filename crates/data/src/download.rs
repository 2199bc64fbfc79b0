//! Downloads: mirror after mirror, into memory, and into the cache only once the content is verified.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    Alternative, DataChoice, DataOptions, PublishedFile, Release, content::sha256, files::write_whole,
};

/// How long all mirrors together may take until one of them sends something, where a fallback is at hand.
const PATIENCE: Duration = Duration::from_millis(3_500);

/// The same where there is none, for slow networks.
const PATIENCE_WITHOUT_FALLBACK: Duration = Duration::from_secs(30);

/// How long a mirror that has sent something may pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// In bytes: 64 MiB, four times the largest file that is published (IMDB's).
const LARGEST_BODY: u64 = 1 << 26;

/// A place that did not give a file, and why.
#[derive(Debug)]
pub(crate) struct Failure {
    /// A path or a URL.
    pub(crate) place: String,
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn new(place: impl ToString, reason: impl ToString) -> Self {
        Self { place: place.to_string(), reason: reason.to_string() }
    }
}

/// Downloads the first alternative that a mirror gives in full into `folder`, and returns its files.
pub(crate) fn download(
    release: &Release,
    folder: &Path,
    options: &DataOptions,
    failures: &mut Vec<Failure>,
) -> Option<Vec<PathBuf>> {
    let mirrors = mirrors(release, options);
    if mirrors.is_empty() {
        failures.push(Failure::new("download", "there is no mirror to ask"));
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
        // What a mirror left of its share is for the others; a long download is not waiting.
        patience -= start.elapsed().min(share);
    }
    None
}

/// What to ask for where, in that order.
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

/// Downloads all files of `alternative` from one mirror, which has `patience` to begin.
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
        let content = fetch(&url, file, patience, quiet).map_err(|reason| Failure::new(&url, reason))?;
        let path = folder.join(file.name);
        std::fs::create_dir_all(folder)
            .and_then(|()| write_whole(&path, |file| file.write_all(&content)))
            .map_err(|error| Failure::new(path.display(), error))?;
        paths.push(path);
        patience = LONGEST_PAUSE;
    }
    Ok(paths)
}

/// The verified bytes of one file, or why there are none.
fn fetch(url: &str, file: &PublishedFile, patience: Duration, quiet: bool) -> Result<Vec<u8>, String> {
    let Answer { length, body } = ask(url, patience)?;
    let bar = progress_bar(length, file.name, quiet);
    let mut content = Vec::new();
    let end = bar.wrap_read(body).read_to_end(&mut content);
    bar.finish_and_clear();
    end.map_err(|error| format!("broken off after {} bytes: {error}", content.len()))?;
    match sha256(&content[..]) {
        Ok(hash) if hash == file.sha256 => Ok(content),
        Ok(hash) => Err(format!("the content's SHA-256 is {hash}, the published one {}", file.sha256)),
        Err(error) => Err(format!("the content is damaged: {error}")),
    }
}

/// A mirror's answer that has begun.
struct Answer {
    /// In bytes, if the mirror says so.
    length: Option<u64>,
    body: Box<dyn Read + Send>,
}

/// Asks a mirror, and waits no longer than `patience` until the first byte of the file.
///
/// Looking up a name, connecting and the first answer can each hang, and not all of them can be interrupted: so a
/// thread of its own takes that risk. It touches no file; given up, it ends at its own time limits or with the program.
fn ask(url: &str, patience: Duration) -> Result<Answer, String> {
    let (sender, receiver) = mpsc::channel();
    let question = url.to_owned();
    thread::Builder::new()
        .spawn(move || sender.send(first_byte(&question)))
        .map_err(|error| format!("no thread to ask with: {error}"))?;
    receiver
        .recv_timeout(patience)
        .unwrap_or_else(|_| Err(format!("no answer within {:.1} seconds", patience.as_secs_f64())))
}

/// Asks a mirror, and waits until the first byte of the file.
fn first_byte(url: &str) -> Result<Answer, String> {
    let agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(LONGEST_PAUSE))
        .timeout_connect(Some(LONGEST_PAUSE))
        .timeout_send_request(Some(LONGEST_PAUSE))
        .timeout_recv_response(Some(LONGEST_PAUSE))
        .timeout_per_read(Some(LONGEST_PAUSE))
        .build()
        .new_agent();
    let body = agent.get(url).call().map_err(reason)?.into_body();
    let length = body.content_length();
    let mut body = BufReader::new(body.into_with_config().limit(LARGEST_BODY).reader());
    body.fill_buf().map_err(|error| error.to_string())?;
    Ok(Answer { length, body: Box::new(body) })
}

/// What went wrong, without the library's name for the kind of error.
fn reason(error: ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Hidden if standard error is no terminal.
fn progress_bar(length: Option<u64>, name: &'static str, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(length, target).with_message(name);
    match ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}, {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
