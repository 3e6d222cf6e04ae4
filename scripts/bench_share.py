"""How much of a step is spent inside libtorch's kernels: read by `scripts/bench share`.

Samples whole call stacks with perf. A sample counts for the first of these that its stack holds: a kernel of libtorch or of the
libraries in it (oneDNN, MKL), a kernel of the host's own, the engine of the gradients, the dispatcher; and for the host where it holds
none. What a kernel sets up and allocates is the kernel's: of a structured one (`at::meta::structured_mm`, which libtorch's sources have
beside `at::native::structured_mm`) that is a function of its own. The end of the process, which frees libtorch's tables, is no step.
"""

import pathlib
import re
import subprocess
import tempfile

PLACES = (
    ("libtorch's kernels", re.compile(r"at::(native|meta)::|dnnl|ideep|mkl_")),
    ("the host's kernels", re.compile(r"semola_(moved|exponential|orthonormal|squared)|(Moved|Exponential|Orthonormal|SquaredError)::")),
    ("autograd", re.compile(r"torch::autograd::")),
    ("dispatch and allocation", re.compile(r"at::|c10::|malloc|free")),
)
REST = "host and plugin"
END = re.compile(r"^(exit|__run_exit_handlers|_dl_fini|__cxa_finalize)")
SECONDS = 24.0
START_MS = 3000  # until a step is one like another
FREQUENCY = 400


def place(stack):
    """Of a sample, frames `(function, library)` from the innermost on."""
    # Code that oneDNN has written into memory has no name and no library.
    if not pathlib.Path(stack[0][1]).suffix.startswith(".so") and stack[0][0] == "[unknown]":
        return PLACES[0][0]
    functions = " ".join(function for function, _ in stack)
    return next((name for name, pattern in PLACES if pattern.search(functions)), REST)


def stacks(text):
    """What `perf script` prints, sample by sample."""
    for sample in text.split("\n\n"):
        frames = re.findall(r"^\s*[0-9a-f]+ (.*) \((.*)\)$", sample, re.MULTILINE)
        if frames:
            yield frames


def shares(program, case, threads, step_ms, run):
    """Parts of the samples by place."""
    steps = round((1e3 * SECONDS + START_MS) / step_ms)
    with tempfile.TemporaryDirectory() as directory:
        data = pathlib.Path(directory) / "samples"
        missing = "cannot sample (Debian: linux-perf; and kernel.perf_event_paranoid at most 1, or root)"
        run("perf", "record", "--quiet", "--output", data, "--event", "cpu-clock", "--freq", FREQUENCY, "--call-graph", "dwarf,24576",
            "--delay", START_MS, program, "--case", case, "--only", "host", "--threads", threads, "--rounds", 1, "--steps", steps,
            why=missing, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        script = run("perf", "script", "--input", data, "--no-inline", "--fields", "ip,sym,dso", why=missing, text=True,
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    during = (stack for stack in stacks(script.stdout) if not any(END.search(function) for function, _ in stack))
    places = [place(stack) for stack in during]
    names = [*(name for name, _ in PLACES), REST]
    return {name: places.count(name) / len(places) for name in names}
