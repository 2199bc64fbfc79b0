//! Tests the program `train_images`, and `predict` with its models.

use std::{fs, path::Path};

use image::{Rgb, RgbImage};
use kindling_e2e::{Program, json};

const TRAIN: Program = Program("train_images");
const PREDICT: Program = Program("predict");

/// Returns an image with vertical (`stand`) or horizontal stripes in a color unrelated to the class.
fn stripes(index: u32, stand: bool) -> RgbImage {
    let color = [(index * 53 % 200) as u8 + 55, (index * 91 % 200) as u8 + 55, (index * 17 % 200) as u8 + 55];
    RgbImage::from_fn(20, 16, |x, y| {
        let place = if stand { x } else { y };
        if (place + index) % 4 < 2 { Rgb(color) } else { Rgb([0; 3]) }
    })
}

fn write_directory(root: &Path) {
    for (class, stand) in [("lying", false), ("standing", true)] {
        fs::create_dir_all(root.join(class)).unwrap();
        for index in 0..40 {
            let extension = if index % 2 == 0 { "png" } else { "jpg" };
            stripes(index, stand).save(root.join(class).join(format!("{index}.{extension}"))).unwrap();
        }
    }
}

/// Returns a PNG file whose header claims 50,000 by 50,000 pixels.
fn huge_png() -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(50_000_u32.to_be_bytes().repeat(2));
    header.extend([8, 2, 0, 0, 0]);
    let mut crc = !0_u32;
    for byte in &header {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 });
    }
    [b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", &header[..], &(!crc).to_be_bytes()].concat()
}

#[test]
fn a_directory_of_valid_and_invalid_images() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    write_directory(&images);
    fs::write(images.join("lying/broken.png"), b"\x89PNG, but not really").unwrap();
    fs::write(images.join("standing/huge.png"), huge_png()).unwrap();
    fs::write(images.join("standing/notes.doc"), b"no image").unwrap();
    let out = folder.path().join("out");
    let flags = ["--size", "16x16", "--augment", "shift", "--max-epochs", "15", "--seed", "2"];
    let assert = TRAIN.command().arg(&images).arg("--out").arg(&out).args(flags).assert().success();
    let errors = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    for note in
        ["2 files cannot be read and are left out", "broken.png", "huge.png", "1 files are not PNG or JPEG"]
    {
        assert!(errors.contains(note), "{note}: {errors}");
    }
    let result = json(&out.join("result.json"));
    assert_eq!((&result["task"], &result["rows"]), (&"binary".into(), &80.into()));
    assert!(result["test_accuracy"].as_f64() > Some(0.9), "{result}");

    // New images of the same classes.
    let (lying, standing) = (folder.path().join("a.jpg"), folder.path().join("b.png"));
    stripes(90, false).save(&lying).unwrap();
    stripes(91, true).save(&standing).unwrap();
    let assert = PREDICT.command().arg("--model").arg(&out).args([&lying, &standing]).assert().success();
    let mut reader = csv::Reader::from_reader(&*assert.get_output().stdout);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!([&rows[0][2], &rows[1][2]], ["lying", "standing"]);
    let huge = images.join("standing/huge.png");
    let assert = PREDICT.command().arg("--model").arg(&out).arg(huge).assert().code(1);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(error.contains("huge.png") && !error.contains("panicked"), "{error}");
}

#[test]
fn a_table_of_images() {
    let folder = tempfile::tempdir().unwrap();
    write_directory(&folder.path().join("images"));
    let table = folder.path().join("images.csv");
    let mut writer = csv::Writer::from_path(&table).unwrap();
    writer.write_record(["path", "kind"]).unwrap();
    for index in 0..80 {
        let (class, own) = (["lying", "standing"][index % 2], index / 2);
        let extension = if own % 2 == 0 { "png" } else { "jpg" };
        writer.write_record([&format!("images/{class}/{own}.{extension}"), class]).unwrap();
    }
    // An image may be listed more than once.
    writer.write_record(["images/lying/0.png", "lying"]).unwrap();
    writer.flush().unwrap();
    let out = folder.path().join("out");
    let flags =
        ["--file", "path", "--target", "kind", "--size", "12x12", "--channels", "1", "--max-epochs", "2"];
    TRAIN.command().arg(&table).arg("--out").arg(&out).args(flags).assert().success();
    assert_eq!(json(&out.join("result.json"))["rows"], 81);
    TRAIN.refuse(&table, &["--target", "kind"], "no column \"file\"");
}

#[test]
fn invalid_image_data_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    TRAIN.refuse(&folder.path().join("none"), &[], "none");
    // The backend is checked before the data is read.
    TRAIN.refuse(&folder.path().join("none"), &["--backend", "abacus"], "abacus");
    let images = folder.path().join("images");
    write_directory(&images);
    TRAIN.refuse(&images, &["--size", "0x3"], "0x3");
    fs::remove_dir_all(images.join("standing")).unwrap();
    TRAIN.refuse(&images, &[], "classes");
    fs::remove_dir_all(images.join("lying")).unwrap();
    fs::create_dir(images.join("empty")).unwrap();
    TRAIN.refuse(&images, &[], "no subdirectory contains files of the types png, jpg, jpeg");
}
