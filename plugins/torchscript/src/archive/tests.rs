use super::Archive;
use proptest::prelude::*;

const LASTING: &[u8] = include_bytes!("../golden/lasting.pt");

#[test]
fn a_module_as_pytorch_writes_it() {
    let mut archive = Archive::open(LASTING.to_vec()).unwrap();
    assert_eq!(archive.root().unwrap(), "__torch__.Lasting");
    let sources = archive.sources();
    assert!(sources.contains(&"code/__torch__.py".to_owned()), "{sources:?}");
    assert!(sources.contains(&"code/__torch__/torch/nn/modules/batchnorm.py".to_owned()), "{sources:?}");
    assert!(archive.source("code/__torch__.py").unwrap().starts_with("class Lasting(Module):\n"));
}

#[test]
fn one_text_is_replaced_and_the_rest_stays() {
    let other_file = "code/__torch__/torch/nn/modules/batchnorm.py";
    let mut before = Archive::open(LASTING.to_vec()).unwrap();
    let (pickle, other) = (before.read("data.pkl").unwrap(), before.source(other_file).unwrap());
    let bytes = before.with_source("code/__torch__.py", "nothing\n").unwrap();
    let mut after = Archive::open(bytes).unwrap();
    assert_eq!(after.source("code/__torch__.py").unwrap(), "nothing\n");
    assert_eq!(after.source(other_file).unwrap(), other);
    assert_eq!(after.read("data.pkl").unwrap(), pickle);
}

#[test]
fn what_is_no_torchscript_is_told_apart() {
    let error = |bytes: &[u8]| Archive::open(bytes.to_vec()).unwrap_err();
    assert!(error(b"").starts_with("is empty"));
    assert!(error(b"import torch\n").starts_with("is no TorchScript file"));
    assert!(error(include_bytes!("../golden/legacy.pt")).starts_with("is a Python pickle"));
    assert!(error(include_bytes!("../golden/state.pt")).starts_with("was written by torch.save"));
    assert!(error(&LASTING[..LASTING.len() - 100]).starts_with("is damaged or cut off"));
    // An archive with nothing in it.
    assert!(error(&[&b"PK\x05\x06"[..], &[0; 18]].concat()).contains("without a TorchScript module"));
}

/// Everything that is read of a file before libtorch sees it.
fn read_all(bytes: Vec<u8>) -> Result<(), String> {
    let mut archive = Archive::open(bytes)?;
    archive.root()?;
    for name in archive.sources() {
        archive.source(&name)?;
    }
    archive.with_source("code/__torch__.py", "").map(drop)
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_all(bytes);
    }

    #[test]
    fn spoilt_archives_are_an_answer(changes in proptest::collection::vec((0..LASTING.len(), any::<u8>()), 1..8)) {
        let mut bytes = LASTING.to_vec();
        changes.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        let _ = read_all(bytes);
    }

    /// The directory at the end is where a reader can be led astray.
    #[test]
    fn spoilt_directories_are_an_answer(
        changes in proptest::collection::vec((1..3000_usize, any::<u8>()), 1..4),
        cut in 0..50_usize,
    ) {
        let mut bytes = LASTING.to_vec();
        let length = bytes.len();
        changes.into_iter().for_each(|(back, byte)| bytes[length - back] = byte);
        bytes.truncate(length - cut);
        let _ = read_all(bytes);
    }
}
