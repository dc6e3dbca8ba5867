# Sourced by the scripts that prepare a machine: where things are cached, and Python environments.

setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The folder that the program uses, too (src/base/folders.h).
cache=${XDG_CACHE_HOME:-$HOME/.cache}/calotype

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# make_venv NAME [REQUIREMENTS [PIP_OPTION...]]
#   Sets $venv to a Python environment in the cache that holds exactly REQUIREMENTS (a file with versions and hashes).
#   Binary packages alone, unless an option says otherwise.
#   It is made anew when the requirements or Python changed; .made is written last, so half a one is never used.
make_venv() {
  local requirements=${2:-/dev/null} wanted
  venv=$cache/venv/$1
  command -v python3 >/dev/null || die "python3 was not found; tools/setup/install_packages installs it"
  wanted="$(python3 --version) $(sha256sum <"$requirements")"
  [ "$(cat "$venv/.made" 2>/dev/null)" != "$wanted" ] || return 0
  echo "making the Python environment $venv"
  rm -rf "$venv"
  python3 -m venv "$venv" || die "python3 -m venv failed; on Debian and Ubuntu the package python3-venv is needed"
  if [ -s "$requirements" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: --no-deps \
      --require-hashes "${@:3}" -r "$requirements" || die "pip could not install $requirements"
  fi
  echo "$wanted" >"$venv/.made"
}
