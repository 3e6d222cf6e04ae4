//! Readers on sound, corrupt, empty and truncated files; the same tetrahedron in every format.

use super::*;
use proptest::prelude::*;

const OBJ: &str = "# a tetrahedron\nmtllib none.mtl\no body\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nvt 0 0\nv 0 0 1\n\
                   f 1 3 2\nf 1/1 2/1 4/1\nf 1/1/1 4/1/1 3//1\nf -3 -2 -1\n";
const OFF: &str = "OFF\n# comment\n4 4 6\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n";
const PLY: &str = "ply\nformat ascii 1.0\ncomment made by hand\nelement vertex 4\nproperty float x\nproperty float y\n\
                   property float z\nelement face 4\nproperty list uchar int vertex_indices\nend_header\n\
                   0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n";

/// The faces' corners of the tetrahedron.
const FACES: [[[f32; 3]; 3]; 4] = {
    const O: [f32; 3] = [0.0, 0.0, 0.0];
    const X: [f32; 3] = [1.0, 0.0, 0.0];
    const Y: [f32; 3] = [0.0, 1.0, 0.0];
    const Z: [f32; 3] = [0.0, 0.0, 1.0];
    [[O, Y, X], [O, X, Z], [O, Z, Y], [X, Y, Z]]
};

fn stl_text() -> String {
    let mut text = String::from("solid body\n");
    for face in FACES {
        text += "facet normal 0 0 0\nouter loop\n";
        for [x, y, z] in face {
            text += &format!("vertex {x} {y} {z}\n");
        }
        text += "endloop\nendfacet\n";
    }
    text + "endsolid body\n"
}

fn stl_binary(header: &[u8]) -> Vec<u8> {
    let mut bytes = vec![b' '; 80];
    bytes[..header.len()].copy_from_slice(header);
    bytes.extend(4u32.to_le_bytes());
    for face in FACES {
        bytes.extend([0; 12]);
        bytes.extend(face.as_flattened().iter().flat_map(|x| x.to_le_bytes()));
        bytes.extend([0; 2]);
    }
    bytes
}

