//! Connections, each on a thread of its own.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Context;

use super::{connection, guard::Names, response::Response, routes};
use crate::App;

/// The largest number of open connections; others wait.
pub const MOST_CONNECTIONS: usize = 256;

/// The time for the last responses, when the server stops.
const LAST: Duration = Duration::from_secs(2);

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    connections: Arc<Connections>,
}

impl Server {
    /// Serves on a port of the loopback; 0 for any free one.
    ///
    /// # Errors
    /// If the port is in use, or the system has no thread left.
    pub fn start(app: Arc<App>, port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("cannot listen on port {port}: give another one with --port, or 0 for any")
        })?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Connections::default());
        let own = connections.clone();
        let names = Names::on(address.port());
        let accept = move || own.accept(&listener, &Arc::new((app, names)));
        thread::Builder::new().name("accept".into()).spawn(accept).context("cannot start the server")?;
        Ok(Self { address, connections })
    }

    /// Returns where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the server. Requests that are being answered get two seconds.
    pub fn stop(self) {
        self.connections.stop();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

/// The open connections.
#[derive(Debug, Default)]
struct Connections {
    open: Mutex<Open>,
    closed: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    is_stopping: bool,
    last: u64,
    streams: HashMap<u64, Arc<TcpStream>>,
}

impl Connections {
    fn accept(self: &Arc<Self>, listener: &TcpListener, shared: &Arc<(Arc<App>, Names)>) {
        loop {
            let full = |open: &mut Open| !open.is_stopping && open.streams.len() >= MOST_CONNECTIONS;
            let open = self.closed.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
            drop(open);
            let served = listener.accept().and_then(|(stream, _)| self.serve(stream, shared.clone()));
            if self.lock().is_stopping {
                return;
            }
            if served.is_err() {
                // The system has no file or thread left, or the client has gone.
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Serves a connection on a thread.
    fn serve(self: &Arc<Self>, stream: TcpStream, shared: Arc<(Arc<App>, Names)>) -> io::Result<()> {
        // A response is one write: waiting for more would delay it.
        stream.set_nodelay(true)?;
        let stream = Arc::new(stream);
        let place = Place::take(self.clone(), stream.clone());
        let serve = move || {
            let _place = place;
            let (app, names) = &*shared;
            let answer = |request: &_| {
                let answered = names.check(request).and_then(|()| routes::answer(app, request));
                answered.unwrap_or_else(Response::from)
            };
            connection::serve(&stream, answer);
        };
        thread::Builder::new().name("connection".into()).spawn(serve).map(drop)
    }

    fn stop(&self) {
        let mut open = self.lock();
        open.is_stopping = true;
        for stream in open.streams.values() {
            // Ends the wait for the next request; the present response is still written.
            let _ = stream.shutdown(Shutdown::Read);
        }
        self.closed.notify_all();
        drop(self.closed.wait_timeout_while(open, LAST, |open| !open.streams.is_empty()));
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection, which is free again when this is dropped, also after a panic.
struct Place {
    connections: Arc<Connections>,
    number: u64,
}

impl Place {
    fn take(connections: Arc<Connections>, stream: Arc<TcpStream>) -> Self {
        let mut open = connections.lock();
        open.last += 1;
        let number = open.last;
        open.streams.insert(number, stream);
        drop(open);
        Self { connections, number }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().streams.remove(&self.number);
        self.connections.closed.notify_all();
    }
}
