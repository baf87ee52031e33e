#!/usr/bin/env bash
# Opens nbs/14_explore.ipynb in JupyterLab in a headless Chromium, runs all cells, and moves every control of every explorer.
# Needs bash, npm with Node 20 or newer, and `jupyter lab` with patchad_nb in the environment. Chromium: $CHROMIUM, one on the
# PATH, or, as root on Debian or Ubuntu, apt-get installs it.
#
#     tools/browser_test/run.sh                      screenshots go to a temporary folder
#     tools/browser_test/run.sh --out screenshots    or to this one
#     NOTEBOOK=path/to.ipynb tools/browser_test/run.sh   another notebook
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); ROOT=$(cd "$HERE/../.." && pwd)
NOTEBOOK=${NOTEBOOK:-$ROOT/nbs/14_explore.ipynb} OUT='' TMP=$(mktemp -d) SERVER=''
BEGAN=$SECONDS

fail() { echo "FAILED: $*" >&2; exit 1; }

finish() {
  local rc=$?
  if [[ -n $SERVER ]]; then kill "$SERVER" 2> /dev/null || true; wait "$SERVER" 2> /dev/null || true; fi
  [[ $rc -eq 0 || ! -s $TMP/lab.log ]] || { echo '--- the last lines of Jupyter:'; tail -n 15 "$TMP/lab.log"; } >&2
  rm -rf "$TMP" 2> /dev/null || { sleep 2; rm -rf "$TMP"; } || true
}
trap finish EXIT

while [[ $# -gt 0 ]]; do
  case $1 in
    --out) [[ $# -ge 2 ]] || fail '--out needs a folder'; OUT=$2; shift 2 ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) fail "unknown argument $1; try --help" ;;
  esac
done
OUT=${OUT:-$(mktemp -d)}; mkdir -p "$OUT"; OUT=$(cd "$OUT" && pwd)

# --- what it needs
command -v npm > /dev/null || fail 'npm is missing; install Node 20 or newer'
[[ $(node -p 'process.versions.node.split(".")[0]') -ge 20 ]] || fail "Node $(node --version) is too old; install 20 or newer"
command -v jupyter > /dev/null && jupyter lab --version > /dev/null 2>&1 || fail "jupyter lab is missing; pip install -e '.[dev]'"
for name in chromium chromium-browser google-chrome; do CHROMIUM=${CHROMIUM:-$(command -v "$name" || true)}; done
if [[ -z $CHROMIUM ]]; then
  [[ $(id -u) -eq 0 ]] && command -v apt-get > /dev/null || fail 'Chromium is missing; install it, or set CHROMIUM to its path'
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core) > "$TMP/apt.log" 2>&1 || { tail -n 5 "$TMP/apt.log"; fail 'apt-get could not install chromium'; }
  CHROMIUM=$(command -v chromium)
fi
cp "$HERE"/package*.json "$HERE/explore.mjs" "$TMP"
(cd "$TMP" && npm ci --silent --no-audit --no-fund) || fail 'npm ci'
echo "ready: $("$CHROMIUM" --version 2> /dev/null | head -n 1), JupyterLab $(jupyter lab --version 2> /dev/null), $((SECONDS - BEGAN)) s"

# --- JupyterLab on a copy, with settings of its own and without windowing: every cell is in the page
NAME=$(basename "$NOTEBOOK"); mkdir -p "$TMP/nbs" "$TMP/home" "$TMP/settings/@jupyterlab/notebook-extension" "$TMP/workspaces" "$TMP/config" "$TMP/data" "$TMP/runtime"
cp "$NOTEBOOK" "$TMP/nbs/"
mkdir -p "$TMP/settings/@jupyterlab/apputils-extension"; echo '{"fetchNews": "false"}' > "$TMP/settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
echo '{"windowingMode": "none"}' > "$TMP/settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
PORT=$(python -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
export JUPYTERLAB_SETTINGS_DIR=$TMP/settings JUPYTERLAB_WORKSPACES_DIR=$TMP/workspaces JUPYTER_CONFIG_DIR=$TMP/config JUPYTER_DATA_DIR=$TMP/data JUPYTER_RUNTIME_DIR=$TMP/runtime
export PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}   # two threads of PyTorch that wait for each other on a busy machine are many times slower than one
(cd "$TMP/nbs" && exec jupyter lab --no-browser --allow-root --ip=127.0.0.1 --port="$PORT" --ServerApp.port_retries=0 --ServerApp.root_dir="$TMP/nbs" \
  --IdentityProvider.token='' --ServerApp.password='' --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate) > "$TMP/lab.log" 2>&1 &
SERVER=$!
for _ in $(seq 120); do
  kill -0 "$SERVER" 2> /dev/null || fail 'jupyter lab ended'
  python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$PORT/api', timeout=2)" 2> /dev/null && break
  sleep 1
done

# --- the test
(cd "$TMP" && CHROMIUM=$CHROMIUM node explore.mjs "http://127.0.0.1:$PORT" "$NAME" "$OUT")
echo "screenshots: $OUT"
echo "browser test: $((SECONDS - BEGAN)) s"
