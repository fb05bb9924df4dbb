#!/bin/sh
# Explores a model with two processes on this machine, as it would be done with two machines:
#
#     models/scripts/two-processes.sh [MODEL [WORKERS [PORT]]]
#
# Each process prints the whole verdict. Between machines, start the same command on each of them, with the same
# hosts file and its own number. The processes trust each other: use a network of your own.
set -eu
cd "$(dirname "$0")/../.."

model=${1:-lease}
workers=${2:-1}
port=${3:-2101}

cargo build --release -p quorate-models --features timely
quorate=${CARGO_TARGET_DIR:-target}/release/quorate

hosts=$(mktemp)
trap 'rm -f "$hosts"' EXIT
printf '127.0.0.1:%s\n' "$port" "$((port + 1))" >"$hosts"

"$quorate" check "$model" --engine timely --workers "$workers" --hosts "$hosts" --process 1 >/dev/null &
status=0
"$quorate" check "$model" --engine timely --workers "$workers" --hosts "$hosts" --process 0 || status=$?
wait $! || [ $? = "$status" ]
exit "$status"
