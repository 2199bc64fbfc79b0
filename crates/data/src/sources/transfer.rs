//! The transfer of one file over HTTP, with a minimum speed, and resumed after interruptions.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use ureq::Body;

/// The longest pause between two reads once a mirror has sent data.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The largest download in bytes: 64 MiB, about four times the largest published file (IMDB).
const LARGEST_BODY: u64 = 1 << 26;

/// The delays before further requests after an interrupted transfer or a temporary failure of the server.
const RETRIES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(500)];

/// A time interval, and the minimum number of bytes that a mirror must send in it: 1 KiB per second.
type Pace = (Duration, usize);
const PACE: Pace = (Duration::from_secs(10), 10 << 10);

/// Maximum number of redirects that are followed.
const MOST_REDIRECTS: u32 = 5;

/// The reason for an incomplete transfer.
struct Failed {
    reason: String,
    /// Whether another request may succeed.
    temporary: bool,
}

/// Returns the content at `url`, whose first byte must arrive within `patience`.
pub(super) fn transfer(url: &str, patience: Duration, bar: &ProgressBar) -> Result<Vec<u8>, String> {
    let start = Instant::now();
    let mut content = Vec::new();
    let mut pauses = RETRIES.iter();
    loop {
        let left = match content.is_empty() {
            true => patience.saturating_sub(start.elapsed()),
            false => LONGEST_PAUSE,
        };
        let failed = match resume(url, left, &mut content, bar) {
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

/// Requests the missing bytes of `content` and appends them.
fn resume(url: &str, patience: Duration, content: &mut Vec<u8>, bar: &ProgressBar) -> Result<(), Failed> {
    let Response { length, begins_at, body } = request(url, content.len(), patience)?;
    // A server without support for ranges starts at the first byte again.
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

/// Reads to the end; fails if fewer than `least` bytes arrive in an interval of `time`.
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
                let reason = format!("only {sent} bytes received in {:.0} seconds", time.as_secs_f64());
                return Err(io::Error::new(io::ErrorKind::QuotaExceeded, reason));
            }
            (start, before) = (Instant::now(), content.len());
        }
    }
}

/// A response whose first byte has been received.
struct Response {
    /// The announced length of the body in bytes.
    length: Option<u64>,
    /// The offset of the body's first byte in the content.
    begins_at: usize,
    body: Box<dyn Read + Send>,
}

/// Requests the content from byte `from` on, and waits up to `patience` for its first byte.
///
/// Name lookup, connection, and response can each hang, and not all of them can be interrupted. Therefore they run on a
/// separate thread. It accesses no files, and ends at its own time limits or with the program.
fn request(url: &str, from: usize, patience: Duration) -> Result<Response, Failed> {
    let failed = |reason, temporary| Failed { reason, temporary };
    let (sender, receiver) = mpsc::channel();
    let url = url.to_owned();
    thread::Builder::new()
        .spawn(move || sender.send(first_byte(&url, from)))
        .map_err(|error| failed(format!("cannot start a thread: {error}"), false))?;
    receiver.recv_timeout(patience).unwrap_or_else(|_| {
        Err(failed(format!("no response within {:.1} seconds", patience.as_secs_f64()), false))
    })
}

/// Requests the content from byte `from` on, and waits for its first byte.
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

/// Describes an error without the library's name for its kind. Overloaded servers and interrupted connections count as
/// temporary failures.
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
    fn a_transfer_below_the_minimum_speed_fails() {
        /// Yields one byte every millisecond.
        struct Slow(usize);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let Some(left) = self.0.checked_sub(1) else { return Ok(0) };
                self.0 = left;
                thread::sleep(Duration::from_millis(1));
                buffer[0] = 1;
                Ok(1)
            }
        }
        let mut content = Vec::new();
        let error = read_within_pace(Slow(1 << 20), &mut content, (Duration::from_millis(20), 1000));
        assert!(error.unwrap_err().to_string().contains("bytes received in"), "{}", content.len());
        assert!(content.len() < 1000);
        content.clear();
        read_within_pace(Slow(30), &mut content, (Duration::from_millis(5), 0)).unwrap();
        assert_eq!(content.len(), 30);
    }
}
