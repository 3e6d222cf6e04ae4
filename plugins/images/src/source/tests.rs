use super::*;
use image::{GrayImage, Luma};
use proptest::prelude::*;
use std::fs;
use tempfile::TempDir;

fn idx_file(axes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, axes.len() as u8];
    axes.iter().for_each(|length| bytes.extend(length.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn sentence<T: std::fmt::Debug>(result: semola_plugin_api::Result<T>) -> String {
    let sentence = result.expect_err("is refused").to_string();
    assert!(!sentence.contains('\n'), "{sentence}");
    sentence
}

/// Images of 2 × 3 bytes and their labels, in files.
fn idx_pair(count: u32) -> (TempDir, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..count * 6).map(|place| place as u8).collect();
    let labels: Vec<u8> = (0..count).map(|place| (place % 3) as u8).collect();
    let paths = ["images", "labels"].map(|name| folder.path().join(name));
    fs::write(&paths[0], idx_file(&[count, 2, 3], &pixels)).unwrap();
    fs::write(&paths[1], idx_file(&[count], &labels)).unwrap();
    (folder, paths.map(|path| path.display().to_string()))
}

#[test]
fn idx_files_are_divided_without_losing_or_mixing_a_picture() {
    let (_keep, [images, labels]) = idx_pair(40);
    let pictures = idx([&images, &labels], ["", ""], 7).unwrap();
    assert_eq!((pictures.shape, pictures.classes.len()), ([1, 2, 3], 3));
    let sizes = pictures.parts.each_ref().map(|part| part.labels.len());
    assert_eq!(sizes, [28, 6, 6]);
    let mut seen: Vec<u8> = Vec::new();
    for part in &pictures.parts {
        for (picture, &label) in part.pixels.chunks(6).zip(&part.labels) {
            let index = picture[0] / 6;
            assert_eq!((index % 3, picture[5]), (label as u8, picture[0] + 5));
            seen.push(index);
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..40).collect::<Vec<u8>>());
    let again = idx([&images, &labels], ["", ""], 7).unwrap();
    assert_eq!(again.parts[0].labels, pictures.parts[0].labels);
}

#[test]
fn published_test_files_stay_apart() {
    let (_keep, [images, labels]) = idx_pair(20);
    let pictures = idx([&images, &labels], [&images, &labels], 0).unwrap();
    assert_eq!(pictures.parts.each_ref().map(|part| part.labels.len()), [17, 3, 20]);
}

#[test]
fn spoilt_idx_files_are_refused() {
    let (folder, [images, labels]) = idx_pair(10);
    let spoilt = folder.path().join("spoilt");
    let name = spoilt.display().to_string();
    let whole = fs::read(&images).unwrap();
    let cases: [(&[u8], &str); 6] = [
        (b"", "does not begin with two zero bytes"),
        (b"\x1f\x8b\x08\x00", "unpack it with gunzip"),
        (&whole[..9], "ends within its header"),
        (&whole[..40], "claims the shape [10, 2, 3] and holds 24 bytes"),
        (&[0, 0, 13, 3], "elements of type 0x0d"),
        (&idx_file(&[u32::MAX, u32::MAX, u32::MAX], &[]), "claims the shape"),
    ];
    for (bytes, expected) in cases {
        fs::write(&spoilt, bytes).unwrap();
        let said = sentence(idx([&name, &labels], ["", ""], 0));
        assert!(said.starts_with(&name) && said.contains(expected), "{said}");
    }
    let said = sentence(idx([&labels, &images], ["", ""], 0));
    assert!(said.contains("has 1 axes, expected 3, as images have"), "{said}");
    fs::write(&spoilt, idx_file(&[9], &[0; 9])).unwrap();
    assert!(sentence(idx([&images, &name], ["", ""], 0)).contains("has 9 labels, expected 10"));
    assert!(sentence(idx(["/nowhere", &labels], ["", ""], 0)).contains("/nowhere: cannot be read"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_idx_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), axes in 1_usize..4) {
        let _ = super::idx::parse(&bytes, axes);
        let mut headed = vec![0, 0, 8, axes as u8];
        headed.extend(&bytes);
        let _ = super::idx::parse(&headed, axes);
    }

    #[test]
    fn a_written_idx_file_reads_back(lengths in proptest::collection::vec(0_u32..5, 3)) {
        let data: Vec<u8> = (0..lengths.iter().product::<u32>()).map(|place| place as u8).collect();
        let file = idx_file(&lengths, &data);
        let (shape, read) = super::idx::parse(&file, 3).unwrap();
        prop_assert_eq!(shape, lengths.iter().map(|&length| length as usize).collect::<Vec<_>>());
        prop_assert_eq!(read, &data[..]);
    }
}

fn png(path: &Path, width: u32, height: u32, value: u8) {
    GrayImage::from_pixel(width, height, Luma([value])).save(path).unwrap();
}

/// Two classes of seven pictures.
fn classes() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (class, value) in [("bright", 200), ("dark", 20)] {
        fs::create_dir(root.path().join(class)).unwrap();
        (0..7).for_each(|index| {
            png(&root.path().join(class).join(format!("{index}.png")), 5, 4, value + index)
        });
    }
    root
}

#[test]
fn folders_are_classes() {
    let root = classes();
    fs::write(root.path().join("bright/notes.txt"), "not a picture").unwrap();
    let pictures = folder(root.path(), 0, false, 3).unwrap();
    assert_eq!(
        (pictures.shape, pictures.classes.as_slice()),
        ([1, 4, 5], &["bright".into(), "dark".into()][..])
    );
    assert_eq!(pictures.parts.each_ref().map(|part| part.labels.len()), [10, 2, 2]);
    for part in &pictures.parts {
        for (picture, &label) in part.pixels.chunks(20).zip(&part.labels) {
            assert_eq!(picture[0] < 100, label == 1);
        }
    }
    assert_eq!(folder(root.path(), 8, true, 3).unwrap().shape, [3, 8, 8]);
}

#[test]
fn what_is_wrong_in_a_folder_is_named() {
    let root = classes();
    let odd = root.path().join("dark/odd.png");
    png(&odd, 6, 4, 1);
    let said = sentence(folder(root.path(), 0, false, 0));
    assert!(said.contains("odd.png: is 6 × 4 pixels, the first picture 5 × 4"), "{said}");
    for bytes in [&b"no picture"[..], b"", &fs::read(root.path().join("dark/1.png")).unwrap()[..30]] {
        fs::write(&odd, bytes).unwrap();
        let said = sentence(folder(root.path(), 0, false, 0));
        assert!(said.contains("odd.png: is no PNG or JPEG picture, or damaged"), "{said}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(sentence(folder(empty.path(), 0, false, 0)).contains("has 0 subfolders"));
    for class in ["a", "b"] {
        fs::create_dir(empty.path().join(class)).unwrap();
    }
    assert!(sentence(folder(empty.path(), 0, false, 0)).contains("a: holds no picture"));
    assert!(sentence(folder(&empty.path().join("c"), 0, false, 0)).contains("cannot be read as a folder"));
}
