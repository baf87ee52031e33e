#!/usr/bin/env bash
# Opens nbs/14_explore.ipynb in JupyterLab in a headless Chromium, runs all cells, and moves every control of every
# explorer; then nbs/your_photos.ipynb, where it uploads photos, learns from them and judges others; then looks which
# cells of nbs/08_ocsvm.ipynb are folded; then reads the site.
# Needs bash, npm with Node 20 or newer, and the extras `dev` and `site` in the environment.
# Chromium: $CHROMIUM, one on the PATH, or, as root on Debian or Ubuntu, apt-get installs it.
#
#     tools/browser_test/run.sh                      screenshots go to a temporary folder
#     tools/browser_test/run.sh --out screenshots    or to this one
#     NOTEBOOK=path/to.ipynb tools/browser_test/run.sh   one notebook; without explorers: are its cells folded?
#     SITE=folder tools/browser_test/run.sh          the site only, which tools/make_site.py has written there
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
NOTEBOOKS=("$ROOT/nbs/14_explore.ipynb" "$ROOT/nbs/your_photos.ipynb" "$ROOT/nbs/08_ocsvm.ipynb")
[[ -z ${NOTEBOOK:-} ]] || NOTEBOOKS=("$NOTEBOOK")
[[ -z ${SITE:-} ]] || NOTEBOOKS=()
OUT=''
TMP=$(mktemp -d)
SERVER=''
WEB=''
BEGAN=$SECONDS

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

finish() { # the last word, whatever happened
  local rc=$?
  if [[ -n $SERVER ]]; then
    kill "$SERVER" 2> /dev/null || true
    wait "$SERVER" 2> /dev/null || true
  fi
  [[ -z $WEB ]] || kill "$WEB" 2> /dev/null || true
  if [[ $rc -ne 0 && -s $TMP/lab.log ]]; then
    echo '--- the last lines of Jupyter:' >&2
    tail -n 15 "$TMP/lab.log" >&2
  fi
  rm -rf "$TMP" 2> /dev/null || { sleep 2 && rm -rf "$TMP"; } || true
}
trap finish EXIT

arguments() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --out)
        [[ $# -ge 2 ]] || fail '--out needs a folder'
        OUT=$2
        shift 2 ;;
      -h|--help)
        sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0 ;;
      *) fail "unknown argument $1; try --help" ;;
    esac
  done
  OUT=${OUT:-$(mktemp -d)}
  mkdir -p "$OUT"
  OUT=$(cd "$OUT" && pwd)
}

# --- what it needs

check_tools() {
  command -v npm > /dev/null || fail 'npm is missing; install Node 20 or newer'
  local version
  version=$(node -p 'process.versions.node.split(".")[0]')
  [[ $version -ge 20 ]] || fail "Node $(node --version) is too old; install 20 or newer"
  if ! command -v jupyter > /dev/null || ! jupyter lab --version > /dev/null 2>&1; then
    fail "jupyter lab is missing; pip install -e '.[dev]'"
  fi
}

install_chromium() {
  if [[ $(id -u) -ne 0 ]] || ! command -v apt-get > /dev/null; then
    fail 'Chromium is missing; install it, or set CHROMIUM to its path'
  fi
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core; } \
      > "$TMP/apt.log" 2>&1; then
    tail -n 5 "$TMP/apt.log"
    fail 'apt-get could not install chromium'
  fi
}

find_chromium() {
  CHROMIUM=${CHROMIUM:-}
  local name
  for name in chromium chromium-browser google-chrome; do
    CHROMIUM=${CHROMIUM:-$(command -v "$name" || true)}
  done
  if [[ -z $CHROMIUM ]]; then
    install_chromium
    CHROMIUM=$(command -v chromium)
  fi
}

