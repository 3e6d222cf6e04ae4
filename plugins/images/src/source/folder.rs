//! A folder with one subfolder a class, PNG and JPEG files in each.

use super::{Pictures, divided, error};
use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};
use semola_plugin_api::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// Endings of the files that are read; others are left alone.
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// Pictures by class, divided 70 : 15 : 15. With `size` 0 all must have the size of the first, otherwise they are
/// brought to `size × size`; `colour` keeps three channels instead of brightness alone.
///
/// # Errors
/// No classes, no pictures, a file that does not decode, a size that differs.
pub(crate) fn folder(path: &Path, size: u32, colour: bool, seed: u64) -> Result<Pictures> {
    let classes: Vec<PathBuf> = entries(path)?.into_iter().filter(|entry| entry.is_dir()).collect();
    if classes.len() < 2 {
        return Err(error(
            path,
            format_args!(
                "has {} subfolders, expected at least 2: one for each class, with its pictures in it",
                classes.len()
            ),
        ));
    }
    let (mut pixels, mut labels, mut shape) = (Vec::new(), Vec::new(), None);
    for (label, class) in classes.iter().enumerate() {
        let files = entries(class)?.into_iter().filter(|file| is_picture(file)).collect::<Vec<_>>();
        if files.is_empty() {
            return Err(error(class, "holds no picture; expected files that end in .png, .jpg or .jpeg"));
        }
        for file in files {
            let picture = decode(&file)?;
            let picture =
                if size > 0 { picture.resize_exact(size, size, FilterType::Triangle) } else { picture };
            let found = [picture.height() as usize, picture.width() as usize];
            let first = *shape.get_or_insert(found);
            if first != found {
                return Err(error(
                    &file,
                    format_args!(
                        "is {} × {} pixels, the first picture {} × {}: set dataset.size to bring all to one size",
                        found[1], found[0], first[1], first[0]
                    ),
                ));
            }
            append(&mut pixels, &picture, colour);
            labels.push(label as i64);
        }
    }
    let [height, width] = shape.unwrap_or_default();
    let shape = [if colour { 3 } else { 1 }, height, width];
    let names =
        classes.iter().map(|class| class.file_name().unwrap_or_default().to_string_lossy().into_owned());
    let parts = divided(&pixels, &labels, shape.iter().product(), seed);
    Ok(Pictures { shape, classes: names.collect(), parts })
}

/// Sorted: the order of a directory is the file system's.
fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |cause: std::io::Error| error(path, format_args!("cannot be read as a folder: {cause}"));
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    Ok(entries)
}

fn is_picture(file: &Path) -> bool {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    file.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// By its contents, whatever the ending says.
fn decode(file: &Path) -> Result<DynamicImage> {
    let reader = ImageReader::open(file).and_then(ImageReader::with_guessed_format);
    let reader = reader.map_err(|cause| error(file, format_args!("cannot be opened: {cause}")))?;
    reader.decode().map_err(|cause| {
        error(file, format_args!("is no PNG or JPEG picture, or damaged: {cause}; replace it or take it out"))
    })
}

/// Channels first.
fn append(pixels: &mut Vec<u8>, picture: &DynamicImage, colour: bool) {
    if colour {
        let rgb = picture.to_rgb8();
        for channel in 0..3 {
            pixels.extend(rgb.pixels().map(|pixel| pixel.0[channel]));
        }
    } else {
        pixels.extend(picture.to_luma8().into_raw());
    }
}
