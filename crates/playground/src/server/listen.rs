//! Connections: how many, and for how long.

use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use super::{guard::Names, routes::router};
use crate::App;

/// Connections that are open at the same time; others wait.
const MOST_CONNECTIONS: usize = 256;

/// The time for the head of a request to arrive, and for which a connection may be idle.
const HEAD: Duration = Duration::from_secs(10);

/// The time after which a connection is closed once its present request is answered.
const CONNECTION: Duration = Duration::from_secs(300);

/// The time that a connection has for its last answer, when it or the server is to end.
const LAST: Duration = Duration::from_secs(2);

/// Threads that compute answers: more would not be faster, and those that wait are answered in their order.
const COMPUTING: usize = 4;

/// Returns how many connections may be open at the same time.
pub fn most_connections() -> usize {
    MOST_CONNECTIONS
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    /// Dropped last: that ends what still runs.
    runtime: Runtime,
    end: watch::Sender<bool>,
}

impl Server {
    /// Serves on a port of the loopback; 0 for any free one.
    ///
    /// # Errors
    /// If the port is taken, or the system allows no threads.
    pub fn start(app: Arc<App>, port: u16) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(COMPUTING)
            .enable_io()
            .enable_time()
            .build()
            .context("cannot start the server's threads")?;
        let listener =
            runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port))).with_context(|| {
                format!("cannot listen on port {port}: give another one with --port, or 0 for any")
            })?;
        let address = listener.local_addr()?;
        let (end, ending) = watch::channel(false);
        runtime.spawn(accept(listener, router(app, Names::on(address.port())), ending));
        Ok(Self { address, runtime, end })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server. Requests that are being answered have two seconds.
    pub fn stop(self) {
        let _ = self.end.send(true);
        // Each connection holds a receiver until it is closed.
        self.runtime.block_on(async { timeout(LAST, self.end.closed()).await.ok() });
        self.runtime.shutdown_timeout(Duration::from_millis(100));
    }
}

async fn accept(listener: TcpListener, router: Router, ending: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut end = ending.clone();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = end.wait_for(|end| *end) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (router, ending) = (router.clone(), ending.clone());
                tokio::spawn(async move {
                    serve(stream, router, ending).await;
                    drop(place);
                });
            }
            // The process has too many open files, or the client has gone already.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Serves a connection until either side or the time ends it.
async fn serve(stream: TcpStream, router: Router, mut ending: watch::Receiver<bool>) {
    // An answer is one write; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(32 << 10)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        // Why a client has gone is of no use to anyone.
        _ = connection.as_mut() => return,
        _ = ending.wait_for(|end| *end) => {}
        () = sleep(CONNECTION) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(LAST, connection).await;
}