install_playwright() {
  cp "$HERE"/package*.json "$HERE"/*.mjs "$TMP"
  (cd "$TMP" && npm ci --silent --no-audit --no-fund) || fail 'npm ci'
}

# --- JupyterLab on a copy, with settings of its own and without windowing: every cell is in the page

write_settings() {
  local folder=$TMP/settings/@jupyterlab
  mkdir -p "$folder/notebook-extension" "$folder/apputils-extension"
  echo '{"fetchNews": "false"}' > "$folder/apputils-extension/notification.jupyterlab-settings"
  echo '{"windowingMode": "none"}' > "$folder/notebook-extension/tracker.jupyterlab-settings"
  mkdir -p "$TMP/nbs" "$TMP/home" "$TMP/workspaces" "$TMP/config" "$TMP/data" "$TMP/runtime"
  cp "${NOTEBOOKS[@]}" "$TMP/nbs/"
  export JUPYTERLAB_SETTINGS_DIR=$TMP/settings JUPYTERLAB_WORKSPACES_DIR=$TMP/workspaces
  export JUPYTER_CONFIG_DIR=$TMP/config JUPYTER_DATA_DIR=$TMP/data JUPYTER_RUNTIME_DIR=$TMP/runtime
  export PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}
  # two threads of PyTorch that wait for each other on a busy machine are many times slower than one
  export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
}

free_port() {
  python -c "
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1])"
}

serve() { # in the folder of the copy, until it is killed
  cd "$TMP/nbs"
  exec jupyter lab --no-browser --allow-root --ip=127.0.0.1 --port="$PORT" --ServerApp.port_retries=0 \
    --ServerApp.root_dir="$TMP/nbs" --IdentityProvider.token='' --ServerApp.password='' \
    --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
}

answers() {
  python -c "
import urllib.request
urllib.request.urlopen('http://127.0.0.1:$PORT/api', timeout=2)" 2> /dev/null
}

start_jupyter() {
  PORT=$(free_port)
  (serve) > "$TMP/lab.log" 2>&1 &
  SERVER=$!
  for _ in $(seq 120); do
    kill -0 "$SERVER" 2> /dev/null || fail 'jupyter lab ended'
    answers && break
    sleep 1
  done
}

# --- the test

make_photos() { # for your_photos.ipynb: small ones, large ones as from a phone, and a file that is none
  python - "$TMP/photos" << 'END'
import sys
from pathlib import Path
from patchad_nb.photos import make_photos
root = make_photos(sys.argv[1], width=480, progress=False)
large = make_photos(root/'all_large', n_good=2, n_new=1, width=4000, progress=False)
(large/'good').rename(root/'large')
(root/'no_photo.jpg').write_text('eggs, milk')
END
}

try_notebook() {
  local name test=explore.mjs
  name=$(basename "$1")
  if [[ $name == your_photos.ipynb ]]; then
    test=photos.mjs
    make_photos
  elif ! grep -q '^ *"interact(' "$1"; then
    test=folded.mjs
  fi
  echo "--- $name"
  (cd "$TMP" && CHROMIUM=$CHROMIUM node "$test" "http://127.0.0.1:$PORT" "$name" "$OUT")
}

try_site() { # as a person reads it, on a phone and on a screen
  local port
  if [[ -z ${SITE:-} ]]; then
    SITE=$TMP/site
    python "$ROOT/tools/make_site.py" "$SITE"
  fi
  port=$(free_port)
  python -m http.server "$port" --bind 127.0.0.1 --directory "$SITE" > /dev/null 2>&1 &
  WEB=$!
  sleep 2
  echo '--- the site'
  (cd "$TMP" && CHROMIUM=$CHROMIUM node site.mjs "http://127.0.0.1:$port" "$OUT")
}

try_notebooks() {
  write_settings
  start_jupyter
  local path
  for path in "${NOTEBOOKS[@]}"; do try_notebook "$path"; done
}

main() {
  arguments "$@"
  check_tools
  find_chromium
  install_playwright
  local browser lab
  browser=$("$CHROMIUM" --version 2> /dev/null | head -n 1)
  lab=$(jupyter lab --version 2> /dev/null)
  echo "ready: $browser, JupyterLab $lab, $((SECONDS - BEGAN)) s"
  [[ -n ${SITE:-} ]] || try_notebooks
  [[ -n ${NOTEBOOK:-} ]] || try_site
  echo "screenshots: $OUT"
  echo "browser test: $((SECONDS - BEGAN)) s"
}

main "$@"
