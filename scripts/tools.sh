# shellcheck shell=bash
# What the machine must have, and how to get it; sourced by the other scripts, does nothing by itself.

# The Debian package of each tool. libtorch: cc, unzip, pip. The build: c++. The tests: readelf, curl, minisign.
readonly tool_packages=(cc:gcc c++:g++ readelf:binutils unzip:unzip python3:python3 pip:python3-pip flock:util-linux
  curl:curl minisign:minisign)

# Training in several processes: the tests' program is built with it.
# shellcheck disable=SC2034 # of the scripts that source this one
readonly mpi_packages=(mpicc:libopenmpi-dev mpirun:openmpi-bin libclang:libclang-dev ip:iproute2)

has_tool() {
  case $1 in
    libclang) compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null ;;
    pip) python3 -m pip --version >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Prints "FOUND is at least WANTED" as an exit status; dotted numbers.
at_least() { # FOUND WANTED
  [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]
}

# Sees that every tool is there; root on a Debian-like system gets the missing ones installed, anyone else is
# told the one command. Rust is never installed behind anybody's back.
need_tools() { # [TOOL:PACKAGE...]: more than every script needs
  local entry missing=() packages=() command wanted found
  for entry in "${tool_packages[@]}" "$@"; do
    if ! has_tool "${entry%:*}"; then
      missing+=("${entry%:*}")
      packages+=("${entry#*:}")
    fi
  done
  if ((${#missing[@]})); then
    command="apt-get install --yes --no-install-recommends ${packages[*]}"
    if ((EUID == 0)) && command -v apt-get >/dev/null; then
      echo "installing ${packages[*]}, for ${missing[*]}"
      # An old package list names files that mirrors no longer have.
      { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $command -qq >/dev/null; } || {
        echo "cannot install ${packages[*]} (apt-get said why above); install them and start again" >&2
        return 1
      }
    else
      echo "missing: ${missing[*]}. On Debian or Ubuntu: sudo $command" >&2
      return 1
    fi
  fi

  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  if ! command -v cargo >/dev/null; then
    echo "missing: Rust $wanted or newer, with rustfmt and clippy. Get it with rustup" >&2
    return 1
  fi
  found=$(rustc --version | cut -d' ' -f2)
  if ! at_least "${found%%-*}" "$wanted"; then
    echo "Rust $found is too old, $wanted or newer is needed: rustup update" >&2
    return 1
  fi
}
