//! The API and the files of the page, by path.

use kindling::data::reuters::LABEL_NAMES;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Refusal, assets, request::Request, response::Response};
use crate::{
    App,
    digits::EXAMPLES,
    houses::FEATURES,
    models::Slot,
    texts::TOPICS,
    toy::{self, Csv, Sketch, session::Wish},
};

/// Answers a request.
///
/// # Errors
/// Returns an error if the path does not exist, the method is not allowed, or the request is invalid.
pub fn answer(app: &App, request: &Request) -> Result<Response, Refusal> {
    if let Some(file) = assets::find(&request.path) {
        return read(request, || Ok(file));
    }
    let parts: Vec<&str> = request.path.split('/').skip(1).collect();
    match parts[..] {
        ["api", "status"] => read(request, || Response::json(&status(app))),
        ["api", "digits"] => ask(request, |question| app.digits.get()?.answer(&question)),
        ["api", "reviews"] => ask(request, |question| app.reviews.get()?.answer(&question)),
        ["api", "newswires"] => ask(request, |question| app.newswires.get()?.answer(&question)),
        ["api", "houses"] => ask(request, |question| app.houses.get()?.answer(&question)),
        ["api", "toy"] => ask(request, |question: toy::Question| {
            Ok(json!({ "id": app.toys.begin(&question, &app.device)? }))
        }),
        ["api", "toy", "points"] => ask(request, |sketch: Sketch| sketch.points()),
        ["api", "toy", "csv"] => ask(request, |csv: Csv| csv.read()),
        ["api", "toy", number] if request.method == "DELETE" => {
            app.toys.end(parse(number)?);
            Response::json(&())
        }
        ["api", "toy", number] => ask(request, |Wished { wish }| {
            app.toys.get(parse(number)?)?.wish(wish);
            Ok(())
        }),
        ["api", "toy", number, known] => read(request, || {
            let (number, known) = (parse(number)?, parse(known)?);
            Response::json(&app.toys.get(number)?.view(known))
        }),
        _ => Err(Refusal::new(404, "there is nothing at this path: open /")),
    }
}

/// Answers a request without a body: the method must be GET or HEAD.
fn read(request: &Request, answer: impl FnOnce() -> Result<Response, Refusal>) -> Result<Response, Refusal> {
    match request.method.as_str() {
        "GET" | "HEAD" => answer(),
        _ => Err(Refusal::method("GET, HEAD")),
    }
}

/// Answers a request with a JSON body: the method must be POST.
fn ask<Q: DeserializeOwned, A: Serialize>(
    request: &Request,
    answer: impl FnOnce(Q) -> Result<A, Refusal>,
) -> Result<Response, Refusal> {
    match request.method.as_str() {
        "POST" => Response::json(&answer(request.json()?)?),
        _ => Err(Refusal::method("POST")),
    }
}

/// The body of a request that controls a training.
#[derive(Deserialize)]
struct Wished {
    wish: Wish,
}

fn parse<T: std::str::FromStr>(part: &str) -> Result<T, Refusal> {
    part.parse()
        .map_err(|_| Refusal::new(404, "there is no training at this path: give the number of a training"))
}

/// Returns the status of each model, and a description of those that are ready.
fn status(app: &App) -> Value {
    let topics = LABEL_NAMES.iter().zip(TOPICS);
    let topics: Vec<Value> =
        topics.map(|(name, meaning)| json!({ "name": name, "meaning": meaning })).collect();
    json!({
        "digits": about(&app.digits, |digits| json!({ "origin": digits.origin(), "examples": EXAMPLES })),
        "reviews": about(&app.reviews, |reader| {
            json!({ "origin": reader.origin(), "examples": reader.examples() })
        }),
        "newswires": about(&app.newswires, |reader| {
            json!({ "origin": reader.origin(), "examples": reader.examples(), "topics": topics })
        }),
        "houses": about(&app.houses, |houses| {
            json!({ "origin": houses.origin(), "features": FEATURES, "ranges": houses.ranges() })
        }),
    })
}

fn about<T>(slot: &Slot<T>, describe: impl FnOnce(&T) -> Value) -> Value {
    json!({ "status": slot.status(), "about": slot.get().ok().map(describe) })
}
