//! Accepts connections and serves each on its own thread.

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

/// Maximum number of open connections. Further ones wait.
pub const MOST_CONNECTIONS: usize = 256;

/// Time limit for responses in progress when the server stops.
const LAST: Duration = Duration::from_secs(2);

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    connections: Arc<Connections>,
}

impl Server {
    /// Starts the server on a port of the loopback interface; 0 selects any free port.
    ///
    /// # Errors
    /// Returns an error if the port is in use or no thread can be started.
    pub fn start(app: Arc<App>, port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("cannot listen on port {port}: give another port with --port, or 0 for any free one")
        })?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Connections::default());
        let own = connections.clone();
        let names = Names::on(address.port());
        let accept = move || own.accept(&listener, &Arc::new((app, names)));
        thread::Builder::new().name("accept".into()).spawn(accept).context("cannot start the server")?;
        Ok(Self { address, connections })
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the server. Responses in progress have two seconds to complete.
    pub fn stop(self) {
        self.connections.stop();
        // Wakes the accepting thread.
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
                // Out of file descriptors or threads, or the client has disconnected: wait before the next attempt.
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Serves a connection on a new thread.
    fn serve(self: &Arc<Self>, stream: TcpStream, shared: Arc<(Arc<App>, Names)>) -> io::Result<()> {
        // A response is a single write. Nagle's algorithm would only delay it.
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
            // Stops waiting for the next request. A response in progress is still written.
            let _ = stream.shutdown(Shutdown::Read);
        }
        self.closed.notify_all();
        drop(self.closed.wait_timeout_while(open, LAST, |open| !open.streams.is_empty()));
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection, freed on drop, even after a panic.
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
