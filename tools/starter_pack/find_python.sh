# Sets $python to a Python 3.11 or newer (tomllib), or stops. Sourced by build, prove and test.
python=
for candidate in python3 python3.13 python3.12 python3.11; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "no Python 3.11 or newer found: install python3 and python3-venv" >&2
  exit 1
fi