fn ply_binary() -> Vec<u8> {
    let mut bytes = PLY[..PLY.find("0 0 0").unwrap()].replace("ascii", "binary_little_endian").into_bytes();
    for corner in [[0.0f32, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] {
        bytes.extend(corner.iter().flat_map(|x| x.to_le_bytes()));
    }
    for face in [[0i32, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]] {
        bytes.push(3);
        bytes.extend(face.iter().flat_map(|index| index.to_le_bytes()));
    }
    bytes
}

/// The surface of the unit tetrahedron: three right triangles and the slanted one.
fn is_tetrahedron(mesh: &Mesh) -> bool {
    let area: f64 = (0..mesh.triangles.len()).map(|index| mesh.area(index)).sum();
    mesh.triangles.len() == 4 && (area - (1.5 + 3.0f64.sqrt() / 2.0)).abs() < 1e-12
}

#[test]
fn every_format_gives_the_same_surface() {
    let headless = OFF.replace("OFF\n# comment\n4 4 6", "OFF4 4 6");
    for (ending, bytes) in [
        ("obj", OBJ.as_bytes().to_vec()),
        ("obj", OBJ.replace('\n', "\r\n").replace("f 1 3 2", "f 1 \\\r\n 3 2").into_bytes()),
        ("off", OFF.as_bytes().to_vec()),
        ("off", headless.into_bytes()),
        ("off", OFF.replace("OFF", "COFF").replace("1 0 0\n", "1 0 0 255 0 0 255\n").into_bytes()),
        ("ply", PLY.as_bytes().to_vec()),
        ("ply", PLY.replace("vertex_indices", "vertex_index").into_bytes()),
        ("ply", ply_binary()),
        ("stl", stl_text().into_bytes()),
        ("stl", stl_binary(b"made by a program")),
        ("stl", stl_binary(b"solid in spite of being binary")),
    ] {
        let mesh = parse(ending, &bytes).unwrap();
        assert!(is_tetrahedron(&mesh), "{ending}: {mesh:?}");
    }
}

#[test]
fn polygons_become_fans() {
    let square = "v 0 0 0\nv 2 0 0\nv 2 2 0\nv 0 2 0\nf 1 2 3 4\n";
    let mesh = parse("obj", square.as_bytes()).unwrap();
    assert_eq!(mesh.triangles, [[0, 1, 2], [0, 2, 3]]);
    assert_eq!(mesh.area(0) + mesh.area(1), 4.0);
}

#[test]
fn refusals_say_what_and_where() {
    for (ending, text, words) in [
        ("obj", String::new(), &["empty"][..]),
        ("obj", "# nothing\n".into(), &["0 corners and no face"]),
        ("obj", OBJ.replace("v 1 0 0", "v 1 nan 0"), &["`nan`", "line 5", "finite"]),
        ("obj", OBJ.replace("v 1 0 0", "v 1 x 0"), &["`x`", "line 5"]),
        ("obj", OBJ.replace("v 1 0 0", "v 1 0"), &["2 coordinates", "line 5"]),
        ("obj", OBJ.replace("f 1 3 2", "f 1 3 9"), &["corner 9", "line 10", "1 to 4"]),
        ("obj", OBJ.replace("f 1 3 2", "f 1 3 0"), &["`0`", "line 10"]),
        ("obj", OBJ.replace("f 1 3 2", "f 1 3 -5"), &["`-5`", "line 10"]),
        ("obj", OBJ.replace("f 1 3 2", "f 1 3"), &["2 corners", "line 10"]),
        ("obj", "v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n".into(), &["area 0"]),
        ("obj", "v 1e20 1 1\nv 1 1 1\nv 1 2 1\nf 1 2 3\n".into(), &["corner 0", "1e15"]),
        ("off", "PLY\n".into(), &["`PLY`", "line 1", "`OFF`"]),
        ("off", "# nothing\n".into(), &["comments"]),
        ("off", "OFF\n".into(), &["line 1", "numbers of corners"]),
        ("off", "OFF\n4 x 6\n".into(), &["`4 x 6`", "line 2"]),
        ("off", "OFF\n99999999999 1 0\n0 0 0\n".into(), &["after 1 corners", "truncated"]),
        ("off", OFF.replace("3 1 2 3\n", ""), &["after 3 faces", "expected 4"]),
        ("off", OFF.replace("3 1 2 3", "3 1 2 4"), &["`4`", "line 11", "0 to 3"]),
        ("off", OFF.replace("3 1 2 3", "4 1 2 3"), &["3 corners", "line 11", "expected 4"]),
        ("off", OFF.replace("1 0 0", "1 inf 0"), &["`inf`", "line 5"]),
        ("off", OFF.replace("OFF", "OFF BINARY"), &["binary"]),
        ("off", OFF.replace("OFF", "4OFF"), &["`4OFF`", "three dimensions"]),
        ("ply", OFF.into(), &["no PLY"]),
        ("ply", PLY.replace("1 0 0", "1 nan 0"), &["Line 12", "1 nan 0"]),
        ("ply", PLY.replace("1 0 0", "1 q 0"), &["Line 12"]),
        ("ply", PLY.replace("3 1 2 3", "3 1 2 4"), &["corner 4", "face 3", "4 vertices"]),
        ("ply", PLY.replace("3 1 2 3", "3 1 2 -1"), &["corner -1", "face 3"]),
        ("ply", PLY.replace("3 1 2 3\n", ""), &["face", "expected 4, got 3"]),
        ("ply", PLY.replace("vertex 4", "vertex 999999999999"), &["999999999999", "truncated"]),
        ("ply", PLY.replace("property float z\n", ""), &["`z`", "vertex 0"]),
        ("ply", PLY.replace("vertex_indices", "corners"), &["no list", "face 0"]),
        ("ply", PLY.replace("element vertex", "element point"), &["no element `vertex`"]),
        ("stl", "solid".into(), &["truncated in its header"]),
        ("stl", stl_text().replace("vertex 1 0 0", "vertex 1 nan 0"), &["triangle 0"]),
        ("stl", stl_text().replace("endsolid body\n", ""), &["triangle 4", "EOF"]),
        ("stl", "solid body\nendsolid body\n".into(), &["no face"]),
        ("txt", OBJ.into(), &["obj, ply, off, stl"]),
    ] {
        let error = parse(ending, text.as_bytes()).expect_err(&text);
        assert!(words.iter().all(|word| error.contains(word)), "{ending}: {error}\n expected {words:?}");
    }
}

#[test]
fn binary_files_cut_short_or_with_nan_are_refused() {
    for (ending, whole) in [("ply", ply_binary()), ("stl", stl_binary(b"x"))] {
        let start = if ending == "stl" { 84 } else { whole.len() - 4 * (12 + 13) };
        let error = parse(ending, &whole[..whole.len() - 3]).unwrap_err();
        assert!(error.contains("damaged"), "{error}");
        let mut spoilt = whole;
        let place = if ending == "stl" { start + 12 } else { start };
        spoilt[place..place + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        let error = parse(ending, &spoilt).unwrap_err();
        assert!(error.contains("NaN") && error.contains(" 0"), "{error}");
    }
}

#[test]
fn a_file_that_is_missing_or_misnamed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.off");
    assert!(read(&missing).unwrap_err().to_string().contains("none.off"));
    let misnamed = folder.path().join("mesh.PLY");
    std::fs::write(&misnamed, OFF).unwrap();
    assert!(read(&misnamed).unwrap_err().to_string().contains("mesh.PLY: is no PLY"));
}

proptest! {
    #[test]
    fn no_bytes_panic(place in 0..ENDINGS.len(), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(ENDINGS[place], &bytes);
    }

    #[test]
    fn no_damage_panics(kind in 0..6usize, place: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let (ending, mut bytes) = match kind {
            0 => ("obj", OBJ.as_bytes().to_vec()),
            1 => ("off", OFF.as_bytes().to_vec()),
            2 => ("ply", PLY.as_bytes().to_vec()),
            3 => ("ply", ply_binary()),
            4 => ("stl", stl_text().into_bytes()),
            _ => ("stl", stl_binary(b"x")),
        };
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(mesh) = parse(ending, &bytes) {
            prop_assert!(mesh.triangles.as_flattened().iter().all(|&corner| corner < mesh.corners.len()));
        }
        let _ = parse(ending, &bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn words_in_any_order_do_not_panic(
        words in prop::collection::vec(prop::sample::select(vec![
            "OFF", "v", "f", "-1", "0", "1", "2", "3", "1/2", "99999999999999999999", "1e400", "\n", "\\", "#", "nan", "STOFF",
        ]), 0..60),
        off: bool,
    ) {
        let _ = parse(if off { "off" } else { "obj" }, words.join(" ").as_bytes());
    }

    #[test]
    fn off_gives_what_was_written(
        corners in prop::collection::vec(prop::array::uniform3(-1e6..1e6f64), 3..20),
        picks in prop::collection::vec(prop::array::uniform3(any::<prop::sample::Index>()), 1..20),
    ) {
        let faces: Vec<[usize; 3]> = picks.iter().map(|pick| pick.map(|index| index.index(corners.len()))).collect();
        let mut text = format!("OFF\n{} {} 0\n", corners.len(), faces.len());
        for [x, y, z] in &corners {
            text += &format!("{x} {y} {z}\n");
        }
        for [a, b, c] in &faces {
            text += &format!("3 {a} {b} {c}\n");
        }
        prop_assert_eq!(off::parse(text.as_bytes()), Ok(Mesh { corners, triangles: faces }));
    }
}
