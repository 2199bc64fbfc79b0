//! Downloads from one mirror after the other into memory, and into the cache once the content is verified.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    Alternative, DataChoice, DataOptions, PublishedFile, Release,
    failure::Failure,
    files::{remove_stale, write_whole},
};

/// The time for all mirrors together until one of them sends data, if there is a fallback.
const PATIENCE: Duration = Duration::from_millis(3_500);

/// The same without a fallback, for slow networks.
const PATIENCE_WITHOUT_FALLBACK: Duration = Duration::from_secs(30);

/// The longest pause of a mirror that has sent data.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The largest download in bytes: 64 MiB, four times the largest published file (IMDB's).
const LARGEST_BODY: u64 = 1 << 26;

/// Downloads the first alternative that a mirror has completely into `folder`, and returns its files.
pub(super) fn download(
    release: &Release,
    folder: &Path,
    options: &DataOptions,
    failures: &mut Vec<Failure>,
) -> Option<Vec<PathBuf>> {
    let mirrors = mirrors(release, options);
    if mirrors.is_empty() {
        failures.push(Failure::new("download", "there is no mirror"));
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
        // The time that a mirror did not use is left to the others; a long download is not counted as waiting.
        patience -= start.elapsed().min(share);
    }
    None
}

/// Returns the base URLs and what to download from each, in order.
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

/// Downloads all files of `alternative` from one mirror, which must send data within `patience`.
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
        remove_stale(folder);
        std::fs::create_dir_all(folder)
            .and_then(|()| write_whole(&path, |file| file.write_all(&content)))
            .map_err(|error| Failure::new(path.display(), error))?;
        paths.push(path);
        patience = LONGEST_PAUSE;
    }
    Ok(paths)
}

/// Returns the verified bytes of one file, or why they are not available.
fn fetch(url: &str, file: &PublishedFile, patience: Duration, quiet: bool) -> Result<Vec<u8>, String> {
    let Response { length, body } = request(url, patience)?;
    let bar = progress_bar(length, file.name, quiet);
    let mut content = Vec::new();
    let end = read_within_pace(bar.wrap_read(body), &mut content, PACE);
    bar.finish_and_clear();
    end.map_err(|error| format!("interrupted after {} bytes: {error}", content.len()))?;
    // A mirror may have compressed it in transit.
    let damaged = |error| format!("the content is damaged: {error}");
    let content = file.as_published(content).map_err(damaged)?;
    match file.hash(&content[..]) {
        Ok(hash) if hash == file.sha256 => Ok(content),
        Ok(hash) => Err(format!("the content's SHA-256 is {hash}, the published one {}", file.sha256)),
        Err(error) => Err(damaged(error)),
    }
}

/// A time, and the least number of bytes that a mirror must send in it: 1 KiB a second.
type Pace = (Duration, usize);
const PACE: Pace = (Duration::from_secs(15), 15 << 10);

/// Reads to the end, unless too few bytes come in a time.
fn read_within_pace(reader: impl Read, content: &mut Vec<u8>, (time, least): Pace) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    let (mut start, mut before) = (Instant::now(), 0);
    loop {
        let bytes = match reader.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if bytes.is_empty() {
            return Ok(());
        }
        content.extend_from_slice(bytes);
        let length = bytes.len();
        reader.consume(length);
        if start.elapsed() >= time {
            let sent = content.len() - before;
            if sent < least {
                let seconds = time.as_secs_f64();
                return Err(io::Error::other(format!("only {sent} bytes came in {seconds:.0} seconds")));
            }
            (start, before) = (Instant::now(), content.len());
        }
    }
}

/// Returns a URL without a user's name and password.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.into(),
    }
}

/// A response whose body has begun.
struct Response {
    /// The announced length in bytes.
    length: Option<u64>,
    body: Box<dyn Read + Send>,
}

/// Requests a file and waits up to `patience` for its first byte.
///
/// The name lookup, the connection and the response can each hang, and not all of them can be interrupted, so they run on
/// a thread of their own. It touches no file; after the time limit it ends at its own limits or with the program.
fn request(url: &str, patience: Duration) -> Result<Response, String> {
    let (sender, receiver) = mpsc::channel();
    let url = url.to_owned();
    thread::Builder::new()
        .spawn(move || sender.send(first_byte(&url)))
        .map_err(|error| format!("cannot start a thread: {error}"))?;
    receiver
        .recv_timeout(patience)
        .unwrap_or_else(|_| Err(format!("no answer within {:.1} seconds", patience.as_secs_f64())))
}

/// Requests a file and waits for its first byte.
fn first_byte(url: &str) -> Result<Response, String> {
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
    Ok(Response { length, body: Box::new(body) })
}

/// Describes an error without the library's name for its kind.
fn reason(error: ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Creates a progress bar, hidden if standard error is not a terminal.
fn progress_bar(length: Option<u64>, name: &'static str, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(length, target).with_message(name);
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

    #[test]
    fn a_drip_is_not_waited_for() {
        /// A byte every millisecond.
        struct Drip(usize);
        impl Read for Drip {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let Some(left) = self.0.checked_sub(1) else { return Ok(0) };
                self.0 = left;
                thread::sleep(Duration::from_millis(1));
                buffer[0] = 1;
                Ok(1)
            }
        }
        let mut content = Vec::new();
        let error = read_within_pace(Drip(1 << 20), &mut content, (Duration::from_millis(20), 1000));
        assert!(error.unwrap_err().to_string().contains("bytes came in"), "{}", content.len());
        assert!(content.len() < 1000);
        content.clear();
        read_within_pace(Drip(30), &mut content, (Duration::from_millis(5), 0)).unwrap();
        assert_eq!(content.len(), 30);
    }
}
