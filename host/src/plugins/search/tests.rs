//! Which file an id means, over directories of every rank.

use super::super::fixture::Fixture;
use super::*;

/// Directories of each rank in one temporary directory.
struct Site {
    root: tempfile::TempDir,
    places: Vec<Place>,
}

impl Site {
    fn new(places: &[(Origin, &str)]) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let places = places.iter().map(|(origin, dir)| Place { origin: *origin, dir: root.path().join(dir) });
        Self { places: places.collect(), root }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in the root")).expect("writable");
        std::fs::write(&path, bytes).expect("writable");
        path
    }

    fn plugin(&self, path: &str, id: &str) -> PathBuf {
        self.write(path, &Fixture::new(id).elf())
    }

    fn scan(&self) -> Catalogue {
        Catalogue::scan(&self.places, &HostVersion::current("2.13.0"))
    }
}

const RANKS: [(Origin, &str); 3] =
    [(Origin::PluginDir, "a"), (Origin::BesideBinary, "bin"), (Origin::System, "system")];

#[test]
fn the_earlier_rank_wins() {
    let site = Site::new(&RANKS);
    let first = site.plugin("a/libx.so", "x");
    site.plugin("bin/libx.so", "x");
    site.plugin("a/deeper/liby.so", "y");
    let catalogue = site.scan();
    assert_eq!(catalogue.find("x").expect("found").path, first);
    assert_eq!(catalogue.found.len(), 2, "the search does not descend");
}

#[test]
fn twice_in_one_rank_is_an_error_when_used() {
    let site = Site::new(&[(Origin::PluginDir, "a"), (Origin::PluginDir, "b")]);
    let first = site.plugin("a/libx.so", "x");
    let second = site.plugin("b/other.so", "x");
    site.plugin("b/y.so", "y");
    let mut catalogue = site.scan();
    catalogue.find("y").expect("the other id is not concerned");
    let message = catalogue.find("x").expect_err("twice").to_string();
    assert!(message.contains(&format!("{} and {}", first.display(), second.display())), "{message}");
    catalogue.add(&second).expect("a good file");
    assert_eq!(catalogue.find("x").expect("an explicit path wins").path, second);
}

#[test]
fn links_and_repeated_directories_are_no_duplicates() {
    let site = Site::new(&[(Origin::PluginDir, "a"), (Origin::PluginDir, "a/../a")]);
    let file = site.plugin("a/libx.so", "x");
    std::os::unix::fs::symlink(&file, site.root.path().join("a/liby.so")).expect("links work");
    assert_eq!(site.scan().find("x").expect("found once").path, file);
}

#[test]
fn a_miss_tells_every_place() {
    let site = Site::new(&RANKS);
    site.plugin("a/libpointnet.so", "pointnet");
    site.write("a/junk.so", b"junk");
    site.write("a/readme.txt", b"junk");
    site.write("bin/plain.so", b"");
    let message = site.scan().find("pointnot").expect_err("no such plugin").to_string();
    let root = site.root.path().display();
    let expected = format!(
        "no plugin named pointnot (did you mean pointnet?); searched, in this order:\
             \n  {root}/a (--plugin-dir): no plugin of that name (found: pointnet)\
             \n    refused: {root}/a/junk.so is not a plugin: it is not an ELF file (the format of shared libraries)\
             \n  {root}/bin (next to the program): no plugins\
             \n    refused: {root}/bin/plain.so is empty: copy the plugin again\
             \n  {root}/system (system): no such directory"
    );
    assert_eq!(message, expected);
}

#[test]
fn a_refused_file_is_never_passed_over() {
    for name in ["my-net.so", "libmy_net.so", "libsemola_plugin_my_net.so"] {
        let site = Site::new(&RANKS);
        site.write(&format!("a/{name}"), b"junk");
        site.plugin("system/libmy_net.so", "my-net");
        let error = site.scan().find("my-net").expect_err("refused");
        assert!(matches!(error, FindError::Refused(Refusal::NotElf { .. })), "{name}: {error}");
    }
    let site = Site::new(&RANKS);
    site.write("a/whatever.so", &Fixture::new("my-net").abi(2, 0).elf());
    let error = site.scan().find("my-net").expect_err("refused");
    assert!(
        matches!(error, FindError::Refused(Refusal::AbiMajor { .. })),
        "by the id that it tells: {error}"
    );
}

#[test]
fn a_refused_file_behind_the_match_does_not_matter() {
    let site = Site::new(&RANKS);
    let good = site.plugin("a/libx.so", "x");
    site.write("system/libx.so", b"junk");
    assert_eq!(site.scan().find("x").expect("found").path, good);
}

#[test]
fn other_libraries_are_skipped_where_they_belong() {
    let mut library = Fixture::new("x").elf();
    let at = library.windows(7).rposition(|window| window == b".semola").expect("its section has a name");
    library[at..at + 7].copy_from_slice(b".plain\0");
    let site = Site::new(&RANKS);
    site.write("a/libc.so", &library);
    site.write("bin/libc.so", &library);
    site.write("system/libc.so", &library);
    let refused: Vec<Origin> = site.scan().refused.iter().map(|refused| refused.origin).collect();
    assert_eq!(refused, [Origin::PluginDir]);
}

#[test]
fn paths_and_names_are_told_apart() {
    for path in ["./x", "/a/x.so", "x.so", "dir/x"] {
        assert!(is_path(path), "{path}");
    }
    assert!(!is_path("pointnet"));
    let error = Catalogue::default().add(Path::new("no/such.so")).expect_err("missing");
    assert!(matches!(error, FindError::NoFile { .. }));
}

#[test]
fn what_is_named_so_but_no_file_is_left_alone() {
    let site = Site::new(&RANKS);
    std::fs::create_dir_all(site.root.path().join("a/dir.so")).expect("writable");
    std::os::unix::fs::symlink("nowhere", site.root.path().join("a/gone.so")).expect("links work");
    let catalogue = site.scan();
    assert_eq!(catalogue.refused.len(), 1, "a dangling link is refused");
    assert!(catalogue.refused[0].refusal.to_string().contains("gone.so"));
}
