//! The IDX format of MNIST: two zero bytes, type, number of axes, their lengths as big-endian u32, then the numbers.
//! Described at the end of the MNIST page (LeCun, Cortes, Burges).

use super::{Part, Pictures, divided, error};
use semola_plugin_api::Result;
use std::fs;
use std::path::Path;

/// The only type that pictures and labels come in.
const BYTES: u8 = 0x08;

/// Axes and bytes of a file in memory; the error is the end of a sentence about it.
pub(super) fn parse(bytes: &[u8], axes: usize) -> Result<(Vec<usize>, &[u8]), String> {
    let [0, 0, kind, count, rest @ ..] = bytes else {
        return Err(
            "does not begin with two zero bytes, a type and a number of axes: it is no IDX file, or still \
                    compressed (unpack it with gunzip)"
                .into(),
        );
    };
    if *kind != BYTES {
        return Err(format!("holds elements of type 0x{kind:02x}, expected 0x08, unsigned bytes"));
    }
    if usize::from(*count) != axes {
        let what = if axes == 3 { "images" } else { "labels" };
        return Err(format!("has {count} axes, expected {axes}, as {what} have"));
    }
    let Some((lengths, data)) = rest.split_at_checked(4 * axes) else {
        return Err("ends within its header: it is truncated".into());
    };
    let (lengths, _) = lengths.as_chunks::<4>();
    let lengths: Vec<usize> = lengths.iter().map(|length| u32::from_be_bytes(*length) as usize).collect();
    let expected = lengths.iter().try_fold(1_usize, |product, &length| product.checked_mul(length));
    if expected != Some(data.len()) {
        return Err(format!("claims the shape {lengths:?} and holds {} bytes: it is damaged", data.len()));
    }
    Ok((lengths, data))
}

/// Pictures and labels from IDX files; without test files the training ones are divided 70 : 15 : 15, with them the
/// last 15 % of the training pictures become the validation split.
///
/// # Errors
/// A file is missing, damaged or empty; images and labels do not belong together.
pub(crate) fn idx(train: [&str; 2], test: [&str; 2], seed: u64) -> Result<Pictures> {
    let (shape, pixels, labels) = pair(train)?;
    let stride = shape[1] * shape[2];
    let parts = if test.iter().all(|path| path.is_empty()) {
        divided(&pixels, &labels, stride, seed)
    } else {
        let (other, test_pixels, test_labels) = pair(test)?;
        if other != shape {
            let what = format!("holds images of {other:?} pixels, expected {shape:?} as in {}", train[0]);
            return Err(error(Path::new(test[0]), what));
        }
        let kept = labels.len() - labels.len() * 15 / 100;
        let (train_pixels, held_out) = pixels.split_at(kept * stride);
        [
            Part { pixels: train_pixels.to_vec(), labels: labels[..kept].to_vec() },
            Part { pixels: held_out.to_vec(), labels: labels[kept..].to_vec() },
            Part { pixels: test_pixels, labels: test_labels },
        ]
    };
    let most = parts.iter().flat_map(|part| &part.labels).copied().max().unwrap_or_default();
    Ok(Pictures { shape, classes: (0..=most).map(|label| label.to_string()).collect(), parts })
}

fn pair([images, labels]: [&str; 2]) -> Result<([usize; 3], Vec<u8>, Vec<i64>)> {
    let read = |path: &str| {
        let path = Path::new(path);
        fs::read(path).map_err(|cause| error(path, format_args!("cannot be read: {cause}")))
    };
    let (image_bytes, label_bytes) = (read(images)?, read(labels)?);
    let (shape, pixels) = parse(&image_bytes, 3).map_err(|what| error(Path::new(images), what))?;
    let (count, classes) = parse(&label_bytes, 1).map_err(|what| error(Path::new(labels), what))?;
    if shape[0] != count[0] {
        let what = format!("has {} labels, expected {}: one for each image of {images}", count[0], shape[0]);
        return Err(error(Path::new(labels), what));
    }
    if pixels.is_empty() {
        return Err(error(Path::new(images), "holds no pixels"));
    }
    let labels = classes.iter().map(|&label| i64::from(label)).collect();
    Ok(([1, shape[1], shape[2]], pixels.to_vec(), labels))
}
