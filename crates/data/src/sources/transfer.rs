//! The transfer of one file over HTTP: within a pace, and continued where it broke off.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use ureq::Body;

/// The longest pause of a mirror that has sent data.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The largest download in bytes: 64 MiB, four times the largest published file (IMDB's).
const LARGEST_BODY: u64 = 1 << 26;

/// The pauses before another request to a mirror that broke off, or whose server has failed for the moment.
const RETRIES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(500)];

/// A time, and the least number of bytes that a mirror must send in it: 1 KiB a second.
type Pace = (Duration, usize);
const PACE: Pace = (Duration::from_secs(10), 10 << 10);

/// Redirects that are followed.
const MOST_REDIRECTS: u32 = 5;

/// Why a transfer has ended too early.
struct Failed {
    reason: String,
    /// Whether another request may go better.
    temporary: bool,
}

/// Returns the content at `url`, of which the first byte must come within `patience`.
pub(super) fn transfer(url: &str, patience: Duration, bar: &ProgressBar) -> Result<Vec<u8>, String> {
    let start = Instant::now();
    let mut content = Vec::new();
    let mut pauses = RETRIES.iter();
    loop {
        let left = match content.is_empty() {
            true => patience.saturating_sub(start.elapsed()),
            false => LONGEST_PAUSE,
        };
        let failed = match go_on(url, left, &mut content, bar) {
            Ok(()) => break,
            Err(failed) => failed,
        };
        match pauses.next() {
            Some(pause) if failed.temporary && *pause < left => thread::sleep(*pause),
            _ => {
                bar.finish_and_clear();
                return Err(failed.reason);
            }
        }
    }
    bar.finish_and_clear();
    Ok(content)
}

/// Requests what is missing of `content`, and appends it.
fn go_on(url: &str, patience: Duration, content: &mut Vec<u8>, bar: &ProgressBar) -> Result<(), Failed> {
    let Response { length, begins_at, body } = request(url, content.len(), patience)?;
    // A server that knows no ranges begins anew.
    content.truncate(begins_at);
    if let Some(length) = length {
        bar.set_length(begins_at as u64 + length);
    }
    bar.set_position(begins_at as u64);
    let end = read_within_pace(bar.wrap_read(body), content, PACE);
    end.map_err(|error| Failed {
        reason: format!("interrupted after {} bytes: {error}", content.len()),
        temporary: (content.len() as u64) < LARGEST_BODY && error.kind() != io::ErrorKind::QuotaExceeded,
    })
}

/// Reads to the end, unless too few bytes come in a time.
fn read_within_pace(reader: impl Read, content: &mut Vec<u8>, (time, least): Pace) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    let (mut start, mut before) = (Instant::now(), content.len());
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
                let reason = format!("only {sent} bytes came in {:.0} seconds", time.as_secs_f64());
                return Err(io::Error::new(io::ErrorKind::QuotaExceeded, reason));
            }
            (start, before) = (Instant::now(), content.len());
        }
    }
}

/// A response whose body has begun.
struct Response {
    /// The announced length of the body in bytes.
    length: Option<u64>,
    /// The byte of the content at which it begins.
    begins_at: usize,
    body: Box<dyn Read + Send>,
}

/// Requests the content from byte `from` on, and waits up to `patience` for the first one.
///
/// The name lookup, the connection and the response can each hang, and not all of them can be interrupted, so they run on
/// a thread of their own. It touches no file; after the time limit it ends at its own limits or with the program.
fn request(url: &str, from: usize, patience: Duration) -> Result<Response, Failed> {
    let failed = |reason, temporary| Failed { reason, temporary };
    let (sender, receiver) = mpsc::channel();
    let url = url.to_owned();
    thread::Builder::new()
        .spawn(move || sender.send(first_byte(&url, from)))
        .map_err(|error| failed(format!("cannot start a thread: {error}"), false))?;
    receiver.recv_timeout(patience).unwrap_or_else(|_| {
        Err(failed(format!("no answer within {:.1} seconds", patience.as_secs_f64()), false))
    })
}

/// Requests the content from byte `from` on, and waits for the first one.
fn first_byte(url: &str, from: usize) -> Result<Response, Failed> {
    let agent = ureq::Agent::config_builder()
        .max_redirects(MOST_REDIRECTS)
        .timeout_resolve(Some(LONGEST_PAUSE))
        .timeout_connect(Some(LONGEST_PAUSE))
        .timeout_send_request(Some(LONGEST_PAUSE))
        .timeout_recv_response(Some(LONGEST_PAUSE))
        .timeout_per_read(Some(LONGEST_PAUSE))
        .build()
        .new_agent();
    let mut request = agent.get(url);
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    let response = request.call().map_err(failed)?;
    let range = response.headers().get("content-range").and_then(|range| range.to_str().ok());
    let continues = range.is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
    let begins_at = if response.status() == 206 && continues { from } else { 0 };
    let body: Body = response.into_body();
    let length = body.content_length();
    let limit = LARGEST_BODY - begins_at as u64;
    let mut body = BufReader::new(body.into_with_config().limit(limit).reader());
    body.fill_buf().map_err(|error| Failed { reason: error.to_string(), temporary: true })?;
    Ok(Response { length, begins_at, body: Box::new(body) })
}

/// Describes an error without the library's name for its kind. Only a server that fails for the moment, or a connection that
/// breaks off, is worth another request.
fn failed(error: ureq::Error) -> Failed {
    let temporary = match &error {
        ureq::Error::StatusCode(code) => *code == 429 || *code >= 500,
        ureq::Error::Io(error) => matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof
        ),
        _ => false,
    };
    let reason = match error {
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    };
    Failed { reason, temporary }
}

#[cfg(test)]
mod tests {
    use super::*;

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
