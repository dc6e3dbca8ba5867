# Sourced by quickstart and check, which run in the root of the tree: work in named stages, one line each.

. tools/setup/common.sh

logs=build/logs
mkdir -p "$logs"

# One compiler cache for every build folder and every clone.
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache} CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
# ccache caches files that use a precompiled header only with these two. The header has over 100 MB: with the inode cache
# it is hashed once, not for each file that uses it.
export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_INODECACHE=1

# How the first line of a failure looks, of unittest, Python, GoogleTest and the sanitizers.
failure_lines='^(FAIL|ERROR): |^[A-Za-z.]+(Error|Exception): |: Failure$|^\[  FAILED  \]|(ERROR|WARNING): [A-Za-z]+Sanitizer'

# stage NAME COMMAND...
#   Runs COMMAND (set -e holds in it) with its output in $log; says how long it took, or how the log ends and stops.
stage() {
  local name=$1 started=$SECONDS rc
  log=$logs/${name// /-}.log
  shift
  printf '%-24s' "$name"
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  rc=$?
  set -e
  if [ $rc != 0 ]; then
    echo "FAILED after $((SECONDS - started)) s"
    tail -n 60 "$log"
    # Tests run side by side: what the failing one said stands anywhere in the log, and who reads a CI has no log.
    grep -E "$failure_lines" "$log" | head -n 20 || true
    echo "$(basename "$0"): the stage '$name' failed (exit $rc); all that it said is in $log" >&2
    exit 1
  fi
  echo "$((SECONDS - started)) s"
}

# What builds are configured with: several files at a time, which takes half as long from scratch; the option stays in the
# build folder (cmake --preset release -DCALOTYPE_UNITY=OFF compiles each file by itself again).
configure_options=(-DCALOTYPE_UNITY=ON -DCALOTYPE_WERROR=OFF)

# build PRESET [TARGET...]: configures with configure_options and builds.
build() {
  local preset=$1
  shift
  cmake --preset "$preset" "${configure_options[@]}"
  cmake --build --preset "$preset" ${1:+--target "$@"}
}

install_starter_pack() { tools/starter_pack/build --pack starter --out "$cache/models/starter"; }
