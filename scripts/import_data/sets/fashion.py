"""Fashion-MNIST from its Debian package: 70,000 pictures of clothes as gzipped IDX files."""

from import_data import splits
from import_data.failure import Failure
from import_data.formats import archive, idx
from import_data.packages import Package
from import_data.sets import DataSet, Field, Made
from import_data.tensors import take

FOLDER = "usr/share/datasets/fashion-mnist/"
CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def read_pair(files, part):
    """Images and labels of "train" or "t10k"."""
    names = [f"{FOLDER}{part}-images-idx3-ubyte.gz", f"{FOLDER}{part}-labels-idx1-ubyte.gz"]
    images, labels = idx.read(files[names[0]], names[0], 3), idx.read(files[names[1]], names[1], 1)
    if images.shape[0] != labels.shape[0]:
        raise Failure(f"{names[0]} has {images.shape[0]} images, but {names[1]} has {labels.shape[0]} labels")
    if labels.values and max(labels.values) >= len(CLASSES):
        row = next(row for row, label in enumerate(labels.values) if label >= len(CLASSES))
        raise Failure(f"{names[1]}, record {row}: label {labels.values[row]}, expected 0 to {len(CLASSES) - 1}")
    return {"image": images, "label": labels}


def make(paths, subset, progress):
    names = [f"{FOLDER}{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    files = archive.debian(paths[0], names)
    progress(1, 2, "package read")
    train, test = read_pair(files, "train"), read_pair(files, "t10k")
    # The published test images stay the test; validation is cut from the published training images.
    count, tests = train["label"].shape[0], test["label"].shape[0]
    kept = count if subset is None else max(1, subset * count // (count + tests))
    kept_tests = tests if subset is None else subset - kept
    rows = splits.split("fashion", [str(row) for row in range(count)], 1 / 12, 0, subset=kept)
    rows["test"] = [int(row) for row in splits.rank("fashion", map(str, range(tests)))[:kept_tests]]
    source = {"train": train, "validation": train, "test": test}
    made = {name: {field: take(t, rows[name]) for field, t in source[name].items()} for name in source}
    progress(2, 2, "images read")
    return Made(made, {"classes": list(CLASSES)})


SET = DataSet(
    name="fashion",
    title="pictures of clothes, upright (Fashion-MNIST)",
    packages=(
        Package(
            "Debian",
            "dataset-fashion-mnist",
            "0.0~git20200523.55506a9-1",
            "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
            "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
            31,
        ),
    ),
    recipe=1,
    megabytes=56,
    licence="MIT (Expat)",
    attribution="Zalando SE, Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, arXiv 1708.07747)",
    expected_group="none (control): clothes are photographed upright",
    made_by="Bytes as published, neither centred, scaled nor rotated. Test is the published test; validation is a "
    "twelfth of the published training images.",
    objects="picture",
    fields={
        "image": Field("U8", (28, 28), "image", "brightness, 0 to 255", "rows from the top, 0 is background"),
        "label": Field("U8", (), "scalar", "class", "index into classes"),
    },
    make=make,
)
