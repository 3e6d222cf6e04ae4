"""Simulates jets of one kind with Pythia, in a process of its own: `simulate_jets.py PACKAGE KIND SEED COUNT OUT`.

This is the only file that imports pythia8mc (GPL), and no other file imports this one: `sets/jets.py` starts it, once a
chunk, and reads the numbers that it leaves. A crash of the simulation is a failed chunk, not a failed import.

OUT holds COUNT records of RECORD little-endian 32-bit floats: the jet's momentum (E, px, py, pz) in GeV, then those of
its KEPT leading constituents, by falling transverse momentum, padded with zeros. It appears whole or not at all.

Anti-kT clustering is that of FastJet, whose core is part of Pythia (its class SlowJet).
"""

import array
import math
import os
import sys

KEPT = 64
RECORD = 4 * (1 + KEPT)
RADIUS = 0.8
PT = (550.0, 650.0)  # GeV, of the leading jet: the window of the reference set
ETA = 2.0  # of the leading jet, either way
REACH = 4.0  # pseudorapidity of the particles that are clustered
# Hard processes are drawn from this range (GeV); beyond it hardly any leads into the window, and within it most do.
HARD = (480.0, 850.0)
COMMON = (
    "Print:quiet = on",
    "Beams:eCM = 14000.",
    "PartonLevel:MPI = off",
    f"PhaseSpace:pTHatMin = {HARD[0]}",
    f"PhaseSpace:pTHatMax = {HARD[1]}",
    "Random:setSeed = on",
)
PROCESSES = {
    "qcd": ("HardQCD:all = on",),
    "top": ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "24:onMode = off", "24:onIfAny = 1 2 3 4 5"),
}


def padded(momenta, kept=KEPT):
    """The `kept` momenta (E, px, py, pz) of most transverse momentum, flat, with zeros where there are fewer."""
    leading = sorted(momenta, key=lambda p: -math.hypot(p[1], p[2]))[:kept]
    return [entry for momentum in leading for entry in momentum] + [0.0] * (4 * (kept - len(leading)))


def pseudorapidity(momentum):
    """Of (E, px, py, pz), which must not lie along the beam."""
    return math.asinh(momentum[3] / math.hypot(momentum[1], momentum[2]))


def distance(first, second):
    """√(Δη² + Δφ²) of two momenta."""
    turn = math.atan2(first[2], first[1]) - math.atan2(second[2], second[1])
    return math.hypot(pseudorapidity(first) - pseudorapidity(second), math.remainder(turn, math.tau))


def in_window(jet):
    return PT[0] < math.hypot(jet[1], jet[2]) < PT[1] and abs(pseudorapidity(jet)) < ETA


def is_top(jet, tops):
    """Whether a top quark and its three decay quarks point into the jet; `tops` are such lists of four momenta."""
    return any(all(distance(jet, quark) < RADIUS for quark in quarks) for quarks in tops)


def momentum(particle):
    return particle.e(), particle.px(), particle.py(), particle.pz()


def top_quarks(event):
    """For each top quark its momentum and those of b, q and q' that it decays to."""
    found = []
    for index in range(event.size()):
        top = event[index]
        if top.idAbs() != 6 or top.iBotCopyId() != index:
            continue
        products = [event[daughter] for daughter in top.daughterList()]
        quarks = [top] + [product for product in products if product.idAbs() < 6]
        for boson in (product for product in products if product.idAbs() == 24):
            quarks += [event[daughter] for daughter in event[boson.iBotCopyId()].daughterList()]
        if len(quarks) == 4:
            found.append([momentum(quark) for quark in quarks])
    return found


def simulate(pythia8, kind, seed, count):
    """The records of `count` jets."""
    pythia = pythia8.Pythia("", False)
    for setting in (*COMMON, f"Random:seed = {seed}", *PROCESSES[kind]):
        if not pythia.readString(setting):
            raise SystemExit(f"Pythia refuses the setting '{setting}'")
    if not pythia.init():
        raise SystemExit("Pythia cannot start")
    # -1 anti-kT; 2: all visible particles, with their own masses.
    cluster = pythia8.SlowJet(-1, RADIUS, PT[0], REACH, 2, 2)
    records = array.array("f")
    while len(records) < count * RECORD:
        if not pythia.next():
            continue
        event = pythia.event
        cluster.analyze(event)
        if cluster.sizeJet() == 0:
            continue
        found = cluster.p(0)
        jet = momentum(found)
        if in_window(jet) and (kind == "qcd" or is_top(jet, top_quarks(event))):
            records.extend(jet)
            records.extend(padded([momentum(event[index]) for index in cluster.constituents(0)]))
    return records


def main(package, kind, seed, count, out):
    sys.path.insert(0, package)
    os.environ["PYTHIA8DATA"] = os.path.join(package, "share", "Pythia8", "xmldoc")
    import pythia8mc

    records = simulate(pythia8mc, kind, int(seed), int(count))
    if sys.byteorder == "big":
        records.byteswap()
    part = f"{out}.{os.getpid()}.part"  # the import before may have been killed, and left this chunk's process alive
    with open(part, "wb") as file:
        records.tofile(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
