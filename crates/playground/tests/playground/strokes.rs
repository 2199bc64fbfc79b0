//! Strokes of test digits: thins an image to lines of one pixel and follows them.
//!
//! Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", Communications of the ACM 27, 1984.

/// Pixels of the thinned image per MNIST pixel, along each axis.
const FINER: usize = 4;

/// Side length of the thinned image.
const SIDE: usize = 28 * FINER;

/// Returns the strokes of an image of 28 x 28 pixels, on a canvas of that size.
pub fn strokes(image: &[f32]) -> Vec<Vec<[f64; 2]>> {
    let mut ink: Vec<bool> =
        (0..SIDE * SIDE).map(|index| brightness(image, index % SIDE, index / SIDE) > 0.5).collect();
    thin(&mut ink);
    let mut strokes = Vec::new();
    // Start at the ends of lines, then follow the remaining rings.
    for only_ends in [true, false] {
        for start in 0..ink.len() {
            if ink[start]
                && (!only_ends || neighbors(&ink, start).iter().filter(|inked| **inked).count() <= 1)
            {
                strokes.push(follow(&mut ink, start));
            }
        }
    }
    // Short remains of a thick spot are not strokes.
    let longest = strokes.iter().map(Vec::len).max().unwrap_or(0);
    strokes.retain(|stroke| stroke.len() >= FINER.min(longest));
    let place =
        |index: usize| [(index % SIDE) as f64, (index / SIDE) as f64].map(|at| (at + 0.5) / FINER as f64);
    strokes.into_iter().map(|stroke| stroke.into_iter().map(place).collect()).collect()
}

/// Returns the brightness at a point by bilinear interpolation.
fn brightness(image: &[f32], x: usize, y: usize) -> f32 {
    let at = |place: usize| ((place as f32 + 0.5) / FINER as f32 - 0.5).clamp(0.0, 27.0);
    let (x, y) = (at(x), at(y));
    let pixel = |x: f32, y: f32| image[(y as usize).min(27) * 28 + (x as usize).min(27)];
    let (right, down) = (x.fract(), y.fract());
    let row = |y: f32| pixel(x, y) * (1.0 - right) + pixel(x + 1.0, y) * right;
    row(y) * (1.0 - down) + row(y + 1.0) * down
}

/// The offsets of a pixel's neighbors, clockwise from the one above.
const AROUND: [isize; 8] = {
    let side = SIDE as isize;
    [-side, 1 - side, 1, 1 + side, side, side - 1, -1, -side - 1]
};

/// Returns whether each neighbor is inked. MNIST images have a margin, so neighbors are always inside.
fn neighbors(ink: &[bool], index: usize) -> [bool; 8] {
    AROUND.map(|offset| index.checked_add_signed(offset).is_some_and(|index| ink.get(index) == Some(&true)))
}

fn thin(ink: &mut [bool]) {
    loop {
        let mut changed = false;
        for second in [false, true] {
            let is_removed = |index: &usize| {
                let around = neighbors(ink, *index);
                let inked = around.iter().filter(|inked| **inked).count();
                let changes = (0..8).filter(|place| !around[*place] && around[(place + 1) % 8]).count();
                let [up, _, right, _, down, _, left, _] = around;
                let open = match second {
                    false => !(right && down && (up || left)),
                    true => !(up && left && (right || down)),
                };
                ink[*index] && (2..=6).contains(&inked) && changes == 1 && open
            };
            let removed: Vec<usize> = (0..ink.len()).filter(is_removed).collect();
            changed |= !removed.is_empty();
            removed.into_iter().for_each(|index| ink[index] = false);
        }
        if !changed {
            return;
        }
    }
}

/// Follows a line and removes its pixels. At branches, it continues straight ahead.
fn follow(ink: &mut [bool], start: usize) -> Vec<usize> {
    let (mut stroke, mut heading) = (vec![start], None);
    ink[start] = false;
    loop {
        let last = stroke[stroke.len() - 1];
        let around = neighbors(ink, last);
        let turn = |place: &usize| {
            let turn =
                heading.map_or(0, |heading: usize| place.abs_diff(heading).min(8 - place.abs_diff(heading)));
            // Prefer the straight neighbor to the diagonal one.
            (turn, place % 2)
        };
        let Some(next) = (0..8).filter(|place| around[*place]).min_by_key(turn) else { return stroke };
        heading = Some(next);
        let next = last.checked_add_signed(AROUND[next]).unwrap();
        ink[next] = false;
        stroke.push(next);
    }
}

#[test]
fn a_thick_cross_is_two_lines() {
    let mut image = vec![0.0_f32; 784];
    for along in 4..24 {
        for across in 13..16 {
            image[along * 28 + across] = 1.0;
            image[across * 28 + along] = 1.0;
        }
    }
    let strokes = strokes(&image);
    let length = |stroke: &Vec<[f64; 2]>| stroke.len() as f64 / FINER as f64;
    let long: Vec<f64> = strokes.iter().map(length).filter(|length| *length > 15.0).collect();
    assert!(
        long.len() == 2 || (long.len() == 1 && strokes.len() >= 3),
        "{:?}",
        strokes.iter().map(length).collect::<Vec<_>>()
    );
}
