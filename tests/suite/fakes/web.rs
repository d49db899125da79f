//! A small HTTP stand-in: remembers every call, answers what was scripted.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch};

/// One call that arrived.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub query: HashMap<String, String>,
    pub authorization: String,
    pub headers: HashMap<String, String>,
    pub raw: Vec<u8>,
    pub body: Value,
}

/// A scripted answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Answer {
    pub fn ok(body: Value) -> Answer {
        Answer { status: 200, headers: Vec::new(), body }
    }
}

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

struct Inner {
    calls: watch::Sender<Vec<Call>>,
    scripted: Mutex<HashMap<String, VecDeque<Answer>>>,
    default: Box<Script>,
    /// Calls of these paths get no answer until it is emptied.
    stalled: watch::Sender<Vec<String>>,
}

/// The stand-in.
#[derive(Clone)]
pub struct Web {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

impl Web {
    pub async fn start(default: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Web {
        let (calls, _) = watch::channel(Vec::new());
        let stalled = watch::Sender::default();
        let inner = Arc::new(Inner { calls, scripted: Mutex::default(), default: Box::new(default), stalled });
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Web { address, inner }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next call of `path` is answered with `answer`.
    pub fn script(&self, path: &str, answer: Answer) {
        self.inner.scripted.lock().unwrap().entry(path.to_owned()).or_default().push_back(answer);
    }

    /// Calls of `path` are heard but not answered until `flow`.
    pub fn stall(&self, path: &str) {
        self.inner.stalled.send_modify(|stalled| stalled.push(path.to_owned()));
    }

    /// Everything is answered again.
    pub fn flow(&self) {
        self.inner.stalled.send_modify(Vec::clear);
    }

    pub fn calls(&self, path: &str) -> Vec<Call> {
        self.inner.calls.borrow().iter().filter(|call| call.path == path).cloned().collect()
    }

    /// Waits until `path` was called `count` times.
    pub async fn wait(&self, path: &str, count: usize) -> Vec<Call> {
        let mut seen = self.inner.calls.subscribe();
        let enough = seen.wait_for(|calls| calls.iter().filter(|call| call.path == path).count() >= count);
        let waited = tokio::time::timeout(Duration::from_secs(20), enough).await;
        assert!(waited.is_ok(), "{path} was not called {count} times");
        drop(waited);
        self.calls(path)
    }
}

async fn take(State(inner): State<Arc<Inner>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let call = Call {
        path: uri.path().to_owned(),
        query: form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()).into_owned().collect(),
        authorization: headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned(),
        headers: headers.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap_or("").to_owned())).collect(),
        raw: body.to_vec(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let scripted = inner.scripted.lock().unwrap().get_mut(&call.path).and_then(VecDeque::pop_front);
    let answer = scripted.unwrap_or_else(|| (inner.default)(&call));
    let mut stalled = inner.stalled.subscribe();
    let path = call.path.clone();
    inner.calls.send_modify(|calls| calls.push(call));
    let _ = stalled.wait_for(|stalled| !stalled.contains(&path)).await;
    let mut response = (StatusCode::from_u16(answer.status).unwrap(), axum::Json(answer.body)).into_response();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
