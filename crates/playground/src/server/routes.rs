//! The paths.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use kindling::data::reuters::LABEL_NAMES;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Refusal,
    answer::{Asked, blocking},
    assets,
    guard::{Names, guard},
};
use crate::{
    App,
    digits::{self, EXAMPLES},
    houses::{self, FEATURES},
    models::Slot,
    texts::{self, Reader, TOPICS},
    toy::{
        self, Csv, Point, Sketch,
        session::{View, Wish},
        table::Read,
    },
};

/// Returns the router of all paths.
pub fn router(app: Arc<App>, names: Names) -> Router {
    let refuse = |status, reason| move || async move { Refusal::new(status, reason) };
    let router = Router::new()
        .route("/api/status", get(status))
        .route("/api/digits", post(digits))
        .route("/api/reviews", post(reviews))
        .route("/api/newswires", post(newswires))
        .route("/api/houses", post(houses))
        .route("/api/toy", post(begin))
        .route("/api/toy/points", post(points))
        .route("/api/toy/csv", post(csv))
        .route("/api/toy/{number}", post(wish).delete(end))
        .route("/api/toy/{number}/{known}", get(view));
    assets::add(router)
        .fallback(refuse(StatusCode::NOT_FOUND, "there is nothing at this path: open /"))
        .method_not_allowed_fallback(refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "the path has other methods: see the header allow",
        ))
        .with_state(app)
        .layer(from_fn_with_state(names, guard))
}

/// An answer in JSON, or why there is none.
type Answered<T> = Result<Json<T>, Refusal>;

/// How far each model is, and what is known of those that are ready.
async fn status(State(app): State<Arc<App>>) -> Json<Value> {
    let topics: Vec<Value> = LABEL_NAMES
        .iter()
        .zip(TOPICS)
        .map(|(name, meaning)| json!({ "name": name, "meaning": meaning }))
        .collect();
    Json(json!({
        "digits": about(&app.digits, |digits| json!({ "origin": digits.origin(), "examples": EXAMPLES })),
        "reviews": about(&app.reviews, |reader| json!({ "origin": reader.origin(), "examples": reader.examples() })),
        "newswires": about(&app.newswires, |reader| {
            json!({ "origin": reader.origin(), "examples": reader.examples(), "topics": topics })
        }),
        "houses": about(&app.houses, |houses| {
            json!({ "origin": houses.origin(), "features": FEATURES, "ranges": houses.ranges() })
        }),
    }))
}

fn about<T>(slot: &Slot<T>, describe: impl FnOnce(&T) -> Value) -> Value {
    json!({ "status": slot.status(), "about": slot.get().ok().map(describe) })
}

async fn digits(
    State(app): State<Arc<App>>,
    Asked(question): Asked<digits::Question>,
) -> Answered<Option<digits::Answer>> {
    blocking(move || app.digits.get()?.answer(&question)).await
}

async fn reviews(
    state: State<Arc<App>>,
    question: Asked<texts::Question>,
) -> Answered<Option<texts::Answer>> {
    read(state, |app| &app.reviews, question).await
}

async fn newswires(
    state: State<Arc<App>>,
    question: Asked<texts::Question>,
) -> Answered<Option<texts::Answer>> {
    read(state, |app| &app.newswires, question).await
}

async fn read(
    State(app): State<Arc<App>>,
    reader: fn(&App) -> &Slot<Reader>,
    Asked(question): Asked<texts::Question>,
) -> Answered<Option<texts::Answer>> {
    blocking(move || reader(&app).get()?.answer(&question)).await
}

async fn houses(
    State(app): State<Arc<App>>,
    Asked(question): Asked<houses::Question>,
) -> Answered<houses::Answer> {
    blocking(move || app.houses.get()?.answer(&question)).await
}

async fn points(Asked(sketch): Asked<Sketch>) -> Answered<Vec<Point>> {
    blocking(move || sketch.points()).await
}

async fn csv(Asked(csv): Asked<Csv>) -> Answered<Read> {
    blocking(move || csv.read()).await
}

async fn begin(State(app): State<Arc<App>>, Asked(question): Asked<toy::Question>) -> Answered<Value> {
    blocking(move || Ok(json!({ "id": app.toys.begin(&question, &app.device)? }))).await
}

/// The part of a training's path, or why it is none.
type Part<T> = Result<Path<T>, PathRejection>;

/// What a training is to do.
#[derive(Deserialize)]
struct Wished {
    wish: Wish,
}

async fn wish(
    State(app): State<Arc<App>>,
    number: Part<u64>,
    Asked(Wished { wish }): Asked<Wished>,
) -> Answered<()> {
    app.toys.get(part(number)?)?.wish(wish);
    Ok(Json(()))
}

async fn end(State(app): State<Arc<App>>, number: Part<u64>) -> Answered<()> {
    app.toys.end(part(number)?);
    Ok(Json(()))
}

async fn view(State(app): State<Arc<App>>, path: Part<(u64, usize)>) -> Answered<View> {
    let (number, known) = part(path)?;
    Ok(Json(app.toys.get(number)?.view(known)))
}

fn part<T>(part: Part<T>) -> Result<T, Refusal> {
    let none = |_| Refusal::new(StatusCode::NOT_FOUND, "there is no training at this path: it has a number");
    part.map(|Path(part)| part).map_err(none)
}
