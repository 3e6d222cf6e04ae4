use super::{Part, Pictures, error};
use semola_arrays::Imported;
use semola_plugin_api::{Result, Split};

/// A set of pictures that `scripts/import-data` made.
///
/// # Errors
/// It is not there, or not what its card says.
pub(crate) fn imported(cache: &str, name: &str, classes: Option<&str>) -> Result<Pictures> {
    let set = Imported::open(cache, name)?;
    let mut shape = None;
    let mut parts = Vec::with_capacity(3);
    for split in [Split::Train, Split::Validation, Split::Test] {
        let part = set.part(split)?;
        let (pixels, labels) = (part.bytes("image")?, part.integers("label")?);
        let ([_, height, width], true) = (&pixels.shape[..], labels.shape.len() == 1) else {
            return Err(error(
                part.path(),
                format_args!(
                    "holds images of shape {:?} and labels of shape {:?}, expected [n, height, width] and [n]; import it again",
                    pixels.shape, labels.shape
                ),
            ));
        };
        let found = [1, *height, *width];
        if *shape.get_or_insert(found) != found {
            return Err(error(
                part.path(),
                "holds images of another size than the training file; import it again",
            ));
        }
        parts.push(Part { pixels: pixels.numbers, labels: labels.numbers });
    }
    let most = parts.iter().flat_map(|part| &part.labels).copied().max().unwrap_or_default();
    let classes = match classes {
        Some(key) => set.list(key)?,
        None => (0..=most).map(|label| label.to_string()).collect(),
    };
    let shape = shape.unwrap_or_default();
    let parts: [Part; 3] = parts.try_into().expect("three splits were read");
    Ok(Pictures { shape, classes, parts })
}
