//! Requests and responses of one connection, each with a time limit.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use super::{
    Refusal,
    request::{LARGEST_HEAD, Request},
    response::Response,
};

/// Time limit for the next request head, including the time the connection is idle.
const HEAD: Duration = Duration::from_secs(10);

/// Time limit for receiving a body, and for sending a response.
const BODY: Duration = Duration::from_secs(15);

/// Age after which a connection is closed with its next response.
const CONNECTION: Duration = Duration::from_secs(300);

/// Maximum time and bytes to keep reading after an error response, so that the client can finish sending and read it.
const LINGER: (Duration, usize) = (Duration::from_secs(2), 8 << 20);

/// Answers the requests of a connection until it is closed or a time limit is reached.
pub fn serve(stream: &TcpStream, answer: impl Fn(&Request) -> Response) {
    let mut connection = Connection { stream: Timed::new(stream), received: Vec::new() };
    // If the client has disconnected, nothing needs to be sent.
    let _ = connection.serve(answer);
}

struct Connection<'a> {
    stream: Timed<'a>,
    /// Received bytes of the next request.
    received: Vec<u8>,
}

impl Connection<'_> {
    fn serve(&mut self, answer: impl Fn(&Request) -> Response) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            self.stream.within(HEAD);
            match self.receive()? {
                None => return Ok(()),
                Some(Ok(request)) => {
                    let closes = request.closes || begun.elapsed() > CONNECTION;
                    let response = answer(&request);
                    self.stream.within(BODY);
                    self.stream.write_all(&response.bytes(request.method == "HEAD", closes))?;
                    if closes {
                        return Ok(());
                    }
                }
                Some(Err(refusal)) => {
                    self.stream.within(BODY);
                    self.stream.write_all(&Response::from(refusal).bytes(false, true))?;
                    return self.linger();
                }
            }
        }
    }

    /// Receives the next request, or a refusal after which the connection must be closed. Returns `None` at the end of the stream.
    fn receive(&mut self) -> io::Result<Option<Result<Request, Refusal>>> {
        match self.receive_whole() {
            Ok(request) => Ok(request.map(Ok)),
            Err(Failed::Refused(refusal)) => Ok(Some(Err(refusal))),
            // The connection was idle.
            Err(Failed::Io(error)) if is_timeout(&error) && self.received.is_empty() => Ok(None),
            Err(Failed::Io(error)) if is_timeout(&error) => {
                Ok(Some(Err(Refusal::new(408, "the request took too long to arrive: try again"))))
            }
            Err(Failed::Io(error)) => Err(error),
        }
    }

    fn receive_whole(&mut self) -> Result<Option<Request>, Failed> {
        let (mut request, head) = loop {
            if let Some(parsed) = Request::parse(&self.received)? {
                break parsed;
            }
            if self.read(LARGEST_HEAD + 1 - self.received.len())? == 0 {
                return if self.received.is_empty() { Ok(None) } else { Err(incomplete()) };
            }
        };
        let length = request.body_length()?;
        self.stream.within(BODY);
        if request.all("expect").any(|value| value.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let end = head + length;
        while self.received.len() < end {
            if self.read(end - self.received.len())? == 0 {
                return Err(incomplete());
            }
        }
        // The remaining bytes belong to the next request.
        let rest = self.received.split_off(end);
        request.body = std::mem::replace(&mut self.received, rest).split_off(head);
        Ok(Some(request))
    }

    /// Reads at most `most` bytes and returns their number; 0 at the end of the stream.
    fn read(&mut self, most: usize) -> io::Result<usize> {
        let mut bytes = [0; 8 << 10];
        let most = most.min(bytes.len());
        let count = self.stream.read(&mut bytes[..most])?;
        self.received.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    /// Reads and discards what the client still sends. Closing the connection earlier could discard the response.
    fn linger(&mut self) -> io::Result<()> {
        let (time, most) = LINGER;
        self.stream.stream.shutdown(Shutdown::Write)?;
        self.stream.within(time);
        let (mut bytes, mut total) = ([0; 8 << 10], 0);
        while total < most {
            match self.stream.read(&mut bytes)? {
                0 => break,
                count => total += count,
            }
        }
        Ok(())
    }
}

/// The reason why no request was received.
enum Failed {
    Refused(Refusal),
    Io(io::Error),
}

fn incomplete() -> Failed {
    Refusal::new(400, "the request is incomplete: send all of it before closing the connection").into()
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A stream whose reads and writes fail after a deadline. A socket timeout alone would restart with each byte.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl<'a> Timed<'a> {
    fn new(stream: &'a TcpStream) -> Self {
        Self { stream, until: Instant::now() }
    }

    fn within(&mut self, time: Duration) {
        self.until = Instant::now() + time;
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        match self.until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(bytes)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns whether an operation timed out. The error kind depends on the operating system.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
